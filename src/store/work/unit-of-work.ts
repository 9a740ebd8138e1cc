import type { Knex } from 'knex';
import type { JobName, Jobs, Queue } from '../../engine/ports/jobs.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { UnitOfWork } from '../../engine/ports/unit-of-work.ts';
import { inTransaction } from '../database.ts';
import { createJobDriver } from '../queue/job-driver.ts';
import { createStores } from '../stores.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * The one transaction boundary. Of two that wait for each other PostgreSQL ends one, and of two that insert what there can
 * be only one of it refuses one: that throws `StaleWrite`, and done again it finds what the other one has done.
 *
 * @param pushed called after a commit with the jobs that it pushed, so that a worker can be woken at once.
 */
export function unitOfWork(
  db: Knex,
  vault: Vault,
  now: Clock,
  pushed: (jobs: readonly PushedJob[]) => void = () => undefined,
): UnitOfWork {
  const { createQueue } = createJobDriver(db);
  return async (work) => {
    const jobs: PushedJob[] = [];
    const result = await inTransaction(db, async (tx) => {
      const queue = noting(createQueue(tx, now), jobs);
      return work({ ...createStores(tx, vault, now), queue });
    }).catch((error: unknown) => {
      if (!isOvertaken(error)) throw error;
      throw Object.assign(new StaleWrite('a row', 'that another transaction wrote'), {
        cause: error,
      });
    });
    if (jobs.length > 0) {
      pushed(jobs);
    }
    return result;
  };
}

/** PostgreSQL's `deadlock_detected` and `unique_violation`; with SQLite there is one writer, so neither is anybody else's doing. */
const OVERTAKEN: readonly unknown[] = ['40P01', '23505'];

const isOvertaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && OVERTAKEN.includes(error.code);

export interface PushedJob<N extends JobName = JobName> {
  readonly name: N;
  readonly payload: Jobs[N];
}

function noting(queue: Queue, jobs: PushedJob[]): Queue {
  return {
    async push(name, payload, options) {
      await queue.push(name, payload, options);
      jobs.push({ name, payload });
    },
  };
}
