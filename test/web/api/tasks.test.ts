/** Tasks over the API: who sees which, and who says that one is done. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { openGrantTask } from '../../../src/engine/tasks/manual.ts';
import { insertTask } from '../../../src/engine/tasks/new-task.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { addedManual } from '../../support/given/added.ts';

const actor = { kind: 'system' } as const;

describe.each(bothDatabases)('on %s', (_name, open) => {
  let api: TestApi;
  let people: Readonly<Record<'ada' | 'mia' | 'ann' | 'zoe' | 'aud' | 'bo', Person>>;
  let badge: Integration;
  let grant: string;
  let other: string;

  const idsFor = async (person: Person, query = ''): Promise<readonly string[]> =>
    (await api.get(`/tasks${query}`, await api.token(person))).body.items.map(({ id }) => id);
  const done = (id: string, by: Person | string, body: object = {}) =>
    api.post(`/tasks/${id}/done`, body, { by });

  beforeEach(async () => {
    api = await testApi(open);
    const { chat } = api;
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const mia = await chat.person({ email: 'mia@example.com' });
    const ann = await chat.person({
      email: 'ann@example.com',
      firstName: 'Ann',
      lastName: 'Lee',
      managerEmail: mia.email,
    });
    const zoe = await chat.person({ email: 'zoe@example.com' });
    const bo = await chat.person({ email: 'bo@example.com', managerEmail: mia.email });
    const aud = await chat.person({ email: 'aud@example.com', role: 'auditor' });
    people = { ada, mia, ann, zoe, aud, bo };
    const wish = { name: 'Badge', assignee: { kind: 'person', personId: zoe.id } } as const;
    badge = await addedManual(chat.services.transact, wish);
    const { transact } = chat.services;
    const about = { actor, person: ann, integration: badge, hours: 24, note: 'In the cellar' };
    grant = (await transact((tx) => openGrantTask(tx, about))).id;
    const wanted = {
      kind: 'other',
      title: 'Set up the desk',
      personId: bo.id,
      assigneeId: ann.id,
      checklist: [{ text: 'Chair' }, { text: 'Lamp' }],
    } as const;
    other = (await transact((tx) => insertTask(tx, wanted, { actor }))).id;
  });
  afterEach(() => api.close());

  test('everyone sees what is assigned to them, managers what is about their reports, admins and auditors all', async () => {
    expect(await idsFor(people.zoe)).toEqual([grant]);
    expect(await idsFor(people.ann)).toEqual([other]);
    expect(await idsFor(people.bo)).toEqual([]);
    for (const each of [people.mia, people.ada, people.aud])
      expect(await idsFor(each)).toEqual([other, grant]);
    for (const query of [
      '?kind=grant',
      `?person=${people.ann.id}`,
      `?assignee=${people.zoe.id}`,
      `?integration=${badge.id}`,
    ])
      expect(await idsFor(people.ada, query)).toEqual([grant]);
    expect(await idsFor(people.ada, '?state=done')).toEqual([]);
  });

  test('one is read with its note and checklist by who sees it, and by no one else', async () => {
    const read = async (id: string, by: Person) => api.get(`/tasks/${id}`, await api.token(by));
    expect((await read(grant, people.zoe)).body).toMatchObject({
      title: 'Grant Badge to Ann Lee',
      note: 'In the cellar',
      hours: 24,
      isYours: true,
    });
    expect((await read(other, people.mia)).body).toMatchObject({
      isYours: false,
      checklist: [{ text: 'Chair' }, { text: 'Lamp' }],
    });
    expect((await read(grant, people.ann)).status).toBe(404);
    expect((await read('x', people.ada)).status).toBe(404);
  });

  test('its assignee says that a grant is done, and the person has access', async () => {
    const answer = await done(grant, people.zoe);
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { id: grant, state: 'done', endedById: people.zoe.id },
    ]);
    expect(answer.text).not.toContain('Ann');
    const { stores } = api.chat.services;
    expect(await stores.access.find(people.ann.id, badge.id)).toMatchObject({ state: 'has' });
    const [entry] = await stores.auditLog.list({ offset: 0, limit: 1 }, { what: 'task.done' });
    expect(entry?.actor).toMatchObject({
      personId: people.zoe.id,
      tokenId: expect.any(String) as string,
    });
    const again = await done(grant, people.ada);
    expect([again.status, again.body.detail]).toEqual([409, 'It has ended: done.']);
  });

  test('sent twice with one key, it is done once', async () => {
    const by = await api.token(people.zoe);
    const send = () => api.post(`/tasks/${grant}/done`, {}, { by, key: 'once' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.body]).toEqual([200, first.body]);
  });

  test('who may not finish it is refused, in the audit log too', async () => {
    const seeing = await done(grant, people.mia);
    expect([seeing.status, seeing.body.type]).toEqual([403, 'urn:latchkey:problem:not-allowed']);
    for (const by of [people.ann, people.bo]) expect((await done(grant, by)).status).toBe(404);
    const narrow = await done(grant, await api.token(people.zoe, ['read', 'request']));
    expect(narrow.body.type).toBe('urn:latchkey:problem:scope-missing');
    const { auditLog, tasks } = api.chat.services.stores;
    expect(await auditLog.list({ offset: 0, limit: 9 }, { what: 'refused' })).toHaveLength(3);
    expect(await tasks.find(grant)).toMatchObject({ state: 'open' });
  });

  test('a checklist is ticked with it; where something is left, nothing is stored', async () => {
    const { stores } = api.chat.services;
    const half = await done(other, people.ann, { ticked: [1] });
    expect([half.status, half.body.detail]).toEqual([
      409,
      'Its checklist has something that is not ticked.',
    ]);
    expect((await stores.tasks.find(other))?.checklist).toEqual([
      { text: 'Chair' },
      { text: 'Lamp' },
    ]);
    expect((await done(other, people.ann, { ticked: [0, 1] })).status).toBe(200);
    expect(await stores.tasks.find(other)).toMatchObject({
      state: 'done',
      checklist: [{ doneById: people.ann.id }, { doneById: people.ann.id }],
    });
  });

  test('one that is damaged says so, where its end date is lost and it may not be finished', async () => {
    await api.chat.database.db('tasks').where({ id: grant }).update({ content: 'damaged' });
    const { body } = await api.get('/tasks', await api.token(people.ada));
    expect(body.items).toMatchObject([{ id: other }, { id: grant, isUnread: true }]);
    expect(body.items[0]).not.toHaveProperty('isUnread');
    expect((await done(grant, people.ada)).status).toBe(409);
  });

  test("one that has ended is nobody's to finish", async () => {
    await done(grant, people.zoe);
    const { body } = await api.get(`/tasks/${grant}`, await api.token(people.zoe));
    expect(body).toMatchObject({ state: 'done', isYours: false });
  });

  test('a page of many costs as many statements as one of few', async () => {
    const token = await api.token(people.mia);
    const { transact } = api.chat.services;
    const statements = () => statementsOf(api.chat.database.db, () => api.get('/tasks', token));
    await statements(); // The token notes its first use.
    const few = (await statements()).length;
    for (let n = 0; n < 20; n += 1) {
      const wanted = { kind: 'other', title: `Desk ${n}`, personId: people.bo.id } as const;
      await transact((tx) => insertTask(tx, wanted, { actor }));
    }
    expect((await statements()).length).toBe(few);
  });
});
