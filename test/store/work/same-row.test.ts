/** Two transactions of PostgreSQL that insert what there can be only one of. */
import { expect, onTestFinished, test } from 'vitest';
import { addPerson } from '../../../src/engine/people/people.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T12:00:00.000Z');
const deps = { actor: { kind: 'system' } } as const;

test('one runs again, and says what is wrong', async () => {
  const { stores, transact, cleanup } = await temporaryPostgres(now);
  onTestFinished(cleanup);
  let looking = 0;
  let bothLooked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    bothLooked = resolve;
  });
  const add = () =>
    transact(async (tx) => {
      await tx.people.findByEmail('ann@x.io'); // A snapshot is no lock: neither sees the other.
      looking += 1;
      if (looking === 2) bothLooked();
      await both;
      return addPerson(tx, { email: 'ann@x.io' }, deps);
    });
  const added = await Promise.all([add(), add()]);
  expect(added.filter(({ ok }) => ok)).toHaveLength(1);
  expect(added.find(({ ok }) => !ok)).toMatchObject({
    errors: { email: 'ann@x.io is already in the directory' },
  });
  expect((await stores.people.search('', { offset: 0, limit: 9 })).total).toBe(1);
});

test('one that can never succeed, since the row is there to stay, fails after two tries', async () => {
  const { transact, cleanup } = await temporaryPostgres(now);
  onTestFinished(cleanup);
  const person = { version: 1, firstName: '', lastName: '', role: 'other', active: true } as const;
  const tries: string[] = [];
  const insert = (email: string) =>
    transact((tx) => {
      tries.push(email);
      return tx.people.insert({ ...person, id: 'one', email, stored: {} });
    });
  await insert('ann@x.io');
  await expect(insert('bo@x.io')).rejects.toThrow('that another transaction wrote');
  expect(tries).toEqual(['ann@x.io', 'bo@x.io', 'bo@x.io']);
});
