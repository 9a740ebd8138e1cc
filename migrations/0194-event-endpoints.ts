import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

const LANES = ['interactive', 'chat', 'imports', 'background'];

/** Addresses that receive events, what is sent to them, and the lane of the jobs that send. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('event_endpoints', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    table.text('folded_name').notNullable().unique({ indexName: 'event_endpoints_by_name' });
    // JSON: kinds of events, or their first words. Empty: all.
    table.text('kinds').notNullable();
    // Sealed: the address and the secrets.
    table.text('content').notNullable();
    table.boolean('is_revealed').notNullable();
    table.bigInteger('before_until');
    // The place in the audit log up to which it has read.
    table.bigInteger('read_seq').notNullable();
    table.bigInteger('last_sent_at');
    table.bigInteger('failing_since');
    table.bigInteger('paused_until');
    oneOf(table, 'state', ['idle', 'waiting', 'sending', 'off']).notNullable();
    table.bigInteger('due_at');
    table.text('worker_id');
    table.bigInteger('leased_until');
    // When it was turned off, and why.
    table.bigInteger('finished_at');
    oneOf(table, 'why', ['by-hand', 'gone', 'failing']);
  });

  await db.schema.createTable('event_deliveries', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'endpoint_id', 'event_endpoints');
    table.text('kind').notNullable();
    // The entry's place in the audit log. Null: a test.
    table.bigInteger('seq');
    table.bigInteger('at').notNullable();
    oneOf(table, 'state', ['waiting', 'sent', 'failed']).notNullable();
    table.bigInteger('due_at');
    table.bigInteger('finished_at');
    table.integer('attempts').notNullable();
    table.integer('status');
    // Sealed: the beginning of the last answer.
    table.text('answer');
    table.index(['endpoint_id', 'at', 'id'], 'event_deliveries_by_endpoint');
  });
  await db.raw(
    'create index event_deliveries_waiting on event_deliveries (endpoint_id, due_at, id) where due_at is not null',
  );
  await db.raw(
    'create index event_deliveries_by_age on event_deliveries (finished_at) where finished_at is not null',
  );
  await withLanes(db, [...LANES, 'events']);
}

/** SQLite changes no CHECK, so the table is made again. On PostgreSQL graphile-worker keeps the jobs. */
async function withLanes(db: Knex, lanes: readonly string[]): Promise<void> {
  if (isPostgres(db)) return;
  await db.schema.renameTable('jobs', 'jobs_before');
  for (const index of ['jobs_by_worker', 'jobs_by_due', 'jobs_by_lease', 'jobs_key_unique'])
    await db.raw('drop index ??', [index]);
  await db.schema.createTable('jobs', (table) => {
    table.bigIncrements('id');
    table.text('name').notNullable();
    table.text('payload').notNullable();
    oneOf(table, 'lane', lanes).notNullable();
    table.text('key').unique();
    table.text('claimed_key');
    table.bigInteger('due_at').notNullable();
    table.integer('claims').notNullable().defaultTo(0);
    table.integer('failures').notNullable().defaultTo(0);
    table.integer('deaths').notNullable().defaultTo(0);
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('buried_at');
    table.text('error');
    table.index(['worker_id'], 'jobs_by_worker');
  });
  const columns =
    'id, name, payload, lane, key, claimed_key, due_at, claims, failures, deaths, worker_id, leased_until, buried_at, error';
  await db.raw(`insert into jobs (${columns}) select ${columns} from jobs_before`);
  // Ids go on from where they were.
  await db('sqlite_sequence').where({ name: 'jobs' }).delete();
  await db.raw(
    "insert into sqlite_sequence (name, seq) select 'jobs', seq from sqlite_sequence where name = 'jobs_before'",
  );
  await db.schema.dropTable('jobs_before');
  await db.raw('create index jobs_by_due on jobs (lane, due_at, id) where buried_at is null');
  await db.raw(
    'create index jobs_by_lease on jobs (lane, leased_until) where leased_until is not null',
  );
}

const isPostgres = (db: Knex): boolean => db.client.driverName === 'pg';
