import type { Knex } from 'knex';
import { oneOf } from './columns.ts';

/** Access that someone took at once, without an approval, and its review. Processes of 0.2.0 see an approved request. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('break_glasses', (table) => {
    table
      .text('request_id')
      .notNullable()
      .primary()
      .references('id')
      .inTable('access_requests')
      .onDelete('CASCADE');
    table.bigInteger('at').notNullable();
    oneOf(table, 'state', ['open', 'looking', 'ok']).notNullable();
    // When its reviewers are asked next; empty when they are asked no more.
    table.bigInteger('review_at');
    table.text('reviewed_by_id');
    table.bigInteger('reviewed_at');
    // Sealed: what someone wants to look into.
    table.text('comment');
    table.index(['review_at'], 'break_glasses_to_review');
  });
}
