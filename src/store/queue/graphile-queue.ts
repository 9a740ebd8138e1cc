/**
 * The PostgreSQL queue: graphile-worker's, which several processes share. A job is a *task* there, named by lane and job
 * (`chat/message.post`), so that each lane has a runner with its own slots. We use only its SQL functions and its view
 * `graphile_worker.jobs`, and not the columns of its tables.
 */
import type { Knex } from 'knex';
import type { Pool } from 'pg';
import { chunksOf } from '../../core/batches.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';
import { postgresPool } from '../database.ts';
import { withOthers } from '../together-internals.ts';
import { ADDED, jobsWithPayload } from './graphile-worker-internals.ts';
import { type JobPage, readWaitingJob, type WaitingJob } from './job-payloads.ts';
import { type DepthRow, depthsOf, type LaneDepth } from './queue-depth.ts';
import type { NewJob, StoredQueue } from './stored-queue.ts';
import { ON_TRIAL } from './trials.ts';

/**
 * How often a job is tried before it is buried, after failures of its handler or deaths of its worker. graphile-worker
 * sets the pauses after failures: e, e², e³ … seconds. The first is 3 s, the last 18 min, all together half an hour.
 */
const MAX_ATTEMPTS = 8;

export const taskOf = (lane: Lane, name: string): string => `${lane}/${name}`;

/** Our own notification for a job that is due. It names the lane, so other lanes needn't query. */
const noticeFor = (lane: Lane): string => JSON.stringify({ count: 1, lane });

/** Whether the notification is for this lane. Others, such as graphile-worker's own, are for no lane. */
export const isForLane = (lane: Lane, notice: string | undefined): boolean =>
  notice === noticeFor(lane);

/** The name that a worker's runner of a lane locks its jobs with. */
export const lockNameOf = (workerId: string, lane: Lane): string => `${workerId}/${lane}`;

export function createGraphileQueue(db: Knex, now: Clock): StoredQueue {
  const pushAll = (jobs: readonly NewJob[]): Promise<void> => addJobs(db, jobs, now());
  return {
    pushAll,
    push: (name, payload, { dueAt = now(), ...options }) =>
      pushAll([{ name, payload, dueAt, ...options }]),

    async isAwaited(lane) {
      const waiting: unknown = await db('graphile_worker.jobs')
        .where('task_identifier', 'like', `${taskOf(lane, '')}%`)
        .where('run_at', '<=', now())
        .whereNull('locked_at')
        .whereRaw('attempts < max_attempts')
        .first('id');
      return waiting !== undefined;
    },
  };
}

/** graphile-worker takes one or two milliseconds for each, and a connection that is silent for half a minute counts as lost. */
const MAX_AT_ONCE = 1000;
/** A worker may claim the job with the same key during the push. Each further try needs the same bad luck. */
const TRIES = 10;

/**
 * Adds jobs, or finds those that wait under their keys. The second sub-select keeps the earlier time of a job that waits for a
 * retry, since graphile-worker would give it the new time. Any other job keeps its time (`preserve_run_at`), unless the new one is
 * earlier. A job that is already due no later also keeps its lane: a less urgent push doesn't take it out of the slots for clicks.
 * Each job that is due is announced with the commit.
 */
async function addJobs(db: Knex, jobs: readonly NewJob[], now: Date): Promise<void> {
  for (const some of chunksOf(oneForEachKey(jobs), MAX_AT_ONCE)) await addSome(db, some, now);
}

