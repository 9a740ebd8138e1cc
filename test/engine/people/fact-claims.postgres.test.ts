/** Two who confirm or type the same at once, and what expires in that moment, on the database that lets both in. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY_MS } from '../../../src/core/hours.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import {
  confirmClaim,
  factClaimSource,
  keepFacts,
} from '../../../src/engine/people/fact-claims.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { overlapping } from '../../support/database/overlapping.ts';
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

test('what is typed again in the moment in which the old one expires stays', async () => {
  const [ann, bo] = [await asked(1), await asked(2)];
  const old = new Date(now().getTime() - 90 * DAY_MS);
  const { stores } = database;
  await stores.factClaims.put({ personId: ann.id, name: NAME, value: 'octocat', at: old });
  const actor = { kind: 'person', personId: bo.id, via: 'slack' } as const;
  const typed = (tx: Transaction) =>
    keepFacts(tx, { personId: ann.id, facts: { [NAME]: 'hexacat' }, actor });
  const expire = (tx: Transaction) =>
    factClaimSource.fire(tx, { subject: JSON.stringify([ann.id, NAME]), at: now() }, now());
  await overlapping(database, [typed, expire], now);
  expect(await stores.factClaims.find(ann.id, NAME)).toMatchObject({ value: 'hexacat' });
});
