import type { Knex } from 'knex';
import { dialectOf } from '../database.ts';
import { GraphileJobRunner } from './graphile-job-runner.ts';
import {
  createGraphileQueue,
  deleteBuriedGraphileJobs,
  graphileDepths,
  installGraphile,
  releaseGraphileJobsOf,
  waitingGraphileJobs,
} from './graphile-queue.ts';
import type { JobPage, WaitingJob } from './job-payloads.ts';
import { type JobRunner, type JobRunnerOptions, SqliteJobRunner } from './job-runner.ts';
import { createQueue, deleteBuriedJobs, queueDepths, releaseJobsOf, waitingJobs } from './queue.ts';
import type { LaneDepth } from './queue-depth.ts';

/** Stores and runs jobs in one kind of database. */
export interface JobDriver {
  /** @param tx a transaction; pushed jobs commit with it */
  readonly createQueue: typeof createQueue;
  readonly createRunner: (options: Omit<JobRunnerOptions, 'db'>) => JobRunner;
  /** Makes a dead worker's jobs claimable at once. */
  readonly releaseJobsOf: (workerId: string, now: Date) => Promise<void>;
  /** The waiting jobs of each lane, in all processes. */
  readonly depths: (now: Date) => Promise<readonly LaneDepth[]>;
  /** All jobs but those that failed for good, in the order of their ids. For a database on which no worker runs. */
  readonly waiting: (page: JobPage) => Promise<readonly WaitingJob[]>;
  /** Deletes at most `limit` jobs that failed for good before this. @returns how many */
  readonly deleteBuried: (before: Date, limit: number) => Promise<number>;
  /** Creates what the queue needs beside our own tables. May run again. */
  readonly install: () => Promise<void>;
}

/** The only place that chooses between the two databases' job runners. */
export function createJobDriver(db: Knex): JobDriver {
  return dialectOf(db) === 'postgres' ? graphile(db) : embedded(db);
}

const embedded = (db: Knex): JobDriver => ({
  createQueue,
  createRunner: (options) => new SqliteJobRunner({ ...options, db }),
  releaseJobsOf: async (workerId, now) => void (await releaseJobsOf(db, workerId, now)),
  depths: (now) => queueDepths(db, now),
  waiting: (page) => waitingJobs(db, page),
  deleteBuried: (before, limit) => deleteBuriedJobs(db, before, limit),
  install: async () => undefined,
});

const graphile = (db: Knex): JobDriver => ({
  createQueue: createGraphileQueue,
  createRunner: (options) => new GraphileJobRunner({ ...options, db }),
  releaseJobsOf: (workerId, now) => releaseGraphileJobsOf(db, workerId, now),
  depths: (now) => graphileDepths(db, now),
  waiting: (page) => waitingGraphileJobs(db, page),
  deleteBuried: (before, limit) => deleteBuriedGraphileJobs(db, before, limit),
  install: () => installGraphile(db),
});
