import type { Knex } from 'knex';
import { key, oneOf } from './columns.ts';

/** Reviews that recur, and what a review asks whom. To processes of 0.2.0 managers review, and what is undecided stays. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('review_campaigns', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    table.text('created_by_id').notNullable();
    table.bigInteger('created_at').notNullable();
    oneOf(table, 'state', ['on', 'stopped']).notNullable();
    oneOf(table, 'every', ['month', 'quarter', 'half-year', 'year']).notNullable();
    // ISO dates: the first one; those before `from_on` are skipped; the last one that started a review.
    table.text('first_on').notNullable();
    table.text('from_on').notNullable();
    table.text('last_on');
    table.integer('days').notNullable();
    oneOf(table, 'reviewers', ['managers', 'owners', 'named']).notNullable();
    oneOf(table, 'undecided', ['keep', 'remove', 'admins']).notNullable();
    // JSON: the ids of named reviewers, and which access it is about.
    table.text('reviewer_ids').notNullable();
    table.text('scope').notNullable();
    // The last review that it started, which may have been deleted.
    table.text('last_review_id');
    table.index(['created_at'], 'review_campaigns_by_age');
  });

  await db.schema.alterTable('reviews', (table) => {
    table.text('campaign_id');
    oneOf(table, 'reviewers', ['managers', 'owners', 'named']);
    table.text('reviewer_ids');
    oneOf(table, 'undecided', ['keep', 'remove', 'admins']);
    // When the admins got what the reviewers had not decided.
    table.bigInteger('escalated_at');
    table.index(['state', 'due_date'], 'reviews_open');
  });
}
