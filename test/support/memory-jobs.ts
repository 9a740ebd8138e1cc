/** Jobs in memory, for any database: pushed where the transaction commits, one of each key, the earlier time counts. */
import type { JobName, Jobs } from '../../src/engine/ports/jobs.ts';
import type { UnitOfWork } from '../../src/engine/ports/unit-of-work.ts';
import type { OnEvent } from '../../src/engine/work/on-event.ts';
import type { JobStore, NewJob } from '../../src/store/queue/stored-queue.ts';
import { workIn } from '../../src/store/work/transaction.ts';

export interface MemoryJob {
  readonly name: JobName;
  readonly payload: Jobs[JobName];
  readonly key: string | undefined;
  dueAt: number;
}

export interface MemoryJobs {
  /** With the clock of the test. */
  readonly transact: UnitOfWork;
  /** The one that is due for longest. */
  readonly take: () => MemoryJob | undefined;
  /** After a clock that was ahead: what is due later than that is due now. */
  readonly bringForward: (after: Date) => void;
  readonly isQueued: (key: string) => boolean;
  /** When the next one is due; undefined where none waits. */
  readonly nextDueAt: () => number | undefined;
}

export function memoryJobs(
  transact: UnitOfWork,
  { now, onEvent }: { readonly now: () => Date; readonly onEvent?: OnEvent },
): MemoryJobs {
  const waiting: MemoryJob[] = [];
  const keep = ({ name, payload, key, ...pushed }: NewJob): void => {
    const dueAt = pushed.dueAt.getTime();
    const same = key === undefined ? undefined : waiting.find((each) => each.key === key);
    if (same) same.dueAt = Math.min(same.dueAt, dueAt);
    else waiting.push({ name, payload, key, dueAt });
  };
  return {
    async transact(work) {
      const pushed: NewJob[] = [];
      const queue: JobStore = {
        pushAll: async (jobs) => void pushed.push(...jobs),
        isAwaited: async () => false,
      };
      const result = await transact((tx) => {
        pushed.length = 0;
        return workIn({ stores: tx, queue, now, onEvent }, work);
      });
      pushed.forEach(keep);
      return result;
    },
    bringForward(after) {
      for (const job of waiting) if (job.dueAt > after.getTime()) job.dueAt = now().getTime();
    },
    take() {
      const at = now().getTime();
      let next: MemoryJob | undefined;
      for (const job of waiting)
        if (job.dueAt <= at && (!next || job.dueAt < next.dueAt)) next = job;
      if (next) waiting.splice(waiting.indexOf(next), 1);
      return next;
    },
    isQueued: (key) => waiting.some((job) => job.key === key),
    nextDueAt: () =>
      waiting.length === 0
        ? undefined
        : waiting.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity),
  };
}