async function addSome(db: Knex, jobs: readonly NewJob[], now: Date): Promise<void> {
  let left = jobs.map(({ name, payload, lane, dueAt, key }, at) => ({
    at,
    task: taskOf(lane, name),
    payload,
    due: dueAt,
    key,
    notice: dueAt <= now ? noticeFor(lane) : undefined,
  }));
  for (let tries = TRIES; left.length > 0; tries -= 1) {
    const [first] = left;
    if (first && tries === 0) throw new JobNotAdded(first.task);
    const added = db.raw<{ readonly rows: readonly { readonly at: number }[] }>(
      `select job.at,
         case when job.notice is not null then pg_notify(?, job.notice) end as announced,
         case when added.run_at > job.due then
           (select count(*) from graphile_worker.reschedule_jobs(array[added.id], run_at => job.due))
         end as moved
       from json_to_recordset(?::json)
         as job (at int, task text, payload json, due timestamptz, key text, notice text)
       cross join lateral graphile_worker.add_job(
         identifier => coalesce((
           select task_identifier from graphile_worker.jobs
           where jobs.key = job.key and locked_at is null and attempts < max_attempts and run_at <= job.due
         ), job.task),
         payload => job.payload,
         run_at => least(job.due, (
           select run_at from graphile_worker.jobs
           where jobs.key = job.key and locked_at is null and attempts between 1 and max_attempts - 1
         )),
         max_attempts => ?,
         job_key => job.key,
         job_key_mode => 'preserve_run_at'
       ) as added
       where added.id is not null
       order by job.at`,
      [ADDED, JSON.stringify(left), MAX_ATTEMPTS],
    );
    const { rows } = await withOthers(added);
    // Nothing was added when a worker claimed the job between two statements of the function. Its key is free then.
    const done = new Set(rows.map(({ at }) => at));
    left = left.filter(({ at }) => !done.has(at));
  }
}

/**
 * One statement doesn't see what it has added itself: of several jobs with a key, the last one, at the earliest of their times. By key,
 * so that of two transactions with the same keys neither waits for the other while that one waits for it.
 */
function oneForEachKey(jobs: readonly NewJob[]): readonly NewJob[] {
  const byKey = new Map<unknown, NewJob>();
  for (const [at, job] of jobs.entries()) {
    const key = job.key ?? at;
    const before = byKey.get(key);
    const isLater = before !== undefined && before.dueAt <= job.dueAt;
    byKey.set(key, isLater ? { ...job, lane: before.lane, dueAt: before.dueAt } : job);
  }
  return [...byKey.values()].toSorted(
    ({ key: a = '' }, { key: b = '' }) => Number(a > b) - Number(a < b),
  );
}

const lockNamesOf = (workerId: string): string[] => lanes.map((lane) => lockNameOf(workerId, lane));

/**
 * Makes a dead worker's jobs claimable at once, also those that were due by a clock that was ahead; graphile-worker itself would wait
 * four hours. Any of them may have killed it.
 */
export async function releaseGraphileJobsOf(db: Knex, workerId: string, now: Date): Promise<void> {
  const names = lockNamesOf(workerId);
  await db.transaction(async (tx) => {
    await tx.raw(
      `insert into lost_jobs (job_id, deaths)
       select id, 1 from graphile_worker.jobs where locked_by = any(?::text[])
       on conflict (job_id) do nothing`,
      [names],
    );
    const ahead: readonly number[] = await tx('graphile_worker.jobs')
      .whereRaw('locked_by = any(?::text[])', [names])
      .where('run_at', '>', now)
      .pluck('id');
    await unlockJobs(tx, names);
    await tx.raw('select 1 from graphile_worker.reschedule_jobs(?::bigint[], run_at => ?)', [
      [...ahead],
      now,
    ]);
  });
}

/** Makes the jobs of a stopping worker claimable at once. A job on trial begins its trial again elsewhere. */
export async function handBackGraphileJobsOf(db: Knex, workerId: string): Promise<void> {
  const names = lockNamesOf(workerId);
  await db.transaction(async (tx) => {
    await tx.raw(
      `update lost_jobs set deaths = 1 where deaths > 1 and job_id in (
         select id from graphile_worker.jobs where locked_by = any(?::text[])
       )`,
      [names],
    );
    await unlockJobs(tx, names);
  });
}

/** Makes the jobs with these locks claimable. */
export async function unlockJobs(db: Knex, lockNames: readonly string[]): Promise<void> {
  await db.raw('select graphile_worker.force_unlock_workers(?::text[])', [[...lockNames]]);
}

