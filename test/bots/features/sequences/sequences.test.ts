import { beforeEach, describe, expect, test } from 'vitest';
import { openTimeline } from '../../../../src/bots/features/sequences/assign-sequence.ts';
import { turnTimelinePage } from '../../../../src/bots/features/sequences/timeline-card.ts';
import type { Button, Card } from '../../../../src/bots/view/card.ts';
import { sequenceSource } from '../../../../src/engine/sequences/fire.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf, ticking } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { inState } from '../../../support/removals.ts';
import { fire } from '../../../support/tick.ts';

const ADA = 'ada@example.com';
const MARCO = 'marco@example.com';
const ANN = 'ann@example.com';
const HOUR = 60 * 60_000;

let chat: TestChat;
let ada: Clicker;
let marco: Clicker;

beforeEach(async () => {
  chat = await testChat(); // It is Wednesday 25 November 2026, 09:00 UTC.
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  await chat.person({ email: MARCO, firstName: 'Marco', lastName: 'Bianchi', role: 'manager' });
  ada = new Clicker(chat, ADA);
  marco = new Clicker(chat, MARCO);
});

const manifest = {
  form: [
    {
      id: 'team',
      name: 'Team',
      type: 'choice',
      items: [
        { id: 'd', name: 'Design' },
        { id: 's', name: 'Sales' },
      ],
    },
  ],
  execute: [{ url: 'https://fernboard.example/members', data: { b: '{{buddy_email}}' } }],
};

const made = (name = 'First week', hires = 'chosen') =>
  ada.gets(sent('New sequence…'), { name, hires });
let list: Card;
const sent = (label: string) => buttonOf(list, label);
beforeEach(async () => {
  list = await ada.types('sequences');
});

const withTask = async (answers = {}, name?: string): Promise<Card> =>
  ada.gets(buttonOf(await made(name), 'Add a task…'), { title: 'Order a laptop', ...answers });

async function tick(ms = 0): Promise<void> {
  chat.clock += ms;
  await fire(chat.services, [sequenceSource]);
}

async function timelineFor(who: Clicker, email = ANN): Promise<Card> {
  const person = await chat.services.stores.people.findByEmail(email);
  return who.presses(openTimeline.with({ personId: person?.id ?? '' }));
}
const hire = async (answers = {}): Promise<Card> =>
  ada.gets(
    { id: 'person.hire', payload: JSON.stringify({ typed: 'Ann Lee' }), opensForm: true },
    {
      email: ANN,
      managerEmail: MARCO,
      startDate: '2026-11-30',
      timeZone: 'Europe/Oslo',
      ...answers,
    },
  );

test('an admin makes a sequence of a grant, a message and a task', async () => {
  await chat.integration('Fernboard', manifest);
  expect(textOf(list)).toContain('No sequences yet.');
  let card = await made();
  expect(textOf(card)).toContain('It does nothing yet. Add an item.');
  const picker = await ada.presses(buttonOf(card, 'Add a grant…'));
  await ada.gets(buttonOf(picker, 'Grant: Fernboard'), {
    'form.team': 's',
    when: 'before',
    days: '3',
  });
  await ada.gets(buttonOf(card, 'Add a message…'), {
    to: '{{manager_email}}',
    subject: '{{first_name}} starts',
    text: 'On {{start}}.',
    time: '8:30',
  });
  card = await ada.gets(buttonOf(card, 'Add a task…'), {
    title: 'Order a laptop',
    checklist: 'Laptop\nMouse\n',
    assignee: 'person',
    assigneeEmail: MARCO,
    when: 'after',
    days: '2',
  });
  const text = textOf(card);
  expect(text).toContain('Grant Fernboard · 3 days before the first day, at 09:00 · Team: Sales');
  expect(text).toContain('Email to the manager: [first name] starts · on the first day, at 08:30');
  expect(text).toContain(
    'Task for a named person: Order a laptop · on the 2nd working day after the first day, at 09:00 · checklist: 2',
  );
  expect(textOf(await ada.types('sequences'))).toContain('First week · 3 items · on');
  expect(textOf(await ada.types('sequences', 'first week'))).toContain('3 items');
});

test('only admins see sequences', async () => {
  expect(textOf(await marco.types('sequences'))).toContain(
    'Only Latchkey admins and auditors can.',
  );
});

