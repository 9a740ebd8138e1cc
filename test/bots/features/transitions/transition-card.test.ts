/** The card of a move and of a first day: who reads what of it, and what each of them may press. */
import { beforeEach, describe, expect, test } from 'vitest';
import { openPerson } from '../../../../src/bots/features/people/open-person.ts';
import { personRef } from '../../../../src/bots/features/people/person-ref.ts';
import { openChange } from '../../../../src/bots/features/transitions/current-change.ts';
import { endItNow, keepItLonger } from '../../../../src/bots/features/transitions/decide-row.ts';
import { transitionRef } from '../../../../src/bots/features/transitions/transition-ref.ts';
import { standingOf } from '../../../../src/bots/features/transitions/transition-words.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { changeSettings, turnOff } from '../../../../src/engine/integrations/change-integration.ts';
import { changePerson, deactivate } from '../../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../../src/engine/people/directory.ts';
import type { PersonDetails } from '../../../../src/engine/people/person-details.ts';
import { addItem, makeRule, turnOn } from '../../../../src/engine/rules/change-rule.ts';
import { evaluateRules } from '../../../../src/engine/rules/evaluate.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { transitionSources } from '../../../../src/engine/transitions/due-transitions.ts';
import { followPerson } from '../../../../src/engine/transitions/follow.ts';
import type { Transition } from '../../../../src/engine/transitions/transition.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, ok, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { fire } from '../../../support/tick.ts';

const SYSTEM: Actor = { kind: 'system' };
const address = (name: string): string => `${name}@example.com`;

let chat: TestChat;
let ann: Person;
let crm: string;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: address('ada'), firstName: 'Ada', lastName: 'Ace', role: 'admin' });
  for (const name of ['bo', 'cy', 'eve'])
    await chat.person({ email: address(name), firstName: name, lastName: 'Boss' });
  ann = await chat.person({
    email: address('ann'),
    firstName: 'Ann',
    lastName: 'Lee',
    department: 'Sales',
    managerEmail: address('bo'),
  });
  crm = await appOf('Crm', 'Sales');
  await appOf('Desk', 'Support');
});

const by = (name: string): Clicker => new Clicker(chat, address(name));

