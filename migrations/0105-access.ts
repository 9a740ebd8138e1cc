import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** What is known of everybody's access, why it is there (holds), the accounts behind it, and what ends it (removals). */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('access', (table) => {
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'integration_id', 'integrations');
    oneOf(table, 'state', ['has', 'none', 'unknown']).notNullable();
    // Sealed: it may quote an answer.
    table.text('reason').notNullable();
    table.bigInteger('since').notNullable();
    table.bigInteger('checked_at').notNullable();
    table.primary(['person_id', 'integration_id']);
    table.index(['integration_id'], 'access_by_integration');
  });

  await db.schema.createTable('holds', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'integration_id', 'integrations');
    oneOf(table, 'source', ['by-hand', 'request', 'sequence', 'kept']).notNullable();
    table.text('given_by').notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('ends_at');
    table.bigInteger('warned_at');
    table.text('request_id');
    table.text('run_id');
    table.text('task_id');
    table.bigInteger('ended_at');
    oneOf(table, 'ended_why', ['expired', 'revoked', 'not-granted']);
    table.index(['person_id', 'integration_id'], 'holds_by_person');
    table.index(['integration_id', 'person_id'], 'holds_by_integration');
  });
  await db.raw(
    'create index holds_ending on holds (ends_at, id) where ended_at is null and ends_at is not null',
  );

  await db.schema.createTable('accounts', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'integration_id', 'integrations');
    // Sealed: the facts, the answers of the form, and the reason of the last answer.
    table.text('content').notNullable();
    table.text('run_id');
    table.bigInteger('written_at');
    table.bigInteger('revoked_at');
    oneOf(table, 'state', ['has', 'none', 'unknown']);
    table.bigInteger('checked_at');
    table.boolean('by_status').notNullable();
    table.bigInteger('gone_at');
    table.index(['person_id', 'integration_id'], 'accounts_by_person');
    table.index(['integration_id', 'person_id'], 'accounts_by_integration');
  });

  await db.schema.createTable('removals', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'integration_id', 'integrations');
    oneOf(table, 'state', [
      'waiting',
      'revoking',
      'checking',
      'by-hand',
      'stuck',
      'gone',
      'withdrawn',
    ]).notNullable();
    // JSON.
    table.text('causes').notNullable();
    // Sealed: why it is not gone yet, and the note of its task.
    table.text('content');
    table.text('task_due_date');
    table.bigInteger('began_at').notNullable();
    table.integer('tries').notNullable();
    table.bigInteger('due_at');
    table.bigInteger('retry_at');
    table.text('run_id');
    table.text('task_id');
    table.bigInteger('paused_until');
    table.bigInteger('notified_at');
    table.bigInteger('ended_at');
    // JSON.
    table.text('proof');
    table.index(['person_id', 'integration_id'], 'removals_by_person');
    table.index(['integration_id', 'state'], 'removals_by_integration');
  });
  // At most one open removal: the database decides, so that two clicks at once can't both begin one.
  await db.raw(
    "create unique index removals_one_open on removals (person_id, integration_id) where state in ('waiting', 'revoking', 'checking', 'by-hand', 'stuck')",
  );
  await db.raw('create index removals_due on removals (due_at, id) where due_at is not null');
  await db.raw("create index removals_stuck on removals (notified_at, id) where state = 'stuck'");

  await db.schema.createTable('integration_health', (table) => {
    belongsTo(table, 'integration_id', 'integrations').primary();
    table.bigInteger('ok_at').notNullable();
  });

  // Facts about people that someone else typed, until the person confirms them.
  await db.schema.createTable('fact_claims', (table) => {
    belongsTo(table, 'person_id', 'people');
    table.text('name').notNullable();
    // Sealed.
    table.text('value').notNullable();
    table.text('typed_by_id').references('id').inTable('people').onDelete('SET NULL');
    table.bigInteger('at').notNullable();
    // One of each fact: a later one takes its place.
    table.primary(['person_id', 'name']);
    table.index(['at'], 'fact_claims_by_age');
    table.index(['typed_by_id'], 'fact_claims_by_typist');
  });
}
