/** A SQLite file that can't be written for a while, under a worker's real runner: locked by another process, or full. */
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actions, commands } from '../../../src/bots/features/features.ts';
import { storedFormSessions } from '../../../src/bots/live/form-sessions.ts';
import { identifyWith } from '../../../src/bots/live/identify.ts';
import { Bot } from '../../../src/bots/view/bot.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import type { Surface } from '../../../src/bots/view/platform.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import type { Run, RunState } from '../../../src/engine/runs/run.ts';
import { inTransaction } from '../../../src/store/database.ts';
import {
  type JobFailure,
  type RunnerTrouble,
  SqliteJobRunner,
} from '../../../src/store/queue/job-runner.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import {
  HOUR,
  inState,
  MINUTE,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { idleJobs } from '../../support/idle-jobs.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
let runner: SqliteJobRunner;
/** What the runner said, and who waits for more. */
let logged: (JobFailure | RunnerTrouble)[];
let onLog: () => void;
beforeEach(async () => {
  engine = await testEngine();
  logged = [];
  onLog = () => undefined;
  // Five seconds and three tries in production; how long is not what is tested here.
  await engine.db.raw('PRAGMA busy_timeout = 1');
  runner = new SqliteJobRunner({
    db: engine.db,
    workerId: 'worker-1',
    slots: { interactive: 4, chat: 1, imports: 1, events: 0, background: 4 },
    handlers: {
      ...idleJobs,
      'run.advance': ({ runId }) => advanceRun(runId, engine.worker()),
    },
    now: engine.now,
    log(event) {
      logged.push(event);
      onLog();
    },
  });
});
afterEach(() => runner.drain(5000));

/** Resolves when the runner could not store what became of a job. */
const notStored = (code: string): Promise<void> =>
  new Promise((resolve) => {
    onLog = () => {
      const [failure, trouble] = logged.slice(-2);
      if (failure && 'jobId' in failure && trouble && !('jobId' in trouble)) {
        expect([failure.code, trouble.code]).toEqual([code, code]);
        resolve();
      }
    };
  });

