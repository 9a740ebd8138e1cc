import type { Knex } from 'knex';

/** Fingerprints of what names an account to its app, to find who else has it. Empty in rows of older versions. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('accounts', (table) => {
    table.text('checked_as');
    table.text('revoked_as');
  });
  for (const column of ['checked_as', 'revoked_as'])
    await db.raw(
      `create index accounts_${column} on accounts (integration_id, ${column}) where gone_at is null and ${column} is not null`,
    );
  await db.raw(
    'create index accounts_without_keys on accounts (id) where checked_as is null and gone_at is null',
  );
}
