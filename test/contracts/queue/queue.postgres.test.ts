import { EventEmitter } from 'node:events';
import {
  Logger,
  type RunOnceOptions,
  runTaskListOnce,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import type { Knex } from 'knex';
import type { PoolClient } from 'pg';
import { vi } from 'vitest';
import type { AnyJob } from '../../../src/engine/ports/jobs.ts';
import { postgresPool } from '../../../src/store/database.ts';
import {
  createGraphileQueue,
  lockNameOf,
  releaseGraphileJobsOf,
  taskOf,
} from '../../../src/store/queue/graphile-queue.ts';
import { readJob } from '../../../src/store/queue/job-payloads.ts';
import { postgresOfItsOwn } from '../../support/peers/postgres.ts';
import { gate } from './job-runner.ts';
import { type QueueWorker, queueContract } from './queue.ts';

/** graphile-worker's: a lock that nobody released for so long is anybody's. */
const leaseMs = 4 * 60 * 60 * 1000;
const name = 'run.advance';

/** A job whose handler runs, until the test says how it ends. */
interface Held {
  readonly succeed: () => void;
  readonly fail: () => void;
  /** When graphile-worker has stored the end. */
  readonly ended: Promise<unknown>;
}

/** Asks as graphile-worker does, for one job at a time; what it claims is held by a handler that waits. */
class GraphileWorker implements QueueWorker {
  readonly queue;
  readonly #held = new Map<string, Held>();
  readonly #db: Knex;
  readonly #client: PoolClient;
  readonly #workerId: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: Knex, client: PoolClient, workerId: string) {
    this.#db = db;
    this.#client = client;
    this.#workerId = workerId;
    this.queue = createGraphileQueue(db, () => new Date());
  }

  /** One claim after the other, since they share a connection. */
  claim(limit: number, now: Date): Promise<readonly AnyJob[]> {
    const claiming = this.#last.then(() => this.#claim(limit, now));
    this.#last = claiming;
    return claiming;
  }

  async #claim(limit: number, now: Date): Promise<readonly AnyJob[]> {
    vi.setSystemTime(now); // graphile-worker takes no clock.
    const jobs: AnyJob[] = [];
    while (jobs.length < limit) {
      const job = await this.#claimOne();
      if (!job) break;
      jobs.push(job);
    }
    return jobs;
  }

  async #claimOne(): Promise<AnyJob | undefined> {
    const end = gate<'well' | 'badly'>();
    const task = async (): Promise<void> => {
      if ((await end.opened) === 'badly') throw new Error('failed');
    };
    const events: WorkerEvents = new EventEmitter();
    const lane = 'background';
    events.on('pool:create', ({ workerPool }) => {
      workerPool.id = lockNameOf(this.#workerId, lane);
    });
    const claimed = new Promise<AnyJob | undefined>((resolve, reject) => {
      events.once('worker:getJob:empty', () => resolve(undefined));
      events.once('worker:getJob:error', ({ error }) => reject(error));
      events.once('job:start', ({ worker, job }) => {
        void worker.release(); // It would ask for another when this one has ended.
        resolve(readJob({ id: job.id, name, payload: JSON.stringify(job.payload), lane }));
      });
    });
    const options: RunOnceOptions = {
      events,
      useNodeTime: true,
      noHandleSignals: true,
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } }, // As ours: else nobody waits for its end.
      logger: new Logger(() => () => undefined),
    };
    const tasks: TaskList = { [taskOf(lane, name)]: task };
    const { promise: ended } = runTaskListOnce(options, tasks, this.#client);
    const job = await claimed;
    if (job)
      this.#held.set(job.id, {
        succeed: () => end.open('well'),
        fail: () => end.open('badly'),
        ended,
      });
    return job;
  }

  async finish(job: AnyJob): Promise<void> {
    const held = this.#hold(job);
    held.succeed();
    await held.ended;
  }

  /** When it is tried again is graphile-worker's own affair, but for a test. */
  async retry(job: AnyJob, dueAt: Date): Promise<void> {
    await this.#fail(job);
    await this.#db.raw(
      'select from graphile_worker.reschedule_jobs(array[?::bigint], run_at => ?)',
      [job.id, dueAt],
    );
  }

  async bury(job: AnyJob): Promise<void> {
    await this.#fail(job);
    await this.#db.raw(
      "select from graphile_worker.permanently_fail_jobs(array[?::bigint], 'failed')",
      [job.id],
    );
  }

  async #fail(job: AnyJob): Promise<void> {
    const held = this.#hold(job);
    held.fail();
    await held.ended;
  }

  #hold({ id }: AnyJob): Held {
    const held = this.#held.get(id);
    if (!held) throw new Error(`${this.#workerId} never claimed ${id}`);
    this.#held.delete(id);
    return held;
  }

  async finishAll(): Promise<void> {
    for (const { succeed, ended } of this.#held.values()) {
      succeed();
      await ended;
    }
  }
}

queueContract(async () => {
  const { db, transact, cleanup } = await postgresOfItsOwn();
  const pool = postgresPool(db, 2);
  const clients = [await pool.connect(), await pool.connect()] as const;
  const [first, second] = [
    new GraphileWorker(db, clients[0], 'w1'),
    new GraphileWorker(db, clients[1], 'w2'),
  ];
  return {
    workers: [first, second],
    transact: (work) => transact((tx) => work(tx.queue)),
    releaseFirst: () => releaseGraphileJobsOf(db, 'w1', new Date()),
    leaseMs,
    async cleanup() {
      await Promise.all([first.finishAll(), second.finishAll()]);
      vi.useRealTimers();
      for (const client of clients) client.release();
      await pool.end();
      await cleanup();
    },
  };
});
