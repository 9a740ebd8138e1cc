/** The clock jumps an hour, forward or back, while something is under way. */
import { beforeEach, expect, test } from 'vitest';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { Circuits } from '../../../src/http/polite-http.ts';
import { aliveAt, leave, sweeper } from '../../../src/jobs/take-over.ts';
import { SqliteJobRunner } from '../../../src/store/queue/job-runner.ts';
import { createQueue, releaseJobsOf } from '../../../src/store/queue/queue.ts';
import { bringForward, columns } from '../../../src/store/work/bring-forward.ts';
import { gate } from '../../contracts/queue/job-runner.ts';
import {
  DAY,
  HOUR,
  inState,
  SECOND,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { idleJobs } from '../../support/idle-jobs.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const takingOver = () => ({
  ...engine,
  releaseJobsOf: (...dead: readonly [string, Date]) => releaseJobsOf(engine.db, ...dead),
});
const sweeping = (workerId = 'worker-1') =>
  sweeper(workerId, {
    ...takingOver(),
    bringForward: (at, shown) => bringForward(engine.db, at, shown),
    acquit: async () => undefined,
  });

const refuses = async () => ({ kind: 'refused', why: 'There is no chat.' }) as const;

async function granted(step: object, notifications?: readonly object[]) {
  const person = await engine.person();
  const integration = await engine.integration({
    execute: [{ url: `${engine.party.url}/users`, ...step }],
    ...(notifications && { post_execute_notification: notifications }),
  });
  return startedRun(await engine.grant(person, integration));
}

const poll = {
  method: 'GET',
  continue_if: { response_notation: 'ready', value: true },
  polling: { interval: 10, amount: 20 },
};

test('forward while a write is on its way: it is not sent again, and its answer counts', async () => {
  const answer = held({ json: {} });
  engine.party.on('POST /users', answer.answer, { json: {} });
  const run = await granted({});
  const beat = sweeping();
  await beat();
  const working = advanceRun(run.id, engine.worker());
  await engine.party.received(1);
  engine.clock.advance(HOUR);
  await beat();
  engine.clock.advance(5 * SECOND);
  await beat();
  await advanceRun(run.id, engine.worker()); // The wake-up of a run whose lease ran out.
  answer.release();
  await working;
  expect((await engine.run(run.id)).state).toBe('succeeded');
  await engine.runJobs();
  expect(engine.party.requests).toHaveLength(1);
});

test('forward: a worker that had no time to say that it lives is not taken for dead', async () => {
  const answer = held({ json: {} });
  engine.party.on('POST /users', answer.answer);
  const run = await granted({});
  const [one, other] = [sweeping('one'), sweeping('other')];
  await one();
  await other();
  const working = advanceRun(run.id, engine.worker('one'));
  await engine.party.received(1);
  engine.clock.advance(HOUR);
  await other();
  expect(inState(await engine.run(run.id), 'running').workerId).toBe('one');
  expect(await engine.stores.workers.silent(aliveAt(engine.now()))).toEqual(['one']); // Known still.
  await one();
  answer.release();
  await working;
  expect((await engine.run(run.id)).state).toBe('succeeded');
});

test('forward while a job is worked on: its own worker does not begin it again', async () => {
  const began: string[] = [];
  const [begun, over] = [gate(), gate()];
  const push = (runId: string) =>
    createQueue(engine.db, engine.now).push('run.advance', { runId }, { lane: 'background' });
  const second = gate();
  const runner = new SqliteJobRunner({
    db: engine.db,
    workerId: 'w1',
    slots: { interactive: 1, chat: 1, events: 0, background: 2, imports: 1 },
    handlers: {
      ...idleJobs,
      'run.advance': async ({ runId }) => {
        began.push(runId);
        if (runId === 'second') return second.open();
        begun.open();
        await over.opened;
      },
    },
    now: engine.now,
    log: () => undefined,
  });
  await push('first');
  runner.start();
  await begun.opened;
  engine.clock.advance(HOUR);
  await push('second');
  runner.wake();
  await second.opened; // Whatever was due was claimed by then.
  over.open();
  await runner.drain(5000);
  expect(began).toEqual(['first', 'second']);
  expect(await engine.db('jobs').select()).toEqual([]);
});

