/** Programs with a right token, on either database: whatever they send, each gets an answer, and nothing of it breaks what people read. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeBundle, putItem } from '../../src/engine/bundles/change-bundle.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import { type TestApi, testApi } from '../support/browser/api.ts';
import { bothDatabases } from '../support/database/both-databases.ts';
import { present } from '../support/given/outcomes.ts';
import { attackPrograms, type ThereIs } from './programs.ts';

/** The same inputs every time. */
const SEED = 5;
const COUNT = 120;
const MINUTE_MS = 60_000;
const manifest = {
  form: [
    { id: 'TEAM', name: 'Team', type: 'choice', items: [{ id: 't1', name: 'Design' }] },
    { id: 'NOTE', name: 'Note', type: 'input', required: false },
  ],
  extra_user_info: [{ id: 'github', name: 'GitHub name' }],
  execute: [{ url: 'https://api.example.com/u/{{TEAM}}' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

describe.each(bothDatabases)('on %s', (_on, open) => {
  let api: TestApi;
  let ada: Person;
  let ann: Person;
  let there: ThereIs;

  beforeEach(async () => {
    api = await testApi(open);
    const { chat } = api;
    const { transact } = chat.services;
    ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const mia = await chat.person({ email: 'mia@example.com' });
    ann = await chat.person({ email: 'ann@example.com', managerEmail: mia.email });
    const integration = await chat.integration('Fernboard', manifest);
    const other = await chat.integration('Harbour', { execute: manifest.execute });
    const actor = { kind: 'person', personId: ada.id, via: 'slack' } as const;
    const made = await transact((tx) =>
      makeBundle(tx, { name: 'Basics', description: '', tags: '' }, { actor }),
    );
    if (!made.ok) throw new Error(made.why);
    const bundle = made.bundle.id;
    for (const integrationId of [integration, other])
      await transact((tx) =>
        putItem(tx, bundle, { actor, item: { integrationId, form: { TEAM: 't1' }, answers: [] } }),
      );
    const { versionId } = present(await chat.services.stores.bundles.find(bundle));
    const asked = await api.post(
      '/requests',
      { integrationId: other, reason: 'For work' },
      { by: ann },
    );
    there = {
      person: ann.id,
      integration,
      bundle,
      bundleVersion: versionId,
      request: asked.body.id,
      task: 'none',
    };
  });
  afterEach(() => api.close());

  test.each(['an admin', 'someone'] as const)(
    'whatever a program of %s sends is answered, and breaks nothing',
    { timeout: 120_000 },
    async (whose) => {
      const token = await api.token(whose === 'someone' ? ann : ada);
      const url = api.url.replace('/api/v1', '');
      const send: Parameters<typeof attackPrograms>[0]['send'] = async (path, sending) => {
        api.ticks += MINUTE_MS;
        const { method, headers, body } = sending;
        const { status, text } = await api.send(`${url}${path}`, {
          ...(method !== undefined && { method }),
          ...(body !== undefined && { body: body as string }),
          headers: { ...headers, authorization: `Bearer ${token}` },
        });
        return { status, text, headers: {} };
      };
      const { problems, answers } = await attackPrograms({ send, there }, COUNT, SEED);
      expect({ problems, errors: api.errors }).toEqual({ problems: [], errors: [] });
      // Something of it was done, too: else nothing came past the first check.
      expect((answers['201'] ?? 0) + (answers['202'] ?? 0)).toBeGreaterThan(0);
      for (const path of [
        '/people',
        '/requests',
        '/runs',
        '/access',
        '/removals',
        '/tasks',
        '/bundles',
      ])
        expect((await api.get(path, await api.token(ada))).status).toBe(200);
    },
  );
});
