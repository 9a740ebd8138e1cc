/** What everybody's sequences cost when the days change that they count from: nobody is held whose items stay. */
import { beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { replanSequences } from '../../../src/engine/sequences/plan.ts';
import type { Timing } from '../../../src/engine/sequences/timing.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { aTask, type SequenceLab, sequenceLab } from './lab.ts';

let engine: TestEngine;
let lab: SequenceLab;
beforeEach(async () => {
  engine = await testEngine();
  lab = sequenceLab(engine);
});

const START = '2026-12-01';
const onTheDay: Timing = { kind: 'on', time: '09:00' };
const secondDay: Timing = { kind: 'after', workingDays: 2, time: '09:00' };

async function has(timing: Timing, name: string, count: number): Promise<readonly Person[]> {
  const sequence = await lab.sequence([{ timing, does: aTask('Hello') }], { name });
  const people = [];
  for (let n = 0; n < count; n += 1) {
    const person = await engine.person({ email: `${name}${n}@example.com`, startDate: START });
    await lab.assign(sequence, person);
    people.push(person);
  }
  return people;
}

/** @returns how long each pause was to be, and how many transactions there were */
async function replanned() {
  const pauses: number[] = [];
  let transactions = 0;
  await replanSequences(
    {},
    {
      now: engine.now,
      timeZone: 'UTC',
      stores: engine.stores,
      transact: (work) => {
        transactions += 1;
        return engine.transact((tx) => {
          engine.clock.advance(40);
          return work(tx);
        });
      },
      pause: async (ms) => void pauses.push(ms),
    },
  );
  return { pauses: pauses.filter((ms) => ms > 0), transactions };
}
const dueOf = async (person: Person) => (await lab.planned(person))[0]?.dueAt?.toISOString();

test('a holiday moves what counts working days of many people at once, and leaves others as long as that took', async () => {
  const moving = await has(secondDay, 'moves', 5);
  const [staying] = await has(onTheDay, 'stays', 60);
  expect(await dueOf(moving[0] ?? never())).toBe('2026-12-03T09:00:00.000Z');
  await engine.transact((tx) => changeWorkspaceSettings(tx, { holidays: ['2026-12-02'] }));
  expect(await replanned()).toEqual({ pauses: [40], transactions: 1 });
  for (const person of moving) expect(await dueOf(person)).toBe('2026-12-04T09:00:00.000Z');
  expect(await dueOf(staying ?? never())).toBe('2026-12-01T09:00:00.000Z');
});

test('where nothing moves nobody is held', async () => {
  await has(secondDay, 'stays', 3);
  await engine.transact((tx) => changeWorkspaceSettings(tx, { holidays: ['2027-12-02'] }));
  expect(await replanned()).toEqual({ pauses: [], transactions: 0 });
});

const never = (): never => {
  throw new Error('There is nobody');
};