/** @param pool the runner's own, so that it doesn't wait for the database's other work */
export async function isLockedBy(pool: Pool, jobId: string, lockName: string): Promise<boolean> {
  const { rows } = await pool.query(
    'select 1 from graphile_worker.jobs where id = $1 and locked_by = $2',
    [jobId, lockName],
  );
  return rows.length > 0;
}

/** How many workers the job may have killed; see `Trials`. */
export async function deathsOf(db: Knex, jobId: string): Promise<number> {
  const row = await db<LostJobRow>('lost_jobs').where({ job_id: jobId }).first();
  return row?.deaths ?? 0;
}

/** Zero deletes the record. */
export async function noteDeathsOf(db: Knex, jobId: string, deaths: number): Promise<void> {
  const lost = db<LostJobRow>('lost_jobs').where({ job_id: jobId });
  await (deaths === 0 ? lost.delete() : lost.update({ deaths }));
}

/** No matter which worker holds them now: none has killed one. One that is being given up stays as it is. */
export async function acquitGraphileJobs(db: Knex, jobIds: readonly string[]): Promise<void> {
  await db<LostJobRow>('lost_jobs')
    .whereIn('job_id', jobIds)
    .where('deaths', '<=', ON_TRIAL)
    .delete();
}

interface LostJobRow {
  readonly job_id: string;
  readonly deaths: number;
}

/** The waiting jobs of each lane, without those that a worker holds or that failed for good. */
export async function graphileDepths(db: Knex, now: Date): Promise<readonly LaneDepth[]> {
  const { rows } = await db.raw<{ readonly rows: readonly DepthRow[] }>(
    `select split_part(task_identifier, '/', 1) as lane,
       count(*) filter (where run_at <= ?) as due,
       count(*) filter (where run_at > ?) as later,
       extract(epoch from min(run_at)) * 1000 as oldest
     from graphile_worker.jobs
     where locked_at is null and attempts < max_attempts
     group by 1`,
    [now, now],
  );
  return depthsOf(rows, now.getTime());
}

/** Jobs that wait, and those that a dead worker holds. */
export async function waitingGraphileJobs(
  db: Knex,
  { after, limit }: JobPage,
): Promise<readonly WaitingJob[]> {
  const rows = await jobsWithPayload(db)
    .where('attempts', '<', db.ref('max_attempts'))
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit);
  return rows.map(({ task_identifier: task, run_at: dueAt, ...row }) => {
    const [lane = '', name = ''] = task.split('/');
    return readWaitingJob({ ...row, lane, name, due_at: dueAt.getTime() });
  });
}

/** Deletes at most `limit` jobs whose last failure was before this. @returns how many */
export async function deleteBuriedGraphileJobs(
  db: Knex,
  before: Date,
  limit: number,
): Promise<number> {
  const { rows } = await db.raw<{ readonly rows: readonly unknown[] }>(
    `select id from graphile_worker.complete_jobs(array(
       select id from graphile_worker.jobs
       where attempts >= max_attempts and locked_at is null and updated_at < ?
       limit ?
     ))`,
    [before, limit],
  );
  await db('lost_jobs')
    .whereRaw('not exists (select 1 from graphile_worker.jobs where jobs.id = lost_jobs.job_id)')
    .delete();
  return rows.length;
}

/**
 * Creates or updates graphile-worker's own schema, on a connection of its own. Each of its migrations is a transaction, and may take
 * long. The pool is ours: where the server goes away just then, the end of graphile-worker's own would end the process.
 */
export async function installGraphile(db: Knex): Promise<void> {
  const { Logger, runMigrations } = (await import('graphile-worker')).default;
  const pgPool = postgresPool(db, 1, Infinity);
  try {
    await runMigrations({ pgPool, logger: new Logger(() => () => undefined) });
  } finally {
    await pgPool.end();
  }
}

class JobNotAdded extends Error {
  readonly code = 'job-not-added';
  constructor(task: string) {
    super(`The job ${task} was claimed each time it was to be added`);
    this.name = 'JobNotAdded';
  }
}
