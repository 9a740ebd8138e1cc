import type { Knex } from 'knex';

/** What a job still does for a review that starts in batches, or whose reviewers are asked in batches. To 0.2.0 one that is starting is closed. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('reviews', (table) => {
    table.text('next');
  });
}
