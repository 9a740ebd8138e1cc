/**
 * A quarter of a company in six time zones: weekends, holidays, clocks that change, start dates that move, an outage. Two
 * processes look at the same moment, one of them dies in every third transaction; each item happens once, at its minute.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { assignSequence } from '../../../src/engine/sequences/assign.ts';
import { addItem } from '../../../src/engine/sequences/change-items.ts';
import { makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { sequenceSource } from '../../../src/engine/sequences/fire.ts';
import { replanSequences } from '../../../src/engine/sequences/plan.ts';
import { lateness } from '../../../src/engine/sequences/planned-item.ts';
import type { Timing } from '../../../src/engine/sequences/timing.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type LivingProcess, liveThrough } from '../../support/company/living.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { ok } from '../../support/given/outcomes.ts';
import { aTask } from './lab.ts';

const SYSTEM: Actor = { kind: 'system' };
const HOUR = 60 * 60_000;
const MINUTE = 60_000;
const at = (iso: string): Date => new Date(iso);

const holidays = ['2026-10-26', '2026-11-26', '2026-12-25'];
const items: readonly { readonly title: string; readonly timing: Timing }[] = [
  { title: 'before', timing: { kind: 'before', days: 3, time: '09:00' } },
  { title: 'on', timing: { kind: 'on', time: '02:30' } },
  { title: 'after', timing: { kind: 'after', workingDays: 2, time: '09:00' } },
];

/** By hand, from calendars and from when clocks change there. */
const people = [
  {
    timeZone: 'Europe/Berlin', // Clocks go back on the start date: 02:30 comes twice, and the next day is a holiday.
    startDate: '2026-10-25',
    expected: ['2026-10-22T07:00:00Z', '2026-10-25T00:30:00Z', '2026-10-28T08:00:00Z'],
  },
  {
    timeZone: 'America/New_York', // The same a week later, at another hour.
    startDate: '2026-11-01',
    expected: ['2026-10-29T13:00:00Z', '2026-11-01T07:30:00Z', '2026-11-03T14:00:00Z'],
  },
  {
    timeZone: 'Australia/Sydney', // Clocks go forward on the start date: there is no 02:30.
    startDate: '2026-10-04',
    expected: ['2026-09-30T23:00:00Z', '2026-10-03T16:30:00Z', '2026-10-05T22:00:00Z'],
  },
  {
    timeZone: 'Asia/Kolkata', // Half an hour beside everybody, and a holiday in between.
    startDate: '2026-11-24',
    expected: ['2026-11-21T03:30:00Z', '2026-11-23T21:00:00Z', '2026-11-27T03:30:00Z'],
  },
  {
    timeZone: 'Pacific/Honolulu', // Christmas and a weekend; nobody is up when the first item is due.
    startDate: '2026-12-23',
    expected: ['2026-12-20T22:00:00Z', '2026-12-23T12:30:00Z', '2026-12-28T19:00:00Z'],
  },
  {
    timeZone: 'Pacific/Auckland', // Moved by a week, and again when one item has fired.
    startDate: '2026-11-10',
    expected: ['2026-11-13T20:00:00Z', '2026-11-18T13:30:00Z', '2026-11-22T20:00:00Z'],
  },
];
const moves = [
  { at: at('2026-11-01T12:00:00Z'), startDate: '2026-11-17' },
  { at: at('2026-11-15T12:00:00Z'), startDate: '2026-11-19' },
];
/** Nobody is up between these. */
const outage = { from: at('2026-12-20T18:00:00Z'), to: at('2026-12-20T22:00:00Z') };

class Killed extends Error {
  readonly code = 'killed';
}

