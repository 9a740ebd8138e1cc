import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type {
  Access,
  Integration,
  ManifestVersion,
  Person,
} from '../../../src/engine/people/directory.ts';
import type { Draft, OAuthToken } from '../../../src/engine/ports/integration-stores.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { RunIn } from '../../../src/engine/runs/run.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { accessSince } from '../../support/has-access.ts';
import { insertPerson } from '../a-person.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const minutesAfter = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);

/** What every database must do for admins who set things up. `open` gives an empty, migrated one. */
export function settingUpContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  let nextNumber = 100;
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const someone = (about: Partial<Person> = {}): Promise<Person> => insertPerson(stores, about);

  async function added(about: Partial<Integration> = {}): Promise<Integration> {
    const id = newId();
    const integration: Integration = {
      id,
      version: 1,
      name: `Integration ${id}`,
      enabled: true,
      createdAt: noon,
      ...about,
    };
    await stores.integrations.insert(integration);
    return integration;
  }

  async function version(
    { id: integrationId }: Integration,
    number: number,
  ): Promise<ManifestVersion> {
    const made: ManifestVersion = {
      id: newId(),
      integrationId,
      number,
      manifest: `{"n":${number}}`,
      savedBy: { kind: 'system' },
      createdAt: noon,
    };
    await stores.integrations.insertVersion(made);
    return made;
  }

  async function granting(person: Person, integration: Integration, at = noon) {
    const run: RunIn<'queued'> = {
      id: newId(),
      version: 1,
      kind: 'execute',
      integrationId: integration.id,
      personId: person.id,
      manifestVersionId: (await version(integration, nextNumber++)).id,
      startedBy: { kind: 'system' },
      createdAt: at,
      attempt: 1,
      state: 'queued',
      dueAt: at,
    };
    expect(await stores.runs.insert(run, { form: {}, generated: {} })).toBe('inserted');
    return run;
  }

  const token = ({ id: integrationId }: Integration): OAuthToken => ({
    integrationId,
    version: 1,
    generation: 1,
    answer: { access_token: 'at-1' },
    state: 'connected',
    refreshedAt: noon,
  });

  describe('integrations', () => {
    test('emoji and settings are read as they were written; a manual one has no manifest', async () => {
      const integration = await added({
        name: 'Asana',
        icon: '🎨',
        settings: { policy: { ...defaultPolicy, approvals: 2 } },
      });
      expect(await stores.integrations.find(integration.id)).toEqual(integration);
      expect(await stores.integrations.findVersion(integration.manifestVersionId)).toBeUndefined();
    });

    test('one that was deleted is found by its id alone, and its name is free again', async () => {
      const old = await added({ name: 'Asana' });
      const deleted = await stores.integrations.save({ ...old, enabled: false, deletedAt: noon });
      expect(await stores.integrations.find(old.id)).toEqual(deleted);
      expect(await stores.integrations.findByName('asana')).toBeUndefined();
      expect(await stores.integrations.list()).toEqual([]);

      const fresh = await added({ name: 'ASANA' });
      expect(await stores.integrations.findByName('asana')).toEqual(fresh);
      await stores.integrations.save({ ...fresh, deletedAt: noon });
      await added({ name: 'Asana' });
      expect(await stores.integrations.list()).toHaveLength(1);
    });

    test('versions are listed, the newest first; two of one number are refused', async () => {
      const integration = await added();
      const other = await added();
      const [first, second] = [await version(integration, 1), await version(integration, 2)];
      await version(other, 1);
      expect(await stores.integrations.versions(integration.id)).toEqual([second, first]);
      await expect(version(integration, 2)).rejects.toThrow(/unique/i);
    });

    test('one that is held is read as it is', async () => {
      const integration = await added();
      await driver.transact(async (tx) => {
        expect(await tx.integrations.hold(integration.id, 'shared')).toEqual(integration);
        expect(await tx.integrations.hold(integration.id, 'alone')).toEqual(integration);
        expect(await tx.integrations.hold(newId(), 'alone')).toBeUndefined();
      });
    });

    test('deleted ones that still have a secret or a token are found', async () => {
      const [withSecret, withToken, bare, kept] = [
        await added(),
        await added(),
        await added(),
        await added(),
      ];
      for (const each of [withSecret, kept]) await stores.secrets.put(each.id, 'TOKEN', 'x');
      await stores.oauth.put(token(withToken));
      for (const each of [withSecret, withToken, bare])
        await stores.integrations.save({ ...each, deletedAt: noon });
      const found = await stores.integrations.deletedWithSecrets();
      expect(found.map(({ id }) => id)).toEqual([withSecret.id, withToken.id].toSorted());
    });
  });

  describe('secrets and tokens', () => {
    test('secrets are named in order, and deleted one by one or all', async () => {
      const [asana, zoom] = [await added(), await added()];
      for (const name of ['TOKEN', 'BASE', 'TEAM']) await stores.secrets.put(asana.id, name, 'x');
      await stores.secrets.put(zoom.id, 'TOKEN', 'y');
      expect(await stores.secrets.names(asana.id)).toEqual(['BASE', 'TEAM', 'TOKEN']);
      await stores.secrets.delete(asana.id, 'TEAM');
      expect(await stores.secrets.names(asana.id)).toEqual(['BASE', 'TOKEN']);
      await stores.secrets.deleteAll(asana.id);
      expect(await stores.secrets.names(asana.id)).toEqual([]);
      expect(await stores.secrets.all(zoom.id)).toEqual({ TOKEN: 'y' });
    });

    test('a token is deleted, and another integration keeps its own', async () => {
      const [asana, zoom] = [await added(), await added()];
      await stores.oauth.put(token(asana));
      await stores.oauth.put(token(zoom));
      await stores.oauth.delete(asana.id);
      expect(await stores.oauth.find(asana.id)).toBeUndefined();
      expect(await stores.oauth.find(zoom.id)).toMatchObject({ integrationId: zoom.id });
    });
  });

  test("an integration's unfinished runs are listed, oldest first", async () => {
    const [asana, zoom] = [await added(), await added()];
    const [ann, bo] = [await someone(), await someone()];
    const later = await granting(ann, asana, minutesAfter(1));
    const first = await granting(bo, asana);
    await granting(ann, zoom);
    const { dueAt: _, ...facts } = later;
    expect((await stores.runs.unfinishedAt(asana.id)).map(({ id }) => id)).toEqual([
      first.id,
      later.id,
    ]);
    await stores.runs.save({ ...facts, state: 'succeeded', finishedAt: noon });
    expect((await stores.runs.unfinishedAt(asana.id)).map(({ id }) => id)).toEqual([first.id]);
  });

  test('access is counted per integration, and forgotten with it', async () => {
    const [asana, zoom] = [await added(), await added()];
    const known = async (state: Access['state'], { id: integrationId }: Integration) =>
      stores.access.put(
        accessSince(noon, { personId: (await someone()).id, integrationId, state }),
      );
    for (const state of ['has', 'has', 'unknown', 'none'] as const) await known(state, asana);
    await known('has', zoom);
    expect(await stores.access.countAt(asana.id)).toEqual({ has: 2, unknown: 1 });
    await stores.access.deleteSomeAt(asana.id);
    expect(await stores.access.countAt(asana.id)).toEqual({ has: 0, unknown: 0 });
    expect(await stores.access.countAt(zoom.id)).toEqual({ has: 1, unknown: 0 });
  });

  describe('drafts', () => {
    const draft = (person: Person, about: Partial<Draft> = {}): Draft => ({
      id: newId(),
      personId: person.id,
      kind: 'manifest',
      name: 'Asana',
      text: '{"execute": []}',
      createdAt: noon,
      ...about,
    });

    test('are read as they were written, and replaced', async () => {
      const mine = draft(await someone(), { integrationId: (await added()).id });
      await stores.drafts.put(mine);
      expect(await stores.drafts.find(mine.id)).toEqual(mine);
      await stores.drafts.put({ ...mine, text: '{}' });
      expect(await stores.drafts.find(mine.id)).toEqual({ ...mine, text: '{}' });
      expect(await stores.drafts.find(newId())).toBeUndefined();
    });

    test('are deleted by the first caller only', async () => {
      const mine = draft(await someone());
      await stores.drafts.put(mine);
      expect(await stores.drafts.delete(mine.id)).toBe(true);
      expect(await stores.drafts.delete(mine.id)).toBe(false);
      expect(await stores.drafts.find(mine.id)).toBeUndefined();
    });

    test('go with their integration, or when they are old', async () => {
      const person = await someone();
      const integrationId = (await added()).id;
      const next = draft(person, { integrationId });
      const fresh = draft(person, { createdAt: minutesAfter(1) });
      const old = draft(person, { kind: 'people', name: 'people.csv' });
      for (const each of [next, fresh, old]) await stores.drafts.put(each);
      await stores.drafts.deleteFor(integrationId);
      expect(await stores.drafts.find(next.id)).toBeUndefined();
      await stores.drafts.deleteBefore(minutesAfter(1));
      expect(await stores.drafts.find(old.id)).toBeUndefined();
      expect(await stores.drafts.find(fresh.id)).toEqual(fresh);
    });
  });

  test('web sessions are read as they were written, ended once, and gone when they have expired', async () => {
    const { id: personId } = await someone();
    const session = (expiresAt: Date) => ({
      id: newId(),
      personId,
      purpose: 'secrets' as const,
      subject: newId(),
      browser: 'hash',
      createdAt: noon,
      expiresAt,
    });
    const [short, long] = [session(minutesAfter(1)), session(minutesAfter(2))];
    for (const each of [short, long]) await stores.webSessions.insert(each);
    expect(await stores.webSessions.find(short.id)).toEqual(short);
    await stores.webSessions.deleteExpired(minutesAfter(2));
    expect(await stores.webSessions.find(short.id)).toBeUndefined();
    expect(await stores.webSessions.delete(long.id)).toBe(true);
    expect(await stores.webSessions.delete(long.id)).toBe(false);
  });

  test('a setting is saved on the version that was read, and on no other', async () => {
    expect(await stores.settings.find('workspace')).toBeUndefined();
    await stores.settings.save('workspace', 0, '{"a":1}');
    expect(await stores.settings.find('workspace')).toEqual({ version: 1, value: '{"a":1}' });
    await stores.settings.save('workspace', 1, '{"a":2}');
    for (const stale of [0, 1])
      await expect(stores.settings.save('workspace', stale, '{}')).rejects.toThrow(StaleWrite);
    expect(await stores.settings.find('workspace')).toEqual({ version: 2, value: '{"a":2}' });
  });

  test('what falls due is claimed once per subject and time, and forgotten', async () => {
    expect(await stores.occurrences.claim('sync:1', noon)).toBe(true);
    expect(await stores.occurrences.claim('sync:1', noon)).toBe(false);
    expect(await stores.occurrences.claim('sync:1', minutesAfter(1))).toBe(true);
    expect(await stores.occurrences.claim('sync:2', noon)).toBe(true);
    await stores.occurrences.deleteBefore(minutesAfter(1));
    expect(await stores.occurrences.claim('sync:1', noon)).toBe(true);
    expect(await stores.occurrences.claim('sync:1', minutesAfter(1))).toBe(false);
  });

  describe('people', () => {
    test('their departments are listed once each, by name, of active people only', async () => {
      for (const department of ['Sales', 'Design', 'Sales']) await someone({ department });
      await someone({ department: 'Ghosts', active: false });
      await someone();
      expect(await stores.people.departments()).toEqual(['Design', 'Sales']);
    });

    test('who has left is found where everybody is searched', async () => {
      const gone = await someone({ firstName: 'Grace', active: false });
      const page = { offset: 0, limit: 10 };
      expect((await stores.people.search('grace', page)).total).toBe(0);
      expect((await stores.people.search('grace', page, 'left')).total).toBe(1);
      expect(await stores.people.search('grace', page, 'everybody')).toEqual({
        people: [gone],
        total: 1,
      });
    });

    test('one who is held is read as they are', async () => {
      const person = await someone();
      await driver.transact(async (tx) => {
        expect(await tx.people.hold(person.id)).toEqual(person);
        expect(await tx.people.hold(newId())).toBeUndefined();
      });
    });

    test('their chat users are found', async () => {
      const [ann, bo] = [await someone(), await someone()];
      const link = (userId: string, platform: 'slack' | 'teams', { id: personId }: Person) =>
        stores.identities.insert({ platform, tenant: 'T1', userId, personId, linkedAt: noon });
      await link('U1', 'slack', ann);
      await link('O1', 'teams', ann);
      await link('U2', 'slack', bo);
      const found = await stores.identities.ofPerson(ann.id);
      expect(found.map(({ userId }) => userId).toSorted()).toEqual(['O1', 'U1']);
    });
  });
}
