import type { Knex } from 'knex';
import { AsyncVariable } from '../../core/async-variable.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { UnitOfWork } from '../../engine/ports/unit-of-work.ts';
import { dialectOf, inTransaction, isUnknownStatement } from '../database.ts';
import { createJobDriver } from '../queue/job-driver.ts';
import type { JobStore, NewJob } from '../queue/stored-queue.ts';
import { createStores } from '../stores.ts';
import type { Vault } from '../vault/vault.ts';
import { inGroup } from './group-commit.ts';
import { type TransactionDeps, workIn } from './transaction.ts';

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
  { now, pushed, ...deps }: UnitOfWorkOptions & { readonly now: Clock },
): UnitOfWork {
  const { createQueue } = createJobDriver(db);
  const isAlone = dialectOf(db) === 'sqlite'; // Its process has one connection.
  const commit = isAlone ? inGroup : inTransaction;
  const stores = createStores(ofRunningUnit(db), vault);
  return async (work) => {
    if (isAlone && within.get()?.isOpen) throw new NestedTransaction();
    let jobs: PushedJob[] = [];
    const once = async (tx: Knex.Transaction) => {
      jobs = [];
      const queue = noting(createQueue(tx, now), jobs);
      const unit = { isOpen: true, tx, db };
      try {
        return await within.run(unit, () => workIn({ ...deps, stores, queue, now }, work));
      } finally {
        unit.isOpen = false;
      }
    };
    const result = await untilNotOvertaken(() =>
      commit(db, once).catch((error: unknown) => {
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

/** More than ever change the same row at once. More tries would mean that something writes without end. */
const MAX_TRIES = 20;

/**
 * @throws {StaleWrite} when the same row at the same version fails twice, because then `work` doesn't read that row itself;
 * and after `MAX_TRIES`
 */
async function untilNotOvertaken<T>(work: () => Promise<T>): Promise<T> {
  let stale: string | undefined;
  for (let left = MAX_TRIES - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleWrite) || left === 0) throw error;
      if (error.row !== undefined && error.row === stale) throw error;
      stale = error.row;
    }
  }
}

interface Unit {
  isOpen: boolean;
  readonly tx: Knex.Transaction;
  /** Of which it is a transaction. */
  readonly db: Knex;
}

/** The unit of work that is running, for what it calls. What it leaves running may begin others when it has ended. */
const within = new AsyncVariable<Unit>();

/**
 * The transaction of the unit that calls it, so that stores are made once: for each transaction they are a thousand functions. What
 * a unit has left running is refused.
 */
function ofRunningUnit(db: Knex): Knex {
  const running = (): Knex => {
    const unit = within.get();
    if (unit?.db !== db || !unit.isOpen) throw new OutsideOfUnit();
    return unit.tx;
  };
  return new Proxy(db, {
    apply: (_db, _this, [table]: [string]) => running()(table),
    get(_db, name) {
      if (name === 'isTransaction') return true;
      if (name === 'client') return Reflect.get(db, name) as unknown; // Which database it is, which stores ask when they are made.
      return Reflect.get(running(), name) as unknown;
    },
  });
}

class OutsideOfUnit extends Error {
  readonly code = 'outside-of-unit';
  constructor() {
    super('A transaction was used outside of its unit of work, which may have ended');
    this.name = 'OutsideOfUnit';
  }
}

/** The inner one would wait for the outer one for ever. */
class NestedTransaction extends Error {
  readonly code = 'nested-transaction';
  constructor() {
    super('A transaction was begun inside another one; use its tx');
    this.name = 'NestedTransaction';
  }
}

/**
 * PostgreSQL's `deadlock_detected` and `unique_violation`. SQLite has one writer, so there no other transaction can cause
 * these.
 */
const OVERTAKEN: readonly unknown[] = ['40P01', '23505'];

const isOvertaken = (error: unknown): error is Error =>
  error instanceof Error &&
  'code' in error &&
  (OVERTAKEN.includes(error.code) || isUnknownStatement(error)); // The next try has no names.

/** The duplicate value, as PostgreSQL names it: `Key (name)=(asana) already exists.`. Undefined for a deadlock. */
const duplicateIn = (error: Error): string | undefined =>
  'detail' in error && 'constraint' in error && typeof error.constraint === 'string'
    ? `${error.constraint} ${String(error.detail)}`
    : undefined;

export type PushedJob = Pick<NewJob, 'name' | 'payload'>;

const noting = (queue: JobStore, noted: PushedJob[]): JobStore => ({
  ...queue,
  async pushAll(jobs) {
    await queue.pushAll(jobs);
    noted.push(...jobs);
  },
});
