import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyJob, Queue } from '../../src/engine/ports.ts';

/** One worker's hold of a queue; a driver gives several on one database, each with a connection of its own. */
export interface QueueWorker {
  readonly queue: Queue;
  claim(limit: number, now: Date): Promise<readonly AnyJob[]>;
  finish(job: AnyJob): Promise<void>;
  retry(job: AnyJob, dueAt: Date): Promise<void>;
  bury(job: AnyJob): Promise<void>;
}

export interface QueueDriver {
  readonly workers: readonly [QueueWorker, QueueWorker];
  /** The first worker was found dead. */
  releaseFirst(): Promise<void>;
  /** Longer than a claim holds. */
  readonly leaseMs: number;
  cleanup(): Promise<void>;
}

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (ms: number) => new Date(noon.getTime() + ms);

/** What the queue of every database must do. All jobs here are of the lane `background`. */
export function queueContract(open: () => Promise<QueueDriver>): void {
  let driver: QueueDriver;
  let first: QueueWorker;
  let second: QueueWorker;

  beforeEach(async () => {
    driver = await open();
    [first, second] = driver.workers;
  });
  afterEach(() => driver.cleanup());

  const push = (runId: string, dueAt = noon, key?: string) =>
    first.queue.push(
      'run.advance',
      { runId },
      { lane: 'background', dueAt, ...(key !== undefined && { key }) },
    );
  const claimed = async (worker: QueueWorker, now = noon, limit = 100) =>
    (await worker.claim(limit, now)).map(runIdOf);

  test('a job is claimed with its payload once it is due, and is gone when it is finished', async () => {
    await push('a', after(1));
    expect(await claimed(second)).toEqual([]);
    const [job] = await second.claim(1, after(1));
    expect(job).toMatchObject({
      name: 'run.advance',
      payload: { runId: 'a' },
      lane: 'background',
    });
    if (job) await second.finish(job);
    expect(await claimed(first, after(10 * driver.leaseMs))).toEqual([]);
  });

  test('jobs are claimed by due time, and in the order of pushing where that is the same', async () => {
    await push('late', after(2));
    await push('early', after(1));
    await push('early too', after(1));
    await push('later', after(3));
    expect(await claimed(first, after(5), 2)).toEqual(['early', 'early too']);
    expect(await claimed(first, after(5))).toEqual(['late', 'later']);
  });

  test('two workers never claim the same job', async () => {
    for (let n = 0; n < 100; n += 1) {
      await push(String(n));
    }
    const rounds = Array.from({ length: 60 }, (_, n) => (n % 2 ? first : second).claim(3, noon));
    const raced = (await Promise.all(rounds)).flat().map(runIdOf);
    // Where two reach for the same jobs, one may come away with none and would look again.
    const got = [...raced, ...(await claimed(second))];
    expect(got).toHaveLength(100);
    expect(new Set(got).size).toBe(100);
  });

  test('a job whose key waits already only makes that one due earlier', async () => {
    await push('a', after(5), 'k');
    await push('b', after(9), 'k');
    await push('c', after(3), 'k');
    await push('other', after(4), 'other');
    expect(await claimed(first, after(3))).toEqual(['a']);
    expect(await claimed(first, after(9))).toEqual(['other']);
  });

  test('a job that is worked on does not hold its key, so no wake-up is lost', async () => {
    await push('a', noon, 'k');
    const [job] = await first.claim(1, noon);
    await push('b', noon, 'k');
    expect(await claimed(second)).toEqual(['b']);
    if (job) await first.finish(job);
  });

  test('a job that failed beside a newer one of its key is tried again all the same', async () => {
    await push('a', noon, 'k');
    const [job] = await first.claim(1, noon);
    await push('b', after(2), 'k');
    if (job) await first.retry(job, after(1));
    expect(await claimed(second, after(2))).toEqual(['a', 'b']);
  });

  test('a buried job is never claimed again', async () => {
    await push('a');
    const [job] = await first.claim(1, noon);
    if (job) await first.bury(job);
    expect(await claimed(second, after(100 * driver.leaseMs))).toEqual([]);
  });

  test("a dead worker's jobs are claimable at once, and another's are not", async () => {
    await push('a');
    await push('b');
    await first.claim(1, noon);
    await second.claim(1, noon);
    expect(await claimed(second)).toEqual([]);
    await driver.releaseFirst();
    expect(await claimed(second)).toEqual(['a']);
  });

  test('a worker that lost a job to another can neither finish nor bury it', async () => {
    await push('a');
    const [lost] = await first.claim(1, noon);
    const [taken] = await second.claim(1, after(driver.leaseMs));
    expect(taken && runIdOf(taken)).toBe('a');
    if (lost) {
      await first.bury(lost);
      await first.finish(lost);
    }
    if (taken) await second.retry(taken, after(driver.leaseMs));
    expect(await claimed(first, after(driver.leaseMs))).toEqual(['a']);
  });
}

function runIdOf(job: AnyJob): string {
  return job.name === 'run.advance' ? job.payload.runId : job.name;
}
