/** Someone whose data is broken, or whose day no calendar reaches, keeps nobody else from what is planned. */
import { beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { advanceBatch, beginBatch } from '../../../src/engine/sequences/batch.ts';
import { replanSequences } from '../../../src/engine/sequences/plan.ts';
import type { Sequence } from '../../../src/engine/sequences/sequence.ts';
import { nothingAssigned } from '../../../src/engine/sequences/sequence-batch.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { aTask, type SequenceLab, sequenceLab } from './lab.ts';

let engine: TestEngine;
let lab: SequenceLab;
let sequence: Sequence;
let odd: Person;
let others: readonly Person[];
beforeEach(async () => {
  engine = await testEngine();
  lab = sequenceLab(engine);
  const timing = { kind: 'after', workingDays: 1, time: '09:00' } as const;
  sequence = await lab.sequence([{ timing, does: aTask('Desk') }]);
  const [ann, bo, cy, dee] = await Promise.all(
    ['ann', 'bo', 'cy', 'dee'].map((name) =>
      engine.person({ email: `${name}@example.com`, startDate: '2026-12-01' }),
    ),
  );
  if (!ann || !bo || !cy || !dee) throw new Error();
  odd = bo;
  others = [ann, cy, dee];
});

const advancing = () => ({
  stores: engine.stores,
  transact: engine.transact,
  now: engine.now,
  timeZone: 'UTC',
  pause: async () => undefined,
});
/** As it was let in before such days were refused. */
const startsIn9999 = () =>
  engine.db('people').where({ id: odd.id }).update({ start_date: '9999-12-31' });
const isBroken = () => engine.db('people').where({ id: odd.id }).update({ start_date: 'no day' });
const everybody = () => [others[0], odd, ...others.slice(1)].flatMap((each) => each ?? []);

async function giveToAll() {
  const batch = {
    id: engine.newId(),
    version: 1,
    sequenceId: sequence.id,
    whom: { kind: 'people', personIds: everybody().map(({ id }) => id) },
    past: 'hold',
    askedBy: engine.actor,
    createdAt: engine.now(),
    movedAt: engine.now(),
    state: 'asked',
    next: 0,
    counts: nothingAssigned,
  } as const;
  await engine.transact((tx) => tx.sequenceBatches.insert(batch));
  await engine.transact((tx) => beginBatch(tx, batch.id, engine.now()));
  await advanceBatch(batch.id, advancing());
  return engine.stores.sequenceBatches.find(batch.id);
}
const plannedFor = async (people: readonly Person[]) => {
  const all = await Promise.all(people.map((person) => lab.planned(person)));
  return all.map(([item]) => item?.dueAt?.toISOString());
};

test('a sequence for many is given to everybody around someone who starts in the year 9999', async () => {
  await startsIn9999();
  expect(await giveToAll()).toMatchObject({ state: 'done', counts: { assigned: 4 } });
  expect(new Set(await plannedFor(others))).toEqual(new Set(['2026-12-02T09:00:00.000Z']));
});

test('a sequence for many is given to everybody around someone whose row is broken, who is counted', async () => {
  await isBroken();
  expect(await giveToAll()).toMatchObject({
    state: 'done',
    counts: { assigned: 3, refused: 1, reasons: [expect.stringContaining('Check their dates')] },
  });
  expect(await plannedFor(others)).not.toContain(undefined);
});

test('a new holiday moves everybody’s planned items, even if someone starts in the year 9999', async () => {
  for (const person of everybody()) await lab.assign(sequence, person);
  await startsIn9999();
  await engine.transact((tx) => changeWorkspaceSettings(tx, { holidays: ['2026-12-02'] }));
  await replanSequences({}, advancing());
  expect(new Set(await plannedFor(others))).toEqual(new Set(['2026-12-03T09:00:00.000Z']));
});

test('a new holiday moves what everybody has planned around someone whose row is broken; the failure is logged', async () => {
  for (const person of everybody()) await lab.assign(sequence, person);
  await isBroken();
  await engine.transact((tx) => changeWorkspaceSettings(tx, { holidays: ['2026-12-02'] }));
  await expect(replanSequences({}, advancing())).rejects.toThrow('no day');
  expect(new Set(await plannedFor(others))).toEqual(new Set(['2026-12-03T09:00:00.000Z']));
});
