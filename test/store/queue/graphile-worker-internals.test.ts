import { EventEmitter, once } from 'node:events';
import { Logger, run, type WorkerEvents } from 'graphile-worker';
import { expect, test } from 'vitest';
import { postgresPool } from '../../../src/store/database.ts';
import {
  ADDED,
  hookInto,
  type JobClaimer,
  shutDownOf,
} from '../../../src/store/queue/graphile-worker-internals.ts';
import { postgresOfItsOwn } from '../../support/peers/postgres.ts';

test('a runner locks under its name, asks for what is for it alone, and can be waited for', async () => {
  const database = await postgresOfItsOwn();
  const pool = postgresPool(database.db, 10);
  const events: WorkerEvents = new EventEmitter();
  const happened: string[] = [];
  const modes: string[] = [];
  let asking: JobClaimer | undefined;
  let isForUs = false;
  hookInto(events, {
    lockName: 'w1/chat',
    isForUs: () => isForUs,
    onClaimer: (made) => {
      asking = made;
    },
  });
  events.on('pool:listen:notification', ({ message }) => {
    if (message.channel === ADDED) happened.push(`told ${message.payload}`);
  });
  events.on('localQueue:setMode', ({ newMode }) => modes.push(newMode));
  const ended = shutDownOf(events);
  let bothRan = () => {};
  const ran = new Promise<void>((resolve) => {
    bothRan = resolve;
  });
  const asked = once(events, 'localQueue:getJobs:complete');
  // The event comes before its LISTEN, on the same connection: what is asked after it is answered when it listens.
  const listening = new Promise((resolve) => {
    events.once('pool:listen:success', ({ client }) => {
      queueMicrotask(() => resolve(client.query('select 1')));
    });
  });
  const runner = await run({
    pgPool: pool,
    events,
    concurrency: 1,
    pollInterval: 600_000, // It asks when it is notified, or never.
    noHandleSignals: true,
    parsedCronItems: [],
    preset: { worker: { localQueue: { size: 2, ttl: 600_000 } } },
    logger: new Logger(() => () => undefined),
    taskList: {
      work: async (payload, { job }) => {
        happened.push(`${(payload as { name: string }).name} locked by ${job.locked_by}`);
        if (happened.length === 4) bothRan();
      },
    },
  });
  try {
    await Promise.all([asked, listening]);
    const add = async (name: string) => {
      const told = once(events, 'pool:listen:notification');
      await pool.query(`select graphile_worker.add_job('work', $1)`, [{ name }]);
      await told;
      await pool.query('select 1'); // A runner that asked would have its answer by now.
      await pool.query('select 1');
    };
    await add('first');
    isForUs = true;
    await add('second');
    await ran;
    expect(happened).toEqual([
      'told {"count":0}',
      expect.stringMatching(/^told .*"count":1/),
      'first locked by w1/chat',
      'second locked by w1/chat',
    ]);
    expect(asking).toBeDefined();
  } finally {
    const stopped = runner.stop();
    await asking?.release();
    await stopped;
    await ended;
    await pool.end();
    await database.cleanup();
  }
  expect(modes.at(-1)).toBe('RELEASED');
});
