import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Requests for access with their approvers and verdicts, and who decides in an approver's place. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('access_requests', (table) => {
    key(table);
    table.integer('version').notNullable();
    oneOf(table, 'kind', ['grant', 'extend']).notNullable();
    belongsTo(table, 'integration_id', 'integrations');
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'requested_by_id', 'people');
    table.integer('days');
    oneOf(table, 'state', [
      'open',
      'approved',
      'denied',
      'withdrawn',
      'expired',
      'cancelled',
    ]).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('reminded_at');
    table.bigInteger('escalated_at');
    table.bigInteger('decided_at');
    table.text('run_id');
    table.text('task_id');
    // Sealed: the reason and the answers.
    table.text('content').notNullable();
    table.index(['state', 'created_at'], 'access_requests_by_state');
    table.index(['requested_by_id', 'created_at'], 'access_requests_by_requester');
    table.index(['person_id'], 'access_requests_by_person');
    table.index(['integration_id'], 'access_requests_by_integration');
  });
  // At most one open request: the database decides, so that two clicks at once can't both win.
  await db.raw(
    "create unique index access_requests_one_open on access_requests (person_id, integration_id) where state = 'open'",
  );

  await db.schema.createTable('request_approvers', (table) => {
    belongsTo(table, 'request_id', 'access_requests');
    belongsTo(table, 'person_id', 'people');
    table.primary(['request_id', 'person_id']);
    table.index(['person_id'], 'request_approvers_by_person');
  });

  await db.schema.createTable('verdicts', (table) => {
    belongsTo(table, 'request_id', 'access_requests');
    table.text('person_id').notNullable();
    oneOf(table, 'verdict', ['approve', 'deny']).notNullable();
    // Sealed.
    table.text('reason');
    table.bigInteger('at').notNullable();
    oneOf(table, 'via', ['slack', 'teams', 'web']).notNullable();
    table.text('for_person_id');
    table.primary(['request_id', 'person_id']);
  });

  await db.schema.createTable('delegations', (table) => {
    belongsTo(table, 'person_id', 'people').primary();
    belongsTo(table, 'delegate_id', 'people');
    table.text('from_date').notNullable();
    table.text('until_date').notNullable();
    table.index(['delegate_id'], 'delegations_by_delegate');
  });
}
