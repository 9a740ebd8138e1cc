import type { Knex } from 'knex';
import { belongsTo, oneOf } from './columns.ts';

/** People who change: how the HR system names them, and the sequences that start on a change. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('people', (table) => {
    // How the HR system names the person, whatever becomes of their address. Not unique: two people with one are reported.
    table.text('employee_id');
    table.index(['employee_id'], 'people_by_employee_id');
  });

  await db.schema.alterTable('sync_rows', (table) => {
    table.text('employee_id');
    // Only of rows that have one: without figures of the table, PostgreSQL would as soon look for addresses in it.
    const predicate = db.whereNotNull('employee_id');
    table.index(['run_id', 'employee_id'], 'sync_rows_by_employee_id', { predicate });
  });

  await db.schema.createTable('sequence_change_starts', (table) => {
    belongsTo(table, 'sequence_id', 'sequences');
    oneOf(table, 'field', ['department', 'position', 'manager']).notNullable();
    // Only where this is the new value; a manager by address. Empty: whatever it is.
    table.text('new_value').notNullable();
    table.primary(['sequence_id', 'field']);
    table.index(['field'], 'sequence_change_starts_by_field');
  });
}
