import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** People from apps and files: each reading with its rows, and the addresses that are never imported. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('sync_runs', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'integration_id', 'integrations');
    table.text('manifest_version_id').notNullable();
    oneOf(table, 'action', ['create', 'update']).notNullable();
    oneOf(table, 'mode', ['import', 'preview']).notNullable();
    table.text('started_by').notNullable();
    table.bigInteger('scheduled_for');
    table.bigInteger('created_at').notNullable();
    oneOf(table, 'phase', [
      'reading',
      'comparing',
      'importing',
      'connecting',
      'tidying',
    ]).notNullable();
    oneOf(table, 'state', [
      'queued',
      'running',
      'waiting',
      'ready',
      'done',
      'failed',
      'cancelled',
    ]).notNullable();
    table.bigInteger('due_at');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    // How the reading ended; null until then.
    oneOf(table, 'reading', ['complete', 'changes', 'cut-off']);
    // JSON: counts, warnings, and what belongs to the state.
    table.text('progress').notNullable();
    // Sealed: where the next page is, where the next import begins, and the sentences about this one.
    table.text('cursor');
    table.text('mark');
    table.text('messages');
    // The run whose notice tells of this one: the first of several that failed alike.
    table.text('notice_run_id');
    table.boolean('thinned').notNullable();
    table.index(['integration_id', 'created_at'], 'sync_runs_by_integration');
    table.index(['worker_id'], 'sync_runs_by_worker');
    table.index(['notice_run_id'], 'sync_runs_by_notice');
    table.index(['created_at'], 'sync_runs_by_age');
  });
  // The database decides that they never overlap. One that waits for an admin is not at work.
  await db.raw(
    "create unique index sync_runs_one_at_work on sync_runs (integration_id) where state in ('queued', 'running', 'waiting')",
  );
  await db.raw(
    'create index sync_runs_overdue on sync_runs (coalesce(leased_until, due_at)) where finished_at is null',
  );

  await db.schema.createTable('sync_pages', (table) => {
    belongsTo(table, 'run_id', 'sync_runs');
    // A hash: addresses may hold tokens.
    table.text('address').notNullable();
    table.primary(['run_id', 'address']);
  });

  await db.schema.createTable('sync_rows', (table) => {
    belongsTo(table, 'run_id', 'sync_runs');
    table.bigInteger('seq').notNullable();
    table.text('email');
    table.text('first_name').notNullable();
    table.text('last_name').notNullable();
    // JSON of what else the row says of the person.
    table.text('details');
    oneOf(table, 'state', [
      'new',
      'left',
      'fill',
      'updated',
      'missing',
      'invalid',
      'duplicate',
      'existing',
      'ignored',
      'unknown',
      'unchanged',
    ]).notNullable();
    table.boolean('chosen').notNullable();
    table.text('note');
    // What the search in a preview looks in, folded by us: databases fold accents and capitals each in their own way. Null
    // where lower case is all there is to it.
    table.text('search_text');
    table.primary(['run_id', 'seq']);
    table.index(['run_id', 'email'], 'sync_rows_by_email');
    // By which a card counts those of a million rows that are few: who was left out, who comes back, who gets what they lack.
    table.index(['run_id', 'state', 'chosen', 'seq'], 'sync_rows_by_state');
  });

  await db.schema.createTable('ignored_emails', (table) => {
    key(table, 'email');
    table.text('ignored_by').notNullable();
    table.bigInteger('at').notNullable();
    table.index(['at'], 'ignored_emails_by_age');
  });

  await db.schema.createTable('file_imports', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('file_name').notNullable();
    table.text('started_by').notNullable();
    table.bigInteger('created_at').notNullable();
    // JSON: counts and how far it is. The rows themselves are in a draft, sealed.
    table.text('progress').notNullable();
    table.index(['created_at'], 'file_imports_by_age');
  });
}
