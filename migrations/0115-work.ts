import type { Knex } from 'knex';
import { key } from './columns.ts';

/** What was done and by whom, and what falls due and has fired. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('audit_log', (table) => {
    // No foreign keys: an entry outlives the person, integration and run that it names.
    key(table);
    table.bigInteger('at').notNullable();
    // JSON; the person in it again, to be searched for.
    table.text('actor').notNullable();
    table.text('actor_person_id');
    table.text('what').notNullable();
    table.text('person_id');
    table.text('integration_id');
    table.text('run_id');
    table.text('detail');
    table.index(['at', 'id'], 'audit_log_by_time');
    table.index(['person_id'], 'audit_log_by_person');
    table.index(['actor_person_id'], 'audit_log_by_actor');
    table.index(['integration_id'], 'audit_log_by_integration');
  });

  await db.schema.createTable('occurrences', (table) => {
    table.text('subject').notNullable();
    table.bigInteger('at').notNullable();
    table.primary(['subject', 'at']);
    table.index(['at'], 'occurrences_by_time');
  });
}