test('answers that make no item are said beside their fields', async () => {
  const card = await made();
  expect(
    await ada.isTold(buttonOf(card, 'Add a task…'), {
      title: 'Order {{laptop',
      assignee: 'person',
      assigneeEmail: 'nobody@example.com',
      dueInDays: 'soon',
      when: 'before',
      time: '25:00',
    }),
  ).toMatchObject({
    assigneeEmail: expect.stringContaining('No one in the directory has') as unknown,
    dueInDays: 'A whole number from 0 to 366.',
    days: 'A whole number from 1 to 366.',
    time: 'A time of day from 00:00 to 23:59, like 09:00.',
    title: expect.any(String) as unknown,
  });
  expect(
    await ada.isTold(buttonOf(card, 'Add a message…'), { text: 'Hi', to: 'other' }),
  ).toMatchObject({ subject: 'An email needs a subject.' });
  const text = { channel: 'text', text: 'Hi', to: 'other', other: '0470 12 34 56' };
  expect(await ada.isTold(buttonOf(card, 'Add a message…'), text)).toMatchObject({
    other:
      "Texts can't be sent to this number: write it with + and the country code, like +32470123456.",
  });
});

test('a message is previewed as it would be sent for someone, and what it lacks is said', async () => {
  let card = await made();
  card = await ada.gets(buttonOf(card, 'Add a message…'), {
    subject: 'Hi {{first_name}}',
    text: 'Your badge is {{BADGE}}.',
  });
  const shown = textOf(await ada.gets(buttonOf(card, 'Preview…')));
  expect(shown).toContain('As it would be sent for Ada Okafor');
  expect(shown).toContain('Subject: Hi Ada');
  expect(shown).toContain('Your badge is .');
  expect(shown).toContain('⚠ {{BADGE}} has no value, so it was left empty.');
});

test('an item is edited, moved and removed', async () => {
  let card = await withTask();
  card = await ada.gets(buttonOf(card, 'Add a task…'), { title: 'Say hello' });
  await ada.presses(buttonOf(card, 'Move down')).catch(() => undefined); // Nothing is said: the card follows.
  card = await ada.types('sequences', 'First week');
  expect(textOf(card)).toMatch(/Say hello[^]*Order a laptop/);
  card = await ada.gets(buttonOf(card, 'Edit…'), { title: 'Wave', when: 'at-once' });
  expect(textOf(card)).toContain('Task for the manager: Wave · immediately');
  card = await ada.gets(buttonOf(card, 'Remove…'));
  expect(textOf(card)).not.toContain('Wave');
});

test('a copy has the same items, and waits for its own tasks', async () => {
  let card = await withTask();
  const { stores } = chat.services;
  const original = await stores.sequences.findByName('First week');
  const [task] = await stores.sequences.items(original?.id ?? '');
  card = await ada.gets(buttonOf(card, 'Add a task…'), {
    title: 'Hand it over',
    waitsFor: task?.id,
  });
  expect(textOf(card)).toContain('waits for "Order a laptop"');
  const copy = await ada.presses(buttonOf(card, 'Duplicate'));
  expect(copy.title).toBe('First week (copy)');
  expect(textOf(copy)).toContain('waits for "Order a laptop"');
  const items = await stores.sequences.items(
    (await stores.sequences.findByName('First week (copy)'))?.id ?? '',
  );
  expect(items[1]?.waitsForItemId).toBe(items[0]?.id);
});

test('deleting says what is lost, asks for the name, and cancels what was planned', async () => {
  const card = await withTask();
  await hire({ sequences: [(await chat.services.stores.sequences.findByName('First week'))?.id] });
  const remove = buttonOf(card, 'Delete…');
  expect(introOf(await ada.opens(remove))).toContain(
    'also deletes its item, with its form and text. 1 person has it now. 1 pending item will be cancelled',
  );
  expect(await ada.isTold(remove, { name: 'Second' })).toHaveProperty('name');
  expect(textOf(await ada.gets(remove, { name: 'first week' }))).toContain('is deleted');
  expect(textOf(await timelineFor(ada))).toContain('The sequence First week was deleted.');
});

