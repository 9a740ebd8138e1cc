import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Tasks by hand. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('tasks', (table) => {
    key(table);
    table.integer('version').notNullable();
    oneOf(table, 'kind', ['grant', 'revoke', 'other']).notNullable();
    oneOf(table, 'state', ['open', 'done', 'cancelled']).notNullable();
    belongsTo(table, 'person_id', 'people');
    table.text('integration_id').references('id').inTable('integrations').onDelete('CASCADE');
    table.text('assignee_id').references('id').inTable('people').onDelete('SET NULL');
    table.text('request_id');
    table.text('due_date');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('reminded_at');
    table.bigInteger('ended_at');
    table.text('ended_by_id');
    // Sealed: title, note and comments.
    table.text('content').notNullable();
    table.index(['assignee_id', 'state'], 'tasks_by_assignee');
    table.index(['person_id'], 'tasks_by_person');
    table.index(['integration_id'], 'tasks_by_integration');
    table.index(['state', 'due_date'], 'tasks_by_due_date');
  });
}
