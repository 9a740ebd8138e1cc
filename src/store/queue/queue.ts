/**
 * The SQLite queue: jobs are rows. Words: a job *waits* until a worker *claims* it. The claim gives the worker a *lease*,
 * which expires when the worker dies. A *buried* job failed too often. It stays with its error and is never claimed
 * again.
 */
import type { Knex } from 'knex';
import type { AnyJob } from '../../engine/ports/jobs.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { CorruptRow, time } from '../work/columns.ts';
import { type JobPage, readJob, readWaitingJob, type WaitingJob } from './job-payloads.ts';
import { type DepthRow, depthsOf, type LaneDepth } from './queue-depth.ts';
import type { NewJob, StoredQueue } from './stored-queue.ts';
import { ON_TRIAL } from './trials.ts';

interface JobRow {
  readonly id: number;
  readonly name: string;
  readonly payload: string;
  readonly lane: string;
  readonly key: string | null;
  readonly claimed_key: string | null;
  readonly due_at: number;
  readonly claims: number;
  readonly failures: number;
  readonly deaths: number;
  readonly worker_id: string | null;
  readonly leased_until: number | null;
  readonly buried_at: number | null;
  readonly error: string | null;
}

/** Who holds a claimed job. Later changes to the job work only while this claim is valid. */
export interface Claim {
  readonly workerId: string;
  /** How often the job was claimed, including this time. */
  readonly number: number;
  /** How often its handler has failed. */
  readonly failures: number;
  /** How many workers it may have killed; see `Trials`. */
  readonly deaths: number;
}

export type ClaimedJob = AnyJob & { readonly claim: Claim };

export interface ClaimOptions {
  readonly lane: Lane;
  readonly limit: number;
  readonly now: Date;
  readonly leaseMs: number;
  readonly workerId: string;
}

export function createQueue(db: Knex, now: Clock): StoredQueue {
  const pushAll = async (jobs: readonly NewJob[]): Promise<void> => {
    const rows = jobs.map(({ name, payload, lane, dueAt, key = null }) => ({
      name,
      payload: JSON.stringify(payload),
      lane,
      due_at: dueAt.getTime(),
      key,
    }));
    const [only] = rows;
    // The job that waits under a key stays. It only becomes due earlier, in the lane of the earlier push.
    if (only && rows.length === 1)
      await db<JobRow>('jobs') // It goes together with other writes.
        .insert(only)
        .onConflict('key')
        .merge(['due_at', 'lane'])
        .whereRaw('jobs.due_at > excluded.due_at');
    else if (only)
      await db.raw(
        `insert into jobs (name, payload, lane, due_at, key)
         select value ->> 'name', value ->> 'payload', value ->> 'lane', value ->> 'due_at', value ->> 'key'
         from json_each(?) where true
         on conflict (key) do update set due_at = excluded.due_at, lane = excluded.lane
         where jobs.due_at > excluded.due_at`,
        [JSON.stringify(rows)],
      );
  };
  return {
    pushAll,
    push: (name, payload, { dueAt = now(), ...options }) =>
      pushAll([{ name, payload, dueAt, ...options }]),

    async isAwaited(lane) {
      const waiting = await db<JobRow>('jobs')
        .where({ lane, buried_at: null, leased_until: null })
        .where('due_at', '<=', now().getTime())
        .first('id');
      return waiting !== undefined;
    },
  };
}

/**
 * Claims up to `limit` due jobs of a lane, oldest first. It is one statement, which checks its outer condition again
 * after it waited for a lock, so two workers never get the same job. A claimed job loses its key, so a later push adds a
 * new job beside it. A row that can't be read is buried and skipped.
 */
export async function claimJobs(db: Knex, options: ClaimOptions): Promise<readonly ClaimedJob[]> {
  const { lane, limit, workerId, leaseMs } = options;
  const now = options.now.getTime();
  const free =
    'lane = ? and buried_at is null and due_at <= ? and (leased_until is null or leased_until <= ?)';
  const isFree = [lane, now, now];
  const rows = await db.raw<JobRow[]>(
    `update jobs set key = null, claimed_key = coalesce(key, claimed_key), worker_id = ?,
       leased_until = ?, claims = claims + 1
     where id in (select id from jobs where ${free} order by due_at, id limit ${limit}) and ${free}
     returning *`,
    [workerId, now + leaseMs, ...isFree, ...isFree],
  );

  const claimed: ClaimedJob[] = [];
  for (const row of rows.toSorted((a, b) => a.due_at - b.due_at || a.id - b.id)) {
    const claim = {
      workerId: options.workerId,
      number: row.claims,
      failures: row.failures,
      deaths: row.deaths,
    };
    try {
      claimed.push({ ...readJob(row), claim });
    } catch (error) {
      if (!(error instanceof CorruptRow)) {
        throw error;
      }
      await buryJob(db, { id: String(row.id), claim }, { error: error.code, now: options.now });
    }
  }
  return claimed;
}

/** The waiting jobs of each lane, without claimed and buried ones. */
export async function queueDepths(db: Knex, now: Date): Promise<readonly LaneDepth[]> {
  const at = now.getTime();
  const rows: readonly DepthRow[] = await db('jobs')
    .select('lane')
    .select(db.raw('sum(case when due_at <= ? then 1 else 0 end) as due', [at]))
    .select(db.raw('sum(case when due_at > ? then 1 else 0 end) as later', [at]))
    .min({ oldest: 'due_at' })
    .whereNull('buried_at')
    .where((free) => free.whereNull('leased_until').orWhere('leased_until', '<=', at))
    .groupBy('lane');
  return depthsOf(rows, at);
}

