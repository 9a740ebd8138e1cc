import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  block,
  cancel,
  expediteRun,
  fail,
  handBack,
  isUnfinished,
  LEASE_MS,
  lease,
  moves,
  promote,
  RETRY_AFTER_MS,
  type Run,
  type RunError,
  type RunFacts,
  type RunState,
  refuse,
  renew,
  succeed,
  wait,
} from '../../../src/engine/runs/run.ts';
import { loseLease } from '../../../src/engine/work/lease.ts';
import { inState } from '../../support/engine.ts';
import { isDue } from '../../support/given/is-due.ts';

const NOW = new Date('2026-11-24T09:00:00.000Z');
const system = { kind: 'system' } as const;
const error: RunError = { code: 'http-status', message: 'It answered with status 500.', step: 0 };

const facts: RunFacts = {
  id: 'run-1',
  version: 3,
  kind: 'execute',
  integrationId: 'integration-1',
  personId: 'person-1',
  manifestVersionId: 'manifest-1',
  startedBy: system,
  createdAt: NOW,
  attempt: 1,
};

const aDate = fc.date({
  min: new Date('2026-01-01'),
  max: new Date('2027-01-01'),
  noInvalidDate: true,
});
const someFacts: fc.Arbitrary<RunFacts> = fc
  .record({
    kind: fc.constantFrom('execute' as const, 'revoke' as const),
    attempt: fc.constantFrom(1, 2),
    follows: fc.boolean(),
  })
  .map(({ kind, attempt, follows }) => ({
    ...facts,
    kind,
    attempt,
    ...(follows && { stoppedBy: system }),
  }));

const someRun: fc.Arbitrary<Run> = fc
  .tuple(someFacts, aDate)
  .chain(([each, at]) =>
    fc.constantFrom<Run>(
      { ...each, state: 'queued', dueAt: at },
      { ...each, state: 'running', workerId: 'worker-1', leasedUntil: at },
      { ...each, state: 'waiting', dueAt: at, why: 'Not yet.' },
      { ...each, state: 'retrying', dueAt: at, error },
      { ...each, state: 'deferred' },
      { ...each, state: 'succeeded', finishedAt: at },
      { ...each, state: 'failed', finishedAt: at, error },
      { ...each, state: 'blocked', finishedAt: at, error },
      { ...each, state: 'cancelled', finishedAt: at, cancelledBy: system },
    ),
  );

/** Every run that any transition makes of this one. */
function nexts(run: Run, now: Date): readonly Run[] {
  if (!isUnfinished(run)) return [];
  if (run.state === 'deferred')
    return [
      promote(run, 'manifest-2', now),
      cancel(run, system, now),
      refuse(run, 'Asana is turned off.', now),
    ];
  const leased = lease(run, { workerId: 'worker-2', newestManifestVersionId: 'manifest-2' }, now);
  if (run.state === 'running')
    return [
      leased,
      renew(run, now),
      loseLease(run, now),
      wait(run, now, 'Not yet.'),
      handBack(run, now),
      succeed(run, now),
      fail(run, error, now),
      block(run, error, now),
      cancel(run, system, now),
    ];
  return [leased, cancel(run, system, now)];
}

test('every transition leads only where the table of moves allows', () => {
  fc.assert(
    fc.property(someRun, aDate, (run, now) => {
      const allowed: readonly RunState[] = moves[run.state];
      for (const next of nexts(run, now)) expect(allowed).toContain(next.state);
    }),
    { seed: 29 },
  );
});

test('no transition loses what a run is: its id, version, person, integration and who stopped it', () => {
  fc.assert(
    fc.property(someRun, aDate, (run, now) => {
      for (const next of nexts(run, now)) {
        const { id, version, kind, personId, integrationId, startedBy, stoppedBy } = run;
        expect(next).toMatchObject({ id, version, kind, personId, integrationId, startedBy });
        expect(next.stoppedBy).toEqual(stoppedBy);
      }
    }),
    { seed: 29 },
  );
});

test('a state from which no move leads is an end, and every other can still end', () => {
  const reaches = (state: RunState, seen = new Set<RunState>()): boolean => {
    if (moves[state].length === 0) return true;
    if (seen.has(state)) return false;
    seen.add(state);
    return moves[state].some((next) => reaches(next, seen));
  };
  for (const state of Object.keys(moves) as RunState[]) expect(reaches(state)).toBe(true);
  const ends = (Object.keys(moves) as RunState[]).filter((state) => moves[state].length === 0);
  expect(ends).toEqual(['succeeded', 'failed', 'blocked', 'cancelled']);
});

const running = inState(
  lease(
    { ...facts, state: 'queued', dueAt: NOW },
    { workerId: 'worker-1', newestManifestVersionId: 'manifest-1' },
    NOW,
  ),
  'running',
);

test('a first failed execute runs again one hour later', () => {
  const failed = inState(fail(running, error, NOW), 'retrying');
  expect(failed.dueAt.getTime() - NOW.getTime()).toBe(60 * 60 * 1000);
  expect(isDue(failed, new Date(NOW.getTime() + RETRY_AFTER_MS - 1))).toBe(false);
  expect(isDue(failed, new Date(NOW.getTime() + RETRY_AFTER_MS))).toBe(true);
});

test('a second failure is for good', () => {
  expect(fail({ ...running, attempt: 2 }, error, NOW).state).toBe('failed');
});

test('a failed revoke is not retried', () => {
  expect(fail({ ...running, kind: 'revoke' }, error, NOW).state).toBe('failed');
});

test('an execute that was stopped is not retried', () => {
  expect(fail({ ...running, stoppedBy: system }, error, NOW).state).toBe('failed');
});

test('the retry takes the newest manifest and counts as the next attempt', () => {
  const retrying = inState(fail(running, error, NOW), 'retrying');
  const again = lease(
    retrying,
    { workerId: 'worker-2', newestManifestVersionId: 'manifest-2' },
    NOW,
  );
  expect(again).toMatchObject({ attempt: 2, manifestVersionId: 'manifest-2' });
});

test('an attempt keeps its manifest when another worker goes on with it', () => {
  const again = lease(
    loseLease(running, NOW),
    { workerId: 'worker-2', newestManifestVersionId: 'manifest-2' },
    NOW,
  );
  expect(again).toMatchObject({ attempt: 1, manifestVersionId: 'manifest-1' });
});

test('a lease is longer than the longest request, and may be taken only when it has run out', () => {
  expect(LEASE_MS).toBeGreaterThan(120_000);
  expect(isDue(running, new Date(NOW.getTime() + LEASE_MS - 1))).toBe(false);
  expect(isDue(running, new Date(NOW.getTime() + LEASE_MS))).toBe(true);
});

test('a worker that is known to be dead loses its lease at once', () => {
  expect(isDue(loseLease(running, NOW), NOW)).toBe(true);
});

test('Retry now makes a retry due at once', () => {
  const retrying = inState(fail(running, error, NOW), 'retrying');
  expect(isDue(expediteRun(retrying, NOW), NOW)).toBe(true);
});