test('forward while a message is on its way: it is not sent again', async () => {
  const ids: string[] = [];
  engine = await testEngine({ deliver: async (id) => void ids.push(id) });
  engine.party.on('POST /users', { json: {} });
  await granted({}, [{ type: 'email', to: '{{email}}', subject: 'Hi', message: 'Welcome' }]);
  await engine.runJobs();
  const [begun, over] = [gate(), gate()];
  let sent = 0;
  const deps: DeliveryDeps = {
    ...engine,
    workerId: 'worker-1',
    mailer: {
      async send() {
        sent += 1;
        begun.open();
        await over.opened;
        return { kind: 'sent' };
      },
    },
    findTexts: async () => undefined,
    timeZone: 'UTC',
    messenger: { toPerson: refuses, toChannel: refuses },
    underWay: new Set(),
  };
  const [id = ''] = ids;
  const sending = sendDelivery(id, deps);
  await begun.opened;
  engine.clock.advance(HOUR);
  await sendDelivery(id, deps); // The wake-up of one whose lease ran out.
  over.open();
  await sending;
  expect(sent).toBe(1);
  expect((await engine.stores.deliveries.find(id))?.state).toBe('sent');
});

test('back: a circuit that was opened by the wrong clock is closed', () => {
  const circuits = new Circuits(engine.now);
  const host = circuits.of('example.com');
  engine.clock.advance(HOUR);
  for (let failure = 0; failure < 5; failure += 1) circuits.heard(host, true);
  expect(circuits.pauseOf(host)).toBeGreaterThan(0);
  engine.clock.advance(-HOUR);
  expect(circuits.pauseOf(host)).toBe(0);
});

test('forward: a form that is open is over, and nothing of it happens; back: it can be answered once', async () => {
  const { formSessions } = engine.stores;
  const open = (id: string) =>
    formSessions.insert({
      id,
      form: '{}',
      personId: engine.admin.id,
      createdAt: engine.now(),
    });
  const [first, second] = [engine.newId(), engine.newId()];
  await open(first);
  engine.clock.advance(HOUR + 1);
  expect(await formSessions.use(first, engine.now())).toBe(false);
  await open(second);
  engine.clock.advance(-HOUR);
  expect(await formSessions.use(second, engine.now())).toBe(true);
  expect(await formSessions.use(second, engine.now())).toBe(false);
});

test('back: a poll that was put off by the wrong clock does not wait for an hour more', async () => {
  engine.party.on('GET /users', { json: { ready: false } }, { json: { ready: true } });
  const beat = sweeping();
  await beat();
  engine.clock.advance(HOUR);
  await beat();
  const run = await granted(poll);
  await engine.runJobs();
  inState(await engine.run(run.id), 'waiting');

  engine.clock.advance(-HOUR);
  await beat();
  await engine.later(10 * SECOND);
  expect((await engine.run(run.id)).state).toBe('succeeded');
  expect(engine.party.requests).toHaveLength(2);
});

test('back: a retry stays the one it was, at the time that its card names', async () => {
  engine.party.on('POST /users', { status: 400 });
  const beat = sweeping();
  await beat();
  const run = await granted({});
  await engine.runJobs();
  const before = inState(await engine.run(run.id), 'retrying');
  engine.clock.advance(-HOUR);
  await beat();
  await engine.runJobs();
  expect(await engine.run(run.id)).toEqual(before);
  expect(engine.party.requests).toHaveLength(1);
});

test('back: whose worker died under the wrong clock is taken over when the lease of the right one is over', async () => {
  const answer = held({ json: {} });
  engine.party.on('GET /users', answer.answer, { json: {} });
  const beat = sweeping('alive');
  await beat();
  engine.clock.advance(HOUR);
  await beat();
  const run = await granted({ method: 'GET' });
  const lost = advanceRun(run.id, engine.worker('dead'));
  await engine.party.received(1);
  engine.clock.advance(-HOUR);
  await beat();
  await engine.later(150 * SECOND);
  expect((await engine.run(run.id)).state).toBe('succeeded');
  answer.release();
  await lost;
});

test.each([
  ['while it works', 'goes on'],
  ['after it was killed', 'killed'],
  ['after it stopped in order', 'stopped'],
])(
  'back by an hour, %s: what was due by the wrong clock is done now, and what was put off keeps its time',
  async (_, end) => {
    const beat = sweeping();
    await beat();
    engine.clock.advance(HOUR);
    await beat();
    const put = (importId: string, ms: number) =>
      engine.transact((tx) =>
        tx.queue.push(
          'people.import',
          { importId },
          { lane: 'imports', dueAt: new Date(engine.now().getTime() + ms) },
        ),
      );
    await put('due', 0);
    await put('put off', HOUR);
    if (end === 'stopped') await leave('worker-1', takingOver());
    engine.clock.advance(-HOUR);
    await (end === 'goes on' ? beat : sweeping('another'))();
    const due = engine.db('jobs').where({ name: 'people.import' });
    expect(await due.where('due_at', '<=', engine.now().getTime()).pluck('payload')).toEqual([
      '{"importId":"due"}',
    ]);
  },
);

