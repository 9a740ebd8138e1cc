import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { escapeIdentifier, Pool } from 'pg';
import { inject } from 'vitest';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { OnEvent } from '../../../src/engine/work/on-event.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault, type Vault } from '../../../src/store/vault/vault.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type NewPostgres, reusedPostgres } from '../database/reused-postgres.ts';

export interface EmptyPostgres {
  readonly url: string;
  /** A pool of connections, as another process has one; ended by `cleanup`. */
  readonly connect: () => Knex;
  /** Ends every connection, and drops the database or empties it for another test. */
  readonly cleanup: () => Promise<void>;
}

export interface TestPostgres extends EmptyPostgres {
  readonly db: Knex;
  /** The vault's only key. */
  readonly key: Uint8Array;
  readonly vault: Vault;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

/** A new database with nothing in it, on the server of this test run. */
export const emptyPostgres = (): Promise<EmptyPostgres> => createDatabase('template0');

/** As the start before has left it: tables without rows. For other processes, which bring their own connections. */
export const migratedPostgres = (): Promise<EmptyPostgres> => createDatabase(server().template);

/** A migrated database, empty; it and its connections may have served tests before. */
export async function temporaryPostgres(
  now: Clock = () => new Date(),
  onEvent?: OnEvent,
): Promise<TestPostgres> {
  const { url, db, giveBack } = await reusedPostgres(async () => {
    const made = await newDatabase(server().template);
    return { ...made, url: bySocket(made.url) };
  });
  return testPostgres({ url, db, now, onEvent, end: giveBack });
}

/** A migrated database that no other test uses: for tests of how PostgreSQL treats connections and statements. */
export async function postgresOfItsOwn(
  now: Clock = () => new Date(),
  onEvent?: OnEvent,
): Promise<TestPostgres> {
  const { url, drop } = await newDatabase(server().template);
  const db = openDatabase(url);
  const end = async () => {
    await db.destroy();
    await drop();
  };
  return testPostgres({ url, db, now, onEvent, end });
}

interface Opened {
  readonly url: string;
  readonly db: Knex;
  readonly now: Clock;
  readonly onEvent: OnEvent | undefined;
  /** Ends `db`, after all other connections. */
  readonly end: () => Promise<void>;
}

function testPostgres({ url, db, now, onEvent, end }: Opened): TestPostgres {
  const key = randomBytes(32);
  const vault = createVault([key]);
  return {
    ...connecting(url, end),
    db,
    key,
    vault,
    stores: createStores(db, vault),
    transact: unitOfWork(db, vault, { now, onEvent }),
  };
}

/**
 * A new database with all that is in the one at this address, as it is at one moment: what a dump of it restores to. PostgreSQL
 * copies none that is in use, so all connections to it are cut off.
 */
export function copyOfPostgres(url: string): Promise<EmptyPostgres> {
  return createDatabase(new URL(url).pathname.slice(1));
}

/** @throws where the server could not be started; a machine that can't run it has not tested everything. */
function server() {
  const given = inject('postgres');
  if ('problem' in given) throw new Error(given.problem);
  return given;
}

async function createDatabase(template: string): Promise<EmptyPostgres> {
  const { url, drop } = await newDatabase(template);
  return connecting(url, drop);
}

/** @param end called when all connections have ended */
function connecting(url: string, end: () => Promise<void>): EmptyPostgres {
  const connections: Knex[] = [];
  return {
    url,
    connect() {
      const db = openDatabase(url);
      connections.push(db);
      return db;
    },
    async cleanup() {
      await Promise.all(connections.map((each) => each.destroy()));
      await end();
    },
  };
}

/** The same database without TCP, which takes longer than many a statement. */
function bySocket(address: string): string {
  const { socket } = server();
  if (socket === undefined) return address;
  const url = new URL(address);
  const { username, password, port, pathname } = url;
  return `${url.protocol}//${username}:${password}@${encodeURIComponent(socket)}:${port}${pathname}`;
}

async function newDatabase(template: string): Promise<NewPostgres> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administrator().query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and datname like $2',
    [template, 'test\\_%'],
  );
  // Copying the files costs two thirds of what copying through the write-ahead log does, which would spare a checkpoint of a large server.
  await administrator().query(
    `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)} strategy file_copy`,
  );
  const address = new URL(server().admin);
  address.pathname = `/${name}`;
  return {
    url: address.href,
    async drop() {
      await administrator().query(`drop database ${escapeIdentifier(name)} with (force)`);
    },
  };
}

let pool: Pool | undefined;

/** Stays connected for all test files of a worker, and keeps no worker from ending. */
function administrator(): Pool {
  if (pool) return pool;
  pool = new Pool({ connectionString: server().admin, max: 2, allowExitOnIdle: true });
  pool.on('error', () => undefined); // The server ends before the workers do, or the other way round.
  return pool;
}
