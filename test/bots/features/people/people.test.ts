import { beforeEach, describe, expect, test } from 'vitest';
import { accountCard } from '../../../../src/bots/features/people/account-card.ts';
import { hireFrom, hirePerson } from '../../../../src/bots/features/people/hire-person.ts';
import { openPeople, turnPeoplePage } from '../../../../src/bots/features/people/people-list.ts';
import { personRef } from '../../../../src/bots/features/people/person-ref.ts';
import type { PressReply, SubmitReply } from '../../../../src/bots/view/action.ts';
import type { ActionCall } from '../../../../src/bots/view/action-call.ts';
import { initialAnswers } from '../../../../src/bots/view/form.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { ruleAtCompany } from '../../../support/company/company-rules.ts';
import { ofKind } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';

const ADA = 'ada@example.com';
const BO = 'bo@example.com';
const ANN = 'ann@example.com';

let chat: TestChat;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  await chat.person({ email: BO, firstName: 'Bo', lastName: 'Lee' });
  ann = await chat.person({
    email: ANN,
    firstName: 'Ann',
    lastName: 'Lee',
    managerEmail: BO,
    position: 'Engineer',
    phone: '+31612345678',
  });
});

const by = (email: string) => new Clicker(chat, email);
const press = (email: string, call: ActionCall) => by(email).press(call);
const opens = (email: string, call: ActionCall) => by(email).opens(call);
const send = (email: string, call: ActionCall, answers?: Parameters<Clicker['sends']>[1]) =>
  by(email).sends(call, answers);

/** What a reply says to its reader. */
async function said(reply: PressReply | SubmitReply, email = ADA): Promise<string> {
  if (!('card' in reply)) throw new Error(`It is ${JSON.stringify(reply)}`);
  return textOf('blocks' in reply.card ? reply.card : await by(email).sees(reply.card));
}

async function stored(email: string): Promise<Person> {
  const person = await chat.services.stores.people.findByEmail(email);
  if (!person) throw new Error(`Nobody has ${email}`);
  return person;
}

const audit = async () =>
  (await chat.services.stores.auditLog.list({ offset: 0, limit: 100 })).map(({ what, detail }) => ({
    what,
    detail,
  }));

describe('people', () => {
  const list = async (email: string, text = '') =>
    said(await openPeople(text, await chat.turn(email)), email);

  test('shows an admin everybody by name, each with Open', async () => {
    const text = await list(ADA);
    expect(text).toMatch(/^People\n3 people\nAda Okafor · ada@example.com · admin\n\[Open\]/);
    expect(text).toContain('Ann Lee · ann@example.com · Engineer');
    expect(text).toContain('[Hire…] [Add a colleague…]');
  });

  test.each(['auditor', 'helpdesk'] as const)('shows the %s everybody, too', async (role) => {
    const email = `${role}@example.com`;
    await chat.person({ email, role });
    const text = await list(email);
    expect(text).toMatch(/^People\n4 people\nAda Okafor/);
    expect(text).toContain('[Include leavers]');
  });

  test('narrows by every word that was typed', async () => {
    expect(await list(ADA, 'example a')).toMatch(/^People\n\d people for "example a"/);
    expect(await list(ADA, 'nobody')).toContain('No one matches "nobody"');
  });

  test('opens the card of the one whom the words fit', async () => {
    expect(await list(ADA, 'lee an')).toMatch(/^Ann Lee\nEmail: ann@/);
    expect(await list(BO, 'ann')).toMatch(/^Ann Lee\nEmail: ann@/);
    expect(await list(BO, 'ada')).toContain('No one matches "ada"'); // She does not report to him.
  });

  test('shows a manager those who report to them, and no button that changes anybody', async () => {
    const text = await list(BO);
    expect(text).toMatch(/^People who report to you\n1 person\nAnn Lee/);
    expect(text).not.toContain('Hire');
    expect(text).not.toContain('Ada');
  });

  test('refuses someone to whom nobody reports, and says why', async () => {
    expect(await list(ANN)).toMatch(/^No one reports to you\n.* Ask Ada Okafor\.$/);
  });

  test('has eight on a page, and the others behind Next', async () => {
    for (let n = 1; n <= 8; n += 1) await chat.person({ email: `p${n}@example.com` });
    const card = await by(ADA).types('people');
    expect(textOf(card)).toContain('11 people, page 1 of 2');
    const next = await press(ADA, buttonOf(card, 'Next').does);
    expect(await said(next)).toContain('11 people, page 2 of 2');
    expect(await said(next)).toContain('[Previous]');
  });

  test('a page beyond the end, since people have left, is the first one', async () => {
    const beyond = turnPeoplePage.with({ text: '', left: false, page: 7 });
    expect(textOf(await by(ADA).presses(beyond))).toContain('3 people');
  });

  test('those who have left are shown to an admin who asks, and to nobody else', async () => {
    await send(ADA, call('person.deactivate'));
    const card = await by(ADA).types('people');
    expect(textOf(card)).not.toContain('Ann Lee');
    const all = await press(ADA, buttonOf(card, 'Include leavers').does);
    expect(await said(all)).toContain('Ann Lee · ann@example.com · Engineer · has left');
    const forged = turnPeoplePage.with({ text: '', left: true, page: 0 });
    expect(await said(await press(BO, forged), BO)).not.toContain('Ann');
  });

  test('an admin who is one no longer gets their own list from an older card', async () => {
    const card = await by(ADA).types('people');
    await chat.person({ email: 'root@example.com', role: 'admin' });
    const me = await stored(ADA);
    await chat.services.transact((tx) => tx.people.save({ ...me, role: 'other' }));
    const reply = await by(ADA).press(buttonOf(card, 'Include leavers'));
    expect(await said(reply)).toContain('No one reports to you');
  });
});

