/** What is noted of someone while another process evaluates them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addPerson } from '../../../src/engine/people/people.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { evaluatePeople } from '../../../src/engine/rules/evaluate.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;

let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

/** The transaction, which does that right after it has read what went wrong with rules. */
function andThen(tx: Transaction, work: () => Promise<void>): Transaction {
  const ofPeople: Transaction['ruleTroubles']['ofPeople'] = async (ids) => {
    const read = await tx.ruleTroubles.ofPeople(ids);
    await work();
    return read;
  };
  const ruleTroubles = { ...tx.ruleTroubles, ofPeople };
  return new Proxy(tx, {
    get: (of, name) =>
      name === 'ruleTroubles' ? ruleTroubles : (Reflect.get(of, name) as unknown),
  });
}

test('a note that comes while its person is evaluated stays: what it is about may be read already', async () => {
  const { stores, transact } = database;
  const added = await transact((tx) => addPerson(tx, { email: 'ann@example.com' }, { actor }));
  if (!added.ok) throw new Error(added.problems.join());
  const { id } = added.person;
  const elsewhere = unitOfWork(database.connect(), database.vault, { now });
  const runEnds = () => elsewhere((tx) => tx.ruleWork.add([id], tx.now));
  await transact((tx) => evaluatePeople(andThen(tx, runEnds), [id]));
  expect(await stores.ruleWork.due(now())).toEqual([id]);
  await transact((tx) => evaluatePeople(tx, [id]));
  expect(await stores.ruleWork.due(now())).toEqual([]);
});
