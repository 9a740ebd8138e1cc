import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyJob, PushOptions, Queue } from '../../../src/engine/ports/jobs.ts';
import type { StoredQueue } from '../../../src/store/queue/stored-queue.ts';

/** One worker's hold of a queue; a driver gives several on one database, each with a connection of its own. */
export interface QueueWorker {
  readonly queue: StoredQueue;
  claim(limit: number, now: Date): Promise<readonly AnyJob[]>;
  finish(job: AnyJob): Promise<void>;
  retry(job: AnyJob, dueAt: Date): Promise<void>;
  bury(job: AnyJob): Promise<void>;
}

export interface QueueDriver {
  readonly workers: readonly [QueueWorker, QueueWorker];
  /** What `work` pushes is there when it has ended, or not at all where it throws. */
  transact(work: (queue: Queue) => Promise<void>): Promise<void>;
  /** The first worker was found dead. */
  releaseFirst(): Promise<void>;
  /** Longer than a claim holds. */
  readonly leaseMs: number;
  cleanup(): Promise<void>;
}

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (ms: number) => new Date(noon.getTime() + ms);

/** Opens a queue for each test. Jobs are of the lane `background`, where nothing else is said. */
function scene(open: () => Promise<QueueDriver>) {
  let driver: QueueDriver;
  beforeEach(async () => {
    driver = await open();
  });
  afterEach(() => driver.cleanup());

  const pushTo = (
    queue: Queue,
    runId: string,
    { dueAt = noon, key, lane = 'background' }: Partial<PushOptions> = {},
  ) => queue.push('run.advance', { runId }, { lane, dueAt, ...(key !== undefined && { key }) });
  return {
    driver: () => driver,
    first: () => driver.workers[0],
    second: () => driver.workers[1],
    pushTo,
    push: (runId: string, dueAt = noon, key?: string) =>
      pushTo(driver.workers[0].queue, runId, { dueAt, ...(key !== undefined && { key }) }),
    claimed: async (worker: QueueWorker, now = noon, limit = 100) =>
      (await worker.claim(limit, now)).map(runIdOf),
  };
}

