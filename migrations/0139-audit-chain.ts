import type { Knex } from 'knex';

/**
 * The sealed audit log. Entries from before, and those that a process of 0.2.0 writes, have no salt: the sealer gives them one.
 * Rows of `audit_chain` stay when their entry is deleted.
 */
export async function up(db: Knex): Promise<void> {
  // Its place in the chain. Null: not sealed yet.
  await db.raw('alter table audit_log add column seq bigint');
  // Of the hash of `detail`. Null once that was erased.
  await db.raw('alter table audit_log add column salt text');
  await db.raw('alter table audit_log add column content_hash text');
  await db.raw('create index audit_log_unsealed on audit_log (at, id) where seq is null');

  await db.raw('create index audit_log_by_place on audit_log (seq) where seq is not null');

  await db.schema.createTable('audit_chain', (table) => {
    table.bigInteger('seq').notNullable().primary();
    table.text('entry_id').notNullable().unique({ indexName: 'audit_chain_by_entry' });
    table.text('hash').notNullable();
    table.bigInteger('sealed_at').notNullable();
    // The hash of this row and of the link before it.
    table.text('link').notNullable();
  });
}