const call = (id: string, personId = ann.id): ActionCall => ({
  id,
  payload: JSON.stringify({ personId }),
  opensForm: true,
});

describe("someone's card", () => {
  test('says of a number that no text can be sent to it', async () => {
    await chat.services.transact((tx) => tx.people.save({ ...ann, phone: '06 1234 5678' }));
    expect(await said(await press(ADA, call('person.open')))).toContain(
      "Phone: 06 1234 5678 (can't receive texts: write it with + and the country code, like +32470123456)",
    );
  });

  test('shows an admin all fields and every button', async () => {
    await chat.turn(ANN);
    const text = await said(await press(ADA, call('person.open')));
    expect(text).toContain(
      'Ann Lee\nEmail: ann@example.com\nPhone: +31612345678\nPosition: Engineer',
    );
    expect(text).toContain('Manager: Bo Lee');
    expect(text).toContain('Chat: Slack, since 25 Nov 2026');
    expect(text).toContain(
      '[Access] [Timeline] [Offboard…] [Edit…] [Bundle…] [Same as…] [Sequence…] [Account and data]',
    );
  });

  test('names a planned last day only to those who may see plans', async () => {
    const hana = await chat.person({ email: 'hana@example.com', role: 'helpdesk' });
    await chat.services.transact((tx) => tx.people.save({ ...ann, endDate: '2026-12-31' }));
    const opened = async (email: string) => said(await press(email, call('person.open')), email);
    expect(await opened(BO)).toContain('Last day: 31 Dec 2026');
    for (const email of [hana.email, ANN]) {
      const text = await opened(email);
      expect(text).toContain('Email: ann@example.com');
      expect(text).not.toContain('Last day');
    }
  });

  test('leads an admin to what is seldom done, each with what it does', async () => {
    await chat.turn(ANN);
    const text = await said(await press(ADA, call('person.account.open')));
    expect(text).toContain('Account and data of Ann Lee');
    expect(text).toContain('Chat · Slack, since 25 Nov 2026');
    expect(text.match(/\[.*?\]/g)?.join(' ')).toBe(
      '[Role…] [Facts…] [Link chat…] [Unlink chat…] [Export data] [Deactivate…] [Offboard…] [Erase…]',
    );
  });

  test('keeps that from managers and from the person', async () => {
    for (const reader of [BO, ANN])
      expect(await said(await press(reader, call('person.account.open')), reader)).toContain(
        "You can't see this person's account and data\nOnly Latchkey admins can.",
      );
  });

  test('says so on an older card of its own to someone who is no admin any more', async () => {
    const card = accountCard.with({ personId: ann.id });
    expect(textOf(await by(BO).sees(card))).toMatch(
      /^You can't see this person's account and data\nOnly Latchkey admins can\./,
    );
  });

  test('says to an admin of someone who was erased that they are gone, and refuses nothing', async () => {
    const open = (id: string) => press(ADA, call(id, 'erased'));
    for (const id of ['person.open', 'person.account.open'])
      expect(await said(await open(id))).toContain('This person no longer exists');
    for (const card of [personRef('erased'), accountCard.with({ personId: 'erased' })])
      expect(textOf(await by(ADA).sees(card))).toContain('This person no longer exists');
    expect((await audit()).map(({ what }) => what)).not.toContain('refused');
  });

  test('shows their manager and themselves the same without what changes them', async () => {
    for (const reader of [BO, ANN]) {
      const text = await said(await press(reader, call('person.open')), reader);
      expect(text).toContain('Email: ann@example.com');
      expect(text.match(/\[.*\]/)?.[0]).toBe(
        reader === BO ? '[Access] [Timeline] [Bundle…] [Same as…]' : '[Access]',
      );
    }
  });

  test('is refused to everybody else', async () => {
    const bo = await stored(BO);
    expect(await said(await press(ANN, call('person.open', bo.id)), ANN)).toMatch(
      /^You can't see this person\n/,
    );
  });
});