/** What the queue of every database must do. */
export function queueContract(open: () => Promise<QueueDriver>): void {
  const { driver, first, second, pushTo, push, claimed } = scene(open);

  test('a job is claimed with its payload once it is due, and is gone when it is finished', async () => {
    await push('a', after(1));
    expect(await claimed(second())).toEqual([]);
    const [job] = await second().claim(1, after(1));
    expect(job).toMatchObject({
      name: 'run.advance',
      payload: { runId: 'a' },
      lane: 'background',
    });
    if (job) await second().finish(job);
    expect(await claimed(first(), after(10 * driver().leaseMs))).toEqual([]);
  });

  test('many jobs are pushed at once, and those of one key are one job at the earliest time', async () => {
    const job = (runId: string, dueAt: Date, key?: string) =>
      ({ name: 'run.advance', payload: { runId }, lane: 'background', dueAt, key }) as const;
    const many = Array.from({ length: 1200 }, (_, n) => job(`${n}`, noon));
    const { queue } = first();
    await queue.pushAll([job('x', after(2), 'k'), ...many, job('x', after(1), 'k')]);
    await queue.pushAll([job('x', after(3), 'k'), job('y', noon)]);
    await queue.pushAll([]);
    expect(await claimed(second(), noon, 2000)).toEqual([
      ...many.map(({ payload }) => payload.runId),
      'y',
    ]);
    expect(await claimed(second(), after(1))).toEqual(['x']);
  });

  test('two workers that push jobs of the same keys at once, in whatever order, both get through', async () => {
    const jobs = Array.from(
      { length: 200 },
      (_, n) =>
        ({
          name: 'run.advance',
          payload: { runId: `${n}` },
          lane: 'background',
          dueAt: noon,
          key: `${n}`,
        }) as const,
    );
    for (let round = 0; round < 5; round += 1)
      await Promise.all([first().queue.pushAll(jobs), second().queue.pushAll(jobs.toReversed())]);
    expect(await claimed(second(), noon, 1000)).toHaveLength(jobs.length);
  });

  test('jobs are claimed by due time', async () => {
    await push('late', after(2));
    await push('early', after(1));
    await push('later', after(3));
    expect(await claimed(first(), after(5), 1)).toEqual(['early']);
    expect(await claimed(first(), after(5))).toEqual(['late', 'later']);
  });

  test('a job is claimed by who works on its lane, and by nobody else', async () => {
    await pushTo(first().queue, 'click', { lane: 'interactive' });
    await push('a');
    expect(await claimed(second())).toEqual(['a']);
  });

  test('what is pushed in a transaction is there when it has ended, and nothing where it failed', async () => {
    await driver().transact((queue) => pushTo(queue, 'a'));
    const undone = driver().transact(async (queue) => {
      await pushTo(queue, 'b', { key: 'k' });
      throw new RangeError('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await claimed(second())).toEqual(['a']);
    await push('c', after(1), 'k'); // The key went with the job.
    expect(await claimed(second(), after(1))).toEqual(['c']);
  });

  test('a lane is awaited while a job of it is due that nobody has claimed', async () => {
    const { queue } = first();
    await pushTo(queue, 'click', { lane: 'interactive' });
    expect(await queue.isAwaited('interactive')).toBe(true);
    expect(await queue.isAwaited('background')).toBe(false);
    await push('a');
    await claimed(first());
    await push('later', new Date('2999-01-01'));
    expect(await queue.isAwaited('background')).toBe(false);
  });

  test('two workers never claim the same job', async () => {
    for (let n = 0; n < 100; n += 1) {
      await push(String(n));
    }
    const rounds = Array.from({ length: 60 }, (_, n) =>
      (n % 2 ? first() : second()).claim(3, noon),
    );
    const raced = (await Promise.all(rounds)).flat().map(runIdOf);
    // Where two reach for the same jobs, one may come away with none and would look again.
    const got = [...raced, ...(await claimed(second()))];
    expect(got).toHaveLength(100);
    expect(new Set(got).size).toBe(100);
  });

  // Whose payload stays isn't promised: a key names what the job is about, and all that is pushed under it is about the same.
  test('a job whose key waits already only makes that one due earlier', async () => {
    await push('a', after(5), 'k');
    await push('a', after(9), 'k');
    await push('a', after(3), 'k');
    await push('other', after(4), 'other');
    expect(await claimed(first(), after(3))).toEqual(['a']);
    expect(await claimed(first(), after(9))).toEqual(['other']);
  });

  test('a job that someone wants earlier goes into their lane, so that a click finds the slots of clicks', async () => {
    await push('a', after(5), 'k');
    await pushTo(first().queue, 'a', { dueAt: after(1), key: 'k', lane: 'interactive' });
    expect(await claimed(second(), after(9))).toEqual([]); // It works on `background` alone.
  });

  test('a job in the lane of clicks stays there, whatever lane a later push names', async () => {
    await pushTo(first().queue, 'a', { dueAt: after(1), key: 'k', lane: 'interactive' });
    await push('a', after(5), 'k');
    expect(await claimed(second(), after(9))).toEqual([]);
  });

  test('a job that is worked on does not hold its key, so no wake-up is lost', async () => {
    await push('a', noon, 'k');
    const [job] = await first().claim(1, noon);
    await push('b', noon, 'k');
    expect(await claimed(second())).toEqual(['b']);
    if (job) await first().finish(job);
  });

  // On PostgreSQL the newer one takes its place, so whether it is tried again itself isn't promised.
  test('a job that failed takes no newer one of its key along', async () => {
    await push('a', noon, 'k');
    const [job] = await first().claim(1, noon);
    await push('b', after(2), 'k');
    if (job) await first().retry(job, after(1));
    expect(await claimed(second(), after(2))).toContain('b');
  });

  test('a job that failed is tried again when that is due', async () => {
    await push('a', noon, 'k');
    const [job] = await first().claim(1, noon);
    if (job) await first().retry(job, after(5));
    expect(await claimed(second(), after(4))).toEqual([]);
    expect(await claimed(second(), after(5))).toEqual(['a']);
  });

  test('a buried job is never claimed again', async () => {
    await push('a');
    const [job] = await first().claim(1, noon);
    if (job) await first().bury(job);
    expect(await claimed(second(), after(100 * driver().leaseMs))).toEqual([]);
  });

  test("a dead worker's jobs are claimable at once, and another's are not", async () => {
    await push('a');
    await push('b');
    await first().claim(1, noon);
    await second().claim(1, noon);
    expect(await claimed(second())).toEqual([]);
    await driver().releaseFirst();
    expect(await claimed(second())).toEqual(['a']);
  });
}

/**
 * What only our own queues promise. graphile-worker has no order for what is due at the same time, puts a newer job of
 * a key in the place of one that failed, and holds a job without a lease: who ends one that was lost is the runner's to
 * see to, and the contract of runners says so.
 */
export function leasedQueueContract(open: () => Promise<QueueDriver>): void {
  const { driver, first, second, push, claimed } = scene(open);

  test('jobs that are due at the same time are claimed in the order of pushing', async () => {
    await push('early', after(1));
    await push('early too', after(1));
    expect(await claimed(first(), after(5), 1)).toEqual(['early']);
    expect(await claimed(first(), after(5))).toEqual(['early too']);
  });

  test('a job that failed beside a newer one of its key is tried again all the same', async () => {
    await push('a', noon, 'k');
    const [job] = await first().claim(1, noon);
    await push('b', after(2), 'k');
    if (job) await first().retry(job, after(1));
    expect(await claimed(second(), after(2))).toEqual(['a', 'b']);
  });

  test('a worker that lost a job to another can neither finish nor bury it', async () => {
    await push('a');
    const [lost] = await first().claim(1, noon);
    const [taken] = await second().claim(1, after(driver().leaseMs));
    expect(taken && runIdOf(taken)).toBe('a');
    if (lost) {
      await first().bury(lost);
      await first().finish(lost);
    }
    if (taken) await second().retry(taken, after(driver().leaseMs));
    expect(await claimed(first(), after(driver().leaseMs))).toEqual(['a']);
  });
}

function runIdOf(job: AnyJob): string {
  return job.name === 'run.advance' ? job.payload.runId : job.name;
}
