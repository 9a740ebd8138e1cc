import type { Knex } from 'knex';
import { oneOf } from './columns.ts';

/** Which integrations, bundles, rules, sequences and settings were applied from a file. 0.2.0 knows nothing of it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('managed_things', (table) => {
    oneOf(table, 'kind', ['settings', 'integration', 'bundle', 'rule', 'sequence']).notNullable();
    // The id of one of these, or `workspace`. Of several tables, so it has no foreign key.
    table.text('thing').notNullable();
    table.text('file').notNullable();
    table.bigInteger('applied_at').notNullable();
    table.primary(['kind', 'thing']);
  });
}