describe('hire', () => {
  const filled = { firstName: 'Grace', lastName: 'Hopper', email: 'Grace@Example.com' };

  test('opens with the name and the address that were typed', async () => {
    const { fields } = await opens(ADA, hireFrom(['Grace', 'Brewster', 'Hopper', 'grace@x.io']));
    expect(initialAnswers(fields)).toEqual({
      firstName: 'Grace',
      lastName: 'Brewster Hopper',
      email: 'grace@x.io',
    });
  });

  test('opens with the address of a contact that was copied from a mail program', async () => {
    const { fields } = await opens(ADA, hireFrom(['Grace', 'Hopper', '<grace@x.io>']));
    const copied = { firstName: 'Grace', lastName: 'Hopper', email: 'grace@x.io' };
    expect(initialAnswers(fields)).toEqual(copied);
  });

  test('names who had left with the typed name, and fills in no address of theirs', async () => {
    await send(ADA, hirePerson.with({}), filled);
    const grace = await stored('grace@example.com');
    await send(ADA, call('person.deactivate', grace.id));
    const { fields, intro } = await opens(ADA, hireFrom(['grace', 'hopper']));
    expect(JSON.stringify(intro)).toContain('Grace Hopper (grace@example.com) had left');
    expect(initialAnswers(fields)).toEqual({ firstName: 'grace', lastName: 'hopper' });
    const { intro: others } = await opens(ADA, hireFrom(['Grace', 'Hop']));
    expect(JSON.stringify(others)).not.toContain('had left');
  });

  test('names who had left also behind others whose names have the words in them', async () => {
    await send(ADA, hirePerson.with({}), filled);
    const grace = await stored('grace@example.com');
    await send(ADA, call('person.deactivate', grace.id));
    for (let n = 0; n < 6; n += 1)
      await chat.person({ email: `a${n}@example.com`, firstName: 'Ada-Grace', lastName: 'Hopper' });
    const { intro } = await opens(ADA, hireFrom(['Grace', 'Hopper']));
    expect(JSON.stringify(intro)).toContain('Grace Hopper (grace@example.com) had left');
    expect(JSON.stringify(intro)).not.toContain('Ada-Grace');
  });

  test('opens with the profile of the person who was mentioned', async () => {
    chat.profiles.set('U9', { name: 'Grace Hopper', email: 'grace@example.com', kind: 'member' });
    const mention = { kind: 'mention', userId: 'U9', name: 'grace' } as const;
    const { fields } = await opens(ADA, hireFrom([mention]));
    expect(initialAnswers(fields)).toEqual({ ...filled, email: 'grace@example.com' });
  });

  test('a colleague who works here already is no new hire, and gets nothing that new hires get', async () => {
    const { fields, intro } = await opens(ADA, hirePerson.with({ worksHere: true }));
    expect(JSON.stringify(intro)).toContain('who works here already');
    expect(fields).not.toHaveProperty('past');
    await send(ADA, hirePerson.with({ worksHere: true }), filled);
    expect(await stored('grace@example.com')).toMatchObject({ role: 'other' });
  });

  test('speaks of sequences only where there is one to choose', async () => {
    const { fields, intro } = await opens(ADA, hirePerson.with({}));
    expect(fields).not.toHaveProperty('sequences');
    expect(JSON.stringify(intro)).not.toContain('sequences');
  });

  test('says that access may come of it where a rule or a sequence grants it unasked', async () => {
    const says = async (form: ActionCall) => JSON.stringify((await opens(ADA, form)).intro);
    await send(ADA, call('person.deactivate'));
    const calls = [hirePerson.with({}), call('person.reactivate')];
    for (const each of calls) expect(await says(each)).toMatch(/[Gg]rants no access\./);
    await chat.integration('Zoom', { execute: [{ url: 'https://z.example.com' }] });
    const gives = { Zoom: { form: {}, answers: [] } };
    await ruleAtCompany(chat.services, 'Product', { department: 'Product', gives });
    for (const each of calls) {
      expect(await says(each)).toContain('may grant them access.');
      expect(await says(each)).not.toMatch(/[Gg]rants no access/);
    }
  });

  test('adds a new hire with manager, buddy, day and zone, and shows their card', async () => {
    const reply = await send(ADA, hirePerson.with({}), {
      ...filled,
      managerEmail: BO,
      buddyEmail: ADA,
      startDate: '2026-12-01',
      timeZone: 'Europe/Amsterdam',
    });
    const text = await said(reply);
    expect(text).toContain('Grace Hopper\nEmail: grace@example.com');
    expect(text).toContain('First day: 1 Dec 2026\nTime zone: Europe/Amsterdam\nRole: new hire');
    expect(text).toContain('Manager: Bo Lee\nBuddy: Ada Okafor');
  });

  test('says beside the field what is wrong, and adds nobody', async () => {
    const reply = await send(ADA, hirePerson.with({}), { ...filled, email: ANN });
    expect(reply).toEqual({
      kind: 'invalid',
      errors: { email: 'ann@example.com is already in the directory.' },
    });
    const errors = await by(ADA).isTold(hirePerson.with({}), { ...filled, email: 'grace' });
    expect(errors['email']).toMatch(/^"grace" isn't an email address/);
  });

  test('offers managers and buddies from the active people, and every time zone', async () => {
    await send(ADA, call('person.deactivate'));
    const { fields } = await opens(ADA, hirePerson.with({}));
    const { managerEmail, timeZone } = fields;
    expect(
      managerEmail?.kind === 'choice' && managerEmail.options.map(({ label }) => label),
    ).toEqual(['Ada Okafor · ada@example.com', 'Bo Lee · bo@example.com']);
    expect(timeZone?.kind === 'choice' && timeZone.options.length).toBeGreaterThan(400);
  });

  test('is for admins: a manager may neither open nor send it, and the audit log knows', async () => {
    await expect(opens(BO, hirePerson.with({}))).rejects.toThrow(/^You can't add new hires\n/);
    const colleague = hirePerson.with({ worksHere: true });
    await expect(opens(BO, colleague)).rejects.toThrow(/^You can't add colleagues\n/);
    const reply = await hirePerson.submit('{}', { ...filled }, await chat.turn(BO));
    expect(await said(reply, BO)).toMatch(/^You can't add new hires\n/);
    expect((await audit()).filter(({ what }) => what === 'refused')).toHaveLength(3);
    expect(await chat.services.stores.people.findByEmail('grace@example.com')).toBeUndefined();
  });

  test('opens for a colleague under that name from its first moment', async () => {
    const colleague = hirePerson.with({ worksHere: true });
    const pressed = await hirePerson.press(colleague.payload, await chat.turn(ADA));
    const { title, form } = ofKind('open', pressed);
    expect([title, await form]).toMatchObject(['Add a colleague', { title }]);
  });

  test('the address of someone who left brings them back without what they had, and says so', async () => {
    await send(ADA, call('person.deactivate'));
    const reply = await send(ADA, hirePerson.with({}), {
      firstName: 'Ann',
      lastName: 'Leigh',
      email: ANN,
    });
    expect(await said(reply)).toMatch(/^Ann Leigh is back\n.*a list of what they keep/);
    expect(await stored(ANN)).toMatchObject({ id: ann.id, active: true, role: 'new_hire' });
  });

  test('in a large company manager and buddy are typed', async () => {
    const many = Array.from({ length: 5001 }, (_, n) => ({
      ...ann,
      id: `many-${n}`,
      email: `many${n}@example.com`,
    }));
    for (let at = 0; at < many.length; at += 250)
      await chat.services.stores.people.insertMany(many.slice(at, at + 250));
    const { fields } = await opens(ADA, hirePerson.with({}));
    expect(fields['managerEmail']).toMatchObject({ kind: 'text', label: 'Manager: email address' });
    const reply = await send(ADA, hirePerson.with({}), { ...filled, managerEmail: 'x@y.z' });
    expect(reply).toMatchObject({
      errors: { managerEmail: 'No one in the directory has the address x@y.z; add them first.' },
    });
  });
});

describe('editing', () => {
  test('opens with what is there; what is emptied is taken away', async () => {
    const { fields } = await opens(ADA, call('person.edit'));
    expect(initialAnswers(fields)).toMatchObject({ firstName: 'Ann', position: 'Engineer' });
    await send(ADA, call('person.edit'), { position: undefined, department: 'R&D' });
    const now = await stored(ANN);
    expect(now).toMatchObject({ department: 'R&D', managerId: ann.managerId, phone: ann.phone });
    expect(now.position).toBeUndefined();
    expect((await audit())[0]).toEqual({
      what: 'person.changed',
      detail: { fields: 'position, department' },
    });
  });

  test('with nothing changed says so, and audits nothing', async () => {
    await chat.turn(ADA);
    const before = (await audit()).length;
    expect(await said(await send(ADA, call('person.edit')))).toMatch(/^Nothing changed\n/);
    expect(await audit()).toHaveLength(before);
  });

  test('of two admins at once changes what each of them changed', async () => {
    await chat.person({ email: 'eve@example.com', firstName: 'Eve', role: 'admin' });
    const opened = await opens(ADA, call('person.edit'));
    await send('eve@example.com', call('person.edit'), { position: 'Lead', managerEmail: ADA });
    await by(ADA).answersTo(opened, call('person.edit'), { phone: undefined });
    const now = await stored(ANN);
    expect(now).toMatchObject({ position: 'Lead', managerId: (await stored(ADA)).id });
    expect(now.phone).toBeUndefined();
  });

  test('says who would report to whom in a circle', async () => {
    const bo = await stored(BO);
    const errors = await by(ADA).isTold(call('person.edit', bo.id), { managerEmail: ANN });
    expect(errors['managerEmail']).toContain('Ann Lee reports to Bo Lee');
  });

  test('a manager who has left stays until another is chosen', async () => {
    const bo = await stored(BO);
    await send(ADA, call('person.deactivate', bo.id));
    await send(ADA, call('person.edit'), { position: 'Lead' });
    expect(await stored(ANN)).toMatchObject({ position: 'Lead', managerId: bo.id });
    expect(await said(await press(ADA, call('person.open')))).toContain(
      'Manager: Bo Lee (has left)',
    );
  });

  test.each([
    'person.edit',
    'person.role',
    'person.deactivate',
    'person.reactivate',
    'person.link',
    'person.unlink',
  ])('%s is for admins, when it opens and when it is sent', async (id) => {
    await expect(opens(BO, call(id))).rejects.toThrow(/^You can't /);
    expect(await said(await by(BO).answers(call(id), {}), BO)).toMatch(/^You can't /);
    expect(await stored(ANN)).toEqual(ann);
  });
});

describe('roles', () => {
  test('are changed, and audited with what was before', async () => {
    await send(ADA, call('person.role'), { role: 'admin' });
    expect((await stored(ANN)).role).toBe('admin');
    expect((await audit())[0]).toEqual({
      what: 'person.role',
      detail: { role: 'admin', before: 'other' },
    });
  });

  test('stay as another admin has set them where a form that was open leaves them alone', async () => {
    const form = await opens(ADA, call('person.role'));
    await send(ADA, call('person.role'), { role: 'admin' });
    await by(ADA).answersTo(form, call('person.role'), {});
    expect((await stored(ANN)).role).toBe('admin');
  });

  test('the last admin stays one, and stays', async () => {
    const me = await stored(ADA);
    expect(await send(ADA, call('person.role', me.id), { role: 'other' })).toEqual({
      kind: 'invalid',
      errors: { role: 'No one else is an admin; make someone else one first.' },
    });
    expect(await said(await send(ADA, call('person.deactivate', me.id)))).toContain('They stay');
  });

  test('of someone in ADMIN_EMAILS: it is said that a start brings it back', async () => {
    Object.assign(chat.services.installation, { adminEmails: [ANN] });
    const { intro } = await opens(ADA, call('person.role'));
    expect(JSON.stringify(intro)).toContain(
      ', so another role only lasts until Latchkey restarts.',
    );
  });
});

describe('leaving', () => {
  test('ends at once what they can do here, and says what they still have', async () => {
    const zoom = await chat.integration('Zoom', { execute: [{ url: 'https://z.example.com' }] });
    await chat.turn(ANN);
    await chat.services.stores.access.put(
      accessSince(new Date(0), { personId: ann.id, integrationId: zoom }),
    );
    const text = await said(await send(ADA, call('person.deactivate')));
    expect(text).toMatch(/^Ann Lee has left\n/);
    expect(text).toContain('Access: has Zoom');
    expect(text).toContain('Still being removed: 1. Press Access to see the progress.');
    expect(text).toContain("Chat: not linked; someone who has left can't use Latchkey");
    expect(text).toContain('[Reactivate…]');
    await expect(chat.turn(ANN)).rejects.toThrow('Your access to Latchkey has ended');
  });

  test('says who is left without a manager', async () => {
    const bo = await stored(BO);
    expect(await said(await send(ADA, call('person.deactivate', bo.id)))).toContain(
      '1 person still has them as manager',
    );
  });

  test('coming back keeps the fields and drops the rest', async () => {
    const me = await stored(ANN);
    await chat.services.stores.people.save({ ...me, stored: { ASANA_ID: '1' }, role: 'admin' });
    await send(ADA, call('person.deactivate'));
    await send(ADA, call('person.reactivate'));
    const { version: _, ...back } = await stored(ANN);
    const { version: __, ...before } = ann;
    expect(back).toEqual({ ...before, stored: {}, role: 'other' });
  });
});

describe('a chat user', () => {
  test('who is unlinked is nobody until they write again, and nothing more is sent to their conversation', async () => {
    await chat.turn(ANN);
    const { stores } = chat.services;
    await stores.messages.put({
      id: 'm1',
      card: { view: 'person', payload: '{}', topic: 'x' },
      readerId: ann.id,
      address: { platform: 'slack', key: `direct-${ANN}` },
      shown: '',
      postedAt: new Date(0),
    });
    const reply = await send(ADA, call('person.unlink'));
    expect(await said(reply)).toContain('Chat: not linked yet');
    expect(await stores.identities.ofPerson(ann.id)).toEqual([]);
    expect(await stores.conversations.latest(ann.id)).toBeUndefined();
    expect(await stores.messages.find('m1')).toBeUndefined();
    expect((await audit())[0]?.what).toBe('identity.unlinked');
    chat.profiles.set(ANN, { email: BO, name: 'Bo', kind: 'member' });
    expect((await chat.turn(ANN)).actor.email).toBe(BO);
  });

  test('has nothing to unlink before they wrote', async () => {
    await expect(opens(ADA, call('person.unlink'))).rejects.toThrow(
      /^There is nothing to unlink\n/,
    );
  });
});
