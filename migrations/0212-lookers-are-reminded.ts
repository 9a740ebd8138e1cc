import type { Knex } from 'knex';

/** Someone looks into these since before lookers were reminded: without a time nobody is, and the person stays refused. They are due at once. */
export async function up(db: Knex): Promise<void> {
  await db('break_glasses')
    .where({ state: 'looking', review_at: null })
    .update({ review_at: db.raw('coalesce(reviewed_at, at)') });
}
