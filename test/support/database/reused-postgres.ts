/**
 * PostgreSQL databases that serve one test after another. A new one is a copy of a thousand files, and each new connection reads the
 * catalog and plans every statement once more. So the database stays with its connections, and its rows go.
 */
import type { Knex } from 'knex';
import { openDatabase } from '../../../src/store/database.ts';

export interface ReusedPostgres {
  readonly url: string;
  readonly db: Knex;
  /** Ends all other connections to the database, and empties it for the next test. */
  readonly giveBack: () => Promise<void>;
}

/** A database that was made for a test. */
export interface NewPostgres {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

interface Kept extends NewPostgres {
  readonly db: Knex;
  /** What finds the tables that have rows, and the shape. */
  readonly look: string;
  /** What sets every sequence back. */
  readonly restart: string;
  /** The shape that it had at first. */
  readonly shape: string;
  /** A test has changed a connection for longer than a transaction. */
  readonly isSpent: boolean;
}

/** What Knex opens. */
interface Connection {
  readonly connection: { readonly stream: { unref(): void } };
  query(first: string | { readonly text: string }, ...others: unknown[]): unknown;
}
interface KnexClient {
  /** Left out: a test has closed the database. */
  readonly pool?: { numUsed(): number };
  acquireRawConnection(): Promise<Connection>;
}

/** The connections that stay have this name. */
const NAME = 'latchkey-tests';

/** Changes a connection for longer than a transaction. */
const LASTING =
  /^\s*(set(?!\s+local\b)|reset|discard|listen|prepare|deallocate|create\s+temp)\b|pg_(try_)?advisory_lock/i;

/** Their rows are part of the shape. */
const MIGRATIONS = ['knex_migrations', 'knex_migrations_lock', 'graphile_worker.migrations'];

/** Tables of PostgreSQL that say what tables, columns, rules and triggers there are, with the column of their numbers. */
const CATALOG = [
  ['pg_class', 'oid'],
  ['pg_attribute', 'attrelid'],
  ['pg_constraint', 'oid'],
  ['pg_trigger', 'oid'],
] as const;

/** Smaller numbers are PostgreSQL's own. */
const FIRST_OWN = 16_384;

const IN_SCHEMAS = `relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)`;

/** Of this worker. */
const free: Kept[] = [];

/** @param make makes a migrated one where none is free */
export async function reusedPostgres(make: () => Promise<NewPostgres>): Promise<ReusedPostgres> {
  const kept = free.pop() ?? (await newDatabase(await make()));
  let isGivenBack = false;
  return {
    url: kept.url,
    db: kept.db,
    async giveBack() {
      if (isGivenBack) return;
      isGivenBack = true;
      kept.db.removeAllListeners();
      if (await isEmptied(kept)) {
        free.push(kept);
        return;
      }
      await kept.db.destroy();
      await kept.drop();
    },
  };
}

async function newDatabase(made: NewPostgres): Promise<Kept> {
  const db = openDatabase(made.url);
  let isSpent = false;
  const client = db.client as KnexClient; // Knex's type is `any`.
  const acquire = client.acquireRawConnection.bind(client);
  client.acquireRawConnection = async () => {
    const connection = await acquire();
    connection.connection.stream.unref(); // It keeps no worker from ending.
    await connection.query(`set application_name = '${NAME}'`);
    const query = connection.query.bind(connection);
    connection.query = (first, ...others) => {
      if (LASTING.test(typeof first === 'string' ? first : first.text)) isSpent = true;
      return query(first, ...others);
    };
    return connection;
  };
  const [tables, sequences] = await Promise.all([relationsOf(db, 'r'), relationsOf(db, 'S')]);
  const look = lookInto(tables);
  const { shape } = await lookedInto(db, look);
  return {
    ...made,
    db,
    look,
    restart: sequences.map((name) => `setval('${name}', 1, false)`).join(', '),
    shape,
    get isSpent() {
      return isSpent;
    },
  };
}

/** @param kind as `pg_class` has it: `r` for tables, `S` for sequences */
async function relationsOf(db: Knex, kind: 'r' | 'S'): Promise<readonly string[]> {
  const { rows } = await db.raw<{ readonly rows: readonly { readonly name: string }[] }>(
    `select oid::regclass::text as name from pg_class where relkind = ? and ${IN_SCHEMAS}`,
    [kind],
  );
  return rows.map(({ name }) => name);
}

interface Look {
  /** Tables that have rows. */
  readonly filled: readonly string[];
  /** Another one after each change of a table, a column, an index, or a migration: PostgreSQL writes their rows anew. */
  readonly shape: string;
}

function lookInto(tables: readonly string[]): string {
  const filled = tables
    .filter((name) => !MIGRATIONS.includes(name))
    .map((name) => `select '${name}' where exists (select 1 from ${name})`);
  const parts = [
    ...CATALOG.map(
      ([name, id]) =>
        `select '${name} ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) from ${name} where ${id} >= ${FIRST_OWN}`,
    ),
    ...MIGRATIONS.map((name) => `select '${name} ' || ctid from ${name}`),
  ];
  return `select array(${filled.join(' union all ')}) as filled,
    array(${parts.join(' union all ')})::text as shape
    where ?::text is not null`;
}

/** It has a value, so that the server plans it once. */
async function lookedInto(db: Knex, look: string): Promise<Look> {
  const { rows } = await db.raw<{ readonly rows: readonly [Look] }>(look, [NAME]);
  return rows[0];
}

/** Removes all rows. @returns false where the database can't serve another test */
async function isEmptied(kept: Kept): Promise<boolean> {
  const { db } = kept;
  const { pool } = db.client as KnexClient; // Knex's type is `any`.
  if (kept.isSpent || pool?.numUsed() !== 0) return false; // Else no transaction is open.
  try {
    const { rows } = await db.raw<{ readonly rows: readonly { readonly ended: boolean }[] }>(
      `select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity
       where datname = current_database() and backend_type = 'client backend' and application_name <> ?`,
      [NAME],
    );
    if (!rows.every(({ ended }) => ended)) return false;
    const { filled, shape } = await lookedInto(db, kept.look);
    if (shape !== kept.shape) return false;
    const deletes = filled.map((name) => `delete from ${name};`).join(' ');
    await db.raw(
      `begin; set local session_replication_role = replica; ${deletes} commit; select ${kept.restart};`,
    );
    return true;
  } catch {
    return false;
  }
}
