import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Lane } from '../../src/engine/ports.ts';
import {
  type JobFailure,
  type JobHandlers,
  type RunnerTrouble,
  SqliteJobRunner,
} from '../../src/store/job-runner.ts';
import { createQueue } from '../../src/store/queue.ts';
import { type TestDatabase, temporaryDatabase } from '../support/database.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const LONG_MS = 15_000;

let database: TestDatabase;
let now: Date;
let runners: SqliteJobRunner[];

beforeEach(async () => {
  now = noon;
  runners = [];
  database = await temporaryDatabase();
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.drain(0)));
  await database.cleanup();
});

const push = (runId: string, lane: Lane = 'background', dueAt = now) =>
  createQueue(database.db, () => now).push('run.advance', { runId }, { lane, dueAt });

const idle = async () => undefined;

function start(
  advance: JobHandlers['run.advance'],
  log: (event: JobFailure | RunnerTrouble) => void = () => undefined,
  workerId = 'w1',
): SqliteJobRunner {
  const runner = new SqliteJobRunner({
    db: database.db,
    workerId,
    slots: { interactive: 1, chat: 1, background: 2 },
    handlers: {
      'run.advance': advance,
      'access.check': idle,
      'options.fetch': idle,
      'message.refresh': idle,
      'message.post': idle,
    },
    now: () => now,
    log,
  });
  runners.push(runner);
  runner.start();
  return runner;
}

test('a job that waits is run and is gone afterwards', async () => {
  await push('a');
  const ran = gate<string>();
  const runner = start(async ({ runId }) => ran.open(runId));
  expect(await ran.opened).toBe('a');
  await runner.drain(LONG_MS);
  expect(await database.db('jobs')).toEqual([]);
});

test('a wake-up makes the runner look at once', async () => {
  const ran = gate<string>();
  const runner = start(async ({ runId }) => ran.open(runId));
  await push('a');
  runner.wake();
  expect(await ran.opened).toBe('a');
});

test('jobs run side by side up to the slots of their lane, and a full lane makes no other wait', async () => {
  for (const id of ['a', 'b', 'c']) await push(id);
  await push('click', 'interactive');
  const begun: string[] = [];
  const [three, end] = [gate(), gate()];
  const runner = start(async ({ runId }) => {
    begun.push(runId);
    if (begun.length === 3) three.open();
    await end.opened;
  });
  await three.opened;
  expect(begun.toSorted()).toEqual(['a', 'b', 'click']);
  end.open();
  await waitForEmptyQueue();
  await runner.drain(LONG_MS);
  expect(begun).toHaveLength(4);
});

test('a job that throws is logged, and tried again after growing pauses, then buried', async () => {
  await push('a');
  const events: (JobFailure | RunnerTrouble)[] = [];
  let next = gate();
  const runner = start(
    async () => {
      throw new TypeError('It broke.');
    },
    (event) => {
      events.push(event);
      next.open();
    },
  );
  const pauses: number[] = [];
  for (let failures = 1; failures <= 6; failures += 1) {
    await next.opened;
    next = gate();
    const event = events.at(-1);
    expect(event).toMatchObject({ code: 'TypeError', message: 'It broke.', failures });
    if (event && 'retryAt' in event && event.retryAt) {
      pauses.push(event.retryAt.getTime() - now.getTime());
      now = event.retryAt;
    }
    runner.wake();
  }
  await runner.drain(LONG_MS);
  expect(pauses).toEqual([5_000, 20_000, 80_000, 320_000, 1_280_000]);
  expect(events).toHaveLength(6);
  expect(await database.db('jobs').whereNotNull('buried_at')).toMatchObject([
    { error: 'TypeError' },
  ]);
});

test('drain waits for what runs and begins nothing more', async () => {
  await push('a');
  const [begun, end] = [gate(), gate()];
  const ended: string[] = [];
  const runner = start(async ({ runId }) => {
    begun.open();
    await end.opened;
    ended.push(runId);
  });
  await begun.opened;
  const drained = runner.drain(LONG_MS);
  await push('b');
  runner.wake();
  end.open();
  await drained;
  expect(ended).toEqual(['a']);
  expect(await database.db('jobs')).toMatchObject([{ payload: '{"runId":"b"}', claims: 0 }]);
});

test('drain hands back what does not end in time, and another worker takes it at once', async () => {
  await push('a');
  const [begun, end, taken] = [gate(), gate(), gate<string>()];
  const runner = start(async () => {
    begun.open();
    await end.opened;
  });
  await begun.opened;
  await runner.drain(0);
  start(
    async ({ runId }) => taken.open(runId),
    () => undefined,
    'w2',
  );
  expect(await taken.opened).toBe('a');
  end.open();
});

test('a job that takes its worker down again and again is buried', async () => {
  await push('a');
  await database.db('jobs').update({ claims: 20 });
  const logged = gate<JobFailure | RunnerTrouble>();
  const ran: string[] = [];
  const runner = start(async ({ runId }) => void ran.push(runId), logged.open);
  expect(await logged.opened).toMatchObject({ code: 'kills-its-worker' });
  await runner.drain(LONG_MS);
  expect(ran).toEqual([]);
  expect(await database.db('jobs').whereNotNull('buried_at')).toHaveLength(1);
});

/** Something that happens once and can be awaited. */
function gate<T = void>(): { readonly opened: Promise<T>; readonly open: (value: T) => void } {
  let resolve: ((value: T) => void) | undefined;
  const opened = new Promise<T>((done) => {
    resolve = done;
  });
  return { opened, open: (value) => resolve?.(value) };
}

async function waitForEmptyQueue(): Promise<void> {
  while ((await database.db('jobs')).length > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
