import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Bundle, BundleItem, BundleVersion } from '../../../src/engine/bundles/bundle.ts';
import type { BundleRequest, RequestedItem } from '../../../src/engine/bundles/bundle-request.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import type { AccessRequestIn } from '../../../src/engine/requests/access-request.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const whole = { offset: 0, limit: 100 };
const system = { kind: 'system' } as const;

/** What every database must do with bundles and what was requested with them. */
export function bundlesContract(begin: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  beforeEach(async () => {
    driver = await begin(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const aBundle = (about: Partial<Bundle> = {}): Bundle => ({
    id: newId(),
    version: 1,
    name: 'Engineering basics',
    description: 'What everyone in engineering needs.',
    tags: ['dev', 'Équipe'],
    versionId: newId(),
    createdAt: noon,
    ...about,
  });

  async function someBundle(about: Partial<Bundle> = {}): Promise<Bundle> {
    const bundle = aBundle(about);
    expect(await stores.bundles.insert(bundle)).toBe('inserted');
    return bundle;
  }

  async function someRequest(about: Partial<BundleRequest> = {}) {
    const bundle = await someBundle({ name: newId() });
    const versionId = bundle.versionId;
    await stores.bundles.insertVersion({
      id: versionId,
      bundleId: bundle.id,
      number: 1,
      items: [],
      savedBy: system,
      createdAt: noon,
    });
    const [person, requester] = [await insertPerson(stores), await insertPerson(stores)];
    const request: BundleRequest = {
      id: newId(),
      of: { kind: 'bundle', bundleId: bundle.id, versionId },
      personId: person.id,
      requestedById: requester.id,
      createdAt: noon,
      ...about,
    };
    const items: RequestedItem[] = [];
    for (const position of [0, 1])
      items.push({
        bundleRequestId: request.id,
        integrationId: (await insertIntegration(stores)).id,
        position,
        had: position === 1,
      });
    await stores.bundleRequests.insert(request, items.toReversed());
    return { request, items, bundle };
  }

  describe('bundles', () => {
    test('are kept as they are', async () => {
      const bundle = await someBundle();
      expect(await stores.bundles.find(bundle.id)).toEqual(bundle);
      expect(await stores.bundles.findMany([bundle.id, 'none'])).toEqual([bundle]);
    });

    test('have names of their own, in any case, until they are deleted', async () => {
      const bundle = await someBundle({ name: 'Équipe Basics' });
      const other = { ...bundle, id: newId(), name: 'equipe basics' };
      expect(await stores.bundles.insert(other)).toBe('taken');
      expect(await stores.bundles.findByName(' EQUIPE basics')).toEqual(bundle);
      expect(await stores.bundles.findByNames(['none', 'EQUIPE basics'])).toEqual([bundle]);
      expect(await stores.bundles.findByNames([])).toEqual([]);
      await stores.bundles.save({ ...bundle, deletedAt: noon });
      expect(await stores.bundles.findByName('equipe basics')).toBeUndefined();
      expect(await stores.bundles.findByNames(['equipe basics'])).toEqual([]);
      expect(await stores.bundles.insert(other)).toBe('inserted');
    });

    test('are found by every word of their name, description and tags, page by page', async () => {
      const basics = await someBundle();
      const sales = await someBundle({ name: 'Sales', description: '', tags: ['100% dev'] });
      const gone = await someBundle({ name: 'Old', deletedAt: noon });
      const found = async (text: string) =>
        (await stores.bundles.list(text, whole)).items.map(({ name }) => name);
      expect(await found('DEV')).toEqual([basics.name, sales.name]);
      expect(await found('equipe needs')).toEqual([basics.name]);
      expect(await found('0% d')).toEqual([sales.name]);
      expect(await found(gone.name)).toEqual([]);
      expect(await stores.bundles.list('', { offset: 1, limit: 1 })).toEqual({
        items: [sales],
        total: 2,
      });
    });

    test('are saved by one of two who change them at once', async () => {
      const bundle = await someBundle();
      await stores.bundles.save({ ...bundle, name: 'Basics' });
      await expect(stores.bundles.save({ ...bundle, name: 'Other' })).rejects.toThrow(StaleWrite);
    });
  });

  test('versions are kept beside each other, and nobody reads their answers in the database', async () => {
    const bundle = await someBundle();
    const item: BundleItem = {
      integrationId: newId(),
      form: { TEAM: ['blue-team', 'red'], ROLE: 'reader' },
      answers: [{ label: 'Team', value: 'Blue, Red' }],
      hours: 30 * 24,
    };
    const version = (number: number, items: readonly BundleItem[]): BundleVersion => ({
      id: newId(),
      bundleId: bundle.id,
      number,
      items,
      savedBy: { kind: 'person', personId: 'ada', via: 'teams' },
      createdAt: noon,
    });
    const [first, second] = [version(1, [item]), version(2, [])];
    for (const each of [first, second]) await stores.bundles.insertVersion(each);
    expect(await stores.bundles.findVersion(first.id)).toEqual(first);
    const both = await stores.bundles.findVersions([first.id, second.id]);
    expect(both.toSorted((a, b) => a.number - b.number)).toEqual([first, second]);
    const drafted = await stores.bundles.save({ ...bundle, draftVersionId: second.id });
    expect(await stores.bundles.find(bundle.id)).toEqual(drafted);
    await stores.bundles.deleteVersion(second.id);
    expect(await stores.bundles.findVersion(second.id)).toBeUndefined();
    expect(JSON.stringify(await driver.db('bundle_versions'))).not.toContain('blue-team');
  });

  describe('bundle requests', () => {
    test('are kept with their items in order', async () => {
      const { request, items } = await someRequest();
      expect(await stores.bundleRequests.find(request.id)).toEqual(request);
      expect(await stores.bundleRequests.findMany([request.id])).toEqual([request]);
      expect(await stores.bundleRequests.of(request.personId, whole)).toEqual([request]);
      expect(await stores.bundleRequests.of(request.requestedById, whole)).toEqual([]);
      expect(await stores.bundleRequests.items(request.id)).toEqual(items);
    });

    test('are found by the run or the task that an item has begun', async () => {
      const { request, items } = await someRequest();
      const [first, second] = items;
      if (!first || !second) throw new Error('It has two items');
      await stores.bundleRequests.saveItem({ ...first, requestId: 'r1', why: 'Because.' });
      await stores.bundleRequests.noteBegun(first, { runId: 'run-1' });
      await stores.bundleRequests.noteBegun(second, { taskId: 'task-1' });
      expect(await stores.bundleRequests.items(request.id)).toEqual([
        { ...first, requestId: 'r1', why: 'Because.', runId: 'run-1' },
        { ...second, taskId: 'task-1' },
      ]);
      expect(await stores.bundleRequests.begunBy({ runId: 'run-1' })).toEqual([request]);
      expect(await stores.bundleRequests.begunBy({ taskId: 'task-1' })).toEqual([request]);
      expect(await stores.bundleRequests.begunBy({ runId: 'task-1' })).toEqual([]);
    });

    test('outlast the colleague whose access they copied', async () => {
      const colleague = await insertPerson(stores);
      const { request } = await someRequest({ of: { kind: 'same-as', personId: colleague.id } });
      expect(await stores.bundleRequests.find(request.id)).toEqual(request);
      await driver.db('people').where({ id: colleague.id }).delete();
      const kept = await stores.bundleRequests.find(request.id);
      expect(kept).toEqual({ ...request, of: { kind: 'same-as' } });
    });

    test('link the requests of their items, of which a list may show the first', async () => {
      const { request, items } = await someRequest();
      const asked = (about: Partial<AccessRequestIn<'open'>>): AccessRequestIn<'open'> => ({
        id: newId(),
        version: 1,
        kind: 'grant',
        integrationId: items[0]?.integrationId ?? '',
        personId: request.personId,
        requestedById: request.requestedById,
        createdAt: noon,
        state: 'open',
        ...about,
      });
      const content = { reason: '', form: {}, answers: [], facts: {} };
      const [one, two] = items.map(({ integrationId }) =>
        asked({ integrationId, bundleRequestId: request.id }),
      );
      const alone = asked({ integrationId: (await insertIntegration(stores)).id });
      if (!one || !two) throw new Error('It has two items');
      for (const each of [one, two, alone]) await stores.requests.insert(each, content);
      expect(await stores.requests.find(one.id)).toEqual(one);
      const list = async (filter: object) => {
        const { requests, total } = await stores.requests.list(filter, whole);
        return { ids: requests.map(({ id }) => id).toSorted(), total };
      };
      expect(await list({ bundleRequestId: request.id })).toEqual({
        ids: [one.id, two.id].toSorted(),
        total: 2,
      });
      const first = [one.id, two.id].toSorted()[0] ?? '';
      expect(await list({ state: 'open', oneABundle: true })).toEqual({
        ids: [first, alone.id].toSorted(),
        total: 2,
      });
    });
  });

  test('a hold names the bundle that it came with', async () => {
    const person = await insertPerson(stores);
    const integration = await insertIntegration(stores);
    const hold = {
      id: newId(),
      version: 1,
      personId: person.id,
      integrationId: integration.id,
      source: 'by-hand',
      givenBy: system,
      startedAt: noon,
      bundleId: 'bundle-1',
    } as const;
    await stores.holds.insert(hold);
    expect(await stores.holds.openAt(person.id, integration.id)).toEqual([hold]);
  });
}