/** Jobs that wait, and those that a dead worker had claimed. */
export async function waitingJobs(
  db: Knex,
  { after, limit }: JobPage,
): Promise<readonly WaitingJob[]> {
  const rows = await db<JobRow>('jobs')
    .whereNull('buried_at')
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit);
  return rows.map((row) => readWaitingJob({ ...row, key: row.key ?? row.claimed_key }));
}

type ClaimRef = Pick<ClaimedJob, 'id' | 'claim'>;

/** Only while the claim is valid: another worker may have taken the job over. */
const held = (db: Knex, { id, claim }: ClaimRef) =>
  db<JobRow>('jobs').where({ id: Number(id), worker_id: claim.workerId, claims: claim.number });

const released = { worker_id: null, leased_until: null };

/** Deletes jobs that are done. Their number makes no difference to the statement. */
export async function finishJobs(db: Knex, jobs: readonly ClaimRef[]): Promise<void> {
  const claims = jobs.map(({ id, claim }) => [Number(id), claim.workerId, claim.number]);
  const done = JSON.stringify(claims);
  await db.raw(
    `delete from jobs where id in (select json_extract(value, '$[0]') from json_each(?))
     and exists (select 1 from json_each(?) where json_extract(value, '$[0]') = jobs.id
       and json_extract(value, '$[1]') = worker_id and json_extract(value, '$[2]') = claims)`,
    [done, done],
  );
}

/** The job failed, and is retried from `dueAt` on. @param error a code, never a message: the column is plain */
export async function retryJob(
  db: Knex,
  job: ClaimRef,
  { dueAt, error }: { readonly dueAt: Date; readonly error: string },
): Promise<void> {
  await held(db, job)
    .update({ ...released, due_at: dueAt.getTime(), error, deaths: 0 })
    .increment('failures', 1);
}

/** The job failed for good. It stays with its error (a code) and is never claimed again. */
export async function buryJob(
  db: Knex,
  job: ClaimRef,
  { error, now }: { readonly error: string; readonly now: Date },
): Promise<void> {
  await held(db, job)
    .update({ ...released, buried_at: now.getTime(), error })
    .increment('failures', 1);
}

/** The job was not finished, without a failure. It is claimable at once. */
export async function handBackJob(db: Knex, job: ClaimRef): Promise<void> {
  const deaths = db.raw('min(deaths, 1)'); // Its trial begins again elsewhere.
  await held(db, job).update({ ...released, deaths });
}

/** Stores how many workers the job may have killed. */
export async function noteDeaths(db: Knex, job: ClaimRef, deaths: number): Promise<void> {
  await held(db, job).update({ deaths });
}

/** No matter which worker holds them now: none has killed one. One that is being given up stays as it is. */
export async function acquitJobs(db: Knex, ids: readonly string[]): Promise<void> {
  await db<JobRow>('jobs')
    .whereIn('id', ids.map(Number))
    .where('deaths', '<=', ON_TRIAL)
    .update({ deaths: 0 });
}

/** Renews the leases of jobs in progress. */
export async function renewLeases(db: Knex, jobs: readonly ClaimRef[], until: Date): Promise<void> {
  for (const job of jobs) {
    await held(db, job).update({ leased_until: until.getTime() });
  }
}

/**
 * Makes a dead worker's jobs claimable at once, also those that were due by a clock that was ahead. Any of them may have killed it.
 * @returns how many there were
 */
export async function releaseJobsOf(db: Knex, workerId: string, now: Date): Promise<number> {
  // Restores the key, so that the next push finds this job. A second job beside it would begin without a trial.
  const key = db.raw(
    `case when not exists (select 1 from jobs as other where other.key = jobs.claimed_key)
       and id = (
         select min(twin.id) from jobs as twin
         where twin.worker_id = ? and twin.claimed_key = jobs.claimed_key
       )
     then claimed_key end`,
    [workerId],
  );
  return db<JobRow>('jobs')
    .where({ worker_id: workerId })
    .update({
      ...released,
      key,
      due_at: db.raw('min(due_at, ?)', [now.getTime()]),
      deaths: db.raw('max(deaths, 1)'),
    });
}

/** Deletes at most `limit` jobs that were buried before this. @returns how many */
export async function deleteBuriedJobs(db: Knex, before: Date, limit: number): Promise<number> {
  const old = db<JobRow>('jobs')
    .select('id')
    .where('buried_at', '<', before.getTime())
    .limit(limit);
  return db<JobRow>('jobs').whereIn('id', old).delete();
}

/**
 * When the next job of each lane can be claimed: a waiting job when it is due, a claimed one when its lease has expired.
 * These are index look-ups in one statement, which takes no lock, unlike a claim.
 */
export async function nextDueAt(
  db: Knex,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<Lane, Date>> {
  const look = `select ? as lane,
    (select min(due_at) from jobs
      where lane = ? and buried_at is null and leased_until is null) as due_at,
    (select min(leased_until) from jobs
      where lane = ? and leased_until is not null) as leased_until`;
  const rows = await db.raw<readonly NextRow[]>(
    lanes.map(() => look).join(' union all '),
    lanes.flatMap((lane) => [lane, lane, lane]),
  );
  const next = rows.map(
    ({ lane, due_at, leased_until }) =>
      [lane, Math.min(due_at ?? Infinity, leased_until ?? Infinity)] as const,
  );
  return new Map(next.filter(([, at]) => at < Infinity).map(([lane, at]) => [lane, time(at)]));
}

interface NextRow {
  readonly lane: Lane;
  readonly due_at: number | null;
  readonly leased_until: number | null;
}
