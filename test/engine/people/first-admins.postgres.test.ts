/** The admins of the configuration on PostgreSQL, where several processes start at the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { addPerson, ensureAdmins } from '../../../src/engine/people/people.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const emails = ['ada@example.com', 'bo@example.com'];

let pg: TestPostgres;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
});
afterEach(() => pg.cleanup());

/** Each of three processes does it once, all at once. */
const atOnce = () =>
  Promise.all(
    [1, 2, 3].map(async () => {
      const transact = unitOfWork(pg.connect(), pg.vault, { now });
      await transact((tx) => ensureAdmins(tx, emails));
    }),
  );
const addresses = (people: readonly Person[]) => people.map(({ email }) => email);

test('are added by one of three processes, and are there for all of them', async () => {
  await atOnce();
  expect(addresses(await pg.stores.people.admins())).toEqual(emails);
  expect(await pg.stores.auditLog.count({ what: 'person.added' }, 1000)).toBe(2);
});

test('are made admins by one of three processes where they were in the directory before', async () => {
  const actor = { kind: 'system' } as const;
  for (const email of emails) await pg.transact((tx) => addPerson(tx, { email }, { actor }));
  await atOnce();
  expect(addresses(await pg.stores.people.admins())).toEqual(emails);
  expect(await pg.stores.auditLog.count({ what: 'person.role' }, 1000)).toBe(2);
});
