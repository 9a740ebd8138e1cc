/** Break-glass: access at once, without an approval, where an admin allowed it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { accessNotice } from '../../../../src/bots/features/access/access-notice.ts';
import { changeBreakGlass } from '../../../../src/bots/features/integrations/break-glass-setting.ts';
import {
  breakGlass,
  breakGlassOk,
  lookIntoBreakGlass,
} from '../../../../src/bots/features/requests/break-glass.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestRef } from '../../../../src/bots/features/requests/request-ref.ts';
import { turnOff } from '../../../../src/engine/integrations/change-integration.ts';
import { deactivate } from '../../../../src/engine/people/change-person.ts';
import { type Person, ROLES } from '../../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../../src/engine/ports/unit-of-work.ts';
import { breakGlassSource } from '../../../../src/engine/requests/break-glass.ts';
import { settingsOf } from '../../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { hasAccess } from '../../../support/has-access.ts';
import { messaged } from '../../../support/messaged.ts';
import { fire } from '../../../support/tick.ts';

const HOUR = 60 * 60_000;
const system = { kind: 'system' } as const;

let chat: TestChat;
let ann: Person;
let ada: Person;
let own: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  own = await chat.person({ email: 'own@example.com', firstName: 'Owen' });
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: bo.email });
  integrationId = await chat.integration('Fernboard', {
    form: [
      {
        id: 'ROLE',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'reader', name: 'Reader' },
          { id: 'owner', name: 'Owner', needs_approval: true },
        ],
      },
    ],
    execute: [{ url: 'https://fernboard.example/u', data: { role: '{{ROLE}}' } }],
    revoke: [{ url: 'https://fernboard.example/u/{{email}}', method: 'DELETE' }],
  });
});

const by = ({ email }: Pick<Person, 'email'>) => new Clicker(chat, email);
const form = () => breakGlass.with({ integrationId });
const take = (answers: Readonly<Record<string, string>> = {}) =>
  by(ann).answers(form(), {
    'form.ROLE': 'reader',
    reason: 'Production is down',
    days: '4h',
    ...answers,
  });

/** As an admin does it. */
async function allow(allowed: 'yes' | 'all' | 'no' = 'yes', longest = '4 hours'): Promise<void> {
  await by(ada).gets(changeBreakGlass.with({ integrationId }), { allowed, longest });
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration)
      await tx.integrations.save({
        ...integration,
        settings: { ...settingsOf(integration), ownerIds: [own.id] },
      });
  });
}

async function theRequest() {
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  return firstOf(requests);
}

const cardFor = async (person: Person) => by(person).sees(requestRef((await theRequest()).id));
const total = async () =>
  (await chat.services.stores.requests.list({}, { offset: 0, limit: 1 })).total;
const audited = async (what: string) =>
  (await chat.database.db('audit_log').where({ what })).length;

async function said(reply: Promise<unknown>): Promise<string> {
  const { card } = (await reply) as { readonly card?: Parameters<typeof textOf>[0] };
  return card && 'title' in card ? textOf(card) : '';
}

async function after(hours: number): Promise<readonly string[]> {
  chat.clock += hours * HOUR;
  await fire(chat.services, [breakGlassSource]);
  return messaged(chat);
}

test('grants at once and ends by itself; owners and admins are notified at once, also in quiet hours', async () => {
  await chat.services.transact((tx) =>
    changeWorkspaceSettings(tx, { quietHours: { from: '08:30', until: '10:00' } }),
  );
  await allow();
  await messaged(chat);
  const list = await by(ann).types('request');
  const taken = await by(ann).gets(buttonOf(list, 'Break-glass…'), {
    'form.ROLE': 'reader',
    reason: 'Production is down',
    days: '4h',
  });
  expect(taken.title).toBe('You took Fernboard by break-glass');
  expect(textOf(taken)).toContain('✓ Taken without approval on');
  expect(textOf(taken).match(/break-glass|without approval/gi)).toHaveLength(2);
  const request = await theRequest();
  expect(request).toMatchObject({ state: 'approved', hours: 4, requestedById: ann.id });
  const runId = request.state === 'approved' ? (request.runId ?? '') : '';
  expect((await chat.services.stores.runs.inputs(runId)).hours).toBe(4);
  expect(await chat.services.stores.holds.openAt(ann.id, integrationId)).toHaveLength(1);
  expect(await messaged(chat)).toEqual(['Ada', 'Owen']);
  const notice = await by(ann).sees(accessNotice.with({ runId }));
  expect(textOf(notice)).toMatch(
    /^You now have Fernboard\nYou took it by break-glass\. It expires today at /,
  );
  const card = await cardFor(own);
  expect(card.title).toMatch(/^Ann .*took Fernboard by break-glass$/);
  expect(textOf(card)).toContain('Reason: Production is down');
  expect(await audited('break-glass.taken')).toBe(1);
  expect(textOf(await by(ada).types('audit'))).toMatch(
    /approved a request · Fernboard .*Taken by break-glass\./,
  );
});

