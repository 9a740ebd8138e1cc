import type { Knex } from 'knex';
import { key, oneOf } from './columns.ts';

/** Messages that are to be sent, after a run has succeeded or by an item of a sequence. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('deliveries', (table) => {
    key(table);
    table.integer('version').notNullable();
    // What has caused it: one of the two.
    table.text('run_id').references('id').inTable('runs').onDelete('CASCADE');
    table.text('planned_item_id').references('id').inTable('planned_items').onDelete('CASCADE');
    table.integer('position').notNullable();
    oneOf(table, 'state', ['waiting', 'sending', 'sent', 'failed', 'unknown']).notNullable();
    table.bigInteger('created_at').notNullable();
    table.integer('attempts').notNullable();
    table.bigInteger('due_at');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    oneOf(table, 'via', ['email', 'email-link', 'text', 'chat', 'link', 'channel']);
    oneOf(table, 'body', ['kept', 'revealed', 'dropped', 'stopped']).notNullable();
    table.text('recipient_id');
    // Sealed: to whom, and what.
    table.text('content').notNullable();
    table.unique(['run_id', 'position']);
    table.index(['planned_item_id'], 'deliveries_by_planned_item');
    table.index(['worker_id'], 'deliveries_by_worker');
    table.index(['body', 'finished_at'], 'deliveries_with_body');
    // What could not be sent is counted each time an admin opens Home, among everything that was.
    table.index(['state', 'finished_at', 'id'], 'deliveries_by_state');
  });
  // What the sweep looks for every few seconds.
  await db.raw(
    'create index deliveries_overdue on deliveries (coalesce(leased_until, due_at)) where finished_at is null',
  );
}
