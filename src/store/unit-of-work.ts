import type { Knex } from 'knex';
import type { Clock, Queue, UnitOfWork } from '../engine/ports.ts';
import { createQueue } from './queue.ts';
import { createStores } from './stores.ts';
import type { Vault } from './vault.ts';

/** How often a transaction that never got to begin is tried again, each after SQLite's whole busy timeout. */
const BEGIN_TRIES = 3;

/**
 * The one transaction boundary.
 *
 * @param pushed called after a commit that pushed jobs, so that a worker can be woken at once.
 */
export function unitOfWork(
  db: Knex,
  vault: Vault,
  now: Clock,
  pushed: () => void = () => undefined,
): UnitOfWork {
  return async (work) => {
    let jobs = 0;
    const result = await withBegin(db, async (tx) => {
      const queue = counting(createQueue(tx, now), () => {
        jobs += 1;
      });
      return work({ ...createStores(tx, vault, now), queue });
    });
    if (jobs > 0) {
      pushed();
    }
    return result;
  };
}

/** Tries again only where `work` was not called: nothing of it can happen twice. */
async function withBegin<T>(db: Knex, work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let begun = false;
    try {
      return await db.transaction(async (tx) => {
        begun = true;
        return work(tx);
      });
    } catch (error) {
      if (begun || tries === BEGIN_TRIES || !isBusy(error)) {
        throw error;
      }
    }
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';

function counting(queue: Queue, count: () => void): Queue {
  return {
    async push(name, payload, options) {
      await queue.push(name, payload, options);
      count();
    },
  };
}
