/** Bundles over the API: who sees which, and requesting one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { defaultPolicy, type Policy } from '../../../src/engine/settings/settings.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

const actor = { kind: 'system' } as const;
const NOBODY: Policy = { ...defaultPolicy, requesters: { kind: 'nobody' } };
const SELF: Policy = { ...defaultPolicy, approvers: { kind: 'automatic' } };

describe.each(bothDatabases)('on %s', (_name, open) => {
  let api: TestApi;
  let people: Readonly<Record<'ada' | 'mia' | 'ann' | 'zoe', Person>>;
  let apps: Readonly<Record<'fern' | 'open' | 'closed', string>>;
  let basics: string;
  let hidden: string;

  interface Read {
    readonly id: string;
    readonly versionId: string;
    readonly isRequestable: boolean;
  }
  const listed = async (by: Person, query = ''): Promise<readonly Read[]> =>
    (await api.get(`/bundles${query}`, await api.token(by))).body.items as unknown as Read[];
  const versionOf = async (id: string): Promise<string> =>
    (await api.chat.services.stores.bundles.find(id))?.versionId ?? '';
  const request = async (id: string, by: Person | string, more: object = {}) =>
    api.post(
      `/bundles/${id}/request`,
      {
        versionId: await versionOf(id),
        reason: 'First day',
        facts: { github: 'ann-lee' },
        ...more,
      },
      { by },
    );
  const bundle = (name: string, ids: readonly string[]) =>
    api.chat.services.transact(async (tx) => {
      const made = await makeBundle(
        tx,
        { name, description: 'For all', tags: 'new, hire' },
        { actor },
      );
      if (!made.ok) throw new Error(made.why);
      for (const integrationId of ids)
        await putItem(tx, made.bundle.id, {
          item: { integrationId, form: {}, answers: [], hours: 48 },
          actor,
        });
      return made.bundle.id;
    });

  beforeEach(async () => {
    api = await testApi(open);
    const { chat } = api;
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const mia = await chat.person({ email: 'mia@example.com' });
    const ann = await chat.person({ email: 'ann@example.com', managerEmail: mia.email });
    const zoe = await chat.person({ email: 'zoe@example.com' });
    people = { ada, mia, ann, zoe };
    const app = async (name: string, policy: Policy, more: object = {}): Promise<string> => {
      const id = await chat.integration(name, {
        ...more,
        execute: [{ url: 'https://api.example.com/u' }],
      });
      await chat.services.transact(async (tx) => {
        const found = await tx.integrations.find(id);
        if (found) await tx.integrations.save({ ...found, settings: { policy } });
      });
      return id;
    };
    apps = {
      fern: await app('Fernboard', defaultPolicy, {
        extra_user_info: [{ id: 'github', name: 'GitHub name' }],
      }),
      open: await app('Open', SELF),
      closed: await app('Closed', NOBODY),
    };
    basics = await bundle('Basics', [apps.fern, apps.open, apps.closed]);
    hidden = await bundle('Hidden', [apps.closed]);
  });
  afterEach(() => api.close());

  test('everyone sees those of which they may request something, admins all', async () => {
    expect(await listed(people.ann)).toMatchObject([
      {
        id: basics,
        name: 'Basics',
        tags: ['new', 'hire'],
        isRequestable: true,
        versionId: await versionOf(basics),
        items: [
          { integrationId: apps.fern, name: 'Fernboard', hours: 48 },
          { integrationId: apps.open },
          { integrationId: apps.closed },
        ],
      },
    ]);
    expect((await listed(people.ada)).map(({ id, isRequestable }) => [id, isRequestable])).toEqual([
      [basics, true],
      [hidden, false],
    ]);
    expect(await listed(people.ada, '?text=hidd')).toMatchObject([{ id: hidden }]);
    const read = async (by: Person) =>
      (await api.get(`/bundles/${hidden}`, await api.token(by))).status;
    expect([await read(people.ada), await read(people.ann)]).toEqual([200, 404]);
  });

  test('its pages have each once', async () => {
    const token = await api.token(people.ada);
    const first = (await api.get('/bundles?limit=1', token)).body;
    const second = (await api.get(`/bundles?limit=1&cursor=${first.next}`, token)).body;
    expect([first.items[0]?.id, second.items[0]?.id, second.next]).toEqual([
      basics,
      hidden,
      undefined,
    ]);
  });

  test('a request of one goes to who approves each app, and says what became of it', async () => {
    const answer = await request(basics, people.ann);
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.any(String) as string,
        bundleId: basics,
        personId: people.ann.id,
        items: [
          {
            integrationId: apps.fern,
            outcome: 'requested',
            requestId: expect.any(String) as string,
          },
          {
            integrationId: apps.open,
            outcome: 'approved',
            requestId: expect.any(String) as string,
            runId: expect.any(String) as string,
          },
          { integrationId: apps.closed, outcome: 'left-out' },
        ],
      },
    ]);
    const { stores } = api.chat.services;
    const made = await stores.requests.listAfter(undefined, 9, { state: 'open' });
    expect(made).toMatchObject([
      { integrationId: apps.fern, bundleRequestId: answer.body.id, requestedById: people.ann.id },
    ]);
    const [entry] = await stores.auditLog.list(
      { offset: 0, limit: 1 },
      { what: 'bundle.requested' },
    );
    expect(entry?.actor).toMatchObject({ tokenId: expect.any(String) as string });
  });

  test('where nothing of it can be requested, it says what is true of each app', async () => {
    const { stores, transact } = api.chat.services;
    await request(basics, people.ann);
    const gone = await api.chat.integration('Gone', {
      execute: [{ url: 'https://api.example.com/u' }],
    });
    const off = await api.chat.integration('Off', {
      execute: [{ url: 'https://api.example.com/u' }],
    });
    const mixed = await bundle('Mixed', [apps.fern, off, gone]);
    await transact(async (tx) => {
      for (const [id, about] of [
        [off, { enabled: false }],
        [gone, { enabled: false, deletedAt: new Date() }],
      ] as const) {
        const found = await tx.integrations.find(id);
        if (found) await tx.integrations.save({ ...found, ...about });
      }
    });
    const answer = await request(mixed, people.ann);
    expect([answer.status, answer.body]).toEqual([
      409,
      {
        type: 'urn:latchkey:problem:conflict',
        title: 'What is there now does not allow it',
        status: 409,
        detail: 'Nothing was requested. See errors for each app.',
        errors: [
          {
            detail: "There's already an open request for Fernboard.",
            integrationId: apps.fern,
          },
          {
            detail: 'Off is turned off. An admin can turn it on again.',
            integrationId: off,
          },
          { detail: 'It was deleted.', integrationId: gone },
        ],
      },
    ]);
    const made = await stores.auditLog.list({ offset: 0, limit: 9 }, { what: 'bundle.requested' });
    expect(made).toHaveLength(1);
  });

  test('a manager requests it for their report, and a stranger for nobody', async () => {
    const made = await request(basics, people.mia, { personId: people.ann.id });
    expect(made.body).toMatchObject({ personId: people.ann.id });
    expect((await request(basics, people.zoe, { personId: people.ann.id })).status).toBe(404);
    const { auditLog } = api.chat.services.stores;
    expect(await auditLog.list({ offset: 0, limit: 9 }, { what: 'refused' })).toHaveLength(1);
  });

  test('sent twice with one key, it is requested once', async () => {
    const by = await api.token(people.ann);
    const body = {
      versionId: await versionOf(basics),
      reason: 'First day',
      facts: { github: 'a' },
    };
    const send = () => api.post(`/bundles/${basics}/request`, body, { by, key: 'once' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.body]).toEqual([201, first.body]);
  });

  test.each([
    [{ facts: {} }, '/facts/github'],
    [{ facts: { github: 'a', other: 'b' } }, '/facts/other'],
    [{ reason: ' ' }, '/reason'],
    [{ color: 'red' }, '/color'],
  ])('%j is refused at its place', async (change, pointer) => {
    const answer = await request(basics, people.ann, change);
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer]);
  });

  test('what has changed since it was read, has nothing for them, or is not there is refused', async () => {
    const old = await request(basics, people.ann, { versionId: 'x' });
    expect([old.status, old.body.detail]).toEqual([409, 'The bundle has changed. Read it again.']);
    expect((await request(hidden, people.ada)).status).toBe(409);
    expect((await request(hidden, people.ann)).status).toBe(404);
    expect((await request('x', people.ada)).status).toBe(404);
    const narrow = await request(basics, await api.token(people.ann, ['read']));
    expect(narrow.body.type).toBe('urn:latchkey:problem:scope-missing');
  });
});
