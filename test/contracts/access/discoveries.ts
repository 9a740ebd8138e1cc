/** Discoveries of existing access: what every database must do. */
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { advanceDiscovery, beginDiscovery } from '../../../src/engine/access/discover-access.ts';
import type { Discovery } from '../../../src/engine/access/discovery.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { workerOn } from '../../support/given/worker.ts';
import { startThirdParty } from '../../support/peers/third-party.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration, insertWithManifest } from '../an-integration.ts';
import { refuseRows } from '../refused-rows.ts';
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
    expect(await stores.discoveries.replaceMany([discovery])).toEqual([discovery]);
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
    const [first, other] = [await begun(), await begun({ state: 'done' })];
    const [next, more] = [
      { ...first, id: newId() },
      { ...other, id: newId(), state: 'running' } as const,
    ];
    expect(await stores.discoveries.replaceMany([next, more])).toEqual([more]);
    await stores.discoveries.save({ ...first, state: 'stopped', endedAt: later });
    expect(await stores.discoveries.replaceMany([next, more])).toEqual([next]);
    const all = await stores.discoveries.all([first.integrationId, other.integrationId]);
    expect(all.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([next, more]);
  });

  test('an error about someone is told, counts them as not confirmed, and keeps no one else from being found', async () => {
    const party = await startThirdParty();
    onTestFinished(() => party.close());
    party.on('GET /members', { json: { found: true } });
    const manifest = {
      exists: { method: 'GET', url: `${party.url}/members` },
      execute: [{ url: `${party.url}/members` }],
    };
    const app = await insertWithManifest(stores, { manifest: JSON.stringify(manifest) });
    const [integrationId, ann, bo] = [
      app.id,
      await insertPerson(stores),
      await insertPerson(stores),
    ];
    const theirs = { when: 'insert', table: 'access', column: 'person_id', value: ann.id } as const;
    const allow = await refuseRows(driver.db, theirs);
    const actor = { kind: 'system' } as const;
    await driver.transact((tx) => beginDiscovery(tx, { id: integrationId }, actor));
    const refused = advanceDiscovery(integrationId, workerOn({ ...driver, now: () => noon }));
    await expect(refused).rejects.toThrow('1 person could not be checked');
    const found = { state: 'done', checked: 2, found: 1, unconfirmed: 1 };
    expect(await stores.discoveries.at(integrationId)).toMatchObject(found);
    await allow();
    expect(await stores.holds.openOf(ann.id)).toEqual([]);
    expect(await stores.holds.openOf(bo.id)).toMatchObject([{ source: 'found' }]);
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
