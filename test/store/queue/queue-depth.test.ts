import { afterEach, describe, expect, test } from 'vitest';
import { inTransaction } from '../../../src/store/database.ts';
import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { claimJobs } from '../../../src/store/queue/queue.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { temporaryDatabase } from '../../support/database/database.ts';

const now = new Date('2026-11-24T12:00:00.000Z');
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const nothing = { due: 0, later: 0, oldestSeconds: 0 };

let cleanup: () => Promise<void> = () => Promise.resolve();
afterEach(() => cleanup());

describe.each(bothDatabases)('the depth of the queue on %s', (_, open) => {
  test('is given for every lane: what is due, what comes later, and the age of the oldest', async () => {
    const database = await open();
    ({ cleanup } = database);
    const driver = createJobDriver(database.db);
    await inTransaction(database.db, async (tx) => {
      const queue = driver.createQueue(tx, () => now);
      const push = (runId: string, dueAt: Date) =>
        queue.push('run.advance', { runId }, { lane: 'background', dueAt });
      await push('old', before(90));
      await push('young', before(1));
      await push('later', before(-60));
      await queue.push('purge', {}, { lane: 'imports', dueAt: before(-1) });
    });

    expect(await driver.depths(now)).toEqual([
      { lane: 'interactive', ...nothing },
      { lane: 'chat', ...nothing },
      { lane: 'imports', ...nothing, later: 1 },
      { lane: 'events', ...nothing },
      { lane: 'background', due: 2, later: 1, oldestSeconds: 90 },
    ]);
  });
});

test('a job that a worker holds waits no longer', async () => {
  const database = await temporaryDatabase();
  ({ cleanup } = database);
  const driver = createJobDriver(database.db);
  await inTransaction(database.db, async (tx) => {
    const queue = driver.createQueue(tx, () => now);
    await queue.push('purge', {}, { lane: 'background', dueAt: before(30) });
    await queue.push('purge', {}, { lane: 'background', dueAt: before(10) });
  });
  const claim = { lane: 'background', limit: 1, now, leaseMs: 60_000, workerId: 'w1' } as const;
  await claimJobs(database.db, claim);
  expect((await driver.depths(now)).at(-1)).toEqual({
    lane: 'background',
    due: 1,
    later: 0,
    oldestSeconds: 10,
  });
});
