/** Discoveries of existing access: what every database must do. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Discovery } from '../../../src/engine/access/discovery.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const later = new Date('2026-11-24T13:00:00.000Z');

export function discoveriesContract(begin: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  beforeEach(async () => {
    driver = await begin(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  async function begun(about: Partial<Discovery> = {}): Promise<Discovery> {
    const { id: integrationId } = await insertIntegration(stores);
    const discovery: Discovery = {
      id: newId(),
      version: 1,
      integrationId,
      startedBy: { kind: 'system' },
      startedAt: noon,
      state: 'running',
      lastPersonId: '',
      checked: 0,
      found: 0,
      unconfirmed: 0,
      dueAt: noon,
      ...about,
    };
    expect(await stores.discoveries.replace(discovery)).toBe('inserted');
    return discovery;
  }

  test('comes back as it was, with what it has found since', async () => {
    const discovery = await begun();
    expect(await stores.discoveries.at(discovery.integrationId)).toEqual(discovery);
    const saved = await stores.discoveries.save({
      ...discovery,
      lastPersonId: 'p9',
      checked: 9,
      found: 3,
      unconfirmed: 1,
      waitsSince: later,
      dueAt: later,
      state: 'done',
      endedAt: later,
    });
    expect(await stores.discoveries.all([discovery.integrationId, newId()])).toEqual([saved]);
    await expect(stores.discoveries.save(discovery)).rejects.toThrow(StaleWrite);
  });

  test('an integration has one, which a new one replaces when it has ended', async () => {
    const first = await begun();
    const next = { ...first, id: newId() };
    expect(await stores.discoveries.replace(next)).toBe('taken');
    await stores.discoveries.save({ ...first, state: 'stopped', endedAt: later });
    expect(await stores.discoveries.replace(next)).toBe('inserted');
    expect(await stores.discoveries.all([first.integrationId])).toEqual([next]);
  });

  test('those that run are listed, and those that were due are woken', async () => {
    const due = await begun();
    const next = await begun({ dueAt: later });
    await begun({ state: 'done' });
    const ids = (await stores.discoveries.running()).map(({ id }) => id);
    expect(ids).toEqual([due.id, next.id].toSorted());
    expect(await stores.discoveries.overdue(later)).toEqual([due]);
  });

  test('active people are read after an id', async () => {
    const people = [
      await insertPerson(stores),
      await insertPerson(stores, { active: false }),
      await insertPerson(stores),
      await insertPerson(stores),
    ];
    const active = people.filter((each) => each.active).map(({ id }) => id);
    const sorted = active.toSorted();
    expect(await stores.people.activeAfter('', 2)).toEqual(sorted.slice(0, 2));
    expect(await stores.people.activeAfter(sorted[1] ?? '', 2)).toEqual(sorted.slice(2));
  });

  test('a hold of access that was found is read as that', async () => {
    const { integrationId } = await begun();
    const { id: personId } = await insertPerson(stores);
    const hold = {
      id: newId(),
      version: 1,
      personId,
      integrationId,
      source: 'found',
      givenBy: { kind: 'system' },
      startedAt: noon,
    } as const;
    await stores.holds.insert(hold);
    expect(await stores.holds.openAt(personId, integrationId)).toEqual([hold]);
  });
}