test('a new hire gets what every new hire gets, and what was chosen', async () => {
  await withTask({ title: 'Order a badge' }, 'Everybody');
  const everybody = await ada.types('sequences', 'Everybody');
  await ada.gets(editOf(everybody), { hires: 'every' });
  await withTask({ title: 'Order a desk for {{first_name}}' }, 'Engineers');
  const engineers = await chat.services.stores.sequences.findByName('Engineers');
  await hire({ sequences: [engineers?.id] });
  const text = textOf(await timelineFor(marco));
  expect(text).toContain("2 items. Times are in Ann's time zone: Europe/Oslo.");
  expect(text).toContain('Task for the manager: Order a badge · ○ 30 Nov 2026, 09:00');
  expect(text).toContain('Task for the manager: Order a desk for Ann');
});

/** The button of the sequence itself; those of its items come before it. */
function editOf(card: Card) {
  const edits = buttonsOf(card).filter(({ label }) => label === 'Edit…');
  return present(edits.at(-1));
}

test('who is needed is asked for, and nobody is added without', async () => {
  await chat.integration('Fernboard', manifest); // It names the buddy.
  const card = await made();
  const picker = await ada.presses(buttonOf(card, 'Add a grant…'));
  await ada.gets(buttonOf(picker, 'Grant: Fernboard'), { 'form.team': 's' });
  const id = (await chat.services.stores.sequences.findByName('First week'))?.id ?? '';
  const hiring = { id: 'person.hire', payload: '{"typed":"Ann Lee"}', opensForm: true };
  const answers = { email: ANN, managerEmail: MARCO, startDate: '2026-11-30', sequences: [id] };
  expect(await ada.isTold(hiring, answers)).toEqual({
    buddyEmail: 'First week needs a buddy: at least one item goes to them or names them.',
  });
  expect(await chat.services.stores.people.findByEmail(ANN)).toBeUndefined();
  await ada.gets(hiring, { ...answers, sequences: undefined });
  const person = await ada.types('people', ANN);
  const assign = buttonOf(person, 'Sequence…');
  expect(await ada.isTold(assign, { sequence: id })).toHaveProperty('buddyEmail');
  const timeline = await ada.gets(assign, { sequence: id, buddyEmail: MARCO });
  expect(textOf(timeline)).toContain('Grant Fernboard');
  expect((await chat.services.stores.people.findByEmail(ANN))?.buddyId).toBeDefined();
});

test('a manager and a buddy are kept only where the sequence is assigned', async () => {
  await withTask();
  const sequence = await chat.services.stores.sequences.findByName('First week');
  const id = sequence?.id ?? '';
  const answers = { email: ANN, startDate: '2026-11-30', sequences: [id] };
  const hiring = { id: 'person.hire', payload: '{"typed":"Ann Lee"}', opensForm: true };
  await ada.gets(hiring, { ...answers, managerEmail: MARCO });
  const assign = buttonOf(await ada.types('people', ANN), 'Sequence…');
  const told = await ada.gets(assign, { sequence: id, buddyEmail: MARCO });
  expect(textOf(told)).toContain('already has First week');
  expect((await chat.services.stores.people.findByEmail(ANN))?.buddyId).toBeUndefined();
});

test('what is past waits in the timeline for Run now or Skip', async () => {
  await withTask({ when: 'before', days: '10' });
  const sequence = await chat.services.stores.sequences.findByName('First week');
  await ada.gets(buttonOf(await ada.types('sequences', 'First week'), 'Add a task…'), {
    title: 'Late, too',
    when: 'before',
    days: '9',
  });
  await hire({ sequences: [sequence?.id] });
  await tick();
  let timeline = await timelineFor(ada);
  expect(textOf(timeline)).toContain('was due 20 Nov 2026, 09:00. Run it now, or skip it?');
  await ada.press(buttonOf(timeline, 'Run now'));
  timeline = await timelineFor(ada);
  expect(textOf(timeline)).toContain('Task for the manager: Order a laptop · ✓ ');
  await ada.sends(buttonOf(timeline, 'Skip…'));
  expect(textOf(await timelineFor(ada))).toContain('Task for the manager: Late, too · ↷ ');
});

test('Skip… on an older timeline says nothing to someone who is no longer the manager', async () => {
  await chat.integration('Fernboard', manifest);
  const picker = await ada.presses(buttonOf(await made(), 'Add a grant…'));
  await ada.gets(buttonOf(picker, 'Grant: Fernboard'), { 'form.team': 's', when: 'on' });
  const sequence = await chat.services.stores.sequences.findByName('First week');
  await hire({ sequences: [sequence?.id], buddyEmail: MARCO });
  const skip = buttonOf(await timelineFor(marco), 'Skip…');
  expect(introOf(await marco.opens(skip))).toContain("Grant Fernboard won't happen for Ann Lee.");
  await chat.services.transact(async (tx) => {
    const ann = await tx.people.findByEmail(ANN);
    if (ann) await tx.people.save({ ...ann, managerId: undefined });
  });
  await expect(marco.opens(skip)).rejects.toThrow("You can't skip this item");
});

