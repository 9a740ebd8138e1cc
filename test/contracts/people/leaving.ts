/** Last days, on each database, where the database refuses one of them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { offboardingSource, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import { insertPerson } from '../a-person.ts';
import { refuseRows } from '../refused-rows.ts';
import type { StoresDriver } from '../stores.ts';

const start = new Date('2026-11-24T12:00:00.000Z');

export function leavingContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let now: Date;
  let failed: string[];
  beforeEach(async () => {
    now = start;
    failed = [];
    driver = await open(() => now);
  });
  afterEach(() => driver.cleanup());

  async function leaver(endDate: string): Promise<Person> {
    const person = await insertPerson(driver.stores);
    await driver.transact((tx) =>
      planOffboarding(tx, { person, endDate, actor: { kind: 'system' } }),
    );
    return person;
  }

  const sources = [offboardingSource({ timeZone: 'UTC' })];
  const onError = (error: unknown, where: string) => failed.push(`${where}: ${String(error)}`);
  const tick = () => fireDue({ ...driver, sources, onError }, now);
  const areActive = async (...people: readonly Person[]) => {
    const found = await driver.stores.people.findMany(people.map(({ id }) => id));
    return people.map((each) => found.find(({ id }) => id === each.id)?.active);
  };

  test('an error at one last day is told, keeps no one else from leaving, and is tried again', async () => {
    const refused = await leaver('2026-11-22');
    const [before, after] = [await leaver('2026-11-21'), await leaver('2026-11-23')];
    const { id: value } = refused;
    const theirs = { when: 'update', table: 'people', column: 'id', value } as const;
    const allow = await refuseRows(driver.db, theirs);
    await tick();
    expect(await areActive(before, refused, after)).toEqual([false, true, false]);
    expect(failed).toEqual([
      expect.stringMatching(/^occurrence offboarding-start: .*refused by a trigger/),
    ]);
    await allow();
    now = new Date(now.getTime() + 60_000);
    await tick();
    expect(await areActive(refused)).toEqual([false]);
    expect(failed).toHaveLength(1);
  });
}
