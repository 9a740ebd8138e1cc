/** The last admin on PostgreSQL, where two admins may change each other in the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import { addedPerson } from '../../support/given/added.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };
const deps = { actor };

let opened: Awaited<ReturnType<typeof temporaryPostgres>>;
beforeEach(async () => {
  opened = await temporaryPostgres(now);
});
afterEach(() => opened.cleanup());

test('of two admins who take the role from each other at once one stays', async () => {
  const { stores, transact } = opened;
  const admin = async (email: string): Promise<Person> =>
    addedPerson(transact, { email, role: 'admin' });
  const both = [await admin('ada@x.io'), await admin('bo@x.io')];

  // Both hold whom they change before either looks who else is an admin.
  let holding = 0;
  let go: () => void = () => undefined;
  const bothHold = new Promise<void>((resolve) => {
    go = resolve;
  });
  const demote = ({ id }: Person) =>
    transact(async (tx) => {
      const person = await tx.people.hold(id);
      if (++holding === 2) go();
      await bothHold;
      return person && changePerson(tx, person, { ...deps, details: { role: 'other' } });
    });
  const changed = await Promise.all(both.map(demote));
  expect(changed.filter((one) => one?.ok)).toHaveLength(1);
  expect(await stores.people.admins()).toHaveLength(1);
});