describe.each(bothDatabases)('on %s', (_name, open) => {
  let now: Date;
  let database: Awaited<ReturnType<typeof open>>;
  let errors: unknown[];

  beforeEach(async () => {
    now = at('2026-09-15T12:00:00Z');
    errors = [];
    database = await open(() => now);
  });
  afterEach(() => database.cleanup());

  /** @param dies in every third transaction, before it commits */
  function process(dies = false): LivingProcess {
    const db = database.connect();
    const own = unitOfWork(db, database.vault, { now: () => now });
    let transactions = 0;
    const transact: UnitOfWork = (work) =>
      own(async (tx) => {
        const result = await work(tx);
        transactions += 1;
        if (dies && transactions % 3 === 0) throw new Killed();
        return result;
      });
    return {
      due: {
        stores: createStores(db, database.vault),
        transact,
        sources: [sequenceSource],
        onError: (error) => errors.push(error),
      },
      isUp: (when) => when < outage.from || when >= outage.to,
    };
  }

  test('each item happens once, at its minute', async () => {
    const { stores, transact } = database;
    const by = { actor: SYSTEM };
    const everybody = await transact(async (tx) => {
      await changeWorkspaceSettings(tx, { holidays });
      const made = await makeSequence(
        tx,
        { name: 'First week', anchor: 'start-date', isForEveryHire: false },
        by,
      );
      if (!made.ok) throw new Error(made.why);
      for (const { title, timing } of items)
        await addItem(tx, made.value.id, { timing, does: aTask(title), ...by });
      const added: Person[] = [];
      for (const { timeZone, startDate } of people) {
        const email = `${timeZone.split('/')[1]?.toLowerCase() ?? ''}@example.com`;
        const person = ok(await addPerson(tx, { email, timeZone, startDate }, by));
        await assignSequence(tx, {
          sequence: made.value,
          person: person.person,
          actor: SYSTEM,
          past: 'hold',
        });
        added.push(person.person);
      }
      return added;
    });

    const processes = [process(), process(true)];
    // A look every half day, and at the minute before each item and its own; none is made up for by the next look.
    const looks = new Set<number>();
    for (let each = now.getTime(); each < Date.parse('2027-01-01'); each += 12 * HOUR)
      looks.add(each);
    for (const each of people.flatMap(({ expected }) => expected.map((iso) => Date.parse(iso))))
      for (const minutes of [-1, 0, 1]) looks.add(each + minutes * MINUTE);
    const mover = everybody.at(-1);
    const left = [...moves];
    for (const look of [...looks].toSorted((a, b) => a - b)) {
      now = new Date(look);
      if (left[0] && left[0].at <= now) {
        const { startDate } = left.shift() ?? { startDate: '' };
        const personId = mover?.id ?? '';
        await transact(async (tx) => {
          const person = await tx.people.find(personId);
          if (person) await changePerson(tx, person, { ...by, details: { startDate } });
        });
        await replanSequences(
          { personId },
          { now: () => now, timeZone: 'UTC', stores, transact, pause: async () => undefined },
        ); // As a worker does.
      }
      await liveThrough({ from: now, to: new Date(look + 1), everyMs: MINUTE }, processes);
    }

    for (const [index, person] of everybody.entries()) {
      const { tasks } = await stores.tasks.list({ personId: person.id }, { offset: 0, limit: 100 });
      expect(tasks.map(({ title, createdAt }) => [title, createdAt])).toEqual(
        items.map(({ title }, which) => [title, at(people[index]?.expected[which] ?? '')]),
      );
      expect(await stores.plannedItems.openOf({ personId: person.id })).toEqual([]);
    }
    const honolulu = everybody[4]?.id ?? '';
    const { assignments } = await stores.assignments.ofPerson(honolulu, { offset: 0, limit: 1 });
    const fired = await stores.plannedItems.ofAssignment(assignments[0]?.id ?? '');
    const late = fired.flatMap((each) => (each.state === 'fired' ? [lateness(each)] : []));
    expect(late.toSorted((a, b) => a - b)).toEqual([0, 0, 3 * HOUR]);
    // Those that died were the only trouble, and there were some.
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter((error) => !(error instanceof Killed))).toEqual([]);
  });
});