describe('is refused, and nothing is granted', () => {
  test('where no admin allowed it, and where one has taken that back', async () => {
    expect(await said(take())).toContain("Fernboard can't be taken without approval");
    await allow();
    await allow('no');
    expect(await said(take())).toContain("Fernboard can't be taken without approval");
    expect(await total()).toBe(0);
    expect(await audited('refused')).toBe(2);
  });

  test('for longer than allowed, and without a reason', async () => {
    await allow();
    const { fields } = await by(ann).opens(form());
    expect(fields['otherLength']).toHaveProperty(
      'hint',
      'Like 2 hours, at most 4 hours. It is used instead of the choice above.',
    );
    expect(await take({ days: '5h' })).toMatchObject({ kind: 'invalid' });
    expect(await said(take({ reason: ' ' }))).toContain('Enter a reason.');
    expect(await total()).toBe(0);
  });

  test('for an option that needs approval, unless the admin allowed those', async () => {
    await allow();
    expect(await take({ 'form.ROLE': 'owner' })).toEqual({
      kind: 'invalid',
      errors: {
        'form.ROLE': 'This needs approval. Choose another option, or request the access instead.',
      },
    });
    expect(await total()).toBe(0);
    await allow('all');
    await take({ 'form.ROLE': 'owner' });
    expect((await theRequest()).state).toBe('approved');
  });

  test('where the app is turned off', async () => {
    await allow();
    await chat.services.transact(async (tx) => {
      const integration = await tx.integrations.find(integrationId);
      if (integration) await turnOff(tx, integration, { actor: system });
    });
    expect(await said(take())).toContain('Fernboard is turned off');
    expect(await total()).toBe(0);
  });

  test('for someone who has left', async () => {
    await allow();
    const turn = await chat.turn(ann.email);
    await chat.services.transact(async (tx) => {
      const person = await tx.people.find(ann.id);
      if (person) await deactivate(tx, person, { actor: system });
    });
    const { payload } = form();
    const answers = { 'form.ROLE': 'reader', reason: 'Down', days: '4h' };
    expect(await said(breakGlass.submit(payload, answers, turn))).toContain('has left');
    expect(await total()).toBe(0);
  });

  test('where they have access already: its end would take nothing away', async () => {
    await allow();
    await take();
    expect(await said(take())).toContain("You're getting Fernboard already");
    await hasAccess(chat, ann, { integrationId });
    expect(await said(take())).toContain('You already have access to Fernboard');
    expect(await total()).toBe(1);
  });

  test('where no one else could review it', async () => {
    await allow();
    await chat.services.transact(async (tx) => {
      const integration = await tx.integrations.find(integrationId);
      const settings = { ...settingsOf(integration), ownerIds: [ada.id] };
      if (integration) await tx.integrations.save({ ...integration, settings });
    });
    const answers = { 'form.ROLE': 'reader', reason: 'Down', days: '4h' };
    expect(await said(by(ada).answers(form(), answers))).toContain('No one else could review it');
  });
});

test('speaks of options that need approval where the app has some', async () => {
  const intro = async () => introOf(await by(ann).opens(form()));
  await allow();
  expect(await intro()).toContain("Options that need approval can't be taken this way.");
  integrationId = await chat.integration('Mailbox', {
    execute: [{ url: 'https://mailbox.example/u' }],
    revoke: [{ url: 'https://mailbox.example/u', method: 'DELETE' }],
  });
  await allow();
  expect(await intro()).not.toContain('Options that need approval');
});

