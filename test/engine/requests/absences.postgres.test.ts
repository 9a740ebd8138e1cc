/** Delegates on PostgreSQL, where one may leave in the moment in which they are chosen. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { setDelegate } from '../../../src/engine/requests/absences.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedPerson } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
let ann: Person;
let bo: Person;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  const add = async (email: string): Promise<Person> => addedPerson(pg.transact, { email });
  [ann, bo] = [await add('ann@x.io'), await add('bo@x.io')];
});
afterEach(() => pg.cleanup());

const choose = (tx: Transaction) =>
  setDelegate(
    tx,
    { personId: ann.id, delegateId: bo.id, from: '2026-11-24', until: '2026-11-30' },
    actor,
  );
const leave = async (tx: Transaction): Promise<void> => {
  const person = await tx.people.hold(bo.id);
  if (person) await deactivate(tx, person, { actor });
};

test('who leaves while someone chooses them is not the delegate', async () => {
  const [, chosen] = await overlapping(pg, [leave, choose], now);
  expect(chosen).toBe('left');
  expect(await pg.stores.delegations.of(ann.id)).toBeUndefined();
});

test('who is chosen while they leave is the delegate no more', async () => {
  await overlapping(pg, [choose, leave], now);
  expect(await pg.stores.delegations.of(ann.id)).toBeUndefined();
});
