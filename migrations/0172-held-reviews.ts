import type { Knex } from 'knex';

/** When a review that would remove very much at its end was held, and when an admin said yes. 0.2.0 removes without asking. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('reviews', (table) => {
    table.bigInteger('held_at');
    table.bigInteger('released_at');
  });
}
