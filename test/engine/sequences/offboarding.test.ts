import { beforeEach, describe, expect, test } from 'vitest';
import { dueSources } from '../../../src/app/due-sources.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Hold } from '../../../src/engine/access/hold.ts';
import { cancelOffboarding, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import { deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import { DAY, HOUR, type TestEngine, testEngine } from '../../support/engine.ts';
import { fire } from '../../support/tick.ts';
import { aGrant, aTask, type SequenceLab, sequenceLab } from './lab.ts';

let engine: TestEngine;
let lab: SequenceLab;
let person: Person;

beforeEach(async () => {
  engine = await testEngine(); // It is Tuesday 24 November 2026, 09:00 UTC.
  lab = sequenceLab(engine);
  person = await engine.person();
});

const plan = async (endDate: string): Promise<string> => {
  const planned = await engine.transact((tx) =>
    planOffboarding(tx, { person, endDate, actor: engine.actor }),
  );
  if (planned.kind === 'refused') throw new Error(planned.why);
  return planned.offboarding.id;
};
const leave = () =>
  engine.transact(async (tx) => {
    const staying = await tx.people.find(person.id);
    if (staying) await deactivate(tx, staying, { actor: engine.actor });
  });

/** Goodbye three days before, a revoke on the last day, the laptop on the first working day after. */
async function goodbye(before = async (_integrationId: string): Promise<void> => undefined) {
  const granted = await engine.integration({
    execute: [{ url: `${engine.party.url}/members` }],
    revoke: [{ method: 'DELETE', url: `${engine.party.url}/members` }],
  });
  engine.party.on('POST /members', { json: {} });
  await engine.granted(person, granted);
  const { id } = granted;
  await before(id);
  return lab.sequence(
    [
      { timing: { kind: 'before', days: 3, time: '09:00' }, does: aTask('Say goodbye') },
      {
        timing: { kind: 'on', time: '17:00' },
        does: { kind: 'revoke', integrationId: id },
      },
      { timing: { kind: 'after', workingDays: 1, time: '09:00' }, does: aTask('Collect it') },
      { timing: { kind: 'after', workingDays: 1, time: '09:00' }, does: aGrant(id) },
    ],
    { name: 'Goodbye', anchor: 'end-date' },
  );
}

test('items before and on the last day happen, and of those after it all but grants', async () => {
  engine.party.on('DELETE /members', { status: 204 });
  await plan('2026-11-30');
  await lab.assign(await goodbye(), person);
  await lab.tick(3 * DAY);
  expect(await lab.states(person)).toEqual(['fired', 'planned', 'planned', 'planned']);
  await lab.tick(3 * DAY + 8 * HOUR);
  expect(engine.party.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  await leave();
  expect(await lab.states(person)).toEqual(['fired', 'fired', 'planned', 'cancelled']);
  await lab.tick(DAY);
  expect(await lab.states(person)).toEqual(['fired', 'fired', 'fired', 'cancelled']);
});

test('what fell due in an outage in which the last day ended is not granted any more', async () => {
  const { id } = await engine.integration({ execute: [{ url: `${engine.party.url}/members` }] });
  const sequence = await lab.sequence([
    { timing: { kind: 'on', time: '09:00' }, does: aGrant(id) },
  ]);
  await engine.change(person, { startDate: '2026-11-27' });
  person = (await engine.stores.people.find(person.id)) ?? person;
  await lab.assign(sequence, person);
  await plan('2026-11-30');
  engine.clock.advance(14 * DAY);
  await fire(engine, dueSources({ timeZone: 'UTC' }));
  expect((await lab.planned(person)).map(({ state }) => state)).toEqual(['cancelled']);
  expect(await engine.stores.runs.unfinished(person.id, id)).toBeUndefined();
});

test('a grant for the only admin, whose last day is over, waits without a change until someone else is one', async () => {
  const { id } = await engine.integration({ execute: [{ url: `${engine.party.url}/members` }] });
  const sequence = await lab.sequence([
    { timing: { kind: 'on', time: '09:00' }, does: aGrant(id) },
  ]);
  await engine.change(person, { startDate: '2026-12-02', role: 'admin' });
  person = (await engine.stores.people.find(person.id)) ?? person;
  await lab.assign(sequence, person);
  await plan('2026-11-30');
  await engine.change(engine.admin, { role: 'other' });
  engine.clock.advance(14 * DAY);
  const sources = dueSources({ timeZone: 'UTC' });
  const tick = async () => {
    await fireDue({ ...engine, sources, onError: () => undefined }, engine.now());
    return lab.planned(person);
  };
  const waiting = await tick();
  expect(waiting).toMatchObject([{ state: 'planned' }]);
  expect(await tick()).toEqual(waiting);
  await engine.person({ email: 'new@example.com', role: 'admin' });
  expect(await tick()).not.toEqual(waiting);
  expect(await tick()).toMatchObject([{ state: 'cancelled' }]);
});

test('another last day moves them', async () => {
  await plan('2026-11-30');
  await lab.assign(await goodbye(), person);
  await plan('2026-12-10');
  await lab.tick();
  expect((await lab.planned(person))[0]?.dueAt?.toISOString()).toBe('2026-12-07T09:00:00.000Z');
});

test('they happen no more where someone stays', async () => {
  const id = await plan('2026-11-30');
  await lab.assign(await goodbye(), person);
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  for (const planned of await lab.planned(person))
    expect(planned).toMatchObject({ state: 'cancelled', why: 'The offboarding was cancelled.' });
});

test("tasks that came of them are nobody's to do where someone stays", async () => {
  const id = await plan('2026-11-30');
  await lab.assign(await goodbye(), person);
  await lab.tick(3 * DAY);
  expect((await engine.openTasks()).map(({ title }) => title)).toEqual(['Say goodbye']);
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  expect(await engine.openTasks()).toEqual([]);
});

/** On the last day the revoke has failed. @returns the offboarding */
async function withStuckRevoke(
  before: (integrationId: string) => Promise<void> = async () => undefined,
): Promise<string> {
  engine.party.on('DELETE /members', { status: 500 });
  const id = await plan('2026-11-30');
  await lab.assign(await goodbye(before), person);
  await lab.tick(6 * DAY + 8 * HOUR);
  expect(await openRemovals()).toMatchObject([{ state: 'stuck', causes: [{ kind: 'sequence' }] }]);
  return id;
}
const openRemovals = () => engine.stores.removals.openOf(person.id);

test('someone who stays keeps what one of them has failed to revoke', async () => {
  const id = await withStuckRevoke();
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  expect(await openRemovals()).toEqual([]);
  expect(await engine.stores.holds.openOf(person.id)).toMatchObject([{ source: 'kept' }]);
});

test('of someone who had left before the plan is cancelled, nothing is kept', async () => {
  const id = await withStuckRevoke();
  await engine.transact(async (tx) => {
    const here = await tx.people.find(person.id);
    if (here) await tx.people.save({ ...here, active: false }); // Versions before this one joined no open removal then.
  });
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  expect(await openRemovals()).toMatchObject([{ state: 'stuck' }]);
  expect(await engine.stores.holds.openOf(person.id)).toEqual([]);
});

test('a later last day keeps what one of them has failed to revoke, until its time comes', async () => {
  await withStuckRevoke();
  await plan('2026-12-31');
  expect(await openRemovals()).toEqual([]);
  expect(await engine.stores.holds.openOf(person.id)).toMatchObject([{ source: 'kept' }]);
  expect((await lab.planned(person))[1]).toMatchObject({
    state: 'planned',
    dueAt: new Date('2026-12-31T17:00:00Z'),
  });
  engine.party.on('DELETE /members', { status: 204 });
  await lab.tick(31 * DAY);
  expect((await lab.states(person))[1]).toBe('fired');
  expect(await engine.stores.holds.openOf(person.id)).toEqual([]);
});

const holding = (of: Partial<Hold>) => async (integrationId: string) => {
  const [hold] = await engine.stores.holds.openAt(person.id, integrationId);
  if (hold) await engine.transact((tx) => tx.holds.save({ ...hold, ...of }));
};

test('someone who stays keeps for no longer what they had for some time', async () => {
  const endsAt = new Date(engine.now().getTime() + 10 * DAY);
  const id = await withStuckRevoke(holding({ endsAt }));
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  expect(await engine.stores.holds.openOf(person.id)).toMatchObject([{ source: 'kept', endsAt }]);
});

test('someone who is back may keep what one of them has failed to revoke', async () => {
  await withStuckRevoke();
  await leave();
  const left = await engine.stores.people.find(person.id);
  if (left) await engine.transact((tx) => reactivate(tx, left, { actor: engine.actor }));
  const [removal] = await openRemovals();
  expect(removal?.pausedUntil).toEqual(new Date(engine.now().getTime() + 3 * DAY));
});

describe('what a rule gives', () => {
  const exceptions = () => engine.stores.ruleExceptions.inEffect([person.id], engine.now());
  let ruleId: string;
  beforeEach(() => {
    ruleId = newId();
  });
  const ruleFor = (integrationId: string) =>
    engine.transact(async (tx) => {
      const definition = {
        matching: 'all',
        conditions: [{ field: 'email', comparison: 'is', not: false, values: [person.email] }],
        daysBefore: 0,
        overlapDays: 0,
        items: [{ id: 'i1', integrationId }],
      } as const;
      const rule = { id: ruleId, version: 1, name: 'All', isOn: true, definition };
      await tx.rules.insert({ ...rule, madeBy: engine.actor, createdAt: tx.now });
      await tx.rules.insertItem({ id: 'i1', ruleId, integrationId, form: {}, answers: [] });
    });

  test('is given again to someone who stays, although one of them has revoked it', async () => {
    const id = await withStuckRevoke(ruleFor);
    expect(await exceptions()).toHaveLength(1);
    await engine.transact((tx) => cancelOffboarding(tx, id, engine));
    expect(await exceptions()).toEqual([]);
  });

  test('is given again until a later last day, although one of them has revoked it', async () => {
    engine.party.on('DELETE /members', { status: 204 });
    await plan('2026-11-30');
    await lab.assign(await goodbye(ruleFor), person);
    await lab.tick(6 * DAY + 8 * HOUR);
    expect(await openRemovals()).toEqual([]);
    expect(await exceptions()).toHaveLength(1);
    await plan('2026-12-31');
    expect(await exceptions()).toEqual([]);
    expect((await lab.states(person))[1]).toBe('planned');
  });

  test('stays excepted where the time of the revoke is over on the later last day, too', async () => {
    await withStuckRevoke(ruleFor);
    engine.clock.advance(2 * DAY);
    await plan('2026-12-01');
    expect(await exceptions()).toHaveLength(1);
    expect(await openRemovals()).toHaveLength(1);
  });

  test('is not kept for good by someone who stays', async () => {
    const id = await withStuckRevoke(async (integrationId) => {
      await ruleFor(integrationId);
      await holding({ source: 'rule', ruleId, ruleItemId: 'i1' })(integrationId);
    });
    await engine.transact((tx) => cancelOffboarding(tx, id, engine));
    const endsAt = new Date(engine.now().getTime() + DAY);
    expect(await engine.stores.holds.openOf(person.id)).toMatchObject([{ source: 'kept', endsAt }]);
  });

  test('is given again to someone who is back, although one of them has revoked it', async () => {
    await withStuckRevoke(ruleFor);
    expect(await exceptions()).toHaveLength(1);
    await leave();
    const left = await engine.stores.people.find(person.id);
    if (left) await engine.transact((tx) => reactivate(tx, left, { actor: engine.actor }));
    expect(await exceptions()).toEqual([]);
  });

  test('is not given again where someone revoked it before', async () => {
    const id = await withStuckRevoke(async (integrationId) => {
      await ruleFor(integrationId);
      const of = { personId: person.id, ruleId, itemId: 'i1', integrationId };
      const made = { reason: 'No', madeBy: engine.actor, createdAt: engine.now() };
      await engine.stores.ruleExceptions.insert({ id: 'e1', ...of, ...made });
    });
    await engine.transact((tx) => cancelOffboarding(tx, id, engine));
    expect(await exceptions()).toHaveLength(1);
  });
});

test('what else is planned for someone who stays happens all the same', async () => {
  const onboarding = await lab.sequence(
    [{ timing: { kind: 'after', workingDays: 3, time: '09:00' }, does: aTask('Lunch') }],
    { anchor: 'assignment' },
  );
  await lab.assign(onboarding, person);
  const id = await plan('2026-11-30');
  await engine.transact((tx) => cancelOffboarding(tx, id, engine));
  expect(await lab.states(person)).toEqual(['planned']);
  await lab.tick(3 * DAY);
  expect(await lab.states(person)).toEqual(['fired']);
});

test('someone who comes back has nothing planned', async () => {
  await plan('2026-11-30');
  await lab.assign(await goodbye(), person);
  await leave();
  await engine.transact(async (tx) => {
    const left = await tx.people.find(person.id);
    if (left) await reactivate(tx, left, { actor: engine.actor });
  });
  await lab.tick(20 * DAY);
  expect(new Set(await lab.states(person))).toEqual(new Set(['cancelled']));
});
