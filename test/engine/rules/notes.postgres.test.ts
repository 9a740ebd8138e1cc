/** What is noted of someone while another process evaluates them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { turnOff } from '../../../src/engine/rules/change-rule.ts';
import { ruleSources } from '../../../src/engine/rules/due-rules.ts';
import { evaluatePeople, evaluateRules } from '../../../src/engine/rules/evaluate.ts';
import { endException } from '../../../src/engine/rules/exceptions.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;

let database: TestPostgres;
/** Each test has another one: rules that were read are remembered by id and version. */
let ruleId: string;
beforeEach(async () => {
  ruleId = newId();
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

/** Someone whom a rule gives an app. */
async function ruleAndPerson(): Promise<{
  readonly personId: string;
  readonly integrationId: string;
}> {
  const { stores, transact } = database;
  const manifest = JSON.stringify({ execute: [{ url: 'https://users.example.com/users' }] });
  const made = await addedIntegration(transact, { name: 'Fernboard', manifest });
  const ann = await addedPerson(transact, { email: 'ann@example.com', department: 'Design' });
  const [personId, integrationId] = [ann.id, made.id];
  const values = ['Design'];
  await stores.rules.insert({
    id: ruleId,
    version: 1,
    name: 'Designers',
    isOn: true,
    definition: {
      matching: 'all',
      conditions: [{ field: 'department', comparison: 'is', not: false, values }],
      daysBefore: 0,
      overlapDays: 0,
      items: [{ id: 'item', integrationId }],
    },
    madeBy: actor,
    createdAt: now(),
  });
  await stores.rules.insertItem({ id: 'item', ruleId, integrationId, form: {}, answers: [] });
  return { personId, integrationId };
}

test('a note that comes while its person is evaluated stays: what it is about may be read already', async () => {
  const { stores, transact } = database;
  const { id } = await addedPerson(transact, { email: 'ann@example.com' });
  const elsewhere = unitOfWork(database.connect(), database.vault, { now });
  const runEnds = () => elsewhere((tx) => tx.ruleWork.add([id], tx.now));
  await transact((tx) => evaluatePeople(andThen(tx, runEnds), [id]));
  expect(await stores.ruleWork.due(now())).toEqual([id]);
  await transact((tx) => evaluatePeople(tx, [id]));
  expect(await stores.ruleWork.due(now())).toEqual([]);
});

test('a note that comes right after an evaluation broke down does not wait with the one before it', async () => {
  const { stores, transact } = database;
  const { personId, integrationId } = await ruleAndPerson();
  await transact((tx) => tx.ruleWork.add([personId], now()));
  let isBroken = true;
  const breaking: UnitOfWork = async (work) => {
    if (!isBroken) return transact(work);
    isBroken = false;
    const broken = transact(async (tx) => {
      await work(tx);
      throw new Error('Their data is damaged');
    });
    await broken.catch(() => undefined);
    await transact((tx) => tx.ruleWork.add([personId], tx.now)); // It was mended.
    return broken;
  };
  const pause = async () => undefined;
  await evaluateRules({ stores, transact: breaking, now, pause, timeZone: 'UTC' });
  expect(await stores.holds.openAt(personId, integrationId)).toMatchObject([{ ruleId }]);
});

test('a rule that is turned off while it gives someone an app ends that, too', async () => {
  const { stores, transact, db, vault, connect } = database;
  const { personId, integrationId } = await ruleAndPerson();
  const elsewhere = unitOfWork(connect(), vault, { now });
  const pause = async () => undefined;
  const evaluating = { stores, transact: elsewhere, now, pause, timeZone: 'UTC' };

  let off: Promise<void> | undefined;
  await transact(async (tx) => {
    await evaluatePeople(tx, [personId]);
    off ??= elsewhere((other) => turnOff(other, ruleId, { actor })).then(() =>
      evaluateRules(evaluating),
    );
    await Promise.race([untilOneWaits(db), off]);
  });
  await off;
  await evaluateRules(evaluating);
  const [hold] = await stores.holds.openAt(personId, integrationId);
  expect(hold).toMatchObject({ ruleId, endsAt: now() });
});

test('a day that begins notes people with failed grants, and waits in no circle with the evaluation of one', async () => {
  const { stores, transact, db, vault, connect } = database;
  const { personId, integrationId } = await ruleAndPerson();
  const trouble = { personId, integrationId, ruleId, itemId: 'item', failures: 1 };
  await stores.ruleTroubles.put({ ...trouble, failedAt: now() });
  await transact((tx) => tx.ruleWork.add([personId], now()));
  const source = ruleSources({ timeZone: 'UTC' }).find(({ name }) => name === 'rules-day');
  let tries = 0;
  const elsewhere = unitOfWork(connect(), vault, { now });
  const beginning = () =>
    elsewhere(async (tx) => {
      tries += 1;
      await source?.fire(tx, { subject: '2026-11-24', at: now() }, now());
    });

  let day: Promise<void> | undefined;
  await transact(async (tx) => {
    await tx.ruleWork.delayPass();
    if (!day) {
      day = beginning();
      await untilOneWaits(db);
    }
    await evaluatePeople(tx, [personId]);
  });
  await day;
  expect(tries).toBe(1);
});

test('an exception that two admins end at the same moment ends once', async () => {
  const { stores } = database;
  const { personId, integrationId } = await ruleAndPerson();
  const exception = { id: 'e', ruleId, itemId: 'item', personId, integrationId };
  await stores.ruleExceptions.insert({
    ...exception,
    reason: 'Not needed.',
    madeBy: actor,
    createdAt: now(),
  });
  const end = (tx: Transaction) => endException(tx, 'e', { actor });
  expect(await overlapping(database, [end, end], now)).toEqual([true, false]);
  const page = { offset: 0, limit: 9 };
  expect(await stores.auditLog.list(page, { what: 'rule.exception-ended' })).toHaveLength(1);
});
