import type { Knex } from 'knex';
import type { JobName, Jobs, Queue } from '../../engine/ports/jobs.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { UnitOfWork } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/work/retry-stale.ts';
import { inTransaction } from '../database.ts';
import { createJobDriver } from '../queue/job-driver.ts';
import { createStores } from '../stores.ts';
import type { Vault } from '../vault/vault.ts';
import { asTransaction, type TransactionDeps } from './transaction.ts';

export interface UnitOfWorkOptions extends Omit<TransactionDeps, 'now'> {
  /** Called after a commit with the jobs that it pushed, so that a worker can wake at once. */
  readonly pushed?: (jobs: readonly PushedJob[]) => void;
}

/**
 * The one transaction boundary. It retries `work` when another transaction was faster: a row changed since it was read,
 * PostgreSQL ended one of two deadlocked transactions, or two inserted the same unique value.
 */
export function unitOfWork(
  db: Knex,
  vault: Vault,
  now: Clock,
  { pushed, ...deps }: UnitOfWorkOptions = {},
): UnitOfWork {
  const { createQueue } = createJobDriver(db);
  return async (work) => {
    let jobs: PushedJob[] = [];
    const once = async (tx: Knex.Transaction) => {
      jobs = [];
      const queue = noting(createQueue(tx, now), jobs);
      return work(asTransaction(createStores(tx, vault, now), queue, { ...deps, now }));
    };
    const result = await retryStale(() =>
      inTransaction(db, once).catch((error: unknown) => {
        if (!isOvertaken(error)) throw error;
        throw Object.assign(new StaleWrite('a row', 'that another transaction wrote'), {
          cause: error,
          row: duplicateIn(error),
        });
      }),
    );
    if (jobs.length > 0) pushed?.(jobs);
    return result;
  };
}

/**
 * PostgreSQL's `deadlock_detected` and `unique_violation`. SQLite has one writer, so there no other transaction can cause
 * these.
 */
const OVERTAKEN: readonly unknown[] = ['40P01', '23505'];

const isOvertaken = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && OVERTAKEN.includes(error.code);

/** The duplicate value, as PostgreSQL names it: `Key (name)=(asana) already exists.`. Undefined for a deadlock. */
const duplicateIn = (error: Error): string | undefined =>
  'detail' in error && 'constraint' in error && typeof error.constraint === 'string'
    ? `${error.constraint} ${String(error.detail)}`
    : undefined;

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
