/** The queue in memory. Words as in the queue of the embedded database: a job waits, is claimed, finished or buried. */

import type { AnyJob, JobName, Jobs, PushOptions, Queue } from '../../engine/ports/jobs.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { createTable, type Journal } from './table.ts';

interface Row {
  readonly number: number;
  readonly job: AnyJob;
  readonly dueAt: Date;
  readonly key?: string;
  readonly claim?: { readonly workerId: string; readonly number: number; readonly until: Date };
  /** How often it was claimed. */
  readonly claims: number;
}

export interface MemoryClaim {
  readonly workerId: string;
  readonly number: number;
}
export type MemoryClaimedJob = AnyJob & { readonly claim: MemoryClaim };

export interface MemoryQueue extends Queue {
  /** Claims up to `limit` due jobs of a lane, the longest due first, for `leaseMs`. */
  claim(options: {
    readonly lane: Lane;
    readonly limit: number;
    readonly now: Date;
    readonly leaseMs: number;
    readonly workerId: string;
  }): readonly MemoryClaimedJob[];
  /** Done or given up: it is never claimed again. Does nothing where the claim no longer stands, as `retry`. */
  remove(job: MemoryClaimedJob): void;
  retry(job: MemoryClaimedJob, dueAt: Date): void;
  /** A dead worker's jobs become claimable at once. */
  releaseJobsOf(workerId: string): void;
}

export function createMemoryQueue(journal: Journal, now: Clock): MemoryQueue {
  const jobs = createTable<Row>('jobs', journal);
  /** Ids of waiting jobs by key. */
  const waiting = createTable<string>('jobs', journal);
  let last = 0;

  const isFree = ({ dueAt, claim }: Row, at: Date): boolean =>
    dueAt <= at && (!claim || claim.until <= at);
  const standing = ({ id, claim }: MemoryClaimedJob): Row | undefined => {
    const row = jobs.get(id);
    return row?.claim?.workerId === claim.workerId && row.claim.number === claim.number
      ? row
      : undefined;
  };

  return {
    async push(name, payload, options) {
      const { lane, dueAt = now(), key } = options;
      const known = key === undefined ? undefined : jobs.get(waiting.get(key) ?? '');
      if (known) {
        if (dueAt < known.dueAt)
          jobs.put(known.job.id, { ...known, dueAt, job: { ...known.job, lane } });
        return;
      }
      last += 1;
      const job = jobFor(String(last), name, payload, options);
      if (key !== undefined) waiting.put(key, job.id);
      jobs.insert(job.id, {
        number: last,
        job: { ...job, lane },
        dueAt,
        claims: 0,
        ...(key !== undefined && { key }),
      });
    },

    claim({ lane, limit, now: at, leaseMs, workerId }) {
      const free = jobs
        .rows()
        .filter((row) => row.job.lane === lane && isFree(row, at))
        .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || a.number - b.number)
        .slice(0, limit);
      return free.map((row) => {
        // A claimed job gives its key up: what is pushed from now on is news to it.
        const { key, ...unkeyed } = row;
        if (key !== undefined) waiting.delete(key);
        const claim = { workerId, number: row.claims + 1 };
        const until = new Date(at.getTime() + leaseMs);
        jobs.put(row.job.id, { ...unkeyed, claims: claim.number, claim: { ...claim, until } });
        return { ...row.job, claim };
      });
    },

    remove(job) {
      if (standing(job)) jobs.delete(job.id);
    },

    retry(job, dueAt) {
      const row = standing(job);
      if (row) jobs.put(job.id, { ...withoutClaim(row), dueAt });
    },

    releaseJobsOf(workerId) {
      for (const row of jobs.rows())
        if (row.claim?.workerId === workerId) jobs.put(row.job.id, withoutClaim(row));
    },
  };
}

function withoutClaim(row: Row): Row {
  const { claim: _, ...free } = row;
  return free;
}

/** A payload belongs to its name by `push`'s own type, which the union of jobs can't see. */
const jobFor = <N extends JobName>(
  id: string,
  name: N,
  payload: Jobs[N],
  { lane }: PushOptions,
): AnyJob => ({ id, name, payload, lane }) as AnyJob;
