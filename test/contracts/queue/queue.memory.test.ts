import {
  createMemoryQueue,
  type MemoryClaimedJob,
  type MemoryQueue,
} from '../../../src/store/memory/queue.ts';
import { createJournal } from '../../../src/store/memory/table.ts';
import { leasedQueueContract, type QueueDriver, type QueueWorker, queueContract } from './queue.ts';

const leaseMs = 60_000;

function worker(queue: MemoryQueue, workerId: string): QueueWorker {
  const held = new Map<string, MemoryClaimedJob>();
  const hold = (id: string): MemoryClaimedJob => {
    const job = held.get(id);
    if (!job) throw new Error(`${workerId} never claimed ${id}`);
    return job;
  };
  return {
    queue,
    async claim(limit, now) {
      const jobs = queue.claim({ lane: 'background', limit, now, leaseMs, workerId });
      for (const job of jobs) held.set(job.id, job);
      return jobs;
    },
    finish: async ({ id }) => queue.remove(hold(id)),
    retry: async ({ id }, dueAt) => queue.retry(hold(id), dueAt),
    bury: async ({ id }) => queue.remove(hold(id)),
  };
}

async function open(): Promise<QueueDriver> {
  const journal = createJournal();
  const queue = createMemoryQueue(journal, () => new Date());
  return {
    workers: [worker(queue, 'w1'), worker(queue, 'w2')],
    transact: (work) => journal.transact(() => work(queue)),
    releaseFirst: async () => queue.releaseJobsOf('w1'),
    leaseMs,
    cleanup: async () => undefined,
  };
}

queueContract(open);
leasedQueueContract(open);
