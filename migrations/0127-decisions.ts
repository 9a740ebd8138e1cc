import type { Knex } from 'knex';
import { belongsTo, key } from './columns.ts';

/**
 * What approvers do beside approving and denying: approve for a shorter time, ask the requester, and reassign. Processes of 0.2.0
 * go on without these: `hours` and `days` of a shortened request are the shorter ones, which they read.
 */
export async function up(db: Knex): Promise<void> {
  // What was requested, where an approver has shortened it; 0: no end date.
  await db.raw('alter table access_requests add column requested_hours integer');
  // For how long this approver approved, where it is shorter than requested.
  await db.raw('alter table verdicts add column hours integer');

  await db.schema.createTable('request_questions', (table) => {
    key(table);
    belongsTo(table, 'request_id', 'access_requests');
    table.text('asked_by_id').notNullable();
    table.bigInteger('asked_at').notNullable();
    // Sealed.
    table.text('question').notNullable();
    table.text('answered_by_id');
    table.bigInteger('answered_at');
    // Sealed.
    table.text('answer');
    table.index(['request_id', 'asked_at'], 'request_questions_by_request');
  });

  await db.schema.createTable('request_reassignments', (table) => {
    key(table);
    belongsTo(table, 'request_id', 'access_requests');
    // Whose seat it was, who has it now, and who pressed: the first of them, or their delegate.
    table.text('from_id').notNullable();
    table.text('to_id').notNullable();
    table.text('by_id').notNullable();
    table.bigInteger('at').notNullable();
    // Sealed.
    table.text('comment');
    table.index(['request_id', 'at'], 'request_reassignments_by_request');
  });
}
