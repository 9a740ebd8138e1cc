import { afterEach, beforeEach, expect, test } from 'vitest';
import { factsIn } from '../../../src/store/people/facts-in-text.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { present } from '../../support/given/outcomes.ts';

const PEOPLE = 50_000;

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase();
});
afterEach(() => database.cleanup());

test('a directory of 50,000 people is searched to its last page', async () => {
  await database.db.raw(
    `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${PEOPLE})
     insert into people (id, version, email, first_name, last_name, role, active, stored, search_text)
     select n, 1, n || '@x.io', 'Ann', 'No' || n, 'other', 1, '{}', 'ann no' || n || ' ' || n || '@x.io' from numbers`,
  );
  const { people } = database.stores;

  const last = await people.search('ann', { offset: PEOPLE - 1, limit: 10 });
  expect(last.total).toBe(PEOPLE);
  expect(last.people).toHaveLength(1);
  const one = await people.search('x.io ANN 49999', { offset: 0, limit: 10 });
  expect(one).toMatchObject({ people: [{ lastName: 'No49999' }], total: 1 });
});

test('more people than a statement takes are found at once', async () => {
  const ids = Array.from({ length: 1_201 }, (_, n) => `p${n}`);
  await database.db.transaction(async (tx) => {
    for (const id of ids) {
      await tx('people').insert({
        id,
        version: 1,
        email: id,
        first_name: '',
        last_name: '',
        role: 'other',
        active: true,
        stored: '{}',
        search_text: id,
      });
    }
  });
  const found = await database.stores.people.findMany(ids);
  expect(found.map(({ id }) => id)).toEqual(ids);
});

test('a row that holds what Latchkey never wrote names its column and not its content', async () => {
  const row = { version: 1, first_name: '', last_name: '', active: true, search_text: '' };
  await database.db.raw('PRAGMA ignore_check_constraints = ON'); // The database itself knows the words of a role.
  await database.db('people').insert([
    { ...row, id: 'a', email: 'a', role: 'king-of-hearts', stored: '{}' },
    { ...row, id: 'b', email: 'b', role: 'other', stored: '["private"]' },
  ]);
  const corrupt = 'holds something that Latchkey did not write';
  await expect(database.stores.people.find('a')).rejects.toThrow(`people.role ${corrupt}`);
  const person = await database.stores.people.find('b');
  expect(person).toHaveProperty('email', 'b');
  expect(person).toHaveProperty('stored', 'unread');
});

test.each(['{"GITHUB": "Octo",', '{"GITHUB": "octo",}'])(
  'a fact of someone whose facts are damaged (%s) is theirs all the same, and keeps no one else waiting',
  async (stored) => {
    const row = { version: 1, first_name: '', last_name: '', active: true, search_text: '' };
    await database.db('people').insert([
      { ...row, id: 'a', email: 'a', role: 'other', stored },
      { ...row, id: 'b', email: 'b', role: 'other', stored: '{"GITHUB":"bo"}' },
    ]);
    const found = await database.stores.people.withFacts('GITHUB', ['octo', 'bo', 'cy']);
    expect([...found]).toEqual([
      ['octo', ['a']],
      ['bo', ['b']],
    ]);
  },
);

test.each([
  ['an escape', String.raw`{"GITHUB": "Françoise", "A": "1}`, 'françoise'],
  ['a backslash', String.raw`{"GITHUB": "FIRM\\octo", "A": "1}`, String.raw`firm\octo`],
  ['a quote that is lost before it', '{"A: "1", "GITHUB": "octo cat"}', 'octo cat'],
  ['its own quote lost', '{"GITHUB": octo", "A": "1"}', 'octo'],
  ['its end lost', '{"A": "1", "GITHUB": "octo', 'octo'],
  ['a number', '{"GITHUB": 4711,}', '4711'],
])(
  'a fact in damaged facts is found with %s, and a part of it is free',
  async (_, stored, fact) => {
    const row = { version: 1, first_name: '', last_name: '', active: true, search_text: '' };
    await database.db('people').insert({ ...row, id: 'a', email: 'a', role: 'other', stored });
    const found = await database.stores.people.withFacts('GITHUB', [fact, fact.slice(1), 'o']);
    expect([...found]).toEqual([[fact, ['a']]]);
  },
);

test('damaged facts of megabytes fail no search', () => {
  const facts = factsIn(`{"A": "${'x'.repeat(10_000_000)}", "GITHUB": "octo`);
  expect(facts.has('octo')).toBe(true);
});

test('what is stored with someone and damaged is never written over', async () => {
  const row = { version: 1, first_name: '', last_name: '', active: true, search_text: '' };
  const stored = '{"login": "ann';
  await database.db('people').insert({ ...row, id: 'a', email: 'a', role: 'other', stored });
  const person = present(await database.stores.people.find('a'));
  const saved = await database.stores.people.save({ ...person, active: false });
  expect(saved.stored).toBe('unread');
  expect(await database.db('people').where({ id: 'a' }).first('stored', 'active')).toEqual({
    stored,
    active: 0,
  });
});
