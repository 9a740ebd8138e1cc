import type { Knex } from 'knex';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { migratedPostgres } from '../peers/postgres.ts';

export interface HeldTransaction {
  readonly tx: Knex.Transaction;
  readonly commit: () => Promise<void>;
  readonly rollback: () => Promise<void>;
}

/** A transaction that stays open until the test ends it, so that others meet its locks. */
export async function heldTransaction(db: Knex): Promise<HeldTransaction> {
  let end: (how: 'commit' | 'rollback') => void = () => undefined;
  const ending = new Promise<'commit' | 'rollback'>((resolve) => {
    end = resolve;
  });
  let done: Promise<void> | undefined;
  const tx = await new Promise<Knex.Transaction>((resolve, reject) => {
    done = db.transaction(async (begun) => {
      resolve(begun);
      if ((await ending) === 'rollback') throw new Undone();
    });
    done.catch(reject);
  });
  const ended = async (): Promise<void> => done;
  return {
    tx,
    async commit() {
      end('commit');
      await ended();
    },
    async rollback() {
      end('rollback');
      await ended().catch((error: unknown) => {
        if (!(error instanceof Undone)) throw error;
      });
    },
  };
}

/** A PostgreSQL database of this test, one of whose tables no one else can read until `letGo`. */
export async function withHeldTable(
  table: string,
): Promise<{ readonly url: string; readonly letGo: () => Promise<void> }> {
  const { url, cleanup } = await migratedPostgres();
  onTestFinished(cleanup);
  const holder = openDatabase(url);
  onTestFinished(() => holder.destroy());
  const { tx, rollback } = await heldTransaction(holder);
  await tx.raw('lock table ?? in access exclusive mode', [table]);
  return { url, letGo: rollback };
}

class Undone extends Error {}
