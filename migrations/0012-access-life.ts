import type { Knex } from 'knex';

/** Access over its whole life: requests and verdicts, tasks by hand, time limits, delegations, offboardings and reviews. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('access_requests', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('kind').notNullable();
    reference(table, 'integration_id', 'integrations');
    reference(table, 'person_id', 'people');
    reference(table, 'requested_by_id', 'people');
    table.integer('days');
    table.text('state').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('reminded_at');
    table.bigInteger('escalated_at');
    table.bigInteger('decided_at');
    table.text('run_id');
    table.text('task_id');
    // Sealed: the reason and the answers.
    table.text('asked').notNullable();
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
    reference(table, 'request_id', 'access_requests');
    reference(table, 'person_id', 'people');
    table.primary(['request_id', 'person_id']);
    table.index(['person_id'], 'request_approvers_by_person');
  });

  await db.schema.createTable('verdicts', (table) => {
    reference(table, 'request_id', 'access_requests');
    table.text('person_id').notNullable();
    table.text('verdict').notNullable();
    // Sealed.
    table.text('reason');
    table.bigInteger('at').notNullable();
    table.text('via').notNullable();
    table.text('for_person_id');
    table.primary(['request_id', 'person_id']);
  });

  await db.schema.createTable('tasks', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('kind').notNullable();
    table.text('state').notNullable();
    reference(table, 'person_id', 'people');
    table.text('integration_id').references('id').inTable('integrations').onDelete('CASCADE');
    table.text('assignee_id').references('id').inTable('people').onDelete('SET NULL');
    table.text('request_id');
    table.text('due_date');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('reminded_at');
    table.bigInteger('ended_at');
    table.text('ended_by_id');
    // Sealed: title, note and comments.
    table.text('content').notNullable();
    table.index(['assignee_id', 'state'], 'tasks_by_assignee');
    table.index(['person_id'], 'tasks_by_person');
    table.index(['integration_id'], 'tasks_by_integration');
    table.index(['state', 'due_date'], 'tasks_by_due_date');
  });

  await db.schema.createTable('time_limits', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'person_id', 'people');
    reference(table, 'integration_id', 'integrations');
    table.text('request_id');
    table.text('state').notNullable();
    table.bigInteger('ends_at').notNullable();
    table.bigInteger('warned_at');
    table.integer('tries').notNullable();
    table.bigInteger('next_try_at');
    table.text('task_id');
    table.index(['integration_id'], 'time_limits_by_integration');
  });
  await db.raw(
    "create unique index time_limits_one_current on time_limits (person_id, integration_id) where state in ('running', 'ending')",
  );
  await db.raw("create index time_limits_running on time_limits (ends_at) where state = 'running'");
  await db.raw(
    "create index time_limits_ending on time_limits (next_try_at) where state = 'ending'",
  );

  await db.schema.createTable('delegations', (table) => {
    table.text('person_id').primary().references('id').inTable('people').onDelete('CASCADE');
    reference(table, 'delegate_id', 'people');
    table.text('from_date').notNullable();
    table.text('until_date').notNullable();
    table.index(['delegate_id'], 'delegations_by_delegate');
  });

  await db.schema.createTable('offboardings', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'person_id', 'people');
    table.text('started_by_id');
    table.text('state').notNullable();
    table.text('end_date').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('ended_at');
    table.index(['state', 'end_date'], 'offboardings_by_state');
  });
  await db.raw(
    "create unique index offboardings_one_current on offboardings (person_id) where state in ('planned', 'running')",
  );

  await db.schema.createTable('offboarding_items', (table) => {
    reference(table, 'offboarding_id', 'offboardings');
    reference(table, 'integration_id', 'integrations');
    table.text('state').notNullable();
    table.text('run_id');
    table.text('task_id');
    table.integer('tries').notNullable();
    table.bigInteger('next_try_at');
    table.text('why');
    table.primary(['offboarding_id', 'integration_id']);
    table.index(['integration_id'], 'offboarding_items_by_integration');
  });

  await db.schema.createTable('reviews', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('name').notNullable();
    table.text('started_by_id').notNullable();
    table.text('state').notNullable();
    table.bigInteger('created_at').notNullable();
    table.text('due_date').notNullable();
    table.bigInteger('reminded_at');
    table.bigInteger('closed_at');
    table.index(['created_at'], 'reviews_by_age');
  });

  await db.schema.createTable('review_items', (table) => {
    reference(table, 'review_id', 'reviews');
    reference(table, 'person_id', 'people');
    reference(table, 'integration_id', 'integrations');
    table.text('reviewer_id').notNullable();
    table.text('state').notNullable();
    table.text('decided_by_id');
    table.bigInteger('decided_at');
    table.text('run_id');
    table.text('task_id');
    table.primary(['review_id', 'person_id', 'integration_id']);
    table.index(['review_id', 'reviewer_id', 'state'], 'review_items_by_reviewer');
    table.index(['reviewer_id', 'state'], 'review_items_waiting');
    table.index(['person_id'], 'review_items_by_person');
    table.index(['integration_id'], 'review_items_by_integration');
  });

  await db.schema.alterTable('audit_log', (table) => {
    table.text('actor_person_id');
    table.index(['actor_person_id'], 'audit_log_by_actor');
    table.index(['integration_id'], 'audit_log_by_integration');
  });
  // Entries are few at this age, and JSON functions differ between the databases.
  const entries = await db<{ readonly id: string; readonly actor: string }>('audit_log').select(
    'id',
    'actor',
  );
  for (const { id, actor } of entries) {
    const { personId } = JSON.parse(actor) as { readonly personId?: string };
    if (personId !== undefined)
      await db('audit_log').where({ id }).update({ actor_person_id: personId });
  }
}

const reference = (table: Knex.CreateTableBuilder, column: string, to: string) =>
  table.text(column).notNullable().references('id').inTable(to).onDelete('CASCADE');

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('audit_log', (table) => {
    table.dropIndex(['integration_id'], 'audit_log_by_integration');
    table.dropIndex(['actor_person_id'], 'audit_log_by_actor');
    table.dropColumn('actor_person_id');
  });
  for (const table of [
    'review_items',
    'reviews',
    'offboarding_items',
    'offboardings',
    'delegations',
    'time_limits',
    'tasks',
    'verdicts',
    'request_approvers',
    'access_requests',
  ])
    await db.schema.dropTable(table);
}