test('an item that revokes shows in the timeline how its removal stands', async () => {
  const revocable = [{ url: 'https://fernboard.example/members', method: 'DELETE' }];
  const integrationId = await chat.integration('Fernboard', { ...manifest, revoke: revocable });
  const picker = await ada.presses(
    buttonOf(
      await ada.gets(sent('New sequence…'), { name: 'First week', anchor: 'assignment' }),
      'Add a revoke…',
    ),
  );
  await ada.gets(buttonOf(picker, 'Revoke: Fernboard'), { when: 'at-once' });
  const sequence = await chat.services.stores.sequences.findByName('First week');
  await hire({ sequences: [sequence?.id] });
  await tick();
  const { stores } = chat.services;
  const person = await stores.people.findByEmail(ANN);
  const removal = present(person && (await stores.removals.open(person.id, integrationId)));
  expect(textOf(await timelineFor(ada))).toMatch(
    /Revoke Fernboard · … Being removed.* · removal started on/,
  );

  await inState(chat, removal, { state: 'stuck', why: 'Its token was refused.' });
  const timeline = await timelineFor(ada);
  expect(textOf(timeline)).toMatch(/Revoke Fernboard · ⚠ Not removed yet. Its token was refused./);
  const card = await ada.presses(buttonOf(timeline, 'Details'));
  expect(card.title).toContain('is not removed from Ann Lee yet');
});

test('a timeline shows its last page where a card asks for one that is gone', async () => {
  await withTask();
  const sequence = await chat.services.stores.sequences.findByName('First week');
  await hire({ sequences: [sequence?.id] });
  const person = await chat.services.stores.people.findByEmail(ANN);
  const beyond = turnTimelinePage.with({ personId: person?.id ?? '', page: 3 });
  expect(textOf(await ada.presses(beyond))).toContain('Order a laptop');
});

test('the timeline names the task that an item waits for, until it is done', async () => {
  const card = await withTask();
  const task = (
    await chat.services.stores.sequences.items(
      (await chat.services.stores.sequences.findByName('First week'))?.id ?? '',
    )
  )[0];
  await ada.gets(buttonOf(card, 'Add a message…'), {
    channel: 'direct',
    text: 'Your laptop is here.',
    when: 'on',
    waitsFor: task?.id,
  });
  await hire({
    sequences: [(await chat.services.stores.sequences.findByName('First week'))?.id ?? ''],
  });
  expect(textOf(await timelineFor(ada))).toContain('Only after this task is done: Order a laptop');
  await ada.sends(buttonOf(await timelineFor(ada), 'Skip…'));
  expect(textOf(await timelineFor(ada))).not.toContain('Only after this task is done');
});

test('a message in a channel goes to a channel, and one to a person to a person', async () => {
  const add = buttonOf(await made(), 'Add a message…');
  const answers = { channel: 'channel', text: 'Hi', when: 'on' };
  expect(await ada.isTold(add, { ...answers, to: '{{email}}' })).toEqual({
    to: 'Choose a channel, not a person.',
  });
  expect(await ada.isTold(add, { ...answers, to: 'notices' })).toEqual({
    to: 'No channel for notices is set. Write "@Latchkey notices" in that channel, then choose it here.',
  });
  expect(await ada.isTold(add, { ...answers, channel: 'direct', to: 'notices' })).toEqual({
    to: 'Only a message in a channel can go there.',
  });
  const notices = { address: { platform: 'slack', key: 'C1' }, name: '#joiners' } as const;
  await chat.services.transact((tx) => changeWorkspaceSettings(tx, { notices }));
  expect(textOf(await ada.gets(add, { ...answers, to: 'notices' }))).toContain(
    'Message to the channel for notices',
  );
});

test('a text with a broken variable is refused in a whole sentence', async () => {
  const told = await ada.isTold(buttonOf(await made(), 'Add a task…'), {
    title: 'Order a laptop for {{first_name',
    when: 'on',
  });
  expect(told).toEqual({ title: 'A {{ has no }}. Close it, or remove it.' });
});

