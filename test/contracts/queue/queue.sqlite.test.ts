import type { Knex } from 'knex';
import { inTransaction } from '../../../src/store/database.ts';
import {
  buryJob,
  type ClaimedJob,
  claimJobs,
  createQueue,
  finishJobs,
  releaseJobsOf,
  retryJob,
} from '../../../src/store/queue/queue.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { leasedQueueContract, type QueueDriver, type QueueWorker, queueContract } from './queue.ts';

const leaseMs = 60_000;

function worker(db: Knex, workerId: string): QueueWorker {
  const held = new Map<string, ClaimedJob>();
  const hold = (id: string): ClaimedJob => {
    const job = held.get(id);
    if (!job) throw new Error(`${workerId} never claimed ${id}`);
    return job;
  };
  return {
    queue: createQueue(db, () => new Date()),
    async claim(limit, now) {
      const jobs = await claimJobs(db, { lane: 'background', limit, now, leaseMs, workerId });
      for (const job of jobs) held.set(job.id, job);
      return jobs;
    },
    finish: ({ id }) => finishJobs(db, [hold(id)]),
    retry: ({ id }, dueAt) => retryJob(db, hold(id), { dueAt, error: 'failed' }),
    bury: ({ id }) => buryJob(db, hold(id), { error: 'failed', now: new Date() }),
  };
}

async function open(): Promise<QueueDriver> {
  const { db, connect, cleanup } = await temporaryDatabase();
  return {
    workers: [worker(db, 'w1'), worker(connect(), 'w2')],
    transact: (work) => inTransaction(db, (tx) => work(createQueue(tx, () => new Date()))),
    releaseFirst: async () => {
      await releaseJobsOf(db, 'w1', new Date());
    },
    leaseMs,
    cleanup,
  };
}

queueContract(open);
leasedQueueContract(open);
