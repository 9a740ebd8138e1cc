import { beforeEach, expect, test } from 'vitest';
import { saveManifest, turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { changePerson, deactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { changeItem } from '../../../src/engine/sequences/change-items.ts';
import type { Timing } from '../../../src/engine/sequences/timing.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { finishTask } from '../../../src/engine/tasks/manual.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { aGrant, aMessage, aTask, type SequenceLab, sequenceLab } from './lab.ts';

let engine: TestEngine;
let lab: SequenceLab;
let person: Person;

beforeEach(async () => {
  engine = await testEngine(); // It is Tuesday 24 November 2026, 09:00 UTC.
  lab = sequenceLab(engine);
  await engine.person({ email: 'marco@example.com', firstName: 'Marco', lastName: 'Bianchi' });
  person = await engine.person({
    managerEmail: 'marco@example.com',
    startDate: '2026-11-30',
    timeZone: 'Europe/Berlin',
  });
});

const manifest = () => ({
  execute: [{ url: `${engine.party.url}/members`, data: { who: '{{email}}', team: '{{team}}' } }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/members` }],
});
const at = (time = '09:00'): Timing => ({ kind: 'on', time });
const days = (count: number): Timing => ({ kind: 'before', days: count, time: '09:00' });
const working = (count: number): Timing => ({ kind: 'after', workingDays: count, time: '09:00' });
const ON_THE_MORNING = 6 * DAY - HOUR; // 30 November, 08:00 UTC: 09:00 in Berlin.

const change = (details: Parameters<typeof changePerson>[2]['details']) =>
  engine.transact(async (tx) => {
    const current = present(await tx.people.find(person.id));
    return changePerson(tx, current, { actor: engine.actor, details });
  });
const tasks = async () =>
  (await engine.stores.tasks.list({ personId: person.id }, { offset: 0, limit: 10 })).tasks;

test('a grant with its form values runs at its minute and not before', async () => {
  engine.party.on('POST /members', { status: 201 });
  const { id } = await engine.integration(manifest());
  await lab.assign(
    await lab.sequence([{ timing: at(), does: aGrant(id, { team: 'design' }) }]),
    person,
  );
  await lab.tick(ON_THE_MORNING - MINUTE);
  expect(engine.party.requests).toEqual([]);
  await lab.tick(MINUTE);
  expect(engine.party.requests.map(({ body }) => body)).toEqual([
    '{"who":"grace@example.com","team":"design"}',
  ]);
  const [fired] = await lab.planned(person);
  expect(fired?.state).toBe('fired');
  expect((await engine.run(fired?.runId ?? '')).state).toBe('succeeded');
  await lab.tick(DAY);
  expect(engine.party.requests).toHaveLength(1);
});

test('what is given for some days at most is given for so many by a sequence, too', async () => {
  engine.party.on('POST /members', { status: 201 });
  const { id } = await engine.integration(manifest());
  const byHand = await addedManual(engine.transact);
  const policy = { ...defaultPolicy, longestHours: 30 * 24 };
  for (const each of [id, byHand.id])
    await engine.transact(async (tx) => {
      const integration = await tx.integrations.find(each);
      if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
    });
  const items = [id, byHand.id].map((each) => ({ timing: at(), does: aGrant(each) }));
  await lab.assign(await lab.sequence(items), person);
  await lab.tick(ON_THE_MORNING);
  const [hold] = await engine.stores.holds.openAt(person.id, id);
  expect(hold?.endsAt?.toISOString()).toBe('2026-12-30T08:00:00.000Z');
  expect(await tasks()).toMatchObject([{ kind: 'grant', hours: 30 * 24 }]);
});

test('a grant whose form asks for more by now says to edit the item, which is what helps', async () => {
  const integration = await engine.integration(manifest());
  await lab.assign(
    await lab.sequence([{ timing: at(), does: aGrant(integration.id, { team: 'design' }) }]),
    person,
  );
  const form = [{ id: 'licence', name: 'Licence', type: 'input' }];
  const saved = await engine.transact((tx) =>
    saveManifest(tx, integration, {
      text: JSON.stringify({ ...manifest(), form }),
      actor: engine.actor,
    }),
  );
  expect(saved.ok).toBe(true);
  await lab.tick(ON_THE_MORNING);
  const [failed] = await lab.planned(person);
  const why = failed?.state === 'failed' ? failed.why : '';
  expect(why).toContain('it now asks for "Licence"');
  expect(why).toMatch(/Edit the item in the sequence to add it, then press Run now\.$/);
});

test('a message is a delivery with the values of the person', async () => {
  await lab.assign(await lab.sequence([{ timing: at(), does: aMessage() }]), person);
  await lab.tick(ON_THE_MORNING);
  const [fired] = await lab.planned(person);
  const delivery = await engine.stores.deliveries.find(fired?.deliveryId ?? '');
  expect(delivery?.outgoing?.notification).toEqual({
    type: 'email',
    to: 'grace@example.com',
    subject: 'Welcome Grace',
    message: 'We start on 30 Nov 2026. Marco Bianchi waits for you.',
  });
});

test('a first day in a text is in words, in the language of the workspace', async () => {
  await engine.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  const task = aTask('Order a laptop by {{start}}');
  await lab.assign(await lab.sequence([{ timing: days(2), does: task }]), person);
  await lab.tick(4 * DAY);
  expect(await tasks()).toMatchObject([{ title: 'Order a laptop by 30. Nov. 2026' }]);
});

test('a task is opened for the manager, with its checklist and its due date', async () => {
  const task = aTask('Order a laptop for {{first_name}}', { dueInDays: 2, checklist: ['Mouse'] });
  await lab.assign(await lab.sequence([{ timing: days(2), does: task }]), person);
  await lab.tick(4 * DAY);
  const marco = await engine.stores.people.findByEmail('marco@example.com');
  expect(await tasks()).toMatchObject([
    {
      title: 'Order a laptop for Grace',
      assigneeId: marco?.id,
      dueDate: '2026-11-30',
      checklist: [{ text: 'Mouse' }],
      state: 'open',
    },
  ]);
});

test('what is past when it is assigned waits for a word, and the rest fires', async () => {
  const items = [
    { timing: days(7), does: aTask('A') },
    { timing: at(), does: aTask('B') },
  ];
  await lab.assign(await lab.sequence(items), person);
  await lab.tick(ON_THE_MORNING);
  expect(await lab.states(person)).toEqual(['past', 'fired']);
});

test('past items fire at once where the person who assigns it says so', async () => {
  await lab.assign(await lab.sequence([{ timing: days(7), does: aTask('A') }]), person, 'fire');
  await lab.tick();
  expect(await lab.states(person)).toEqual(['fired']);
});

test('what fell due while nobody looked fires once, in its order', async () => {
  const items = [
    { timing: at(), does: aTask('B') },
    { timing: days(2), does: aTask('A') },
    { timing: working(1), does: aTask('C') },
  ];
  await lab.assign(await lab.sequence(items), person);
  await lab.tick(20 * DAY);
  await lab.tick();
  expect((await tasks()).map(({ title }) => title)).toEqual(['A', 'B', 'C']);
  expect(await engine.audited()).toContain('sequence.fired');
});

test('without a start date it waits until there is one', async () => {
  const ann = await engine.person({ email: 'ann@example.com', firstName: 'Ann' });
  await lab.assign(await lab.sequence([{ timing: at(), does: aTask('A') }]), ann);
  await lab.tick(DAY);
  expect(await lab.planned(ann)).toMatchObject([{ state: 'planned' }]);
  person = ann;
  await change({ startDate: '2026-11-26' });
  await lab.tick();
  expect((await lab.planned(ann))[0]?.dueAt?.toISOString()).toBe('2026-11-26T09:00:00.000Z');
  await lab.tick(DAY);
  expect(await lab.states(ann)).toEqual(['fired']);
});

test('a start date that moves takes along what has not fired', async () => {
  const items = [
    { timing: days(4), does: aTask('A') },
    { timing: at(), does: aTask('B') },
  ];
  await lab.assign(await lab.sequence(items), person);
  await lab.tick(3 * DAY);
  await change({ startDate: '2026-12-14' });
  await lab.tick();
  const [fired, moved] = await lab.planned(person);
  expect([fired?.state, moved?.dueAt?.toISOString()]).toEqual([
    'fired',
    '2026-12-14T08:00:00.000Z',
  ]);
  await lab.tick(20 * DAY);
  expect((await tasks()).map(({ title }) => title)).toEqual(['A', 'B']);
});

test('a date that moves just before an item fires is looked at first', async () => {
  await lab.assign(await lab.sequence([{ timing: at(), does: aTask('A') }]), person);
  // Nobody has told the sequences: the job is still to come.
  const current = await engine.stores.people.find(person.id);
  if (current) await engine.stores.people.save({ ...current, startDate: '2026-12-14' });
  await lab.tick(ON_THE_MORNING);
  expect(await lab.states(person)).toEqual(['planned']);
  await lab.tick(14 * DAY);
  expect(await lab.states(person)).toEqual(['fired']);
});

test('what a new date puts into the past waits, and an admin gets the timeline', async () => {
  await lab.assign(await lab.sequence([{ timing: days(3), does: aTask('A') }]), person);
  await change({ startDate: '2026-11-25' });
  await lab.tick();
  expect(await lab.states(person)).toEqual(['past']);
  expect(engine.chat.map(({ payload }) => 'card' in payload && payload.card.view)).toContain(
    'timeline',
  );
  await change({ startDate: '2026-12-14' });
  await lab.tick();
  expect(await lab.states(person)).toEqual(['planned']);
});

test('new holidays move what counts working days', async () => {
  await lab.assign(await lab.sequence([{ timing: working(1), does: aTask('A') }]), person);
  await engine.transact((tx) => changeWorkspaceSettings(tx, { holidays: ['2026-12-01'] }));
  await lab.tick();
  expect((await lab.planned(person))[0]?.dueAt?.toISOString()).toBe('2026-12-02T08:00:00.000Z');
});

test('an item that waits for a task goes on when the task is done', async () => {
  const items = [
    { timing: at(), does: aTask('Sign the contract') },
    { timing: at('10:00'), does: aTask('Order a laptop'), waitsFor: 0 },
  ];
  await lab.assign(await lab.sequence(items), person);
  await lab.tick(ON_THE_MORNING + 2 * HOUR);
  expect(await lab.states(person)).toEqual(['fired', 'waiting']);
  const task = firstOf(await tasks());
  await engine.transact((tx) =>
    finishTask(tx, task, { person: engine.admin, actor: engine.actor }),
  );
  await lab.tick();
  expect(await lab.states(person)).toEqual(['fired', 'fired']);
});

test('an item that no longer waits for the task goes on without it', async () => {
  const items = [
    { timing: at(), does: aTask('Sign the contract') },
    { timing: at('10:00'), does: aTask('Order a laptop'), waitsFor: 0 },
  ];
  const sequence = await lab.sequence(items);
  await lab.assign(sequence, person);
  await lab.tick(ON_THE_MORNING + 2 * HOUR);
  expect(await lab.states(person)).toEqual(['fired', 'waiting']);
  const item = present((await engine.stores.sequences.items(sequence.id))[1]);
  const { timing, does } = item;
  await engine.transact((tx) => changeItem(tx, item, { timing, does, actor: engine.actor }));
  await lab.tick();
  expect(await lab.states(person)).toEqual(['fired', 'fired']);
});

test('an integration that is turned off or deleted cancels what was planned there, and says so', async () => {
  const [off, gone] = [
    await engine.integration(manifest(), {}, 'Off'),
    await engine.integration(manifest(), {}, 'Gone'),
  ];
  const items = [
    { timing: at(), does: aGrant(off.id) },
    { timing: at(), does: aGrant(gone.id) },
    { timing: at(), does: aTask('A') },
  ];
  await lab.assign(await lab.sequence(items), person);
  const changing = { actor: engine.actor };
  await engine.transact((tx) => turnOff(tx, off, changing));
  await engine.transact((tx) => deleteIntegration(tx, gone, { access: 'keep', ...changing }));
  expect(await lab.planned(person)).toMatchObject([
    { state: 'cancelled', why: 'Off was turned off or deleted.' },
    { state: 'cancelled', why: 'Gone was turned off or deleted.' },
    { state: 'planned' },
  ]);
});

test('what was planned for someone who leaves is cancelled', async () => {
  await lab.assign(await lab.sequence([{ timing: at(), does: aTask('A') }]), person);
  await engine.transact((tx) => deactivate(tx, person, { actor: engine.actor }));
  expect(await lab.planned(person)).toMatchObject([
    { state: 'cancelled', why: 'Grace Hopper has left.' },
  ]);
  await lab.tick(20 * DAY);
  expect(await tasks()).toEqual([]);
});

test('a grant that needs a buddy fails where there is none, and the person who assigned it is notified', async () => {
  const wants = {
    execute: [{ url: `${engine.party.url}/members`, data: { b: '{{buddy_email}}' } }],
  };
  const { id } = await engine.integration(wants);
  await lab.assign(await lab.sequence([{ timing: at(), does: aGrant(id) }]), person);
  await lab.tick(ON_THE_MORNING);
  expect(await lab.planned(person)).toMatchObject([
    {
      state: 'failed',
      why: 'It needs a buddy, but Grace Hopper has none who works here. Set one, then press Run now.',
    },
  ]);
  expect(engine.chat).toMatchObject([{ payload: { personId: engine.admin.id } }]);
});

test('nobody has a sequence twice at a time', async () => {
  const sequence = await lab.sequence([{ timing: at(), does: aTask('A') }]);
  await lab.assign(sequence, person);
  await expect(lab.assign(sequence, person)).rejects.toThrow('has-it');
  await lab.tick(ON_THE_MORNING);
  await lab.assign(sequence, person); // It is over.
});

test('a run that fails for good notifies the person who assigned the sequence', async () => {
  engine.party.on('POST /members', { status: 500 });
  const { id } = await engine.integration(manifest());
  await lab.assign(await lab.sequence([{ timing: at(), does: aGrant(id) }]), person);
  await lab.tick(ON_THE_MORNING);
  expect(engine.chat).toEqual([]);
  await lab.tick(HOUR);
  expect(engine.chat).toMatchObject([
    { payload: { personId: engine.admin.id, card: { view: 'timeline' } } },
  ]);
});
