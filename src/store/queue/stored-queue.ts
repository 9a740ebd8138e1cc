import type { JobName, Jobs, PushOptions, Queue } from '../../engine/ports/jobs.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { PutOff } from '../../engine/work/put-off.ts';

/** A job that is about to be stored. */
export interface NewJob extends PushOptions {
  readonly name: JobName;
  readonly payload: Jobs[JobName];
  readonly dueAt: Date;
}

/** The queue as its database has it. */
export interface StoredQueue extends Queue {
  /** Pushes them in this order, with one statement. */
  pushAll(jobs: readonly NewJob[]): Promise<void>;
}

/** What a transaction needs of it. */
export type JobStore = Pick<StoredQueue, 'pushAll' | 'isAwaited'>;

/** The queue of a transaction: its jobs are stored together, with the last that it writes. */
export function puttingOff(queue: JobStore, putOff: PutOff, now: Clock): Queue {
  let jobs: NewJob[] = [];
  const store = async (): Promise<void> => {
    const pushed = jobs;
    jobs = [];
    await queue.pushAll(pushed);
  };
  return {
    async push(name, payload, { dueAt = now(), ...options }) {
      jobs.push({ name, payload, dueAt, ...options });
      putOff.add('jobs', store);
    },
    isAwaited: (lane) => queue.isAwaited(lane),
  };
}