test('a manager sees the timeline of a report, and nobody else does', async () => {
  await withTask();
  await hire();
  await chat.person({ email: 'bo@example.com', firstName: 'Bo', role: 'manager' });
  expect(textOf(await timelineFor(marco))).toContain('No sequences assigned.');
  expect(textOf(await timelineFor(new Clicker(chat, 'bo@example.com')))).toContain(
    "You can't see this timeline",
  );
});

test('a manager decides about what they may grant, and leaves the rest to admins', async () => {
  await chat.integration('Lodestone', { execute: [{ url: 'https://lodestone.example' }] });
  const card = await withTask();
  const picker = await ada.presses(buttonOf(card, 'Add a grant…'));
  await ada.gets(buttonOf(picker, 'Grant: Lodestone'));
  await hire({ sequences: [(await chat.services.stores.sequences.findByName('First week'))?.id] });
  const timeline = await timelineFor(marco);
  const buttons = buttonsOf(timeline);
  expect(buttons.map(({ about }) => about)).toEqual([
    'Run now: Grant Lodestone',
    'Skip: Grant Lodestone',
  ]);
  const asAdmin = await timelineFor(ada);
  expect(textOf(await marco.presses(buttonOf(asAdmin, 'Run now')))).toContain(
    "You can't run this item",
  );
});

test('a task with a checklist is done when everything is ticked', async () => {
  await withTask({ checklist: 'Laptop\nMouse' });
  await hire({ sequences: [(await chat.services.stores.sequences.findByName('First week'))?.id] });
  await tick(6 * 24 * HOUR);
  const tasks = await marco.types('tasks');
  const open = () => marco.presses(buttonOf(tasks, 'Open'));
  expect(textOf(await marco.presses(buttonOf(await open(), 'Done')))).toContain(
    'Not everything is ticked',
  );
  await marco.press(ticking(await open(), 0));
  expect(textOf(await open())).toContain('☑ Laptop · Marco Bianchi\n☐ Mouse');
  await marco.press(ticking(await open(), 0, 1));
  await marco.press(buttonOf(await open(), 'Done'));
  expect(textOf(await open())).toContain('✓ Done by Marco Bianchi');
});

test('a line of a checklist is as short as a title', async () => {
  const card = await made();
  const line = (length: number) => `Laptop\n${'x'.repeat(length)}`;
  const add = buttonOf(card, 'Add a task…');
  expect(await ada.isTold(add, { title: 'Desk', checklist: line(201) })).toEqual({
    checklist: 'Line 2 has 201 characters; the limit is 200. Please shorten it.',
  });
  expect(textOf(await withTask({ checklist: line(200) }, 'Second week'))).toContain('checklist: 2');
});

test('the weekend and the holidays are settings', async () => {
  const edit = buttonOf(await ada.types('settings'), 'Edit…');
  expect(await ada.isTold(edit, { holidays: '2026-12-25\nChristmas' })).toEqual({
    holidays: 'Enter dates like 2026-12-25. Not a date: Christmas.',
  });
  const card = await ada.gets(edit, { weekend: ['5', '6'], holidays: '2026-12-25, 2026-12-24' });
  expect(textOf(card)).toContain('Weekend: Friday, Saturday');
  expect(textOf(card)).toContain('Holidays: 24 Dec 2026, 25 Dec 2026');
});

test('Home names what is overdue about reports, and for admins what needs them', async () => {
  await withTask({ when: 'before', days: '10', assignee: 'buddy' });
  const sequence = (await chat.services.stores.sequences.findByName('First week'))?.id;
  await hire({ buddyEmail: ADA, sequences: [sequence] });
  expect(textOf(await ada.types('home'))).toContain(
    'Task for the buddy: Order a laptop for Ann Lee: needs your decision',
  );
  await ada.press(buttonOf(await timelineFor(ada), 'Run now'));
  expect(textOf(await marco.types('home'))).not.toContain('Overdue');
  chat.clock += 5 * 24 * HOUR;
  expect(textOf(await marco.types('home'))).toContain(
    'Order a laptop · Ada Okafor · was due on 28 Nov 2026',
  );
});

