import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Reviews of access, and who looks at which. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('reviews', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    table.text('started_by_id').notNullable();
    oneOf(table, 'state', ['open', 'closed']).notNullable();
    table.bigInteger('created_at').notNullable();
    table.text('due_date').notNullable();
    table.bigInteger('reminded_at');
    table.bigInteger('closed_at');
    table.index(['created_at'], 'reviews_by_age');
  });

  await db.schema.createTable('review_items', (table) => {
    belongsTo(table, 'review_id', 'reviews');
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'integration_id', 'integrations');
    table.text('reviewer_id').notNullable();
    oneOf(table, 'state', ['open', 'kept', 'revoked', 'lapsed']).notNullable();
    table.text('decided_by_id');
    table.bigInteger('decided_at');
    table.text('run_id');
    table.text('task_id');
    table.text('removal_id');
    table.primary(['review_id', 'person_id', 'integration_id']);
    table.index(['review_id', 'reviewer_id', 'state'], 'review_items_by_reviewer');
    table.index(['reviewer_id', 'state'], 'review_items_waiting');
    table.index(['person_id'], 'review_items_by_person');
    table.index(['integration_id'], 'review_items_by_integration');
  });
}
