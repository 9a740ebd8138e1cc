import type { Knex } from 'knex';
import type { Queue } from '../../engine/ports/jobs.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import { dialectOf } from '../database.ts';
import { GraphileJobRunner } from './graphile-job-runner.ts';
import {
  createGraphileQueue,
  deleteBuriedGraphileJobs,
  graphileDepths,
  installGraphile,
  releaseGraphileJobsOf,
  removeGraphile,
} from './graphile-queue.ts';
import { type JobRunner, type JobRunnerOptions, SqliteJobRunner } from './job-runner.ts';
import { createQueue, deleteBuriedJobs, queueDepths, releaseJobsOf } from './queue.ts';
import type { LaneDepth } from './queue-depth.ts';

/** How jobs are kept and run in one kind of database. */
export interface JobDriver {
  /** @param tx a transaction: what is pushed commits with it. */
  readonly createQueue: (tx: Knex, now: Clock) => Queue;
  readonly createRunner: (options: Omit<JobRunnerOptions, 'db'>) => JobRunner;
  /** A dead worker's jobs become claimable at once. */
  readonly releaseJobsOf: (workerId: string) => Promise<void>;
  /** What waits in each lane, of all processes. */
  readonly depths: (now: Date) => Promise<readonly LaneDepth[]>;
  /** Deletes at most `limit` jobs that failed for good before this. @returns how many */
  readonly deleteBuried: (before: Date, limit: number) => Promise<number>;
  /** Makes what the queue needs beside our own tables; may be called again. */
  readonly install: () => Promise<void>;
  /** @param tx the transaction that drops our own tables. */
  readonly remove: (tx: Knex) => Promise<void>;
}

/** The one place where the kind of database decides how jobs are run. */
export function createJobDriver(db: Knex): JobDriver {
  return dialectOf(db) === 'postgres' ? graphile(db) : embedded(db);
}

const embedded = (db: Knex): JobDriver => ({
  createQueue,
  createRunner: (options) => new SqliteJobRunner({ ...options, db }),
  releaseJobsOf: async (workerId) => void (await releaseJobsOf(db, workerId)),
  depths: (now) => queueDepths(db, now),
  deleteBuried: (before, limit) => deleteBuriedJobs(db, before, limit),
  install: async () => undefined,
  remove: async () => undefined,
});

const graphile = (db: Knex): JobDriver => ({
  createQueue: createGraphileQueue,
  createRunner: (options) => new GraphileJobRunner({ ...options, db }),
  releaseJobsOf: (workerId) => releaseGraphileJobsOf(db, workerId),
  depths: (now) => graphileDepths(db, now),
  deleteBuried: (before, limit) => deleteBuriedGraphileJobs(db, before, limit),
  install: () => installGraphile(db),
  remove: removeGraphile,
});
