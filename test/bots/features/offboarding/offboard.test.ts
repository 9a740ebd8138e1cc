import { beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import {
  moveOffboarding,
  offboardPerson,
  openOffboarding,
} from '../../../../src/bots/features/offboarding/offboard.ts';
import { offboardingCard } from '../../../../src/bots/features/offboarding/offboarding-card.ts';
import { encodeMetadata } from '../../../../src/bots/slack/interaction.ts';
import { newId } from '../../../../src/core/ids.ts';
import { closeAsGone } from '../../../../src/engine/access/removals/removals.ts';
import { beginIfOver, offboardingSource } from '../../../../src/engine/offboarding/offboard.ts';
import type { AccessState, Person } from '../../../../src/engine/people/directory.ts';
import { aTask } from '../../../engine/sequences/lab.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker, introOf } from '../../../support/clicks.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { accessSince, hasAccess } from '../../../support/has-access.ts';
import { inState, workOnRemovals } from '../../../support/removals.ts';
import { teamIn } from '../../../support/team.ts';
import { fire } from '../../../support/tick.ts';

const DAY = 24 * 60 * 60_000;

let chat: TestChat;
let admin: Person;
let ann: Person;
let boss: Person;
let fernboard: string;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  fernboard = await chat.integration('Fernboard', {
    exists: { url: 'https://api.example.com/u', expected: '{{email}}' },
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
});

async function has(state: AccessState = 'has'): Promise<void> {
  const at = chat.services.now();
  const access = accessSince(at, { personId: ann.id, integrationId: fernboard, state });
  await chat.services.transact((tx) => tx.access.put(access));
}

/** Her last day is over. @param meanwhile before that, what happens after it was planned */
async function begin(meanwhile?: () => Promise<unknown>): Promise<string> {
  const offboardingId = await plan('2026-11-25');
  await meanwhile?.();
  chat.clock += DAY;
  await fire(chat.services, [offboardingSource({ timeZone: 'UTC' })]);
  return offboardingId;
}

/** Who was sent the card. */
async function readers(): Promise<readonly (string | undefined)[]> {
  const jobs = await chat.database
    .db<{ id: string; name: string; payload: string }>('jobs')
    .where({ name: 'message.post' })
    .orderBy('id');
  const names = new Map([admin, boss, ann].map(({ id, firstName }) => [id, firstName]));
  return jobs
    .map(({ payload }) => JSON.parse(payload) as { personId: string; card: { view: string } })
    .filter(({ card: { view } }) => view === 'offboarding')
    .map(({ personId }) => names.get(personId));
}

async function plan(day = '2026-12-31'): Promise<string> {
  const { payload } = offboardPerson.with({ personId: ann.id });
  await offboardPerson.submit(payload, { day }, await chat.turn(admin.email));
  return (await chat.services.stores.offboardings.current(ann.id))?.id ?? '';
}

async function card(offboardingId: string, reader = admin): Promise<string> {
  const { payload } = offboardingCard.with({ offboardingId, page: 0 });
  return textOf(await offboardingCard.render(payload, await liveReader(chat, reader.email)));
}

test('a last day before the first day is said, and one on the first day is not', async () => {
  const startDate = '2026-12-31';
  await chat.services.transact((tx) => tx.people.save({ ...ann, startDate }));
  expect(await card(await plan('2026-12-31'))).not.toContain('first day');
  expect(await card(await plan('2026-12-30'))).toContain(
    "The last day is before their first day, 31 Dec 2026. Change it, unless they don't start after all.",
  );
});

test('offers sequences for who is here, and none for who has left: nobody who left gets one', async () => {
  await chat.services.transact(async (tx) => {
    const createdAt = tx.now;
    const leaving = { id: 'leaving', version: 1, name: 'Leaving', anchor: 'end-date' } as const;
    await tx.sequences.insert({ ...leaving, isOn: true, isForEveryHire: false, createdAt });
    await tx.sequences.insertItem({
      id: 'item',
      version: 1,
      sequenceId: 'leaving',
      position: 0,
      timing: { kind: 'on', time: '09:00' },
      does: aTask('Collect the laptop'),
    });
  });
  const offer = offboardPerson.with({ personId: ann.id });
  const offered = async () =>
    Object.keys((await new Clicker(chat, admin.email).opens(offer)).fields);
  expect(await offered()).toEqual(['day', 'sequences', 'past']);
  await chat.services.transact((tx) => tx.people.save({ ...ann, active: false }));
  expect(await offered()).toEqual(['day']);
});

test('of what was granted and is not there, the card says when that was so', async () => {
  await hasAccess(chat, ann, { integrationId: fernboard });
  await has('none');
  const text = await card(await plan());
  expect(text).toContain('Fernboard · no access at the last check · Latchkey revokes it');
});

test('the card of a planned one says the day and what will be removed', async () => {
  await has();
  const text = await card(await plan());
  expect(text).toContain('Offboarding of Ann Lee');
  expect(text).toContain('31 Dec 2026');
  expect(text).toContain('Fernboard · has access · Latchkey revokes it');
});

test('a day that was written is repeated with the hour at which access ends, in the time of who plans', async () => {
  await chat.services.transact(async (tx) => {
    const person = await tx.people.find(ann.id);
    if (person) await tx.people.save({ ...person, timeZone: 'Asia/Tokyo' });
  });
  const form = async (day?: string) =>
    introOf(
      await new Clicker(chat, admin.email).opens(offboardPerson.with({ personId: ann.id, day })),
    );
  // 12:00 in London is 21:00 in Tokyo, so it is still that day there.
  expect(await form('2026-11-25')).toContain(
    'You wrote that today, 25 Nov 2026, is their last day. Their access ends on 25 Nov 2026, 15:00, your time.',
  );
  expect(await form('2026-12-04')).toContain(
    'You wrote that 4 Dec 2026 is their last day. Their access ends on 4 Dec 2026, 15:00, your time.',
  );
  expect(await form()).not.toContain('You wrote');
  expect(await card(await plan('2026-12-04'))).toContain(
    'Their last day is 4 Dec 2026. When it ends, on 4 Dec 2026, 15:00 your time, they',
  );
});

test('no hour of the next day is said to a reader whose day ends at the same moment', async () => {
  const form = async (day: string) =>
    introOf(
      await new Clicker(chat, admin.email).opens(offboardPerson.with({ personId: ann.id, day })),
    );
  expect(await form('2026-11-25')).toContain(
    'You wrote that today, 25 Nov 2026, is their last day. Their access ends when this day is over.',
  );
  expect(await form('2026-12-04')).toContain(
    'You wrote that 4 Dec 2026 is their last day. Their access ends when that day is over.',
  );
  expect(await card(await plan('2026-12-04'))).toContain(
    "Their last day is 4 Dec 2026. When it ends, they can't use Latchkey any more,",
  );
});

test('planning asks every integration now, also where they are thought to have nothing', async () => {
  const integrationId = await chat.integration('Lodestone', {
    exists: { url: 'https://api.example.com/l', expected: '{{email}}' },
    execute: [{ url: 'https://api.example.com/l' }],
  });
  const at = chat.services.now();
  const none = accessSince(at, { state: 'none' });
  await chat.services.stores.access.put({ personId: ann.id, integrationId, ...none });
  await plan();
  expect(await chat.database.db('jobs').where({ name: 'access.check' })).toHaveLength(2);
});

test('the day is changed until it is over', async () => {
  const offboardingId = await plan();
  const { payload } = moveOffboarding.with({ offboardingId });
  await moveOffboarding.submit(payload, { day: '2026-12-15' }, await chat.turn(admin.email));
  expect(await card(offboardingId)).toContain('15 Dec 2026');
});

test('the day that another admin chose stays where a form that was open leaves it alone', async () => {
  const move = moveOffboarding.with({ offboardingId: await plan() });
  const ada = new Clicker(chat, admin.email);
  const form = await ada.opens(move);
  await ada.sends(move, { day: '2027-01-31' });
  await ada.answersTo(form, move, {});
  expect(await chat.services.stores.offboardings.current(ann.id)).toMatchObject({
    endDate: '2027-01-31',
  });
});

describe('a last day that is over', () => {
  const past = async (day: string) => {
    const ada = new Clicker(chat, admin.email);
    const asked = await ada.sends(offboardPerson.with({ personId: ann.id }), { day });
    return { ada, asked };
  };
  const current = () => chat.services.stores.offboardings.current(ann.id);

  test('takes as many sequences as a form in Slack can carry along, and says so of more', async () => {
    const { stores, now } = chat.services;
    const createdAt = now();
    const many = Array.from({ length: 80 }, () => newId());
    for (const id of many) {
      const about = { id, version: 1, name: id, anchor: 'end-date' } as const;
      await stores.sequences.insert({ ...about, isOn: true, isForEveryHire: false, createdAt });
      const timing = { kind: 'on', time: '09:00' } as const;
      const item = { id: newId(), version: 1, sequenceId: id, position: 0, timing } as const;
      await stores.sequences.insertItem({ ...item, does: aTask('Collect the laptop') });
    }
    const { payload } = offboardPerson.with({ personId: ann.id });
    const send = async (sequences: readonly string[]) =>
      offboardPerson.submit(
        payload,
        { day: '2025-12-31', sequences },
        await chat.turn(admin.email),
      );
    expect(await send(many)).toEqual({
      kind: 'invalid',
      errors: { sequences: 'For a day that is over, choose at most 40.' },
    });
    const asked = ofKind('open', await send(many.slice(0, 40)));
    await asked.form;
    const message = { ts: '1764000000.000100', parts: '1764000000.000200' };
    const responseUrl = `https://hooks.slack.com/actions/T0123456789/${'1'.repeat(40)}`;
    const origin = { channel: 'D0123456789', message, responseUrl, place: 'direct' } as const;
    const carried = { payload: asked.call.payload, session: newId(), origin };
    expect(encodeMetadata(carried).length).toBeLessThanOrEqual(3000);
  });

  test('is asked about once more, with what goes at once', async () => {
    await has();
    const { ada, asked } = await past('2025-12-31');
    if (asked.kind !== 'open') throw new Error(asked.kind);
    expect(await current()).toBeUndefined();
    const form = await ada.opens(asked.call);
    expect(introOf(form)).toBe(
      [
        '',
        'The last day you chose (31 Dec 2025) is already over.',
        "Ann Lee (ann@example.com) won't be able to use Latchkey, and you can't cancel this afterwards.",
        'Removed immediately: Fernboard.',
      ].join('\n'),
    );
    expect(form.submitLabel).toBe('Offboard now');
    await ada.sends(asked.call);
    expect(await current()).toMatchObject({ state: 'running', endDate: '2025-12-31' });
    expect((await chat.services.stores.people.find(ann.id))?.active).toBe(false);
  });

  test('says of what becomes a task that it does', async () => {
    await has();
    await chat.services.transact(async (tx) => {
      const integration = present(await tx.integrations.find(fernboard));
      const { manifestVersionId: _, ...manual } = integration;
      await tx.integrations.save(manual);
    });
    const { ada, asked } = await past('2025-12-31');
    if (asked.kind !== 'open') throw new Error(asked.kind);
    const intro = introOf(await ada.opens(asked.call));
    expect(intro).toContain('Removed by hand, one task each: Fernboard.');
    expect(intro).not.toContain('Removed immediately:');
  });

  test('of one that was planned before leaves nothing to change, and says that it begins', async () => {
    const offboardingId = await plan('2026-11-25');
    chat.clock += DAY;
    const text = await card(offboardingId);
    expect(text).toContain(
      'Their last day was 25 Nov 2026. Within a minute, Latchkey starts to remove their access.',
    );
    expect(text).not.toContain('[');
  });

  test('names what is only checked as that', async () => {
    const { ada, asked } = await past('2025-12-31');
    if (asked.kind !== 'open') throw new Error(asked.kind);
    expect(introOf(await ada.opens(asked.call))).toContain(
      'They have no access on record that could be removed.\nAlso checked, to be sure: Fernboard.',
    );
  });

  test('is over where they are: today is not, though it may be tomorrow somewhere', async () => {
    chat.clock = new Date('2026-11-25T23:30:00Z').getTime();
    expect((await past('2026-11-25')).asked.kind).toBe('show');
    const now = (await chat.services.stores.people.find(ann.id)) ?? ann;
    await chat.services.transact((tx) => tx.people.save({ ...now, timeZone: 'Asia/Tokyo' }));
    const { asked } = await past('2026-11-25');
    expect(asked.kind === 'open' && (await asked.form)).toHaveProperty('fields');
  });

  test('is asked about where the day is changed, too', async () => {
    const offboardingId = await plan();
    const ada = new Clicker(chat, admin.email);
    const move = moveOffboarding.with({ offboardingId });
    const asked = await ada.sends(move, { day: '2026-11-01' });
    expect(asked.kind === 'open' && (await asked.form)).toHaveProperty('fields');
    expect(await current()).toMatchObject({ endDate: '2026-12-31' });
  });
});

test('someone who is no admin plans nothing', async () => {
  const reply = await openOffboarding(ann, await chat.turn(ann.email));
  expect(reply.kind === 'say' && textOf(reply.card)).toContain("You can't offboard people");
});

test('someone who is neither admin nor their manager sees nothing of it', async () => {
  const other = await chat.person({ email: 'eve@example.com' });
  expect(await card(await plan(), other)).toContain("You can't see this offboarding");
});

test('what nobody is known to have is counted in one line: it is checked to be sure', async () => {
  await chat.integration('Ledger', { execute: [{ url: 'https://api.example.com/l' }] });
  const text = await card(await plan());
  expect(text).toContain(
    'approver duties end.\nThey have no access on record, so there is nothing to remove.',
  );
  expect(text).toContain('Also checked, to be sure (1): Fernboard.');
  expect(text).toContain("Nothing was granted in Ledger, and Latchkey can't check there");
});

test('a revoke that failed stands on the card with why and when it is tried again', async () => {
  await has();
  const offboardingId = await begin();
  const removal = present(await chat.services.stores.removals.open(ann.id, fernboard));
  const retryAt = new Date(chat.clock + 15 * 60_000);
  await inState(chat, removal, { state: 'stuck', why: 'It answered 500.', retryAt });
  const text = await card(offboardingId);
  expect(text).toContain('0 of 1 removed.');
  expect(text).toContain(
    'Fernboard · ⚠ Not removed yet. It answered 500. Next try: 26 Nov 2026, 09:15.\n[View removal]',
  );
});

test('the manager and admins take its report out once it has begun', async () => {
  const offboardingId = await plan();
  expect(await card(offboardingId, boss)).not.toContain('[Report (CSV)]');
  chat.clock += DAY * 40;
  const { stores, transact } = chat.services;
  const planned = await stores.offboardings.find(offboardingId);
  if (planned) await transact((tx) => beginIfOver(tx, planned));
  for (const reader of [boss, admin])
    expect(await card(offboardingId, reader)).toContain('[Report (CSV)]');
});

test('what never was there is not counted as removed', async () => {
  const offboardingId = await begin();
  const removal = present(await chat.services.stores.removals.open(ann.id, fernboard));
  await chat.services.transact((tx) => {
    const proof = { kind: 'asked', at: chat.services.now(), neverThere: true } as const;
    return closeAsGone(tx, removal, {
      proof,
      canAsk: false,
      ...chat.services,
      actor: { kind: 'system' },
    });
  });
  const text = await card(offboardingId);
  expect(text).toContain('\nNo access to remove: 1.');
  expect(text).toContain('Fernboard · ✓ Nothing to remove: the app reports no access');
});

test('a form that was left open says that the offboarding runs', async () => {
  await has();
  await begin();
  const plans = offboardPerson.with({ personId: ann.id });
  await expect(new Clicker(chat, admin.email).opens(plans)).rejects.toThrow(
    'This offboarding has already started or is over',
  );
});

test('what has to be done by hand has its task on the card', async () => {
  await chat.services.transact(async (tx) => {
    const integration = present(await tx.integrations.find(fernboard));
    const { manifestVersionId: _, ...manual } = integration;
    await tx.integrations.save(manual);
  });
  await has();
  const offboardingId = await begin();
  await workOnRemovals(chat);
  const text = await card(offboardingId);
  expect(text).toContain('Fernboard · ⚠ Being removed by hand (assigned to Bo Boss).');
  expect(text).toContain('[Open the task] [View removal]');
});

test('the manager has the same card as who planned it', async () => {
  await has();
  const offboardingId = await begin();
  expect(await readers()).toEqual(['Ada', 'Bo']);
  expect(await card(offboardingId, boss)).toBe(await card(offboardingId));
});

test('the access card of someone who has left offers no grant', async () => {
  await begin();
  const { payload } = accessCard.with({ personId: ann.id, page: 0, askedAt: 0 });
  const text = textOf(await accessCard.render(payload, await liveReader(chat, admin.email)));
  expect(text).toContain('Fernboard');
  expect(text).not.toContain('Grant');
});

test('that the only admin stays after their last day is told to them, their manager and who planned it', async () => {
  const { transact, stores } = chat.services;
  const change = async ({ id }: Person, role: Person['role']) =>
    transact(async (tx) => tx.people.save({ ...present(await tx.people.find(id)), role }));
  await change(ann, 'admin');
  await begin(() => change(admin, 'other'));
  expect((await stores.people.find(ann.id))?.active).toBe(true);
  expect(new Set(await readers())).toEqual(new Set(['Ada', 'Ann', 'Bo']));
});