test('says in plain words where the app has no choices to offer, as every form does', async () => {
  integrationId = await chat.integration('Lodestone', {
    form: [{ id: 'TEAM', name: 'Team', type: 'choice', url: 'https://api.example.com/teams' }],
    execute: [{ url: 'https://api.example.com/u' }],
  });
  await allow();
  const turn = await chat.turn(ann.email);
  const answer = { kind: 'problem', message: 'Lodestone answered with status 403' } as const;
  const options = { ...turn.stores.options, find: async () => answer };
  const { payload } = breakGlass.with({ integrationId });
  const opened = await breakGlass.press(payload, {
    ...turn,
    stores: { ...turn.stores, options },
  });
  const text = JSON.stringify('form' in opened ? await opened.form : opened);
  expect(text).toContain('tell a Latchkey admin');
  expect(text).not.toContain('status 403');
});

test('leaves a request that waits where it is', async () => {
  await allow();
  const asked = { 'form.ROLE': 'reader', reason: 'A project', days: '168h' };
  await by(ann).gets(askForAccess.with({ integrationId }), asked);
  const waiting = await cardFor(ann);
  await by(ann).sends(buttonOf(waiting, 'Break-glass…'), {
    'form.ROLE': 'reader',
    reason: 'Down',
    days: '4h',
  });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests.map(({ state }) => state).toSorted()).toEqual(['approved', 'open']);
});

describe('until someone has reviewed it', () => {
  /** It ends, and everything that follows has come to an end. */
  const ends = (why: 'expired' | 'revoked' | 'not-granted') =>
    chat.services.transact(async (tx) => {
      for (const hold of await tx.holds.openAt(ann.id, integrationId))
        await tx.holds.save({ ...hold, ended: { at: tx.now, why } });
    });

  test('no one takes more hours than allowed, however often they press', async () => {
    await allow();
    await take({ days: '3h' });
    chat.clock += 3 * HOUR;
    await ends('expired');
    expect(await said(take({ days: '2h' }))).toBe('');
    expect(await total()).toBe(1);
    await take({ days: '1h' });
    expect(await total()).toBe(2);
    chat.clock += HOUR;
    await ends('expired');
    expect(await said(take({ days: '1h' }))).toContain(
      'You have used the 4 hours that Fernboard can be taken for without approval.',
    );
    expect(await total()).toBe(2);
  });

  test('hours that they gave back are left, and the form says how many', async () => {
    await allow();
    await take();
    chat.clock += 1.5 * HOUR;
    await ends('revoked');
    const opened = await by(ann).opens(form());
    expect(introOf(opened)).toContain('Until that is reviewed, you have 2 hours left.');
    await take({ days: '2h' });
    expect(await total()).toBe(2);
  });

  test('what was never granted takes nothing away', async () => {
    await allow();
    await take();
    chat.clock += HOUR;
    await ends('not-granted');
    await take();
    expect(await total()).toBe(2);
  });

  test('and no longer than its reviewers are asked, or once one of them has said OK', async () => {
    await allow();
    await take();
    chat.clock += 4 * HOUR;
    await ends('expired');
    await by(own).press(breakGlassOk.with({ requestId: (await theRequest()).id }));
    await take();
    expect(await total()).toBe(2);
    chat.clock += 4 * HOUR;
    await ends('expired');
    expect(await said(take())).toContain('You have used the 4 hours');
    for (let day = 0; day < 9; day += 1) await after(24);
    await take();
    expect(await total()).toBe(3);
  });

  test('the same person has as many at another app, and someone else here', async () => {
    await allow();
    await take();
    chat.clock += 4 * HOUR;
    await ends('expired');
    const bo = present(await chat.services.stores.people.find(ann.managerId ?? ''));
    const answers = { 'form.ROLE': 'reader', reason: 'Down', days: '4h' };
    await by(bo).answers(form(), answers);
    expect(await total()).toBe(2);
  });
});

describe('its review', () => {
  test('is asked at nine, also on the days on which clocks change, and once after a worker was down', async () => {
    const at = (iso: string) => {
      chat.clock = new Date(iso).getTime();
    };
    const asking = chat.services.transact;
    const inBerlin = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      asking((tx) => work(Object.create(tx, { timeZone: { value: 'Europe/Berlin' } })));
    const reviewAt = async (iso: string): Promise<string | undefined> => {
      at(iso);
      const deps = { ...chat.services, transact: inBerlin };
      await fire(deps, [breakGlassSource]);
      return (await chat.services.stores.breakGlasses.find(id))?.reviewAt?.toISOString();
    };
    await allow();
    at('2026-10-23T20:00:00Z');
    await take();
    const { id } = await theRequest();
    // Clocks go back on Sunday, 25 October: nine o'clock is 07:00Z on Saturday and 08:00Z from Sunday on.
    expect(await reviewAt('2026-10-24T09:00:00Z')).toBe('2026-10-25T08:00:00.000Z');
    await messaged(chat);
    expect(await reviewAt('2026-10-27T12:00:00Z')).toBe('2026-10-28T08:00:00.000Z');
    expect(await messaged(chat)).toEqual(['Ada', 'Owen']);
    expect(await reviewAt('2026-10-27T12:01:00Z')).toBe('2026-10-28T08:00:00.000Z');
    expect(await messaged(chat)).toEqual([]);
  });
});

