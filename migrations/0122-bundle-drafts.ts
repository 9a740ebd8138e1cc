import type { Knex } from 'knex';

/** A bundle that rules give has a draft: the version that an admin makes, until its dry run was seen and it counts. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('bundles', (table) => {
    table.text('draft_version_id');
  });
}