/** Resolves when the run has come to that state; the runner is woken, as a push would. */
async function comesTo<S extends RunState>(
  runId: string,
  state: S,
): Promise<Extract<Run, { state: S }>> {
  for (;;) {
    const run = await engine.run(runId);
    if (run.state === state) return inState(run, state);
    runner.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function granted(paths: readonly string[]) {
  const person = await engine.person();
  const integration = await engine.integration({
    execute: paths.map((path) => ({ url: `${engine.party.url}${path}` })),
  });
  return startedRun(await engine.grant(person, integration));
}

const urls = () => engine.party.requests.map(({ url }) => url);
const keys = () => engine.party.requests.map(({ headers }) => headers['idempotency-key']);

/** Another process that writes and does not end. */
async function lock(connection: Knex): Promise<() => Promise<void>> {
  await connection.raw('BEGIN EXCLUSIVE');
  return async () => void (await connection.raw('ROLLBACK'));
}

/** What a run and a click write. */
const WRITTEN = ['runs', 'run_steps', 'run_responses', 'jobs', 'audit_log', 'inbox'];

/**
 * The file can't grow any more: SQLite's own limit, which fails as a full disk does. A write that finds room in the
 * pages that are there would succeed, where a full disk has none for the log either: so each takes a page of its own.
 */
async function fill(db: Knex): Promise<() => Promise<void>> {
  await db.raw('create table filler (bytes blob)');
  for (const table of WRITTEN)
    for (const event of ['insert', 'update', 'delete'])
      await db.raw(
        `create trigger fill_${table}_${event} before ${event} on ${table}
         begin insert into filler values (zeroblob(10000)); end`,
      );
  await db.raw('VACUUM'); // Rows of tests before may have left pages free.
  const [{ page_count: pages }] = (await db.raw('PRAGMA page_count')) as [{ page_count: number }];
  await db.raw(`PRAGMA max_page_count = ${pages}`);
  return async () => void (await db.raw('PRAGMA max_page_count = 1073741823'));
}

const troubles = [
  {
    name: 'a locked SQLite file',
    code: 'SQLITE_BUSY',
    begin: () => lock(engine.connect()),
  },
  { name: 'a full disk', code: 'SQLITE_FULL', begin: () => fill(engine.db) },
];

describe.each(troubles)('$name', ({ code, begin }) => {
  test('while a write is on its way: its outcome is unknown, and it is repeated with its key after an hour', async () => {
    const first = held({ json: {} });
    engine.party.on('POST /users', first.answer, { json: {} });
    const run = await granted(['/users']);
    runner.start();
    await engine.party.received(1);
    const end = await begin();
    const told = notStored(code);
    first.release();
    await told;
    expect((await engine.run(run.id)).state).toBe('running');

    await end();
    engine.clock.advance(MINUTE); // As long as the job is kept for its worker.
    const { error } = await comesTo(run.id, 'retrying');
    expect(error.code).toBe('unknown-outcome');
    expect((await engine.steps(run.id))[0]?.state).toBe('unknown');
    expect(urls()).toEqual(['/users']);

    engine.clock.advance(HOUR);
    await comesTo(run.id, 'succeeded');
    expect(urls()).toEqual(['/users', '/users']);
    expect(new Set(keys()).size).toBe(1);
  });

  test('while the second of two steps is on its way: the first, which is done, is not sent again', async () => {
    const second = held({ json: {} });
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /teams', second.answer, { json: {} });
    const person = await engine.person();
    const integration = await engine.integration({
      execute: [
        { url: `${engine.party.url}/users` },
        { url: `${engine.party.url}/teams`, method: 'GET' },
      ],
    });
    const run = startedRun(await engine.grant(person, integration));
    runner.start();
    await engine.party.received(2);
    const end = await begin();
    const told = notStored(code);
    second.release();
    await told;

    await end();
    engine.clock.advance(MINUTE); // As long as the job is kept for its worker.
    await comesTo(run.id, 'succeeded');
    expect(urls()).toEqual(['/users', '/teams', '/teams']);
  });

  test('leaves the worker asking once a second, and no faster', async () => {
    engine.party.on('POST /users', { json: {} });
    const run = await granted(['/users']);
    const end = await begin();
    let tellOnce: () => void = () => undefined;
    const once = new Promise<void>((resolve) => {
      tellOnce = resolve;
    });
    onLog = () => tellOnce();
    runner.start();
    await once;
    for (let turn = 0; turn < 1000; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(logged.length).toBeLessThanOrEqual(4);

    await end();
    engine.clock.advance(MINUTE); // As long as the job is kept for its worker.
    await comesTo(run.id, 'succeeded');
    expect(urls()).toEqual(['/users']);
  });

  test('refuses a click whole, and the next one is taken', async () => {
    const person = await engine.person();
    const integration = await engine.integration({
      execute: [{ url: `${engine.party.url}/users` }],
    });
    const audited = await engine.audited();
    const end = await begin();
    await expect(engine.grant(person, integration)).rejects.toMatchObject({ code });
    await end();
    expect(await engine.stores.runs.unfinished(person.id, integration.id)).toBeUndefined();
    expect(await engine.db('jobs').select()).toEqual([]);
    expect(await engine.audited()).toEqual(audited);
    expect((await engine.grant(person, integration)).kind).toBe('started');
  });
});

test('a transaction whose commit fails leaves nothing open behind it', async () => {
  const broken = inTransaction(engine.db, async (tx) => {
    await tx.raw('PRAGMA defer_foreign_keys = ON');
    await tx.raw(
      "insert into run_responses (run_id, attempt, step_index, response) values ('nobody', 1, 0, '')",
    );
  });
  await expect(broken).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
  expect((await engine.person()).email).toBe('grace@example.com');
  expect(await engine.db('run_responses').select()).toEqual([]);
});

describe('in chat', () => {
  let chat: TestChat;
  beforeEach(async () => {
    chat = await testChat();
    await chat.database.db.raw('PRAGMA busy_timeout = 1');
  });

  test.each([
    { name: 'a locked SQLite file', begin: () => lock(chat.database.connect()) },
    { name: 'a full disk', begin: () => fill(chat.database.db) },
  ])('$name is shown as something to try again, and trying again works', async ({ begin }) => {
    const ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
    chat.profiles.set('U1', { email: ada.email, name: 'Ada', kind: 'member' });
    const errors: unknown[] = [];
    const said: Card[] = [];
    const unexpected = () => Promise.reject(new Error('Nothing of the kind was asked for'));
    const surface: Surface = {
      here: async (card) => void said.push(card),
      async toPerson(card) {
        said.push(card);
        return { platform: 'slack', key: 'message' };
      },
      replace: unexpected,
      openForm: unexpected,
    };
    const { services } = chat;
    const bot = new Bot({
      actions,
      commands,
      sessions: storedFormSessions(services),
      live: {
        show: async (_card, _turn, post) => void (await post({ title: 'live', blocks: [] })),
        replace: unexpected,
        current: unexpected,
        forget: unexpected,
      },
      firstTime: (key) => services.stores.inbox.accept(key, services.now()),
      identify: identifyWith(services),
      onError: (error) => errors.push(error),
    });

    const end = await begin();
    await bot.command(chat.inbound('U1'), ['help'], surface);
    expect(said.map(textOf).join()).toMatch(/Something went wrong on our side[^]*Try again/);
    expect(errors).toHaveLength(1);

    await end();
    said.length = 0;
    await bot.command(chat.inbound('U1'), ['help'], surface);
    expect(said.map(textOf).join()).not.toContain('went wrong');
    expect(said).toHaveLength(1);
  });
});
