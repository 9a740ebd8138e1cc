import type { Knex } from 'knex';

/** Whether an approved extension changed nothing: the access ended as late as is allowed already. 0.2.0 doesn't say it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('access_requests', (table) => {
    table.boolean('changed_nothing');
  });
}
