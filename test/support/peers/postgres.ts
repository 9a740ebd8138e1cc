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

export interface EmptyPostgres {
  readonly url: string;
  /** A pool of connections, as another process has one; ended by `cleanup`. */
  readonly connect: () => Knex;
  /** Ends every connection and drops the database. */
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

/** A new database that is migrated. */
export async function temporaryPostgres(
  now: Clock = () => new Date(),
  onEvent?: OnEvent,
): Promise<TestPostgres> {
  const database = await createDatabase(server().template);
  const db = database.connect();
  const key = randomBytes(32);
  const vault = createVault([key]);
  return {
    ...database,
    db,
    key,
    vault,
    stores: createStores(db, vault),
    transact: unitOfWork(db, vault, { now, onEvent }),
  };
}

/**
 * A new database with all that is in the one at this address, as it is at one moment: what a dump of it restores to. PostgreSQL
 * copies none that is in use, so whoever is connected to it is cut off.
 */
export function copyOfPostgres(url: string): Promise<EmptyPostgres> {
  return createDatabase(new URL(url).pathname.slice(1));
}

/** @throws where the server could not be started; a machine that can't run it has not tested everything. */
function server(): { readonly admin: string; readonly template: string } {
  const given = inject('postgres');
  if ('problem' in given) throw new Error(given.problem);
  return given;
}

async function createDatabase(template: string): Promise<EmptyPostgres> {
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
  const connections: Knex[] = [];
  return {
    url: address.href,
    connect() {
      const db = openDatabase(address.href);
      connections.push(db);
      return db;
    },
    async cleanup() {
      await Promise.all(connections.map((each) => each.destroy()));
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
