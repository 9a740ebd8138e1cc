import { beforeEach, describe, expect, test } from 'vitest';
import { addPerson, ensureAdmins, type NewPerson } from '../../../src/engine/people/people.ts';
import { checkDetails, readEmail } from '../../../src/engine/people/person-details.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const add = (wanted: NewPerson) => engine.transact((tx) => addPerson(tx, wanted, engine));
const problemsOf = async (wanted: NewPerson): Promise<readonly string[]> => {
  const added = await add(wanted);
  return added.ok ? [] : added.problems;
};

test('a person is added with a trimmed address in lower case, and found by it in any case', async () => {
  const added = await add({ email: '  Grace@Example.COM ', firstName: ' Grace ' });
  expect(added).toMatchObject({
    ok: true,
    person: { email: 'grace@example.com', firstName: 'Grace', role: 'other', active: true },
  });
  const found = await engine.stores.people.findByEmail('GRACE@example.com');
  expect(added.ok && found).toEqual(added.ok && added.person);
});

describe('an accent that is a character of its own is the same accent', () => {
  const [COMPOSED, APART] = ['jos\u00e9@example.com', 'jose\u0301@example.com'];

  test('a person is added once, and found by both', async () => {
    expect(await add({ email: APART })).toMatchObject({ person: { email: COMPOSED } });
    for (const email of [COMPOSED, APART])
      expect((await engine.stores.people.findByEmail(email))?.email).toBe(COMPOSED);
    expect((await problemsOf({ email: COMPOSED })).join()).toContain('already in the directory');
  });
});

test.each(['\u200b', '\u202e', '\u00ad', '\u2060'])(
  'an address with the invisible %j would look like another one, and is none',
  (invisible) => {
    expect(readEmail(`ann${invisible}@example.com`)).toBeUndefined();
    expect(readEmail(`ann@example${invisible}.com`)).toBeUndefined();
  },
);

test('what is no detail of a person is not checked', () => {
  const wide = { timeZone: 'Nowhere', favourite: 'tea' };
  expect(Object.keys(checkDetails(wide))).toEqual(['timeZone']);
});

test('who added whom is in the audit log', async () => {
  const added = await add({ email: 'grace@example.com' });
  const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({
    what: 'person.added',
    actor: engine.actor,
    personId: added.ok && added.person.id,
  });
});

test('manager and buddy are found by their addresses', async () => {
  const added = await add({
    email: 'grace@example.com',
    managerEmail: 'ADA@example.com',
    buddyEmail: ' ada@example.com ',
  });
  expect(added).toMatchObject({
    ok: true,
    person: { managerId: engine.admin.id, buddyId: engine.admin.id },
  });
});

describe('what is wrong is said with the field and the cure', () => {
  test.each([
    ['', /email: the address is missing; use one like ann@example\.com/],
    ['grace', /"grace" isn't an email address; use one like ann@example\.com/],
    ['Grace <grace@example.com>', /isn't an email address/],
    ['ADA@example.com', /ada@example\.com is already in the directory/],
  ])('email %j', async (email, problem) => {
    expect((await problemsOf({ email })).join()).toMatch(problem);
  });

  test.each([
    [{ startDate: '24.11.2026' }, /start: "24\.11\.2026" isn't a date; use one like 2026-11-24/],
    [{ startDate: '2026-02-30' }, /start: "2026-02-30" isn't a date/],
    [{ startDate: '9999-12-31' }, /start: Latchkey can't plan from 9999-12-31; use a year from/],
    [{ timeZone: 'Mars/Olympus' }, /"Mars\/Olympus" isn't a time zone; use one like Europe/],
    [
      { managerEmail: 'boss@example.com' },
      /manager: no one in the directory has the address boss@/,
    ],
    [{ buddyEmail: 'pal@example.com' }, /buddy: no one in the directory has the address pal@/],
  ])('%j', async (wrong, problem) => {
    expect((await problemsOf({ email: 'grace@example.com', ...wrong })).join()).toMatch(problem);
  });

  test('all of it at once, and nobody is added', async () => {
    const wrong = { email: 'grace', startDate: 'soon', timeZone: 'x', managerEmail: 'y@z' };
    expect(await problemsOf(wrong)).toHaveLength(4);
    expect((await engine.stores.people.search('', { offset: 0, limit: 9 })).total).toBe(1);
  });
});

test.each([
  ['ann@example.com', 'ann@example.com'],
  [" O'Neil+work@Example.co.uk ", "o'neil+work@example.co.uk"],
  ['zoë@exämple.com', 'zoë@exämple.com'],
  ['ann@localhost', 'ann@localhost'],
  ['ann@@example.com', undefined],
  ['ann@example..com', undefined],
  ['ann@', undefined],
  ['@example.com', undefined],
  ['ann example@x.io', undefined],
  ['ann@x.io, bob@x.io', undefined],
  ['ann@x.io\nbcc: all@x.io', undefined],
  [`${'a'.repeat(250)}@x.io`, undefined],
])('the address in %j is %j', (text, email) => {
  expect(readEmail(text)).toBe(email);
});

describe('ADMIN_EMAILS', () => {
  const ensure = (...emails: string[]) => engine.transact((tx) => ensureAdmins(tx, emails));

  test('adds those who are missing as admins', async () => {
    await ensure('root@example.com');
    expect(await engine.stores.people.findByEmail('root@example.com')).toMatchObject({
      role: 'admin',
    });
  });

  test('makes those who are there admins, in any case of their address, and audits it', async () => {
    await engine.person({ email: 'mary@example.com', role: 'manager' });
    await ensure('Mary@Example.com');
    expect(await engine.stores.people.findByEmail('mary@example.com')).toMatchObject({
      role: 'admin',
    });
    expect(await engine.audited()).toContain('person.role');
  });

  test('changes nothing the second time', async () => {
    await ensure('root@example.com');
    const audited = await engine.audited();
    await ensure('root@example.com');
    expect(await engine.audited()).toEqual(audited);
  });

  test('makes nobody else an admin', async () => {
    const grace = await engine.person();
    await ensure('root@example.com');
    expect((await engine.stores.people.find(grace.id))?.role).toBe('other');
  });
});
