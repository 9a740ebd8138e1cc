import type { Knex } from 'knex';

/**
 * Why access is there (holds), the accounts behind it, and what ends it (removals). Time limits become holds with an end;
 * the items of an offboarding become removals.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('holds', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'person_id', 'people');
    reference(table, 'integration_id', 'integrations');
    table.text('source').notNullable();
    table.text('given_by').notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('ends_at');
    table.bigInteger('warned_at');
    table.text('request_id');
    table.text('run_id');
    table.text('task_id');
    table.bigInteger('ended_at');
    table.text('ended_why');
    table.index(['person_id', 'integration_id'], 'holds_by_person');
    table.index(['integration_id', 'person_id'], 'holds_by_integration');
  });
  await db.raw(
    'create index holds_ending on holds (ends_at, id) where ended_at is null and ends_at is not null',
  );

  await db.schema.createTable('accounts', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'person_id', 'people');
    reference(table, 'integration_id', 'integrations');
    // Sealed: the facts, the answers of the form, and the reason of the last answer.
    table.text('content').notNullable();
    table.text('run_id');
    table.bigInteger('written_at');
    table.bigInteger('revoked_at');
    table.text('state');
    table.bigInteger('checked_at');
    table.boolean('by_status').notNullable();
    table.bigInteger('gone_at');
    table.index(['person_id', 'integration_id'], 'accounts_by_person');
    table.index(['integration_id', 'person_id'], 'accounts_by_integration');
  });

  await db.schema.createTable('removals', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'person_id', 'people');
    reference(table, 'integration_id', 'integrations');
    table.text('state').notNullable();
    table.text('causes').notNullable();
    // Sealed: why it is not gone yet, and the note of its task.
    table.text('said');
    table.text('task_due_date');
    table.bigInteger('began_at').notNullable();
    table.integer('tries').notNullable();
    table.bigInteger('due_at');
    table.bigInteger('retry_at');
    table.text('run_id');
    table.text('task_id');
    table.bigInteger('paused_until');
    table.bigInteger('told_at');
    table.bigInteger('ended_at');
    table.text('proof');
    table.index(['person_id', 'integration_id'], 'removals_by_person');
    table.index(['integration_id', 'state'], 'removals_by_integration');
  });
  // At most one open removal: the database decides, so that two clicks at once can't both begin one.
  await db.raw(
    `create unique index removals_one_open on removals (person_id, integration_id) where state in (${OPEN})`,
  );
  await db.raw('create index removals_due on removals (due_at, id) where due_at is not null');
  await db.raw("create index removals_stuck on removals (told_at, id) where state = 'stuck'");

  await db.schema.createTable('integration_health', (table) => {
    table.text('integration_id').primary();
    table.foreign('integration_id').references('id').inTable('integrations').onDelete('CASCADE');
    table.bigInteger('ok_at').notNullable();
  });

  await db.schema.alterTable('runs', (table) => {
    table.renameColumn('then_revoke_by', 'stopped_by');
  });
  await db.schema.alterTable('runs', (table) => table.text('account_id'));
  for (const name of ['planned_items', 'review_items'])
    await db.schema.alterTable(name, (table) => table.text('removal_id'));
  await db.schema.alterTable('planned_items', (table) =>
    table.index(['removal_id'], 'planned_items_by_removal'),
  );
  await db.schema.alterTable('integrations', (table) => table.bigInteger('deleting_since'));

  await moveRunsToRevoke(db);
  await moveLimits(db);
  await moveOffboardingItems(db);
}

const OPEN = "'waiting', 'revoking', 'checking', 'by-hand', 'stuck'";
const SYSTEM = JSON.stringify({ kind: 'system' });

/** What was to be revoked at the end of a grant in flight is removed then. */
async function moveRunsToRevoke(db: Knex): Promise<void> {
  await db.raw(
    `insert into removals (id, version, person_id, integration_id, state, causes, began_at, tries, due_at)
     select id, 1, person_id, integration_id, 'waiting', '[{"kind":"revoked","by":{"kind":"system"},"at":0}]',
       created_at, 0, created_at
     from runs where stopped_by is not null and finished_at is null`,
  );
}

async function moveLimits(db: Knex): Promise<void> {
  // When a limit began was not kept: a week before its end is as good as any day.
  await db.raw(
    `insert into holds (id, version, person_id, integration_id, source, given_by, started_at, ends_at, warned_at, request_id)
     select id, 1, person_id, integration_id, case when request_id is null then 'by-hand' else 'request' end, ?,
       ends_at - 604800000, ends_at, warned_at, request_id
     from time_limits where state in ('running', 'ending')`,
    [SYSTEM],
  );
  // Where something else ends, what was granted without an end goes on.
  await db.raw(
    `insert into holds (id, version, person_id, integration_id, source, given_by, started_at)
     select access.person_id || ':' || access.integration_id, 1, access.person_id, access.integration_id, 'by-hand', ?,
       access.since
     from access where access.state = 'has'
       and (exists (select 1 from runs where runs.person_id = access.person_id and runs.integration_id = access.integration_id
           and runs.kind = 'execute' and runs.state = 'succeeded')
         or exists (select 1 from tasks where tasks.person_id = access.person_id
           and tasks.integration_id = access.integration_id and tasks.kind = 'grant' and tasks.state = 'done'))
       and not exists (select 1 from time_limits where time_limits.person_id = access.person_id
         and time_limits.integration_id = access.integration_id and time_limits.state in ('running', 'ending'))`,
    [SYSTEM],
  );
  await db.schema.dropTable('time_limits');
}

async function moveOffboardingItems(db: Knex): Promise<void> {
  await db.schema.dropTable('offboarding_items');
  await db.schema.createTable('offboarding_items', (table) => {
    reference(table, 'offboarding_id', 'offboardings');
    reference(table, 'integration_id', 'integrations');
    // Null: nothing was ever given there, and the app can't be asked.
    table.text('removal_id');
    table.primary(['offboarding_id', 'integration_id']);
    table.index(['integration_id'], 'offboarding_items_by_integration');
    table.index(['removal_id'], 'offboarding_items_by_removal');
  });
  // One that runs begins again: what is gone already is found gone.
  await db('offboardings').where({ state: 'running' }).update({ state: 'planned' });
}

const reference = (table: Knex.CreateTableBuilder, column: string, to: string) =>
  table.text(column).notNullable().references('id').inTable(to).onDelete('CASCADE');

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('offboarding_items');
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
    table.index(['person_id', 'integration_id', 'id'], 'time_limits_by_access');
  });
  await db.raw(
    "create unique index time_limits_one_current on time_limits (person_id, integration_id) where state in ('running', 'ending')",
  );
  await db.raw("create index time_limits_running on time_limits (ends_at) where state = 'running'");
  await db.raw(
    "create index time_limits_ending on time_limits (next_try_at) where state = 'ending'",
  );
  await db.schema.alterTable('integrations', (table) => table.dropColumn('deleting_since'));
  await db.schema.alterTable('planned_items', (table) =>
    table.dropIndex(['removal_id'], 'planned_items_by_removal'),
  );
  for (const name of ['planned_items', 'review_items'])
    await db.schema.alterTable(name, (table) => table.dropColumn('removal_id'));
  await db.schema.alterTable('runs', (table) => table.dropColumn('account_id'));
  await db.schema.alterTable('runs', (table) => table.renameColumn('stopped_by', 'then_revoke_by'));
  for (const name of ['integration_health', 'removals', 'accounts', 'holds'])
    await db.schema.dropTable(name);
}
