import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Apps on people's phones whose codes decisions about sensitive integrations ask for. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('authenticators', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'state', ['new', 'proven', 'active', 'locked']).notNullable();
    // Sealed JSON: the key, and hashes of recovery codes.
    table.text('content').notNullable();
    table.bigInteger('used_step');
    table.integer('wrong').notNullable();
    table.bigInteger('created_at').notNullable();
  });
  await db.raw(
    "create unique index authenticators_one_that_counts on authenticators (person_id) where state in ('active', 'locked')",
  );
  await db.raw(
    "create unique index authenticators_one_that_waits on authenticators (person_id) where state in ('new', 'proven')",
  );
}
