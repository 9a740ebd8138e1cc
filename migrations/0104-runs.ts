import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Runs with their steps, responses and files. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('runs', (table) => {
    key(table);
    table.integer('version').notNullable();
    oneOf(table, 'kind', ['execute', 'revoke']).notNullable();
    // A deleted integration stays as the name of its runs: neither goes while there is one.
    table
      .text('integration_id')
      .notNullable()
      .references('id')
      .inTable('integrations')
      .onDelete('RESTRICT');
    belongsTo(table, 'person_id', 'people');
    table
      .text('manifest_version_id')
      .notNullable()
      .references('id')
      .inTable('manifest_versions')
      .onDelete('RESTRICT');
    table.text('started_by').notNullable();
    // The person in it, to be searched for.
    table.text('started_by_person');
    table.bigInteger('created_at').notNullable();
    table.integer('attempt').notNullable();
    table.text('stopped_by');
    table.text('account_id');
    oneOf(table, 'state', [
      'queued',
      'running',
      'waiting',
      'retrying',
      'deferred',
      'succeeded',
      'failed',
      'blocked',
      'cancelled',
    ]).notNullable();
    table.bigInteger('due_at');
    // Sealed: the sentence for people, which may quote an answer or a value of a form.
    table.text('message');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    // JSON of its code and its step; the code again, to be searched for.
    table.text('error');
    table.text('error_code');
    table.text('cancelled_by');
    // Revokes that ended since the person has no account there; null for every other run.
    table.boolean('found_gone');
    // Form and generated values, sealed.
    table.text('inputs').notNullable();
    table.index(['person_id', 'integration_id'], 'runs_by_person');
    table.index(['manifest_version_id'], 'runs_by_manifest_version');
    table.index(['worker_id'], 'runs_by_worker');
    table.index(['started_by_person'], 'runs_by_starter');
    table.index(['created_at'], 'runs_by_age');
    // The run history narrowed by outcome, also of one integration; those whose outcome is unknown apart from those that failed.
    table.index(['state', 'error_code', 'created_at', 'id'], 'runs_by_state_and_error');
    table.index(
      ['integration_id', 'state', 'error_code', 'created_at', 'id'],
      'runs_by_integration_and_state_and_error',
    );
  });
  // At most one active run of a person at an integration: the database decides, so two clicks at once can't both win. A
  // grant that waits behind it is no second one.
  await db.raw(
    "create unique index runs_one_active on runs (person_id, integration_id) where finished_at is null and state <> 'deferred'",
  );
  // What the sweep looks for every few seconds.
  await db.raw(
    'create index runs_overdue on runs (coalesce(leased_until, due_at)) where finished_at is null',
  );

  await db.schema.createTable('run_steps', (table) => {
    belongsTo(table, 'run_id', 'runs');
    table.integer('attempt').notNullable();
    table.integer('step_index').notNullable();
    table.text('method').notNullable();
    // Sealed.
    table.text('url').notNullable();
    oneOf(table, 'state', ['sending', 'waiting', 'done', 'failed', 'unknown']).notNullable();
    table.integer('tries').notNullable();
    // How often in a row it was begun and never ended, apart from how often it was sent: polls are sent many times.
    table.integer('interruptions');
    table.bigInteger('started_at').notNullable();
    table.bigInteger('finished_at');
    table.integer('status');
    // Sealed.
    table.text('response_text');
    table.text('warnings').notNullable();
    table.text('idempotency_key');
    table.primary(['run_id', 'attempt', 'step_index']);
  });

  await db.schema.createTable('run_responses', (table) => {
    belongsTo(table, 'run_id', 'runs');
    table.integer('attempt').notNullable();
    table.integer('step_index').notNullable();
    // Sealed, written once.
    table.text('response').notNullable();
    table.primary(['run_id', 'attempt', 'step_index']);
  });

  // The files that steps saved, in parts that fit into memory.
  await db.schema.createTable('run_files', (table) => {
    belongsTo(table, 'run_id', 'runs');
    table.text('name').notNullable();
    table.integer('part_index').notNullable();
    // 1 for the last part: a file without one was never finished.
    table.integer('last').notNullable();
    // Bytes, before sealing.
    table.integer('size').notNullable();
    // Of the last part only.
    table.text('content_type');
    // Sealed.
    table.text('content').notNullable();
    table.primary(['run_id', 'name', 'part_index']);
  });
}
