import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ReachOfSlack, Readiness, type ReadinessDeps } from '../../src/web/readiness.ts';

const START = new Date('2026-11-24T12:00:00.000Z');
const HOUR = 3_600_000;
const now = () => START;
const ago = (seconds: number) => new Date(START.getTime() - seconds * 1000);
const beaten = async () => ago(3);
const ticks = () => 0;
const troubleOf = () => undefined;
const whatIsAmiss = (deps: Omit<ReadinessDeps, 'now' | 'ticks'>) =>
  new Readiness({ now, ticks, ...deps }).whatIsAmiss();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a worker that beat a moment ago, and nothing else to look at: nothing is amiss', async () => {
  expect(await whatIsAmiss({ lastBeat: beaten, troubleOf })).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ['has never beaten', undefined, ['worker']],
  ['beat 20 seconds ago', ago(20), ['worker']],
  ['beat 19 seconds ago', ago(19), []],
])('a worker that %s', async (_, beat, expected) => {
  const amiss = await whatIsAmiss({ lastBeat: async () => beat, troubleOf });
  expect(amiss.map(({ part }) => part)).toEqual(expected);
});

test.each([-HOUR, HOUR])('a clock that is set by %d ms makes no worker silent', async (jump) => {
  let [ms, clock, beat] = [0, START.getTime(), START];
  const readiness = new Readiness({
    lastBeat: async () => beat,
    now: () => new Date(clock),
    ticks: () => ms,
    troubleOf,
  });
  const parts = async () => (await readiness.whatIsAmiss()).map(({ part }) => part);
  const pass = (seconds: number) => {
    ms += seconds * 1000;
    clock += seconds * 1000;
  };
  expect(await parts()).toEqual([]);
  pass(5);
  beat = new Date(clock);
  expect(await parts()).toEqual([]);
  clock += jump;
  pass(14);
  expect(await parts()).toEqual([]);
  pass(1);
  expect(await parts()).toEqual(['worker']); // It came after the first look, which is 20 seconds ago.
  beat = new Date(clock);
  expect(await parts()).toEqual([]);
});

test('a database that fails is said, beside what else is amiss', async () => {
  const lastBeat = () => Promise.reject(new Error('ECONNREFUSED'));
  const amiss = await whatIsAmiss({
    lastBeat,
    troubleOf,
    teams: { isUnreachable: () => true },
  });
  expect(amiss.map(({ part }) => part)).toEqual(['database', 'teams']);
  expect(amiss.map(({ message }) => message).join()).not.toContain('ECONNREFUSED');
});

test('the most likely reason of a database that fails is said', async () => {
  const lastBeat = () => Promise.reject(new Error('too many connections'));
  const why = () => 'it takes no more connections';
  expect(await whatIsAmiss({ lastBeat, troubleOf: why })).toEqual([
    {
      part: 'database',
      message:
        "The database can't be used now: most likely it takes no more connections. Check DATABASE_URL, and the server or disk behind it.",
    },
  ]);
});

test('a database that says nothing is waited for five seconds, and no longer', async () => {
  const lastBeat = () => new Promise<Date>(() => undefined);
  const asked = whatIsAmiss({ lastBeat, troubleOf });
  const soFar = () => Promise.race([asked, Promise.resolve('nothing yet')]);
  await vi.advanceTimersByTimeAsync(4999);
  expect(await soFar()).toBe('nothing yet');
  await vi.advanceTimersByTimeAsync(1);
  expect(await soFar()).toMatchObject([{ part: 'database' }]);
});

test('a database that fails after the five seconds throws at nobody', async () => {
  let fail: (why: Error) => void = () => undefined;
  const lastBeat = () =>
    new Promise<Date>((_, reject) => {
      fail = reject;
    });
  const asked = whatIsAmiss({ lastBeat, troubleOf });
  await vi.advanceTimersByTimeAsync(5000);
  expect(await asked).toMatchObject([{ part: 'database' }]);
  fail(new Error('Given up'));
  await vi.advanceTimersByTimeAsync(1); // An unhandled rejection would fail this file.
});

const inReach: ReachOfSlack = {
  opened: () => 'open',
  isConnected: () => true,
  isUnreachable: () => false,
  removedAt: async () => undefined,
};

test.each<[Partial<ReachOfSlack>, string[]]>([
  [{}, []],
  [{ opened: () => 'waiting' as const }, ['Slack could not be reached since the start']],
  [{ opened: () => 'refused' as const }, ['Slack does not accept SLACK_BOT_TOKEN']],
  [
    { removedAt: async () => START, opened: () => 'refused' as const },
    ['was revoked, on 2026-11-24. Install the app again'],
  ],
  [{ isConnected: () => false }, ['The socket to Slack is closed']],
  [{ isUnreachable: () => true }, ['Slack could not be reached the last times']],
])('of Slack only the nearest reason is said: %j', async (reach, expected) => {
  const amiss = await whatIsAmiss({
    lastBeat: beaten,
    troubleOf,
    slack: { ...inReach, ...reach },
  });
  expect(amiss.map(({ part }) => part)).toEqual(expected.map(() => 'slack'));
  for (const [index, sentence] of expected.entries())
    expect(amiss[index]?.message).toContain(sentence);
});