test('back before a worker begins: it takes nothing from one that lives and has not said so yet', async () => {
  const answer = held({ json: {} });
  engine.party.on('GET /users', answer.answer);
  const beat = sweeping('alive');
  await beat();
  engine.clock.advance(HOUR);
  await beat();
  const run = await granted({ method: 'GET' });
  const working = advanceRun(run.id, engine.worker('alive'));
  await engine.party.received(1);
  engine.clock.advance(-HOUR);
  const other = sweeping('another');
  const leasedUntil = async () => inState(await engine.run(run.id), 'running').leasedUntil;
  await other();
  expect(await engine.stores.workers.silent(aliveAt(engine.now()))).toEqual(['alive']); // Known still.
  expect((await leasedUntil()).getTime()).toBeGreaterThan(engine.now().getTime());
  await beat();
  await other();
  expect((await leasedUntil()).getTime()).toBeGreaterThan(engine.now().getTime());
  answer.release();
  await working;
});

test('back between two starts: what was put off comes forward once, and not with each start', async () => {
  engine.clock.advance(HOUR);
  await sweeping()();
  await leave('worker-1', takingOver());
  engine.clock.advance(-HOUR);
  await sweeping('another')();
  const put = { importId: 'put off' };
  const dueAt = new Date(engine.now().getTime() + HOUR / 2);
  await engine.transact((tx) => tx.queue.push('people.import', put, { lane: 'imports', dueAt }));
  await engine.die('another');
  engine.clock.advance(SECOND);
  await sweeping('a third')();
  const due = await engine.db('jobs').where({ name: 'people.import' }).pluck('due_at');
  expect(due).toEqual([dueAt.getTime()]);
});

const YEARS = 3650 * DAY;

/** While the clock is years ahead: a job that begins then, a grant that is tried again, and a task of which someone is reminded. */
async function putOffByYears() {
  engine.party.on('POST /users', { status: 400 }, { json: {} });
  engine.clock.advance(YEARS);
  await engine.stores.occurrences.claim('purge:all', engine.now());
  const run = await granted({});
  await engine.runJobs();
  inState(await engine.run(run.id), 'retrying');
  const person = await engine.person({ email: 'tom@example.com' });
  const id = engine.newId();
  await engine.stores.tasks.insert({
    id,
    version: 1,
    kind: 'other',
    state: 'open',
    personId: person.id,
    title: 'Order a laptop',
    comments: [],
    dueDate: '2026-11-24',
    createdAt: engine.now(),
    remindedAt: engine.now(),
  });
  await engine.transact((tx) =>
    tx.queue.push('people.import', { importId: 'late' }, { lane: 'imports' }),
  );
  return { run, taskId: id };
}

test('back by years: what is put off by any column that says when to go on comes forward', async () => {
  const others = [
    'chat_tokens.leased_until', // A lease that ends later than one can is over (`isAhead`).
    'jobs.due_at', // By their own statement, which PostgreSQL needs as well.
    'jobs.leased_until',
    'oauth_tokens.leased_until',
    'planned_items.due_at', // As people chose.
    'removals.due_at', // By due-access.ts, with what it means for the person.
    'removals.paused_until',
  ];
  const tables: readonly string[] = await engine
    .db('sqlite_master')
    .where({ type: 'table' })
    .pluck('name');
  const all = await Promise.all(
    tables.map(async (table) =>
      Object.keys(await engine.db(table).columnInfo()).map((name) => ({ table, name })),
    ),
  );
  const forgotten = all
    .flat()
    .filter(({ name }) => /^(due_at|leased_until|moved_at|paused_until)$/.test(name))
    .filter(({ table, name }) => !columns[table]?.includes(name))
    .map(({ table, name }) => `${table}.${name}`);
  expect(forgotten.toSorted()).toEqual(others);
});

test.each([
  ['while it works', false],
  ['before it begins', true],
])('back by years, %s: what was put off goes on', async (_, isRestarted) => {
  const beat = sweeping();
  await beat();
  engine.clock.advance(YEARS);
  await beat();
  engine.clock.advance(-YEARS);
  const { run, taskId } = await putOffByYears();
  const far = engine.now();
  engine.clock.advance(-YEARS);
  const later = isRestarted ? sweeping('another') : beat;
  await later();
  await later();
  await engine.runJobs();
  expect((await engine.run(run.id)).state).toBe('succeeded');
  const task = await engine.stores.tasks.find(taskId);
  expect(task?.state === 'open' && task.remindedAt && task.remindedAt < far).toBe(true);
  const late = await engine.db('jobs').where('due_at', '>', engine.now().getTime() + DAY);
  expect(late).toEqual([]);
  expect(await engine.stores.workers.lastBeat()).toEqual(engine.now());
});
