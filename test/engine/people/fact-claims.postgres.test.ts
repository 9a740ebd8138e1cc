/** Two who confirm the same at once, on the database that lets both in. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { confirmClaim } from '../../../src/engine/people/fact-claims.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-25T09:00:00Z');
const NAME = 'GITHUB_USERNAME';
const PEOPLE = 8;

let database: Awaited<ReturnType<typeof temporaryPostgres>>;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

async function asked(index: number): Promise<Person> {
  const person: Person = {
    id: newId(),
    version: 1,
    email: `p${index}@example.com`,
    firstName: `P${index}`,
    lastName: '',
    role: 'other',
    active: true,
    stored: {},
  };
  await database.stores.people.insert(person);
  const claim = { personId: person.id, name: NAME, value: 'octocat', at: now() };
  await database.stores.factClaims.put(claim);
  return person;
}

test('of people who confirm one account at once exactly one has it', async () => {
  const people = await Promise.all(Array.from({ length: PEOPLE }, (_, index) => asked(index)));
  const answers = await Promise.all(
    people.map((person) => {
      const ref = { personId: person.id, name: NAME, at: now().getTime() };
      const by = { person, actor: { kind: 'person', personId: person.id, via: 'slack' } } as const;
      return database.transact((tx) => confirmClaim(tx, ref, by));
    }),
  );
  expect(answers.map(({ kind }) => kind).toSorted()).toEqual([
    'confirmed',
    ...Array.from({ length: PEOPLE - 1 }, () => 'taken'),
  ]);
  expect(await database.stores.people.withFact(NAME, 'octocat')).toHaveLength(1);
});
