import { describe, expect, test } from 'vitest';
import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { bringForward } from '../../../src/store/work/bring-forward.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

const NOW = new Date('2026-11-24T09:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const HOUR = 60 * 60_000;

describe.each(bothDatabases)('on %s', (_, open) => {
  test('a job of years ahead is due, and one of soon keeps its time', async () => {
    const database = await open();
    const driver = createJobDriver(database.db);
    const queue = driver.createQueue(database.db, () => NOW);
    for (const [runId, dueAt] of Object.entries({
      far: later(100_000 * HOUR),
      soon: later(HOUR / 2),
    }))
      await queue.push('run.advance', { runId }, { lane: 'background', dueAt });
    await database.stores.occurrences.claim('purge:all', later(100_000 * HOUR));
    await bringForward(database.db, NOW);
    const depth = (await driver.depths(NOW)).find(({ lane }) => lane === 'background');
    expect(depth).toMatchObject({ due: 1, later: 1 });
    await database.cleanup();
  });

  test('a job that was due by what the clock showed is due, and a later one keeps its time', async () => {
    const database = await open();
    const driver = createJobDriver(database.db);
    const queue = driver.createQueue(database.db, () => NOW);
    for (const hours of [1, 3])
      await queue.push(
        'run.advance',
        { runId: `${hours}` },
        { lane: 'background', dueAt: later(hours * HOUR) },
      );
    await bringForward(database.db, NOW, later(2 * HOUR));
    const depth = (await driver.depths(NOW)).find(({ lane }) => lane === 'background');
    expect(depth).toMatchObject({ due: 1, later: 1 });
    await database.cleanup();
  });

  test('what waits for the end of quiet hours, or for the next morning, keeps its time at each start', async () => {
    const database = await open();
    const driver = createJobDriver(database.db);
    const queue = driver.createQueue(database.db, () => NOW);
    const card = { view: 'request', payload: '{}', topic: 'request:1' };
    for (const hours of [8, 30])
      await queue.push(
        'message.post',
        { personId: 'ann', card },
        { lane: 'chat', dueAt: later(hours * HOUR) },
      );
    await database.stores.occurrences.claim('purge:all', later(100_000 * HOUR));
    await bringForward(database.db, NOW);
    const depth = (await driver.depths(NOW)).find(({ lane }) => lane === 'chat');
    expect(depth).toMatchObject({ due: 0, later: 2 });
    await database.cleanup();
  });
});
