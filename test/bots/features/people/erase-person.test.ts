/** What is kept of someone, as a file for them and for admins; and its end. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { erasePerson } from '../../../../src/bots/features/people/erase-person.ts';
import type { PressReply, SubmitReply } from '../../../../src/bots/view/action.ts';
import { newId } from '../../../../src/core/ids.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { confirmGone } from '../../../../src/engine/access/removals/removals.ts';
import { planOffboarding } from '../../../../src/engine/offboarding/offboard.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { beginErasure, finishErasure } from '../../../../src/engine/people/erase-person.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { runSync } from '../../../support/database/erased-sync.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';

const ADA = 'ada@example.com';
const ANN = 'ann@example.com';

let chat: TestChat;
let ann: Person;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  ann = await chat.person({ email: ANN, firstName: 'Ann', lastName: 'Lee' });
});

const by = (email: string) => new Clicker(chat, email);
const erase = () => erasePerson.with({ personId: ann.id });
const said = (reply: PressReply | SubmitReply): string => {
  if (!('card' in reply) || !('blocks' in reply.card)) return JSON.stringify(reply);
  return textOf(reply.card);
};
const finish = () =>
  finishErasure(ann.id, {
    ...chat.services,
    personalData: chat.personalData,
  });
const actor = { kind: 'operator', user: 'root' } as const;
const starting = () => ({ ...chat.services, newId, randomBytes });

describe('erasing', () => {
  test('says what goes, what stays and what they have, and wants their address typed', async () => {
    const id = await chat.integration('Asana', { execute: [{ url: 'https://api.example.com' }] });
    const now = new Date(chat.clock);
    await chat.services.stores.access.put(
      accessSince(now, { personId: ann.id, integrationId: id }),
    );
    const { intro, fields } = await by(ADA).opens(erase());
    const text = intro
      .flat()
      .map((span) => (typeof span === 'string' ? span : span.text))
      .join('');
    expect(text).toContain(
      'This permanently deletes all that Latchkey keeps about Ann Lee (ann@example.com)',
    );
    expect(text).toContain(
      "The audit log keeps what was done, but no longer for whom. So that no import adds them again, Latchkey keeps a code that can't be turned back into their address; an admin can still add them.",
    );
    expect(text).toContain('They have or may have Asana. They are erased once');
    expect(fields['email']).toMatchObject({
      kind: 'text',
      hint: `Type ${ANN} to confirm. This can't be undone.`,
    });
    const slip = await by(ADA).sends(erase(), { email: 'anne@example.com' });
    expect(slip).toMatchObject({ kind: 'invalid' });
    expect(await chat.services.stores.people.find(ann.id)).toMatchObject({ active: true });
  });

  test('they are out at once, and gone when it is done; their card says so', async () => {
    const card = await by(ADA).types('people', 'Ann');
    expect(textOf(card)).toContain('Ann Lee');
    const reply = await by(ADA).sends(erase(), { email: ` ${ANN.toUpperCase()}` });
    expect(said(reply)).toContain('Ann Lee is being erased');
    expect(await chat.services.stores.people.find(ann.id)).toMatchObject({ active: false });
    await expect(chat.turn(ANN)).rejects.toThrow('Your access to Latchkey has ended');

    expect(await finish()).toEqual({ kind: 'erased' });
    expect(await chat.services.stores.people.find(ann.id)).toBeUndefined();
    await expect(by(ADA).opens(erase())).rejects.toThrow('This person no longer exists');
    expect(await finish()).toEqual({ kind: 'nothing' });
  });

  test('what is under way ends first, and what they have is removed', async () => {
    const { stores, transact } = chat.services;
    const id = await chat.integration('Asana', { execute: [{ url: 'https://api.example.com' }] });
    const integration = present(await stores.integrations.find(id));
    const started = await transact((tx) =>
      startGrant(tx, { person: ann, integration, actor, form: {} }),
    );
    if (started.kind !== 'started') throw new Error(started.kind);
    const leased = {
      ...started.run,
      state: 'running',
      workerId: 'w',
      leasedUntil: new Date(chat.clock + 60_000),
    } as const;
    await stores.runs.save(leased);
    await by(ADA).sends(erase(), { email: ANN });
    expect(await finish()).toEqual({ kind: 'waits', runs: 1, removals: 1 });
    expect(await stores.people.find(ann.id)).toBeDefined();

    const run = await stores.runs.find(started.run.id);
    if (run?.state !== 'running') throw new Error('It should run');
    const { workerId: _w, leasedUntil: _l, ...facts } = run;
    await stores.runs.save({ ...facts, state: 'succeeded', finishedAt: new Date(chat.clock) });
    expect(await finish()).toEqual({ kind: 'waits', runs: 0, removals: 1 });
    const removal = firstOf(await stores.removals.openOf(ann.id));
    const ada = present(await stores.people.findByEmail(ADA));
    const checked = { person: ada, actor };
    await transact((tx) => confirmGone(tx, removal.id, checked));
    expect(await finish()).toEqual({ kind: 'erased' });
  });

  test('someone who is made active again in the meantime stays', async () => {
    await by(ADA).sends(erase(), { email: ANN });
    await by(ADA).sends({ ...erase(), id: 'person.reactivate' }, {});
    expect(await finish()).toEqual({ kind: 'nothing' });
    expect(await chat.services.stores.people.find(ann.id)).toMatchObject({ active: true });
  });

  test('the only admin, and whom ADMIN_EMAILS names, can not be erased', async () => {
    const ada = present(await chat.services.stores.people.findByEmail(ADA));
    const begin = (adminEmails: readonly string[]) =>
      chat.services.transact((tx) => beginErasure(tx, ada, { ...starting(), actor, adminEmails }));
    expect(await begin([])).toMatchObject({ kind: 'refused' });
    await chat.person({ email: 'root@example.com', role: 'admin' });
    expect(await begin([ADA])).toMatchObject({
      why: expect.stringContaining('would come back at the next start') as unknown,
    });
  });

  test('the form says at once that an offboarding has to end first', async () => {
    await chat.services.transact(async (tx) => {
      const wanted = { person: ann, endDate: '2026-11-24', actor };
      const planned = await planOffboarding(tx, wanted);
      if (planned.kind === 'refused') throw new Error(planned.why);
      await tx.offboardings.save({ ...planned.offboarding, state: 'running' });
    });
    await expect(by(ADA).opens(erase())).rejects.toThrow(
      "Ann Lee is being offboarded. Erase them when that's done",
    );
  });

  test('is for admins', async () => {
    await chat.person({ email: 'bo@example.com' });
    await expect(by('bo@example.com').opens(erase())).rejects.toThrow("You can't erase people");
  });

  test('the HR system still has them: an import leaves them out, and keeps nothing of them', async () => {
    await by(ADA).sends(erase(), { email: ANN });
    await finish();
    const rows = await runSync(chat, [
      { email: ANN, first: 'Ann', last: 'Lee' },
      { email: 'cy@example.com', first: 'Cy', last: 'Ito', boss: ANN },
    ]);
    expect(rows.map(({ state }) => state)).toEqual(['ignored', 'new']);
    expect(JSON.stringify(rows)).not.toMatch(/ann@example|Lee/);
    expect(rows[1]).toMatchObject({ email: 'cy@example.com', firstName: 'Cy' });
  });
});

describe('a file with what is kept', () => {
  test('is offered to everybody about themselves, and to admins about everybody', async () => {
    expect(textOf(await by(ANN).types('data'))).toContain('Your file');
    const card = await by(ADA).types('people');
    expect(textOf(card)).toContain('Ann Lee');
    const payload = JSON.stringify({ of: 'person', id: ann.id });
    const about = { id: 'export', payload, opensForm: false };
    const forged = { ...about, payload: JSON.stringify({ of: 'person', id: 'someone-else' }) };
    expect(said(await by(ADA).press(about))).toContain('The data of Ann');
    expect(said(await by(ANN).press(about))).toContain('Your file');
    expect(said(await by(ANN).press(forged))).toContain("You can't export");
  });
});

test('an admin finds both behind the person’s card', async () => {
  const person = await by(ADA).sees({
    view: 'person',
    payload: JSON.stringify({ personId: ann.id }),
    topic: '',
  });
  const card = await by(ADA).presses(buttonOf(person, 'Account and data'));
  expect(buttonOf(card, 'Export data').does.id).toBe('export');
  expect(buttonOf(card, 'Erase…').does.id).toBe('person.erase');
});