/** Given by a rule to everyone in that department. Ann has it already if she is there. */
async function appOf(name: string, department: string): Promise<string> {
  const { stores, transact, now } = chat.services;
  const integrationId = await chat.integration(name, {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  const at = { since: now(), checkedAt: now() };
  if (department === 'Sales')
    await stores.access.put({ personId: ann.id, integrationId, state: 'has', reason: '', ...at });
  const definition = {
    matching: 'all',
    conditions: [{ field: 'department', comparison: 'is', not: false, values: [department] }],
    daysBefore: 0,
    overlapDays: 14,
  } as const;
  await transact(async (tx) => {
    const made = ok(await makeRule(tx, { name: `Rule ${name}`, definition }, { actor: SYSTEM }));
    const item = { integrationId, form: {}, answers: [] };
    const given = ok(await addItem(tx, made.value.id, { item, actor: SYSTEM }));
    await turnOn(tx, made.value.id, { seen: given.value.version, actor: SYSTEM });
  });
  await evaluate();
  return integrationId;
}

async function evaluate(): Promise<void> {
  const { stores, transact, now } = chat.services;
  await evaluateRules({ stores, transact, now, timeZone: 'UTC', pause: async () => undefined });
}

async function changed(details: PersonDetails): Promise<void> {
  await chat.services.transact(async (tx) => {
    const person = await tx.people.hold(ann.id);
    if (person) await changePerson(tx, person, { details, actor: SYSTEM });
  });
  await evaluate();
}

async function current(): Promise<Transition> {
  return firstOf(await chat.services.stores.transitions.currentOf([ann.id]));
}

/** She goes from Bo in Sales to Cy in Support. */
async function moved(): Promise<Transition> {
  await changed({ department: 'Support', managerEmail: address('cy') });
  return current();
}

const sees = (name: string, transition: Transition): Promise<Card> =>
  by(name).sees(transitionRef(transition));
const labels = (card: Card): readonly string[] => buttonsOf(card).map(({ label }) => label);
const target = ({ id: transitionId }: Transition, integrationId = crm) => ({
  transitionId,
  integrationId,
  personId: ann.id,
});

interface PostJob {
  readonly personId: string;
  readonly card: { readonly view: string };
  readonly dueAt: Date;
}

async function posts(): Promise<readonly PostJob[]> {
  const jobs = await chat.database
    .db<{ name: string; payload: string; due_at: number }>('jobs')
    .where({ name: 'message.post' });
  return jobs
    .map(({ payload, due_at: at }) => ({ ...JSON.parse(payload), dueAt: new Date(at) }) as PostJob)
    .filter(({ card }) => card.view === 'transition');
}

describe('the card of a move', () => {
  test('says who, what changed from and to, what is lost and when, and how far the rest is', async () => {
    const text = textOf(await sees('cy', await moved()));
    expect(text).toContain('Move of Ann Lee');
    expect(text).toContain('Department: Sales → Support');
    expect(text).toContain('Manager: bo Boss → cy Boss');
    expect(text).toContain('Loses\nCrm · Until 9 Dec 2026, then Latchkey removes it.');
    expect(text).toContain('Gains\nDesk · Granting…');
  });

  test('gives the new manager and admins both buttons, and the old manager none', async () => {
    const transition = await moved();
    for (const name of ['cy', 'ada'])
      expect(labels(await sees(name, transition))).toEqual(
        expect.arrayContaining(['Keep longer…', 'End now']),
      );
    expect(labels(await sees('bo', transition))).toEqual([]);
  });

  test('tells the old manager what becomes of each app and when, and nothing of how far it is', async () => {
    const transition = await moved();
    const text = textOf(await sees('bo', transition));
    expect(text).toContain('Crm · until 9 Dec 2026');
    expect(text).toContain('Desk · new');
    expect(text).not.toContain('Granting');
    expect(text).not.toContain('Rule ');
    await by('ada').press(endItNow.with(target(transition)));
    expect(textOf(await sees('bo', transition))).toContain('Crm · ended');
  });

  test('tells the old manager no other field of someone who isn’t their report', async () => {
    const transition = await moved();
    await changed({ role: 'helpdesk', timeZone: 'Europe/Berlin', position: 'Lead' });
    expect(textOf(await sees('cy', transition))).toContain('Role: no special role → helpdesk');
    const text = textOf(await sees('bo', transition));
    expect(text).toContain('Department: Sales → Support');
    expect(text).not.toMatch(/Role|Berlin/);
  });

  test('is no longer for a manager who was it by mistake', async () => {
    const transition = await moved();
    await changed({ managerEmail: address('bo') });
    expect(textOf(await sees('bo', transition))).toContain('End now');
    expect(textOf(await sees('cy', transition))).toContain("You can't see this any more");
  });

  test('is for nobody else', async () => {
    const text = textOf(await sees('eve', await moved()));
    expect(text).toContain("You can't see this any more");
    expect(text).not.toContain('Crm');
  });

  test('names what they keep, and why', async () => {
    const { stores, now } = chat.services;
    const wiki = await chat.integration('Wiki', {
      execute: [{ url: 'https://api.example.com/w' }],
    });
    const at = now();
    const known = { personId: ann.id, integrationId: wiki };
    await stores.access.put(accessSince(at, known));
    const hold = { id: 'h1', version: 1, ...known, source: 'by-hand', startedAt: at } as const;
    await stores.holds.insert({ ...hold, givenBy: SYSTEM });
    const text = textOf(await sees('cy', await moved()));
    expect(text).toContain('Keeps\nWiki · by hand, since 25 Nov 2026');
  });

  test('has pages', async () => {
    for (let count = 1; count <= 16; count += 1) await appOf(`App ${count}`, 'Sales');
    const transition = await moved();
    const card = await sees('cy', transition);
    expect(textOf(card)).toContain('18 in all, page 1 of 2');
    const next = present(buttonsOf(card).find(({ label }) => label === 'Next'));
    expect(textOf(await by('cy').presses(next))).toContain('Gains\nDesk');
  });

  test('is posted once for each of them, after their quiet hours', async () => {
    await chat.services.transact((tx) =>
      changeWorkspaceSettings(tx, { quietHours: { from: '08:30', until: '10:00' } }),
    );
    await moved();
    const posted = await posts();
    expect(posted).toHaveLength(3);
    expect(new Set(posted.map(({ dueAt }) => dueAt.toISOString()))).toEqual(
      new Set(['2026-11-25T10:00:00.000Z']),
    );
  });

  test('says nothing of access where they have left', async () => {
    const transition = await moved();
    await chat.services.transact(async (tx) => {
      const person = await tx.people.hold(ann.id);
      if (person) await deactivate(tx, person, { actor: SYSTEM });
    });
    const text = textOf(await sees('cy', transition));
    expect(text).toContain('Ann Lee has left. The card of their offboarding shows the rest.');
    expect(text).not.toContain('Has access');
    expect(text).not.toContain('Desk');
  });

  test('claims no access at an app that was turned off before it was granted', async () => {
    const transition = await moved();
    const [desk] = (await chat.services.stores.integrations.list()).filter(
      ({ name }) => name === 'Desk',
    );
    if (!desk) throw new Error('There is no Desk');
    await chat.services.transact((tx) => turnOff(tx, desk, { actor: SYSTEM }));
    const text = textOf(await sees('cy', transition));
    expect(text).not.toContain('Has access');
  });

  test('says once that it is done, with each proof, and is edited no more', async () => {
    const transition = await moved();
    const { stores, transact, now } = chat.services;
    await transact(async (tx) => {
      const at = now();
      for (const { integrationId, part } of await tx.transitions.items(transition.id)) {
        const known = { personId: ann.id, integrationId, reason: '', since: at, checkedAt: at };
        await tx.access.put({ ...known, state: part === 'gains' ? 'has' : 'none' });
        for (const hold of await tx.holds.openAt(ann.id, integrationId))
          if (part === 'loses') await tx.holds.save({ ...hold, ended: { at, why: 'expired' } });
      }
      const run = (await tx.runs.unfinishedOf(ann.id))[0];
      if (run) await tx.runs.save({ ...run, state: 'succeeded', finishedAt: at } as never);
    });
    await transact((tx) => followPerson(tx, ann.id));
    expect((await stores.transitions.find(transition.id))?.state).toBe('done');
    const card = await sees('cy', transition);
    expect(card.isFinal).toBe(true);
    expect(textOf(card)).toContain('✓ Done on 25 Nov 2026');
    expect(textOf(card)).toContain('Desk · ✓ Has access');
    const former = textOf(await sees('bo', transition));
    expect(former).toContain('✓ Done on');
    expect(former).not.toContain('Desk');
  });
});

describe('Current change', () => {
  const CURRENT = 'Current change';
  const person = (name: string): Promise<Card> => by(name).sees(personRef(ann.id));
  const opens = (name: string): Promise<Card> =>
    by(name).presses(openChange.with({ personId: ann.id }));

  test('opens the card of the move again from the card of the person', async () => {
    await moved();
    await chat.person({ email: address('max'), firstName: 'Max', role: 'auditor' });
    for (const name of ['cy', 'ada', 'max']) {
      expect(labels(await person(name))).toContain(CURRENT);
      expect(textOf(await opens(name))).toContain('Department: Sales → Support');
    }
  });

  test('shows an auditor everything and no button that decides', async () => {
    await moved();
    await chat.person({ email: address('max'), firstName: 'Max', role: 'auditor' });
    const card = await opens('max');
    expect(textOf(card)).toContain('Crm · Until 9 Dec 2026, then Latchkey removes it.');
    expect(labels(card)).toEqual(['Access of Ann Lee']);
  });

  test('is on a card that says no more of her to the old manager, until the move is done', async () => {
    const transition = await moved();
    const card = await by('bo').presses(openPerson.with({ personId: ann.id }));
    expect(textOf(card)).toContain("You can't see this person");
    expect(textOf(card)).not.toContain('Support');
    expect(labels(card)).toEqual([CURRENT]);
    expect(textOf(await opens('bo'))).toContain('Crm · until 9 Dec 2026');
    await chat.services.transact((tx) =>
      tx.transitions.save({ ...transition, state: 'done', endedAt: tx.now }),
    );
    expect(labels(await person('bo'))).toEqual([]);
    expect((await opens('bo')).title).toBe("You can't see this change");
    expect(labels(await person('cy'))).not.toContain(CURRENT);
    expect((await opens('cy')).title).toBe('This change is complete');
  });

  test.each(['helpdesk', 'other'] as const)(
    'is not offered to someone with the role %s, and refused and recorded',
    async (role) => {
      await moved();
      const fay = await chat.person({ email: address('fay'), firstName: 'Fay', role });
      expect(labels(await person('fay'))).not.toContain(CURRENT);
      expect((await opens('fay')).title).toBe("You can't see this change");
      const { db } = chat.database;
      expect(
        await db('audit_log').where({ actor_person_id: fay.id, what: 'refused' }),
      ).toHaveLength(1);
    },
  );

  test('is there for nobody when nothing is open', async () => {
    expect(labels(await person('ada'))).not.toContain(CURRENT);
  });
});

describe('Keep longer…', () => {
  test('keeps it until an end, and the card says who and why', async () => {
    const transition = await moved();
    const reply = await by('cy').sends(keepItLonger.with(target(transition)), {
      days: '40',
      reason: 'Hands over the pipeline',
    });
    expect(reply.kind).toBe('nothing');
    const text = textOf(await sees('ada', transition));
    expect(text).toContain('Crm · Until 4 Jan 2027, then Latchkey removes it.');
    expect(text).toContain('Kept longer by cy Boss: Hands over the pipeline');
    expect(textOf(await sees('bo', transition))).not.toContain('pipeline');
  });

  test('goes at most as far as the policy allows, and farther than it stays anyway', async () => {
    const transition = await moved();
    const integration = present(await chat.services.stores.integrations.find(crm));
    await chat.services.transact((tx) =>
      changeSettings(tx, integration, {
        actor: SYSTEM,
        change: { policy: { ...defaultPolicy, longestHours: 20 * 24 } },
      }),
    );
    const keep = keepItLonger.with(target(transition));
    const answers = (days: string) => ({ days, reason: 'Hand-over' });
    expect((await by('cy').isTold(keep, answers('21')))['days']).toBe(
      'Enter a time like 6 hours or 10 days, at most 20 days.',
    );
    expect((await by('cy').isTold(keep, answers('3')))['days']).toContain(
      'Even without this, it stays until',
    );
    expect((await by('cy').sends(keep, answers('20'))).kind).toBe('nothing');
  });

  test('asks for a code where the app asks for codes', async () => {
    const transition = await moved();
    const integration = present(await chat.services.stores.integrations.find(crm));
    await chat.services.transact((tx) =>
      changeSettings(tx, integration, { actor: SYSTEM, change: { asksForCodes: true } }),
    );
    const keep = keepItLonger.with(target(transition));
    expect(await by('cy').opens(keep)).toHaveProperty('fields.code');
    const answers = { days: '40', reason: 'Hand-over', code: '123456' };
    expect(textOf(await by('cy').gets(keep, answers))).toContain("you haven't set one up yet");
    expect(textOf(await sees('ada', transition))).not.toContain('Kept longer');
  });

  test('is not offered, and refused, where managers may not grant it', async () => {
    const transition = await moved();
    const integration = present(await chat.services.stores.integrations.find(crm));
    await chat.services.transact((tx) =>
      changeSettings(tx, integration, {
        actor: SYSTEM,
        change: { policy: { ...defaultPolicy, managersGrant: false } },
      }),
    );
    expect(labels(await sees('cy', transition))).not.toContain('Keep longer…');
    const answers = { days: '30', reason: 'Hand-over' };
    const card = await by('cy').answers(keepItLonger.with(target(transition)), answers);
    expect('card' in card && 'title' in card.card && card.card.title).toBe(
      "You can't grant Crm yourself",
    );
  });
});

describe('End now', () => {
  test('is offered only while something of the move is left to end', async () => {
    const { stores, transact, now } = chat.services;
    const at = now();
    const known = { personId: ann.id, integrationId: crm };
    const endsAt = new Date('2027-01-25T09:00:00Z');
    const hold = { id: 'h1', version: 1, ...known, source: 'request', startedAt: at } as const;
    await stores.holds.insert({ ...hold, endsAt, givenBy: SYSTEM });
    const transition = await moved();
    expect(labels(await sees('cy', transition))).toContain('End now');
    await by('cy').press(endItNow.with(target(transition)));
    const card = await sees('cy', transition);
    expect(textOf(card)).toContain('Crm · Until 25 Jan 2027, then Latchkey removes it.');
    expect(labels(card)).not.toContain('End now');
    expect(labels(card)).toContain('Keep longer…');
    await transact((tx) => followPerson(tx, ann.id));
  });

  const ends = async (name: string, transition: Transition): Promise<string> => {
    const reply = await by(name).press(endItNow.with(target(transition)));
    return 'card' in reply && 'title' in reply.card ? reply.card.title : reply.kind;
  };

  test('begins the removal, and a second press changes nothing', async () => {
    const transition = await moved();
    expect(await ends('cy', transition)).toBe('nothing');
    expect(textOf(await sees('cy', transition))).toContain('Crm · … Being removed');
    expect(await ends('cy', transition)).toBe('There is nothing left to decide here');
    expect(await ends('ada', transition)).toBe('There is nothing left to decide here');
  });

  test.each(['bo', 'eve', 'ann'])('is refused to %s, whatever their client sends', async (name) => {
    const transition = await moved();
    expect(await ends(name, transition)).toBe("You can't revoke this");
    expect(textOf(await sees('cy', transition))).toContain('Until 9 Dec 2026');
  });

  test('with the id of someone else in it, it changes nothing', async () => {
    const transition = await moved();
    const dee = await chat.person({ email: address('dee'), managerEmail: address('eve') });
    const forged = { ...target(transition), personId: dee.id };
    const reply = await by('eve').press(endItNow.with(forged));
    expect('card' in reply && 'title' in reply.card && reply.card.title).toBe(
      'There is nothing left to decide here',
    );
    expect(textOf(await sees('cy', transition))).toContain('Until 9 Dec 2026');
  });

  test('pressed on a card from before they went back, it changes nothing', async () => {
    const transition = await moved();
    await changed({ department: 'Sales' });
    expect(await ends('ada', transition)).toBe('There is nothing left to decide here');
    expect(textOf(await sees('cy', transition))).toContain('Keeps\nCrm');
  });
});

test('a first day opens a card for the manager and admins: what they get and what they requested', async () => {
  const { stores } = chat.services;
  const dee = await chat.person({
    email: address('dee'),
    firstName: 'Dee',
    lastName: 'Day',
    department: 'Support',
    managerEmail: address('cy'),
    startDate: '2026-11-25',
  });
  const sources = transitionSources({ timeZone: 'UTC' });
  await fire(chat.services, sources);
  await evaluate();
  const transition = firstOf(await stores.transitions.currentOf([dee.id]));
  const text = textOf(await sees('cy', transition));
  expect(text).toContain('Onboarding of Dee Day');
  expect(text).toContain('Gains\nDesk · Granting…');
  expect(await posts()).toHaveLength(2);
  await fire(chat.services, sources);
  expect(await posts()).toHaveLength(2);
});

test('the card of a first day says how many items of its sequences wait for someone, without those of an earlier employment', async () => {
  const { transact } = chat.services;
  const transition = { ...(await moved()), kind: 'joiner' } as const;
  await transact((tx) => tx.transitions.save(transition));
  await transact(async (tx) => {
    const about = { id: 'welcome', version: 1 } as const;
    const kind = { anchor: 'start-date', isOn: true, isForEveryHire: false } as const;
    await tx.sequences.insert({ ...about, ...kind, name: 'Welcome', createdAt: tx.now });
    const whose = { sequenceId: 'welcome', personId: ann.id, assignedBy: SYSTEM };
    await tx.assignments.insert({ ...about, ...whose, assignedAt: tx.now });
    const ended = { state: 'failed', endedAt: tx.now, why: 'It has no address.' } as const;
    const states = [{ state: 'planned' }, { state: 'past' }, ended] as const;
    for (const [position, state] of states.entries()) {
      const id = `item-${position}`;
      const item = { sequenceId: 'welcome', position, timing: { kind: 'at-once' } } as const;
      const does = { kind: 'grant', integrationId: crm, form: {}, answers: [] } as const;
      await tx.sequences.insertItem({ id, version: 1, ...item, does });
      const planned = { id, version: 1, assignmentId: 'welcome', itemId: id, personId: ann.id };
      await tx.plannedItems.insertMany([{ ...planned, dueAt: tx.now, ...state }]);
    }
    const before = new Date(transition.beganAt.getTime() - 1);
    await tx.assignments.insert({
      ...about,
      ...whose,
      id: 'former',
      assignedAt: before,
      endedAt: before,
    });
    const former = { id: 'former', version: 1, assignmentId: 'former', itemId: 'item-2' };
    await tx.plannedItems.insertMany([{ ...former, personId: ann.id, dueAt: before, ...ended }]);
  });
  expect(textOf(await sees('cy', transition))).toContain(
    "Sequences of their first days: Welcome.\n⚠ 2 items are overdue, or couldn't begin. The timeline shows which.\n[Timeline]",
  );
});

test('a first day that is done speaks of nothing that was lost', async () => {
  const done = { ...(await moved()), kind: 'joiner', state: 'done' } as const;
  const words = standingOf(done, ann, await liveReader(chat, address('cy')));
  expect(words).toBe('✓ Done on 25 Nov 2026, 09:00: everything new is granted.');
});

test('the card of a first day goes on where that day is taken back', async () => {
  const open = { ...(await moved()), kind: 'joiner' } as const;
  const { startDate: _, ...undated } = ann;
  const words = standingOf(open, undated, await liveReader(chat, address('cy')));
  expect(words).toBe(
    "Their first day isn't set any more. This card shows when they have what they need.",
  );
});

test('a first day opens one card, also where the time zone of the person is known later', async () => {
  const { stores, transact } = chat.services;
  const dee = await chat.person({
    email: address('dee'),
    department: 'Support',
    startDate: '2026-11-25',
  });
  const sources = transitionSources({ timeZone: 'UTC' });
  await fire(chat.services, sources);
  await evaluate();
  const transition = firstOf(await stores.transitions.currentOf([dee.id]));
  await transact((tx) => tx.transitions.save({ ...transition, state: 'done', endedAt: tx.now }));
  await transact((tx) => tx.people.save({ ...dee, timeZone: 'Europe/Oslo' }));
  await fire(chat.services, sources);
  await evaluate();
  expect(await stores.transitions.currentOf([dee.id])).toEqual([]);
});
