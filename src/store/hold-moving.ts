/**
 * While `latchkey move` copies a database, and until `.env` names the new one, no Latchkey and no command begins to use it: what they
 * wrote would stay behind. PostgreSQL keeps the lock in a transaction, so a pooler passes it on, and it ends with its process.
 */
import { existsSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import type { Knex } from 'knex';
import { tryLock } from './advisory-locks.ts';
import { inTransaction, openDatabase, sqliteFile } from './database.ts';
import { holdAlone, isHeldAlone } from './hold-alone.ts';

type LetGo = () => Promise<void>;

/** The message ends a sentence for an operator. */
export class BeingMoved extends Error {
  readonly code = 'being-moved';
  constructor() {
    super(
      '"latchkey move" copies this database into another one now; wait until it ends, set what it says, and try again',
    );
    this.name = 'BeingMoved';
  }
}

/** PostgreSQL, or a pooler before it, ended the connection that had the lock. The message is for an operator. */
export class HoldLost extends Error {
  readonly code = 'hold-lost';
  constructor() {
    super(
      'the connection that kept Latchkey and its commands away from the old database was lost during the move. If one of them ran, what it wrote is in the old one alone: then empty the new database, and move again',
    );
    this.name = 'HoldLost';
  }
}

/**
 * @param inUse what it throws where a Latchkey or a command has begun to use it
 * @returns what lets go of it, and throws {HoldLost} where it was held no more
 */
export async function holdForMove(address: string, inUse: () => Error): Promise<LetGo> {
  const file = sqliteFile(address);
  if (file === undefined) {
    const letGo = await holdPostgres(address, 'alone', inUse);
    return async () => {
      if (!(await letGo())) throw new HoldLost();
    };
  }
  const letGoOfFile = await holdAlone(file, inUse);
  const beside = await besideOf(file);
  const letGo = await holdAlone(beside, inUse, file).catch(async (error: unknown) => {
    await letGoOfFile();
    throw error;
  });
  return async () => {
    await rm(`${beside}.lock`, { force: true });
    await letGo();
    await letGoOfFile();
  };
}

/**
 * For what begins to use the database. SQLite says by itself who has its file open: it is opened before we look, so a move that
 * begins after the look finds it open.
 * @returns what lets go of it @throws {BeingMoved}
 */
export async function refuseMove(address: string, db: Knex): Promise<LetGo> {
  const file = sqliteFile(address);
  if (file === undefined) {
    const letGo = await holdPostgres(address, 'shared', () => new BeingMoved());
    return async () => void (await letGo());
  }
  await db.raw('SELECT count(*) FROM sqlite_master');
  if (await isHeldAlone(await besideOf(file))) throw new BeingMoved();
  return async () => undefined;
}

/** For what only looks. */
export async function isBeingMoved(address: string, db: Knex): Promise<boolean> {
  try {
    const letGo = await refuseMove(address, db);
    await letGo();
    return false;
  } catch (error) {
    if (error instanceof BeingMoved) return true;
    throw error;
  }
}

const besideOf = async (file: string): Promise<string> =>
  `${existsSync(file) ? await realpath(file) : file}.moving`;

/** @returns what lets go of it, and says whether it was held until then */
async function holdPostgres(
  address: string,
  how: 'alone' | 'shared',
  taken: () => Error,
): Promise<() => Promise<boolean>> {
  const db = openDatabase(address);
  let letGo: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let ended = Promise.resolve(true);
  const isHeld = await new Promise<boolean>((resolve, reject) => {
    ended = inTransaction(db, async (tx) => {
      await tx.raw('set local idle_in_transaction_session_timeout = 0'); // A move takes long.
      const held = await tryLock(tx, 'moving', how);
      resolve(held);
      if (held) await over;
      return true;
    })
      .catch((error: unknown) => {
        reject(error); // Once it was held, this says nothing more: its connection is gone, and so is the lock.
        return false;
      })
      .finally(() => db.destroy());
  });
  if (!isHeld) {
    await ended;
    throw taken();
  }
  return () => {
    letGo();
    return ended;
  };
}
