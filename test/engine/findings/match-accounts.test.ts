/** Whose a listed account is, by its address. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { ownersByAddress } from '../../../src/engine/findings/match-accounts.ts';
import { changeAddresses } from '../../../src/engine/people/change-addresses.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { insertPerson } from '../../contracts/a-person.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const DAY = 24 * 60 * 60_000;
const now = new Date('2026-11-24T09:00:00Z');

let database: TestDatabase;
let ann: Person;
let bob: Person;
beforeEach(async () => {
  database = await temporaryDatabase(() => now);
  ann = await insertPerson(database.stores, { email: 'ann@x.io' });
  bob = await insertPerson(database.stores, { email: 'bob@x.io' });
  const wanted = [
    { person: ann, email: bob.email },
    { person: bob, email: ann.email },
  ];
  await database.transact((tx) => changeAddresses(tx, wanted, { actor: { kind: 'system' } }));
});
afterEach(() => database.cleanup());

/** Whose an account under Bob's former address is. @param personId whose it was the last time */
async function ownerAfter(days: number, personId: string | undefined) {
  const seen = { integrationId: 'app', firstSeenAt: now, lastSeenAt: now, roundId: 'round' };
  const listed = { key: '1', name: 'Bob', email: 'bob@x.io', isAdopted: false };
  const account = { id: newId(), ...seen, ...listed };
  const { people, formerEmails } = database.stores;
  const at = new Date(now.getTime() + days * DAY);
  const known = { ...account, ...(personId !== undefined && { personId }) };
  const owners = await ownersByAddress({ people, formerEmails, now: at }, [known], []);
  return owners.get(account.id) ?? personId;
}

test('an account whose address two people have exchanged stays whose it was, for a month', async () => {
  expect(await ownerAfter(1, bob.id)).toBe(bob.id);
  expect(await ownerAfter(31, bob.id)).toBe(ann.id);
});

test('an account that was nobody’s is that of the person who has its address now', async () => {
  expect(await ownerAfter(1, undefined)).toBe(ann.id);
});
