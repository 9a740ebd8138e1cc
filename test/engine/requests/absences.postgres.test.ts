/** Delegates on PostgreSQL, where one may leave, or an absence end, in the moment in which they are chosen. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import {
  absenceSources,
  endDelegation,
  setDelegate,
} from '../../../src/engine/requests/absences.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedPerson } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
let ann: Person;
let bo: Person;
let cy: Person;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  const add = async (email: string): Promise<Person> => addedPerson(pg.transact, { email });
  [ann, bo, cy] = [await add('ann@x.io'), await add('bo@x.io'), await add('cy@x.io')];
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

describe('where another delegate is chosen in the moment in which the absence ends', () => {
  const before = { from: '2026-11-16', until: '2026-11-22' };
  const chooseAnother = (tx: Transaction) =>
    setDelegate(
      tx,
      { personId: ann.id, delegateId: cy.id, from: '2026-12-01', until: '2026-12-04' },
      actor,
    );
  const ends = present(
    absenceSources({ timeZone: 'UTC' }).find(({ name }) => name === 'absence-ends'),
  );

  test.each<[string, (tx: Transaction) => Promise<unknown>]>([
    ['they are back', (tx) => endDelegation(tx, ann, actor)],
    ['its last day is over', (tx) => ends.fire(tx, { subject: ann.id, at: now() }, now())],
    ['the delegate leaves', leave],
  ])('the new one stays: %s', async (_, end) => {
    await pg.stores.delegations.put({ personId: ann.id, delegateId: bo.id, ...before });
    await overlapping(pg, [chooseAnother, end], now);
    expect(await pg.stores.delegations.of(ann.id)).toMatchObject({ delegateId: cy.id });
  });
});

test('an absence that is ended twice at the same moment ends once', async () => {
  await pg.transact(choose);
  const end = (tx: Transaction) => endDelegation(tx, ann, actor);
  await overlapping(pg, [end, end], now);
  const said = await pg.stores.auditLog.list({ offset: 0, limit: 9 }, { what: 'delegation.ended' });
  expect(said).toHaveLength(1);
});
