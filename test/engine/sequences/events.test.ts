/** Sequences that start automatically: real runs, imports and ticks, a clock that only the test moves. */
import { beforeEach, describe, expect, test } from 'vitest';
import { noCounts } from '../../../src/engine/imports/sync-run.ts';
import { takeRows } from '../../../src/engine/imports/take-rows.ts';
import { changePerson, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import type { PersonDetails } from '../../../src/engine/people/person-details.ts';
import type { Occasion, SequenceEvent } from '../../../src/engine/sequences/events/event.ts';
import { startByEvent } from '../../../src/engine/sequences/events/start-by-event.ts';
import type { Sequence } from '../../../src/engine/sequences/sequence.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { endTask } from '../../../src/engine/tasks/end-task.ts';
import { HOUR, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { aGrant, aTask, type SequenceLab, sequenceLab } from './lab.ts';

let engine: TestEngine;
let lab: SequenceLab;

beforeEach(async () => {
  engine = await testEngine();
  lab = sequenceLab(engine);
});

const atOnce = { timing: { kind: 'at-once' as const } };
const welcome = (name = 'Welcome') =>
  lab.sequence([{ ...atOnce, does: aTask('Say hello') }], { name, anchor: 'assignment' });
const startsOn = ({ id }: Sequence, ...occasions: readonly Occasion[]) =>
  engine.transact((tx) => tx.sequenceStarts.put(id, occasions));
const eventsOf = ({ id }: Sequence): Promise<readonly SequenceEvent[]> =>
  engine.stores.sequenceEvents.ofSequence(id, { offset: 0, limit: 1000 });
const statesOf = async (sequence: Sequence) => (await eventsOf(sequence)).map(({ state }) => state);
const startedFor = async ({ id }: Sequence): Promise<readonly string[]> =>
  engine
    .db('sequence_assignments')
    .where({ sequence_id: id })
    .orderBy('assigned_at')
    .pluck('person_id');

/** Its requests are answered by the script for `POST /name`. */
const service = (name: string): Promise<Integration> =>
  engine.integration({ execute: [{ url: `${engine.party.url}/${name}` }] }, {}, name);
const answers = (name: string, status = 200) =>
  engine.party.on(`POST /${name}`, { status, json: {} });

describe('when someone is created', () => {
  test('by hand, by a sync or by coming back, the sequence starts for them', async () => {
    const sequence = await welcome();
    await startsOn(sequence, { kind: 'person-created' });
    const grace = await engine.person();
    const row = {
      runId: 'sync',
      seq: 1,
      email: 'new@example.com',
      firstName: 'New',
      lastName: 'One',
      state: 'new',
      chosen: true,
    } as const;
    const counts = { ...noCounts, rows: 1, fresh: 1 };
    const run = { runId: 'sync', beganAt: engine.now(), integrationId: 'i' };
    const taking = { ...engine, ...run, owns: new Set<string>() };
    await engine.transact((tx) => takeRows(tx, { rows: [row], before: counts }, taking));
    await engine.runJobs();
    const synced = await engine.stores.people.findByEmail('new@example.com');
    expect(new Set(await startedFor(sequence))).toEqual(new Set([grace.id, synced?.id]));

    await engine.transact((tx) => tx.people.save({ ...grace, active: false }));
    await engine.db('sequence_assignments').update({ ended_at: 1 });
    const gone = await engine.stores.people.find(grace.id);
    if (gone) await engine.transact((tx) => reactivate(tx, gone, engine));
    await engine.runJobs();
    expect((await startedFor(sequence)).filter((id) => id === grace.id)).toHaveLength(2);
  });

  test('nothing is recorded where no sequence starts on that', async () => {
    const sequence = await welcome();
    await engine.person();
    expect(await eventsOf(sequence)).toEqual([]);
    expect(await engine.runJobs()).toBe(0);
  });

  test('the event is gone with a person who was not added after all', async () => {
    const sequence = await welcome();
    await startsOn(sequence, { kind: 'person-created' });
    const failing = engine.transact(async (tx) => {
      await addPerson(tx, { email: 'x@example.com' }, engine);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await eventsOf(sequence)).toEqual([]);
    expect(await engine.runJobs()).toBe(0);
  });

  test('a sequence that is turned off says so, and starts for nobody', async () => {
    const sequence = await welcome();
    await startsOn(sequence, { kind: 'person-created' });
    await engine.transact((tx) => tx.sequences.save({ ...sequence, isOn: false }));
    await engine.person();
    await engine.runJobs();
    const [event] = await eventsOf(sequence);
    expect(event).toMatchObject({
      state: 'refused',
      why: 'The sequence Welcome is turned off. Turn it on to assign it.',
    });
  });
});

describe('when someone changes', () => {
  const onDepartment = (to = '') => ({ kind: 'field-changed', field: 'department', to }) as const;
  const change = async (person: Person, details: PersonDetails) => {
    const now = present(await engine.stores.people.find(person.id));
    await engine.transact((tx) => changePerson(tx, now, { ...engine, details }));
    await engine.runJobs();
  };

  test('to another department, however it came, the sequence starts for them', async () => {
    const sequence = await welcome();
    await startsOn(sequence, onDepartment());
    const grace = await engine.person({ department: 'Sales', position: 'Engineer' });
    await change(grace, { position: 'Admiral' });
    expect(await startedFor(sequence)).toEqual([]);
    await change(grace, { department: 'Support' });
    expect(await startedFor(sequence)).toEqual([grace.id]);
  });

  test('it starts only for the value that it names', async () => {
    const sequence = await welcome();
    await startsOn(sequence, onDepartment('support'));
    const grace = await engine.person({ department: 'Sales' });
    await change(grace, { department: 'Marketing' });
    expect(await startedFor(sequence)).toEqual([]);
    await change(grace, { department: 'Support' });
    expect(await startedFor(sequence)).toEqual([grace.id]);
  });

  test('a field that was empty is only filled, and starts nothing', async () => {
    const sequence = await welcome();
    await startsOn(sequence, onDepartment());
    const grace = await engine.person();
    await change(grace, { department: 'Sales' });
    await change(grace, { department: '' });
    expect(await eventsOf(sequence)).toEqual([]);
  });

  test('a manager is named by address, and two changes at once start it once', async () => {
    const sequence = await welcome();
    const boss = await engine.person({ email: 'boss@example.com' });
    const manager = { kind: 'field-changed', field: 'manager', to: boss.email } as const;
    await startsOn(sequence, manager, onDepartment());
    const grace = await engine.person({ managerEmail: 'ada@example.com', department: 'Sales' });
    await change(grace, { managerEmail: boss.email, department: 'Support' });
    expect(await startedFor(sequence)).toEqual([grace.id]);
  });

  test('a manager is named by an address that they had, too', async () => {
    const sequence = await welcome();
    const boss = await engine.person({ email: 'boss@example.com' });
    await startsOn(sequence, { kind: 'field-changed', field: 'manager', to: boss.email });
    const grace = await engine.person({ managerEmail: 'ada@example.com' });
    await change(boss, { email: 'chief@example.com' });
    await change(grace, { managerEmail: 'chief@example.com' });
    expect(await startedFor(sequence)).toEqual([grace.id]);
  });
});

test('five processes that take the same event start its sequence once', async () => {
  const sequence = await welcome();
  await startsOn(sequence, { kind: 'person-created' });
  await engine.person();
  const [event] = await eventsOf(sequence);
  await Promise.all(Array.from({ length: 5 }, () => startByEvent(event?.id ?? '', engine)));
  await startByEvent(event?.id ?? '', engine);
  expect(await startedFor(sequence)).toHaveLength(1);
  expect(await statesOf(sequence)).toEqual(['started']);
});

describe('when access is granted', () => {
  test('by a run that succeeds, and by hand', async () => {
    const sequence = await welcome();
    const desk = await service('desk');
    const keys = await addedManual(engine.transact, { name: 'Keys' });
    const about = (integrationId: string) => ({ kind: 'access-granted', integrationId }) as const;
    await startsOn(sequence, about(desk.id), about(keys.id));
    const grace = await engine.person();
    answers('desk', 500);
    startedRun(await engine.grant(grace, desk));
    await engine.runJobs();
    expect(await eventsOf(sequence)).toEqual([]);
    answers('desk');
    await engine.later(HOUR);
    expect(await startedFor(sequence)).toEqual([grace.id]);

    const ann = await engine.person({ email: 'ann@example.com' });
    await engine.transact(async (tx) => {
      const wish = { actor: engine.actor, person: ann, integration: keys };
      const opened = await grantByHand(tx, wish);
      if (opened.kind === 'opened')
        await endTask(tx, opened.task, { state: 'done', actor: engine.actor });
    });
    await engine.runJobs();
    expect(await startedFor(sequence)).toEqual([grace.id, ann.id]);
  });

  test('someone who still has the sequence doesn’t get it a second time', async () => {
    const sequence = await lab.sequence(
      [{ timing: { kind: 'before', days: 1, time: '09:00' }, does: aTask('Later') }],
      { name: 'Later' },
    );
    const desk = await service('desk');
    await startsOn(sequence, { kind: 'access-granted', integrationId: desk.id });
    const grace = await engine.person();
    answers('desk');
    for (let times = 0; times < 2; times += 1) {
      await engine.granted(grace, desk);
    }
    expect((await statesOf(sequence)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'refused',
      'started',
    ]);
    expect(await startedFor(sequence)).toHaveLength(1);
  });
});

test('when a run has failed for good, and not before its retry', async () => {
  const sequence = await welcome();
  const desk = await service('desk');
  await startsOn(sequence, { kind: 'run-failed', integrationId: desk.id });
  const grace = await engine.person();
  answers('desk', 500);
  await engine.granted(grace, desk);
  expect(await eventsOf(sequence)).toEqual([]);
  await engine.later(HOUR);
  expect(await startedFor(sequence)).toEqual([grace.id]);
});

/** Everything that follows, for many ticks. */
async function settle(): Promise<void> {
  for (let ticks = 0; ticks < 20; ticks += 1) await lab.tick(HOUR);
}

describe('a circle', () => {
  const granting = (integration: Integration, name: string) =>
    lab.sequence([{ ...atOnce, does: aGrant(integration.id) }], { name, anchor: 'assignment' });

  test('of a sequence that grants what starts it goes round once and no further', async () => {
    const desk = await service('desk');
    answers('desk');
    const sequence = await granting(desk, 'Desk');
    await startsOn(sequence, { kind: 'access-granted', integrationId: desk.id });
    const grace = await engine.person();
    await engine.grant(grace, desk);
    await settle();
    expect(await startedFor(sequence)).toEqual([grace.id]);
    expect(engine.party.requests).toHaveLength(2);
  });

  test('that begins with the sequence itself does not close', async () => {
    const desk = await service('desk');
    answers('desk');
    const sequence = await granting(desk, 'Desk');
    await startsOn(sequence, { kind: 'access-granted', integrationId: desk.id });
    await lab.assign(sequence, await engine.person());
    await settle();
    expect(await startedFor(sequence)).toHaveLength(1);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('of three sequences ends after the first that started by itself', async () => {
    const services = await Promise.all(['a', 'b', 'c'].map(service));
    for (const name of ['a', 'b', 'c']) answers(name);
    const sequences = [];
    for (const each of services) sequences.push(await granting(each, each.name));
    for (const [index, sequence] of sequences.entries()) {
      const before = services[(index + 2) % 3];
      if (before) await startsOn(sequence, { kind: 'access-granted', integrationId: before.id });
    }
    const grace: Person = await engine.person();
    const [first] = sequences;
    if (first) await lab.assign(first, grace);
    await settle();
    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/a', '/b']);
  });
});