test.each([
  ['2026-10-21T22:00:00Z', '2026-10-22T09:00:00.000Z'],
  ['2026-10-22T06:00:00Z', '2026-10-22T09:00:00.000Z'],
  ['2026-10-22T06:01:00Z', '2026-10-23T09:00:00.000Z'],
])('what begins at %s is reviewed at %s', async (began, reviewAt) => {
  await allow();
  chat.clock = new Date(began).getTime();
  await take();
  const { id } = await theRequest();
  const taken = await chat.services.stores.breakGlasses.find(id);
  expect(taken?.reviewAt?.toISOString()).toBe(reviewAt);
});

describe('its review', () => {
  beforeEach(async () => {
    await allow();
    await take();
    await messaged(chat);
  });

  test('comes the next morning, daily for a week, and no more once it is done', async () => {
    expect(await after(23)).toEqual([]);
    expect(await after(1)).toEqual(['Ada', 'Owen']);
    expect(await after(24)).toEqual(['Ada', 'Owen']);
    await by(own).press(buttonOf(await cardFor(own), 'OK'));
    await messaged(chat);
    expect(await after(24)).toEqual([]);
    expect(textOf(await cardFor(ada))).toContain('Owen reviewed it on');
    expect(buttonsOf(await cardFor(ada)).map(({ label }) => label)).not.toContain('OK');
    expect(await audited('break-glass.ok')).toBe(1);
  });

  test('is asked for no longer than a week', async () => {
    let asked = 0;
    for (let day = 0; day < 20; day += 1) if ((await after(24)).length > 0) asked += 1;
    expect(asked).toBe(7);
  });

  test('may look into it first, with a comment that everyone reads', async () => {
    const look = buttonOf(await cardFor(ada), 'Look into it…');
    expect(introOf(await by(ada).opens(look))).toMatch(/Ann .*took Fernboard by break-glass/);
    await by(ada).sends(look, { comment: 'Why at night?' });
    const text = textOf(await cardFor(own));
    expect(text).toContain('Ada has been looking into it since');
    expect(text).toMatch(/Comment: "Why at night\?" Until a reviewer/);
    await by(own).press(buttonOf(await cardFor(own), 'OK'));
    expect(textOf(await cardFor(ada))).toMatch(/Comment: "Why at night\?"$/m);
    expect(await audited('break-glass.looking')).toBe(1);
  });

  test('is told to who took it, at once and with its comment', async () => {
    await by(ada).sends(buttonOf(await cardFor(ada), 'Look into it…'), { comment: 'At night' });
    expect(await messaged(chat)).toEqual(['Ann']);
    expect(textOf(await cardFor(ann))).toContain('Comment: "At night".');
    await by(own).press(buttonOf(await cardFor(own), 'OK'));
    expect(await messaged(chat)).toEqual(['Ann']);
  });

  test('is in the list of who took it, which doesn’t call it approved', async () => {
    const list = async () => textOf(await by(ann).types('requests'));
    expect(await list()).toContain('taken by break-glass, not reviewed yet · ');
    expect(await list()).not.toContain('requested');
    expect(textOf(await cardFor(ann))).not.toContain('Requested');
    await by(ada).sends(buttonOf(await cardFor(ada), 'Look into it…'), { comment: 'Why?' });
    expect(await list()).toContain('taken by break-glass, someone is looking into it');
    await by(own).press(buttonOf(await cardFor(own), 'OK'));
    expect(await list()).toContain('✓ taken by break-glass, reviewed');
    expect(await list()).not.toContain('approved');
  });

  test('that no one has done doesn’t refuse the next time, and the next card says how many wait', async () => {
    const again = async (): Promise<string> => {
      await chat.services.transact(async (tx) => {
        for (const hold of await tx.holds.openAt(ann.id, integrationId))
          await tx.holds.save({ ...hold, ended: { at: tx.now, why: 'expired' } });
      });
      chat.clock += HOUR;
      return said(take());
    };
    expect(textOf(await cardFor(own))).not.toContain('before');
    const { id: requestId } = await theRequest();
    await again();
    const second = await cardFor(own);
    expect(textOf(second)).toContain("The time before hasn't been reviewed yet, either.");
    await again();
    expect(textOf(await cardFor(ada))).toContain(
      "The 2 times before haven't been reviewed yet, either.",
    );
    await by(own).press(breakGlassOk.with({ requestId }));
    await by(own).press(buttonOf(second, 'OK'));
    expect(textOf(await cardFor(ada))).not.toContain('before');
  });

  test('that someone looks into is theirs to finish: they are reminded daily, and after a week everyone, weekly', async () => {
    await by(ada).sends(buttonOf(await cardFor(ada), 'Look into it…'), { comment: 'Why?' });
    await messaged(chat);
    const reminded: string[] = [];
    for (let day = 1; day <= 22; day += 1) {
      const who = await after(24);
      if (who.length > 0) reminded.push(`${day}: ${who.join(' ')}`);
    }
    const daily = [1, 2, 3, 4, 5, 6, 7].map((day) => `${day}: Ada`);
    expect(reminded).toEqual([...daily, '14: Ada Owen', '21: Ada Owen']);
    await by(own).press(buttonOf(await cardFor(own), 'OK'));
    await messaged(chat);
    for (let day = 1; day <= 8; day += 1) expect(await after(24)).toEqual([]);
  });

  test('that someone looks into who may no longer review it comes to the others', async () => {
    await by(ada).sends(buttonOf(await cardFor(ada), 'Look into it…'), { comment: 'Why?' });
    await chat.services.transact(async (tx) => {
      const person = present(await tx.people.find(ada.id));
      await tx.people.save({ ...person, role: 'new_hire' });
    });
    await messaged(chat);
    expect(await after(24)).toEqual(['Owen']);
  });

  test('says what it means to them that someone looks into it', async () => {
    await by(ada).sends(buttonOf(await cardFor(ada), 'Look into it…'), { comment: 'Why?' });
    expect(textOf(await cardFor(ann))).toContain(
      "Until a reviewer says OK, you can't take it by break-glass. Request it instead.",
    );
    expect(textOf(await cardFor(own))).toMatch(/Until a reviewer says OK, Ann .*can't take it/);
  });

  test('that someone looks into keeps its person from taking it once more, until it is OK', async () => {
    await by(ada).sends(buttonOf(await cardFor(ada), 'Look into it…'), { comment: 'Why?' });
    await chat.services.transact(async (tx) => {
      for (const hold of await tx.holds.openAt(ann.id, integrationId))
        await tx.holds.save({ ...hold, ended: { at: tx.now, why: 'expired' } });
    });
    expect(await said(take())).toContain(
      'Someone is still looking into the last time you got Fernboard without an approval.',
    );
    await by(own).press(buttonOf(await cardFor(own), 'OK'));
    await take();
    expect(await total()).toBe(2);
  });

  test('is refused to everyone else, whatever their role, and to who took it', async () => {
    const { id: requestId } = await theRequest();
    const before = await chat.database.db('break_glasses');
    const refusedTo: string[] = [];
    const others = ROLES.filter((role) => role !== 'admin').map((role) => ({
      email: `${role}@example.com`,
      role,
    }));
    for (const other of others) await chat.person(other);
    for (const person of [...others, ann]) {
      const ok = await said(by(person).press(breakGlassOk.with({ requestId })));
      const look = by(person).answers(lookIntoBreakGlass.with({ requestId }), { comment: 'Mine' });
      if (/can't review this/.test(ok) && /can't review this/.test(await said(look)))
        refusedTo.push(person.email);
    }
    expect(refusedTo).toHaveLength(ROLES.length);
    expect(await chat.database.db('break_glasses')).toEqual(before);
    expect(await audited('refused')).toBe(2 * ROLES.length);
  });
});

test('a form that was open while break-glass was ended does not allow it again', async () => {
  await allow('yes');
  const change = changeBreakGlass.with({ integrationId });
  const open = await by(ada).opens(change);
  await allow('no');
  await by(ada).answersTo(open, change, { longest: '2 hours' });
  const now = await chat.services.stores.integrations.find(integrationId);
  expect(settingsOf(now).breakGlass).toBeUndefined();
});
