/** People by many, who joined, files of people, and chat users who are unlinked: what every database must do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { FileImport } from '../../../src/engine/imports/file-import.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Join } from '../../../src/engine/people/join.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { WORKSPACE } from '../../../src/engine/settings/settings.ts';
import { aPerson } from '../a-person.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');

export function directoryContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const named = (email: string, about: Partial<Person> = {}): Person =>
    aPerson({ email, lastName: '', ...about });

  describe('many people', () => {
    test('are added at once, each other by name as managers, and found by their addresses', async () => {
      const boss = named('p0@x.io');
      const many = Array.from({ length: 249 }, (_, n) =>
        named(`p${n + 1}@x.io`, { managerId: boss.id }),
      );
      await driver.transact((tx) => tx.people.insertMany([...many, boss]));
      const emails = ['p0@x.io', 'p249@x.io', 'nobody@x.io', 'p249@x.io'];
      const found = await stores.people.findByEmails(emails);
      expect(found.map(({ email }) => email).toSorted()).toEqual(['p0@x.io', 'p249@x.io']);
      expect(await stores.people.reportsOf(boss.id)).toHaveLength(249);
      await stores.people.insertMany([]);
      expect(await stores.people.findByEmails([])).toEqual([]);
    });

    test('get their managers at once, unless one of them has changed since', async () => {
      const [ann, bo, boss] = [named('ann@x.io'), named('bo@x.io'), named('boss@x.io')];
      await driver.transact((tx) => tx.people.insertMany([ann, bo, boss]));
      const [a, b] = [
        { ...ann, managerId: boss.id },
        { ...bo, managerId: boss.id },
      ];
      await driver.transact((tx) => tx.people.saveManagers([a, b]));
      expect(await stores.people.find(bo.id)).toEqual({ ...bo, version: 2, managerId: boss.id });
      const again = driver.transact(async (tx) => {
        await tx.people.saveManagers([{ ...a, version: 2, managerId: bo.id }, b]);
      });
      await expect(again).rejects.toThrow(StaleWrite);
      await stores.people.saveManagers([]);
    });

    test('have addresses, also those who have left', async () => {
      const [ann, bo] = [named('ann@x.io'), { ...named('bo@x.io'), active: false }];
      await driver.transact((tx) => tx.people.insertMany([ann, bo]));
      expect(await stores.people.addresses([ann.id, bo.id, newId()])).toEqual(
        new Map([
          [ann.id, 'ann@x.io'],
          [bo.id, 'bo@x.io'],
        ]),
      );
      expect(await stores.people.addresses([])).toEqual(new Map());
    });

    test('have former addresses, each with who had it last, and who had it since a day', async () => {
      const [ann, bo] = [named('ann@x.io'), named('bo@x.io')];
      await driver.transact((tx) => tx.people.insertMany([ann, bo]));
      const after = (days: number) => new Date(noon.getTime() + days * 24 * 60 * 60_000);
      const { formerEmails } = stores;
      await formerEmails.add(ann.id, 'a@x.io', noon);
      await formerEmails.add(bo.id, 'a@x.io', after(2));
      await formerEmails.add(ann.id, 'b@x.io', noon);
      await formerEmails.add(ann.id, 'b@x.io', after(1));
      expect(await formerEmails.whose(['a@x.io', 'b@x.io', 'c@x.io'])).toEqual(
        new Map([
          ['a@x.io', bo.id],
          ['b@x.io', ann.id],
        ]),
      );
      expect(await formerEmails.hadSince('a@x.io', noon)).toEqual([ann.id, bo.id].toSorted());
      expect(await formerEmails.hadSince('a@x.io', after(2))).toEqual([bo.id]);
      expect((await formerEmails.ofPeople([ann.id])).get(ann.id)).toEqual([
        { email: 'b@x.io', until: after(1) },
        { email: 'a@x.io', until: noon },
      ]);
    });

    test('have managers above them, all the way up, also where data of before has a circle', async () => {
      const above = ['ann', 'bo', 'cy', 'dan', 'eve'].map((name) => named(`${name}@x.io`));
      const [ann, bo, cy, dan, eve] = above.map(({ id }) => id);
      const managers = [bo, cy, undefined, eve, dan];
      const people = above.map((person, at) => ({ ...person, managerId: managers[at] }));
      await driver.transact((tx) => tx.people.insertMany(people));
      expect(await stores.people.managersAbove([ann ?? '', cy ?? '', newId()])).toEqual(
        new Map([
          [ann, bo],
          [bo, cy],
        ]),
      );
      expect(await stores.people.managersAbove([dan ?? ''])).toEqual(
        new Map([
          [dan, eve],
          [eve, dan],
        ]),
      );
      expect(await stores.people.managersAbove([])).toEqual(new Map());
    });

    test('lose what an integration has written under a name, and nothing else', async () => {
      const stored = { 'a.b': 1, X: 12345678901234567890n, OWN: "it's" };
      const many = Array.from({ length: 249 }, (_, n) =>
        named(`w${n}@x.io`, { stored, storedBy: { 'a.b': 'evil', X: 'other' }, active: n > 0 }),
      );
      const spared = [
        named('own@x.io', { stored, storedBy: { 'a.b': 'people' } }),
        named('none@x.io'),
      ];
      const more = Array.from({ length: 249 }, (_, n) => named(`v${n}@x.io`, { stored: { U: n } }));
      const last = Array.from({ length: 9 }, (_, n) => named(`u${n}@x.io`, { stored: { U: n } }));
      for (const some of [many, more, last, spared])
        await driver.transact((tx) => tx.people.insertMany(some));
      const count = await driver.transact((tx) =>
        tx.people.dropLeftovers([
          { name: 'a.b', writer: 'evil', isLikelyWriter: false },
          { name: 'X', writer: 'evil', isLikelyWriter: true },
          { name: 'OWN', writer: 'evil', isLikelyWriter: false },
          { name: 'U', writer: 'evil', isLikelyWriter: true },
        ]),
      );
      // Of X of one of them nobody knows who wrote it.
      expect(count).toBe(249 + 249 + 9 + 1);
      const { 'a.b': _, ...rest } = stored;
      for (const email of ['w0@x.io', 'w248@x.io'])
        expect(await stores.people.findByEmail(email)).toMatchObject({
          version: 2,
          stored: rest,
          storedBy: { X: 'other' },
        });
      const { X: __, ...own } = stored;
      expect((await stores.people.findByEmail('own@x.io'))?.stored).toEqual(own);
      expect((await stores.people.findByEmail('u8@x.io'))?.stored).toEqual({});
      expect(await stores.people.findByEmail('none@x.io')).toMatchObject({ version: 1 });
      expect(await driver.transact((tx) => tx.people.dropLeftovers([]))).toBe(0);
    });

    test('are found by address although they have left', async () => {
      const gone = named('gone@x.io', { active: false });
      await stores.people.insert(gone);
      expect(await stores.people.findByEmails(['gone@x.io'])).toEqual([gone]);
    });

    test('are found by employee ID, also two with the same one', async () => {
      const many = [
        named('a@x.io', { employeeId: '7' }),
        named('b@x.io', { employeeId: '7', active: false }),
        named('c@x.io', { employeeId: '8' }),
        named('d@x.io'),
      ];
      await driver.transact((tx) => tx.people.insertMany(many));
      const found = await stores.people.findByEmployeeIds(['7', '8', '9']);
      expect(found.map(({ email }) => email).toSorted()).toEqual(['a@x.io', 'b@x.io', 'c@x.io']);
      expect(await stores.people.findByEmployeeIds([])).toEqual([]);
    });

    test('one of whom is there already are not added at all', async () => {
      await stores.people.insert(named('a@x.io'));
      const many = [named('b@x.io'), named('a@x.io')];
      const both = driver.transact((tx) => tx.people.insertMany(many));
      await expect(both).rejects.toThrow(/unique|another transaction/i);
      expect(await stores.people.findByEmail('b@x.io')).toBeUndefined();
    });

    test('of two with one address one is there, and the other is refused', async () => {
      const ann = named('ann@x.io');
      expect(await stores.people.insert(ann)).toBe('inserted');
      const said = await driver.transact((tx) => tx.people.insert(named('ann@x.io')));
      expect(said).toBe('taken');
      expect(await stores.people.findByEmail('ann@x.io')).toEqual(ann);
    });

    test('are found by the import that has added them, from any one of them on', async () => {
      const many = Array.from({ length: 5 }, (_, n) =>
        named(`i${n}@x.io`, { addedByImport: 'i1', active: n > 0 }),
      );
      await stores.people.insertMany([...many, named('own@x.io', { addedByImport: 'i2' })]);
      const ids = many.map(({ id }) => id).toSorted();
      expect(await stores.people.addedBy('i1', '', 2)).toEqual(ids.slice(0, 2));
      expect(await stores.people.addedBy('i1', ids[1] ?? '', 9)).toEqual(ids.slice(2));
      expect(await stores.people.countAddedBy('i1')).toBe(5);
      expect(await stores.people.addedBy('none', '', 9)).toEqual([]);
    });

    test('are audited at once', async () => {
      const entry = { at: noon, actor: { kind: 'system' }, what: 'person.added' } as const;
      await stores.auditLog.addMany(Array.from({ length: 250 }, () => ({ ...entry, id: newId() })));
      await stores.auditLog.addMany([]);
      expect(await stores.auditLog.count({ what: 'person' }, 1000)).toBe(250);
      expect(await stores.auditLog.count({ what: 'person' }, 100)).toBe(100);
    });
  });

  describe('a fact', () => {
    const holders = async (name: string, value: string) =>
      (await stores.people.withFact(name, value)).map(({ email }) => email);

    test('is found although someone has texts that databases refuse', async () => {
      const cut = 'Ann \ud83d'; // Half an emoji, as a source leaves it that cuts texts.
      await driver.transact((tx) =>
        tx.people.insertMany([
          named('odd@x.io', { stored: { NICKNAME: cut, NOTE: 'a\0b', GITHUB: 'odd' } }),
          named('ann@x.io', { stored: { GITHUB: 'octocat' } }),
        ]),
      );
      expect(await holders('GITHUB', 'Octocat')).toEqual(['ann@x.io']);
      expect(await holders('GITHUB', 'odd')).toEqual(['odd@x.io']);
      expect(await holders('NICKNAME', cut)).toEqual(['odd@x.io']);
      expect(await holders('NOTE', 'a\0b')).toEqual(['odd@x.io']);
      const leftovers = [{ name: 'GITHUB', writer: 'evil', isLikelyWriter: true }];
      expect(await driver.transact((tx) => tx.people.dropLeftovers(leftovers))).toBe(2);
      expect((await stores.people.findByEmail('odd@x.io'))?.stored).toEqual({
        NICKNAME: cut,
        NOTE: 'a\0b',
      });
    });

    test('that is a number counts with each of its digits, and yes is no number', async () => {
      const many = [
        named('a@x.io', { stored: { ID: 9007199254740993n } }),
        named('b@x.io', { stored: { ID: -9223372036854775808n } }),
        named('c@x.io', { stored: { ID: 12345678901234567890n } }),
        named('d@x.io', { stored: { ID: 4711 } }),
        named('e@x.io', { stored: { ID: 0.5 } }),
        named('f@x.io', { stored: { ID: true } }),
        named('g@x.io', { stored: { ID: null } }),
      ];
      await driver.transact((tx) => tx.people.insertMany(many));
      expect(await holders('ID', '9007199254740993')).toEqual(['a@x.io']);
      expect(await holders('ID', '9007199254740992')).toEqual([]);
      expect(await holders('ID', '-9223372036854775808')).toEqual(['b@x.io']);
      expect(await holders('ID', '12345678901234567890')).toEqual(['c@x.io']);
      expect(await holders('ID', '4711')).toEqual(['d@x.io']);
      expect(await holders('ID', '0.5')).toEqual(['e@x.io']);
      expect(await holders('ID', 'true')).toEqual(['f@x.io']);
      expect(await holders('ID', '1')).toEqual([]);
    });
  });

  describe('who was refused', () => {
    const user = { platform: 'slack', tenant: 'T1', userId: 'U1', name: 'Ann' } as const;
    const later = new Date(noon.getTime() + 1);

    test('is kept once for each chat user, as they were refused last', async () => {
      const { refusedUsers } = stores;
      await refusedUsers.put({ ...user, email: 'ann@x.io', refusedAt: noon });
      await refusedUsers.put({ ...user, userId: 'U2', refusedAt: later });
      await refusedUsers.put({ ...user, tenant: 'T2', refusedAt: noon });
      await refusedUsers.put({
        ...user,
        name: 'Ann Lee',
        refusedAt: new Date(later.getTime() + 1),
      });
      const newest = await refusedUsers.newest(2);
      expect(newest.map(({ tenant, userId, name }) => [tenant, userId, name])).toEqual([
        ['T1', 'U1', 'Ann Lee'],
        ['T1', 'U2', 'Ann'],
      ]);
      await refusedUsers.delete('slack', 'T1', 'U2');
      expect(await refusedUsers.find('slack', 'T1', 'U2')).toBeUndefined();
      expect(await refusedUsers.find('slack', 'T2', 'U1')).toEqual({
        ...user,
        tenant: 'T2',
        refusedAt: noon,
      });
    });
  });

  describe('who joined', () => {
    const aJoin = (about: Partial<Join> = {}): Join => ({
      id: newId(),
      platform: 'slack',
      tenant: 'T1',
      userId: 'U1',
      email: 'ann@x.io',
      name: 'Ann',
      joinedAt: noon,
      state: 'open',
      ...about,
    });

    test('is kept once for each chat user, and found by address', async () => {
      const join = aJoin();
      expect(await stores.joins.insert(join)).toBe('inserted');
      expect(await stores.joins.insert(aJoin({ email: 'other@x.io' }))).toBe('taken');
      const elsewhere = aJoin({ platform: 'teams', email: 'bo@x.io' });
      expect(await stores.joins.insert(elsewhere)).toBe('inserted');
      expect(await stores.joins.byEmails(['ann@x.io', 'other@x.io'])).toEqual([join]);
      expect(await stores.joins.byEmails([])).toEqual([]);
      expect(await stores.joins.find(elsewhere.id)).toEqual(elsewhere);
    });

    test('is open until it is decided, or someone with that address is here', async () => {
      const admin = named('ada@x.io');
      await stores.people.insert(admin);
      await stores.people.insert(named('here@x.io'));
      await stores.people.insert(named('left@x.io', { active: false }));
      const at = (n: number) => ({ joinedAt: new Date(noon.getTime() + n), userId: `U${n}` });
      const all = ['ann@x.io', 'here@x.io', 'left@x.io', 'bo@x.io'].map((email, n) =>
        aJoin({ email, ...at(n) }),
      );
      for (const join of all) await stores.joins.insert(join);
      const [ann, , left, bo] = all;
      expect(await stores.joins.open({ offset: 0, limit: 2 })).toEqual({
        joins: [bo, left],
        total: 3,
      });
      expect((await stores.joins.open({ offset: 2, limit: 2 })).joins).toEqual([ann]);
      expect(await stores.joins.countSince(at(1).joinedAt)).toBe(3);
      const untilThen = { joins: [left], total: 2 };
      expect(await stores.joins.open({ offset: 0, limit: 1 }, at(2).joinedAt)).toEqual(untilThen);
      expect(await stores.joins.ignoreOpen(admin.id, at(2).joinedAt)).toBe(2);
      expect((await stores.joins.open({ offset: 0, limit: 2 })).joins).toEqual([bo]);
      expect(await stores.joins.ignoreOpen(admin.id)).toBe(1);
      expect(await stores.joins.open({ offset: 0, limit: 2 })).toEqual({ joins: [], total: 0 });
      expect((await stores.joins.byEmails(['here@x.io']))[0]?.state).toBe('open');
    });

    test('is decided by someone', async () => {
      const admin = named('ada@x.io');
      await stores.people.insert(admin);
      const join = aJoin();
      await stores.joins.insert(join);
      await stores.joins.save({ ...join, state: 'ignored', decidedById: admin.id });
      expect(await stores.joins.find(join.id)).toEqual({
        ...join,
        state: 'ignored',
        decidedById: admin.id,
      });
    });
  });

  test('a search for a page of text finds nobody, and a word that is said again and again its people', async () => {
    const ann = named('ann@x.io');
    await stores.people.insert(ann);
    const first = { offset: 0, limit: 10 };
    const search = async (text: string) => (await stores.people.search(text, first)).people;
    expect(await search(Array.from({ length: 3000 }, (_, n) => `word${n}`).join(' '))).toEqual([]);
    expect(await search('x'.repeat(60_000))).toEqual([]);
    expect(await search('ann '.repeat(3000))).toEqual([ann]);
  });

  test('a NUL, which no text of PostgreSQL holds, finds nothing and fails nothing', async () => {
    expect(await stores.people.find('\0')).toBeUndefined();
    expect(await stores.hooks.find('\0')).toBeUndefined();
    expect(await stores.links.find('x\0')).toBeUndefined();
    await stores.people.insert(named('one@x.io', { lastName: 'a\0b' }));
    await driver.transact((tx) => tx.people.insertMany([named('two@x.io', { lastName: 'a\0b' })]));
    const found = await stores.people.findByEmails(['one@x.io', 'two@x.io']);
    expect(found.map(({ lastName }) => lastName[0])).toEqual(['a', 'a']);
    expect(await stores.people.findByEmails(['\0'])).toEqual([]);
    expect(await stores.people.findByEmployeeIds(['\0'])).toEqual([]);
    expect(await stores.integrations.findByNames(['\0'])).toEqual([]);
  });

  test('a file import is kept as it was, and saved on its newest version only', async () => {
    const fileImport: FileImport = {
      id: newId(),
      version: 1,
      fileName: 'people.csv',
      startedBy: { kind: 'operator', user: 'root' },
      createdAt: noon,
      progress: { state: 'reading' },
    };
    await stores.fileImports.insert(fileImport);
    expect(await stores.fileImports.find(fileImport.id)).toEqual(fileImport);
    const counts = {
      created: 1,
      returned: 0,
      updated: 0,
      untouched: 2,
      leftOut: 0,
      refused: 1,
      refusals: ['x'],
    };
    const plan = {
      rows: 3,
      fresh: 1,
      returning: 0,
      existing: 2,
      invalid: 0,
      partly: 0,
      partlyWhy: [],
      admins: 0,
      promoted: 0,
      managersOfAdmins: 0,
      byReason: { duplicate: 1 },
    };
    const done = { state: 'done', plan, counts, finishedAt: noon } as const;
    const saved = await stores.fileImports.save({ ...fileImport, progress: done });
    expect(await stores.fileImports.find(fileImport.id)).toEqual({ ...saved, version: 2 });
    await expect(stores.fileImports.save(fileImport)).rejects.toThrow(StaleWrite);
  });

  test('file imports are listed from the newest on', async () => {
    const ids = [];
    for (const minutes of [1, 3, 2]) {
      const id = newId();
      ids.push(id);
      await stores.fileImports.insert({
        id,
        version: 1,
        fileName: 'people.csv',
        startedBy: { kind: 'operator', user: 'root' },
        createdAt: new Date(noon.getTime() + minutes * 60_000),
        progress: { state: 'reading' },
      });
    }
    const newest = await stores.fileImports.newest(2);
    expect(newest.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
  });

  test('who a chat user is comes with their conversation there and the settings, in one question', async () => {
    const person = named('ann@x.io', { stored: { id: 7 } });
    await stores.people.insert(person);
    await stores.people.insert(named('bob@x.io'));
    const linked = { tenant: 'T1', userId: 'U1', personId: person.id, linkedAt: noon };
    await stores.identities.insert({ ...linked, platform: 'slack' });
    expect(await stores.identities.known('slack', 'T1', 'U1')).toEqual({ person });

    const there = { personId: person.id, lastWroteAt: noon };
    const conversation = { ...there, address: { platform: 'slack', key: 'D1' } } as const;
    await stores.conversations.put(conversation);
    await stores.conversations.put({ ...there, address: { platform: 'teams', key: 'D2' } });
    await stores.settings.save('another', 0, '{}');
    await stores.settings.save(WORKSPACE, 0, '{"dateLanguage":"de"}');
    expect(await stores.identities.known('slack', 'T1', 'U1')).toEqual({
      person,
      conversation,
      workspace: '{"dateLanguage":"de"}',
    });
    expect(await stores.identities.known('teams', 'T1', 'U1')).toBeUndefined();
    expect(await stores.identities.known('slack', 'T2', 'U1')).toBeUndefined();
  });

  test('a chat user who is unlinked is nobody; conversation and messages of that platform go too', async () => {
    const person = named('ann@x.io');
    await stores.people.insert(person);
    const user = { tenant: 'T1', userId: 'U1', personId: person.id, linkedAt: noon };
    for (const platform of ['slack', 'teams'] as const) {
      await stores.identities.insert({ ...user, platform });
      const address = { platform, key: 'D1' };
      await stores.conversations.put({ personId: person.id, address, lastWroteAt: noon });
      const card = { view: 'v', payload: '{}', topic: 's' };
      const message = { card, readerId: person.id, address, shown: '', postedAt: noon };
      await stores.messages.put({ ...message, id: platform });
    }
    await stores.identities.delete('slack', 'T1', 'U1');
    await stores.conversations.delete(person.id, 'slack');
    await stores.messages.deleteOf(person.id, 'slack');
    expect(await stores.identities.find('slack', 'T1', 'U1')).toBeUndefined();
    expect((await stores.identities.ofPerson(person.id)).map(({ platform }) => platform)).toEqual([
      'teams',
    ]);
    expect(await stores.conversations.on(person.id, 'slack')).toBeUndefined();
    expect(await stores.conversations.on(person.id, 'teams')).toBeDefined();
    expect(await stores.messages.find('slack')).toBeUndefined();
    expect(await stores.messages.find('teams')).toBeDefined();
  });
}
