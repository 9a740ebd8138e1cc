/** A sequence that many people have is deleted in transactions that nobody waits for long. */
import { beforeEach, expect, test } from 'vitest';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { cancelRest } from '../../../src/engine/sequences/cancel-planned.ts';
import { deleteSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { sequenceSource } from '../../../src/engine/sequences/fire.ts';
import type { Sequence } from '../../../src/engine/sequences/sequence.ts';
import { aPerson } from '../../contracts/a-person.ts';
import { DAY, type TestEngine, testEngine } from '../../support/engine.ts';
import { fire } from '../../support/tick.ts';
import { aTask, type SequenceLab, sequenceLab } from './lab.ts';

const PEOPLE = 13;
const ITEMS = 20;
/** Of a transaction. */
const MAX_ITEMS = 250;

let engine: TestEngine;
let lab: SequenceLab;
let sequence: Sequence;
beforeEach(async () => {
  engine = await testEngine();
  lab = sequenceLab(engine);
  const timings = Array.from(
    { length: ITEMS },
    (_, n) => ({ kind: 'after', workingDays: 60 + n, time: '09:00' }) as const,
  );
  sequence = await lab.sequence(timings.map((timing) => ({ timing, does: aTask('Desk') })));
  const people = Array.from({ length: PEOPLE }, () => aPerson({ startDate: '2026-12-01' }));
  await engine.stores.people.insertMany(people);
  for (const person of people) await lab.assign(sequence, person);
});

const open = async () =>
  (await engine.stores.plannedItems.openOf({ sequenceId: sequence.id })).length;
const deleted = () => engine.transact((tx) => deleteSequence(tx, sequence.id, engine));

/** How many items each transaction saves. */
function counted() {
  const saves: number[] = [];
  const transact: TestEngine['transact'] = (work) =>
    engine.transact((tx) => {
      let saved = 0;
      const plannedItems: Transaction['plannedItems'] = {
        ...tx.plannedItems,
        save(item) {
          saved += 1;
          return tx.plannedItems.save(item);
        },
      };
      return work({ ...tx, plannedItems }).finally(() => saves.push(saved));
    });
  return { saves, transact };
}

test('what they have yet to get is cancelled in small transactions, and each assignment ends', async () => {
  const { saves, transact } = counted();
  await transact((tx) => deleteSequence(tx, sequence.id, engine));
  await cancelRest(sequence.id, { ...engine, transact, pause: async () => undefined });
  expect(Math.max(...saves)).toBeLessThanOrEqual(MAX_ITEMS);
  expect(saves.reduce((sum, count) => sum + count)).toBe(ITEMS * PEOPLE);
  expect(await open()).toBe(0);
  expect(await engine.db('sequence_assignments').whereNull('ended_at')).toHaveLength(0);
});

test('the worker does it, and goes on with the rest where it was stopped half-way', async () => {
  await deleted();
  const before = await open();
  expect(before).toBeGreaterThan(0);
  let pauses = 0;
  const stopped = cancelRest(sequence.id, {
    ...engine,
    pause: () => (++pauses === 1 ? Promise.reject(new Error('stopped')) : Promise.resolve()),
  });
  await expect(stopped).rejects.toThrow('stopped');
  expect(await open()).toBeLessThan(before);
  await engine.runJobs();
  expect(await open()).toBe(0);
});

test('nothing of it happens that falls due before the worker has gone through it', async () => {
  await deleted();
  engine.clock.advance(200 * DAY);
  await fire(engine, [sequenceSource]);
  expect(await engine.db('tasks')).toHaveLength(0);
});
