import type { Knex } from 'knex';

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

class Undone extends Error {}
