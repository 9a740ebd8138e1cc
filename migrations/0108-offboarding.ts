import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Who leaves when, and the removals that come of it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('offboardings', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'person_id', 'people');
    table.text('started_by_id');
    oneOf(table, 'state', ['planned', 'running', 'done', 'cancelled']).notNullable();
    table.text('end_date').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('ended_at');
    table.index(['state', 'end_date'], 'offboardings_by_state');
  });
  await db.raw(
    "create unique index offboardings_one_current on offboardings (person_id) where state in ('planned', 'running')",
  );

  await db.schema.createTable('offboarding_items', (table) => {
    belongsTo(table, 'offboarding_id', 'offboardings');
    belongsTo(table, 'integration_id', 'integrations');
    // Null: nothing was ever given there, and the app can't be asked.
    table.text('removal_id').references('id').inTable('removals').onDelete('CASCADE');
    table.primary(['offboarding_id', 'integration_id']);
    table.index(['integration_id'], 'offboarding_items_by_integration');
    table.index(['removal_id'], 'offboarding_items_by_removal');
  });
}