test('a leaver gets the sequences that are chosen, from their last day on', async () => {
  const card = await ada.gets(sent('New sequence…'), { name: 'Goodbye', anchor: 'end-date' });
  await ada.gets(buttonOf(card, 'Add a task…'), {
    title: 'Say goodbye',
    when: 'before',
    days: '2',
  });
  await hire();
  const offer = await ada.types('offboard', ANN);
  const goodbye = (await chat.services.stores.sequences.findByName('Goodbye'))?.id ?? '';
  await ada.gets(buttonOf(offer, 'Plan the last day…'), {
    day: '2026-12-18',
    sequences: [goodbye],
  });
  expect(textOf(await timelineFor(marco))).toContain('Say goodbye · ○ 16 Dec 2026, 09:00');
});

test('a sequence that was turned off meanwhile is named, with what is done without it', async () => {
  const { stores, transact } = chat.services;
  const turnOff = async (name: string) => {
    const sequence = await stores.sequences.findByName(name);
    if (sequence) await transact((tx) => tx.sequences.save({ ...sequence, isOn: false }));
    return sequence?.id ?? '';
  };
  await withTask();
  const hiring = { id: 'person.hire', payload: '{}', opensForm: true };
  const details = { email: ANN, firstName: 'Ann', lastName: 'Lee', managerEmail: MARCO };
  const form = await ada.opens(hiring);
  const firstWeek = await turnOff('First week');
  const hired = await ada.answersTo(form, hiring, { ...details, sequences: [firstWeek] });
  expect(hired.kind === 'say' && textOf(hired.card)).toContain(
    'The sequence First week is turned off.',
  );
  expect(await stores.people.findByEmail(ANN)).toMatchObject({ active: true });

  const card = await ada.gets(sent('New sequence…'), { name: 'Goodbye', anchor: 'end-date' });
  await ada.gets(buttonOf(card, 'Add a task…'), { title: 'Say goodbye' });
  const offer = buttonOf(await ada.types('offboard', ANN), 'Plan the last day…');
  const leaving = await ada.opens(offer);
  const goodbye = await turnOff('Goodbye');
  const planned = await ada.answersTo(leaving, offer, { day: '2026-12-18', sequences: [goodbye] });
  expect(planned.kind === 'say' && textOf(planned.card)).toContain(
    'The sequence Goodbye is turned off.',
  );
  const person = await stores.people.findByEmail(ANN);
  expect(await stores.offboardings.current(person?.id ?? '')).toMatchObject({ state: 'planned' });
});

describe('a grant whose integration asks something about the person', () => {
  const asking = {
    extra_user_info: [{ id: 'SHIRT', name: 'T-shirt size', description: 'S to XXL' }],
    execute: [{ url: 'https://fernboard.example/members', data: { size: '{{SHIRT}}' } }],
  };
  beforeEach(async () => {
    await chat.integration('Fernboard', asking);
    const card = await made('First week', 'every');
    const picker = await ada.presses(buttonOf(card, 'Add a grant…'));
    await ada.gets(buttonOf(picker, 'Grant: Fernboard'), { when: 'on' });
    await hire();
  });
  const runs = () => chat.database.db('runs').pluck('state');
  const stored = async () => (await chat.services.stores.people.findByEmail(ANN))?.stored;

  test('says so in the timeline at once, and happens at its time when that was answered', async () => {
    const timeline = await timelineFor(ada);
    expect(textOf(timeline)).toContain('? Needs an answer first: T-shirt size. Press Answer….');
    const answer = buttonOf(timeline, 'Answer…');
    expect(introOf(await ada.opens(answer))).toContain(
      'and runs when it is due. Latchkey keeps the answers, so no one is asked again.',
    );
    await ada.sends(answer, { 'fact.SHIRT': 'M' });
    expect(await stored()).toEqual({ SHIRT: 'M' });
    expect(textOf(await timelineFor(ada))).not.toContain('Needs an answer first');
    expect(await runs()).toEqual([]);
    await tick(6 * 24 * HOUR);
    expect(await runs()).toEqual(['queued']);
  });

  test('does not happen without it, notifies those who have to answer, and happens with the answer', async () => {
    await tick(6 * 24 * HOUR);
    expect(await runs()).toEqual([]);
    const posted = await chat.database.db('jobs').where({ name: 'message.post' }).pluck('payload');
    expect(posted.filter((payload) => String(payload).includes('"timeline"'))).toHaveLength(1);
    const timeline = await timelineFor(ada);
    expect(textOf(timeline)).toContain(
      "It needs T-shirt size, which isn't known for Ann Lee yet. Press Answer…",
    );
    await ada.sends(buttonOf(timeline, 'Answer…'), { 'fact.SHIRT': 'M' });
    expect(await runs()).toEqual(['queued']);
    expect(await stored()).toEqual({ SHIRT: 'M' });
  });

  test('is answered by those who may grant it, and by nobody else', async () => {
    const answer = buttonOf(await timelineFor(ada), 'Answer…');
    await chat.person({ email: 'eve@example.com', firstName: 'Eve', role: 'manager' });
    const eve = new Clicker(chat, 'eve@example.com');
    await expect(eve.opens(answer)).rejects.toThrow("You can't answer for this item");
    await eve.answers(answer, { 'fact.SHIRT': 'XS' });
    expect(await stored()).toEqual({});
    await marco.sends(buttonOf(await timelineFor(marco), 'Answer…'), { 'fact.SHIRT': 'L' });
    expect(textOf(await timelineFor(marco))).not.toContain('Answer…');
  });

  test('waits for the person after its time where their manager has answered', async () => {
    await marco.sends(buttonOf(await timelineFor(marco), 'Answer…'), { 'fact.SHIRT': 'L' });
    expect(await stored()).toEqual({});
    await tick(6 * 24 * HOUR);
    expect(await runs()).toEqual(['deferred']);
    expect(textOf(await timelineFor(marco))).toContain(
      'It starts when an admin confirms this about Ann Lee: T-shirt size.',
    );
  });
});

