import type { Knex } from 'knex';
import { type Clock, type Queue, StaleWrite, type UnitOfWork } from '../engine/ports.ts';
import { inTransaction } from './database.ts';
import { createJobDriver } from './job-driver.ts';
import { createStores } from './stores.ts';
import type { Vault } from './vault.ts';

/**
 * The one transaction boundary. Of two that wait for each other PostgreSQL ends one, and of two that insert what there can
 * be only one of it refuses one: that throws `StaleWrite`, and done again it finds what the other one has done.
 *
 * @param pushed called after a commit that pushed jobs, so that a worker can be woken at once.
 */
export function unitOfWork(
  db: Knex,
  vault: Vault,
  now: Clock,
  pushed: () => void = () => undefined,
): UnitOfWork {
  const { createQueue } = createJobDriver(db);
  return async (work) => {
    let jobs = 0;
    const result = await inTransaction(db, async (tx) => {
      const queue = counting(createQueue(tx, now), () => {
        jobs += 1;
      });
      return work({ ...createStores(tx, vault, now), queue });
    }).catch((error: unknown) => {
      if (!isOvertaken(error)) throw error;
      throw Object.assign(new StaleWrite('a row', 'that another transaction wrote'), {
        cause: error,
      });
    });
    if (jobs > 0) {
      pushed();
    }
    return result;
  };
}

/** PostgreSQL's `deadlock_detected` and `unique_violation`; with SQLite there is one writer, so neither is anybody else's doing. */
const OVERTAKEN: readonly unknown[] = ['40P01', '23505'];

const isOvertaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && OVERTAKEN.includes(error.code);

function counting(queue: Queue, count: () => void): Queue {
  return {
    async push(name, payload, options) {
      await queue.push(name, payload, options);
      count();
    },
  };
}
