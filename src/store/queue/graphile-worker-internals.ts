/**
 * Everything here uses graphile-worker's private parts (the objects in its events, and a table), or makes up for a fault of it. Its
 * SQL functions and its view `graphile_worker.jobs` are public. `test/store/queue/graphile-worker-internals.test.ts` fails when
 * the private parts change.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkerEvents } from 'graphile-worker';
import type { Knex } from 'knex';

/** The channel on which the database announces new jobs, without saying which. */
export const ADDED = 'jobs:insert';

/** Tells a runner that there is no new job. */
const NOTHING_ADDED = JSON.stringify({ count: 0 });

/** The part of a runner that claims jobs. */
export interface JobClaimer {
  /** Resolves when no query is running and all claimed jobs are returned. */
  release(): Promise<void>;
}

export interface RunnerHooks {
  /** The name that it locks its jobs with. graphile-worker's own is random, so we couldn't find a dead worker's jobs. */
  readonly lockName: string;
  /** Whether a notification on `ADDED` is for this runner. */
  readonly isForUs: (payload: string | undefined) => boolean;
  readonly onClaimer: (asking: JobClaimer) => void;
}

/** Call this before you create the runner: each hook must come before it claims jobs. */
export function hookInto(
  events: WorkerEvents,
  { lockName, isForUs, onClaimer: onAsking }: RunnerHooks,
): void {
  events.on('pool:create', ({ workerPool }) => {
    workerPool.id = lockName;
  });
  events.on('localQueue:init', ({ localQueue }) => onAsking(localQueue));
  // This process or the next one unlocks the jobs of a stopping runner. graphile-worker itself returns them without
  // handling errors, so a database outage at that moment would end the process.
  events.on('localQueue:setMode', ({ localQueue, newMode }) => {
    if (newMode === 'RELEASED') localQueue.jobQueue.splice(0);
  });
  // We change the notification before graphile-worker acts on it. Otherwise every lane of every process would query for
  // every job.
  events.on('pool:listen:notification', ({ message }) => {
    if (message.channel === ADDED && !isForUs(message.payload)) message.payload = NOTHING_ADDED;
  });
}

interface JobWithPayload {
  readonly id: number;
  readonly task_identifier: string;
  /** JSON. */
  readonly payload: string;
  readonly run_at: Date;
  readonly key: string | null;
}

/** The view has no payloads, and no function returns a job without changing it. */
export const jobsWithPayload = (db: Knex) =>
  db<JobWithPayload>(
    db('graphile_worker.jobs')
      .join('graphile_worker._private_jobs as job', 'job.id', 'jobs.id')
      .select<JobWithPayload[]>(
        'jobs.id',
        'jobs.task_identifier',
        'jobs.run_at',
        'jobs.key',
        'jobs.attempts',
        'jobs.max_attempts',
        db.raw('job.payload::text'),
      )
      .as('all_jobs'),
  );

/** Running queries end within this time after the shutdown. */
const LAST_QUESTIONS_MS = 1_000;

/**
 * Resolves shortly after the runner's shutdown, when no handler and no query runs. The runner's own promise may never
 * settle: graphile-worker counts the unwritten batches, and counts wrongly after two failures, as in a database outage.
 */
export async function shutDownOf(events: WorkerEvents): Promise<void> {
  await new Promise<void>((resolve) => {
    events.once('pool:gracefulShutdown:complete', () => resolve());
    events.once('pool:forcefulShutdown:complete', () => resolve());
    events.once('pool:forcefulShutdown:error', () => resolve());
  });
  await pause(LAST_QUESTIONS_MS, undefined, { ref: false });
}