type Texts = Readonly<Record<string, string>>;

describe('a form of an item that was open while another admin changed the item', () => {
  const left = async (edit: Button, theirs: Texts, mine: Texts) => {
    const form = await ada.opens(edit);
    await ada.gets(edit, theirs);
    await ada.answersTo(form, edit, mine);
    return (await ada.opens(edit)).fields;
  };

  test('keeps what they changed of a message', async () => {
    const card = await ada.gets(buttonOf(await made(), 'Add a message…'), {
      subject: 'Hello',
      text: 'Welcome.',
    });
    const theirs = { channel: 'direct', to: '{{manager_email}}', text: 'Hi.', time: '10:00' };
    const fields = await left(buttonOf(card, 'Edit…'), theirs, { subject: 'Welcome' });
    expect(fields).toMatchObject({
      channel: { initial: 'direct' },
      to: { initial: '{{manager_email}}' },
      subject: { initial: 'Welcome' },
      text: { initial: 'Hi.' },
      time: { initial: '10:00' },
    });
  });

  test('keeps what they changed of a task', async () => {
    const edit = buttonOf(await withTask(), 'Edit…');
    const theirs = {
      title: 'Order a desk',
      assignee: 'person',
      assigneeEmail: MARCO,
      when: 'at-once',
    };
    expect(await left(edit, theirs, { dueInDays: '5' })).toMatchObject({
      title: { initial: 'Order a desk' },
      assignee: { initial: 'person' },
      dueInDays: { initial: '5' },
      when: { initial: 'at-once' },
    });
  });

  test('keeps what they changed of a grant', async () => {
    await chat.integration('Fernboard', manifest);
    const picker = await ada.presses(buttonOf(await made(), 'Add a grant…'));
    const card = await ada.gets(buttonOf(picker, 'Grant: Fernboard'), { 'form.team': 'd' });
    const theirs = { 'form.team': 's' };
    expect(await left(buttonOf(card, 'Edit…'), theirs, { time: '10:00' })).toMatchObject({
      'form.team': { initial: 's' },
      time: { initial: '10:00' },
    });
  });
});

test('a task says how long its texts may be', async () => {
  const told = await ada.isTold(buttonOf(await made(), 'Add a task…'), {
    title: 'x'.repeat(201),
    note: 'x'.repeat(2001),
  });
  expect(told).toEqual({
    title: 'This has 201 characters; the limit is 200. Please shorten it.',
    note: 'This has 2001 characters; the limit is 2000. Please shorten it.',
  });
});

test('a form that was open while a sequence was taken from new hires does not give it to them again', async () => {
  const edit = buttonOf(await made('First week', 'every'), 'Edit…');
  const form = await ada.opens(edit);
  await ada.sends(edit, { hires: 'chosen' });
  await ada.answersTo(form, edit, { name: 'Week one' });
  const shown = await ada.opens(edit);
  expect(shown.fields['name']).toMatchObject({ initial: 'Week one' });
  expect(shown.fields['hires']).toMatchObject({ initial: 'chosen' });
});
