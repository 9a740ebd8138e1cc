/** The examples of docs/api.md call a real server, as they stand there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGrant } from '../../src/engine/access/grant.ts';
import { makeBundle, putItem } from '../../src/engine/bundles/change-bundle.ts';
import { cancel } from '../../src/engine/runs/run.ts';
import { insertTask } from '../../src/engine/tasks/new-task.ts';
import { endpoints } from '../../src/web/api/endpoints.ts';
import { type TestApi, testApi } from '../support/browser/api.ts';
import { ok } from '../support/given/outcomes.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

let api: TestApi;
let env: Record<string, string>;
beforeEach(async () => {
  api = await testApi();
  const ada = await api.chat.person({ email: 'ada@example.com', role: 'admin' });
  await api.chat.person({ email: 'ann@example.com' });
  await api.chat.person({ email: 'ben@example.com', role: 'admin' });
  env = {
    PATH: process.env['PATH'] ?? '',
    URL: api.url.replace('/api/v1', ''),
    TOKEN: await api.token(ada),
    INTEGRATION: await api.chat.integration('Figma', {
      execute: [{ url: 'https://api.example.com/u' }],
    }),
  };
});
afterEach(() => api.close());

const run = async (block: string | undefined): Promise<unknown> =>
  JSON.parse((await promisify(execFile)('sh', ['-ec', block ?? ''], { env })).stdout);

test('the example that reads has a page and the cursor of the next one', async () => {
  expect(await run(blocks[0])).toMatchObject({
    items: [{ email: 'ada@example.com' }, { email: 'ann@example.com' }],
    next: expect.any(String) as string,
  });
});

test('the example that requests makes one request, however often it runs', async () => {
  const first = await run(blocks[1]);
  expect(first).toMatchObject({ hours: 4, integrationId: env['INTEGRATION'] });
  expect(await run(blocks[1])).toEqual(first);
});

test('the example of a bundle requests it', async () => {
  const { stores, transact } = api.chat.services;
  const actor = { kind: 'system' } as const;
  const bundle = await transact(async (tx) => {
    const made = ok(await makeBundle(tx, { name: 'Basics', description: '', tags: '' }, { actor }));
    const item = { integrationId: env['INTEGRATION'] ?? '', form: {}, answers: [] };
    await putItem(tx, made.bundle.id, { item, actor });
    return made.bundle;
  });
  env['BUNDLE'] = bundle.id;
  env['VERSION'] = (await stores.bundles.find(bundle.id))?.versionId ?? '';
  expect(await run(blocks[2])).toMatchObject({ items: [{ outcome: 'requested' }] });
});

test('the example that retries begins a failed grant anew', async () => {
  const { stores, transact } = api.chat.services;
  const [person, integration] = await Promise.all([
    stores.people.findByEmail('ann@example.com'),
    stores.integrations.find(env['INTEGRATION'] ?? ''),
  ]);
  if (!person || !integration) throw new Error('They are not there');
  const actor = { kind: 'system' } as const;
  env['RUN'] = await transact(async (tx) => {
    const started = await startGrant(tx, { person, integration, actor, form: {} });
    if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
    return (await tx.runs.save(cancel(started.run, actor, tx.now))).id;
  });
  expect(await run(blocks[3])).toMatchObject({ kind: 'started' });
});

test('the example of a task ticks its checklist and ends it', async () => {
  const { stores, transact } = api.chat.services;
  const ann = await stores.people.findByEmail('ann@example.com');
  const checklist = [{ text: 'Chair' }, { text: 'Lamp' }];
  const wanted = { kind: 'other', title: 'Desk', personId: ann?.id ?? '', checklist } as const;
  const task = await transact((tx) => insertTask(tx, wanted, { actor: { kind: 'system' } }));
  env['TASK'] = task.id;
  expect(await run(blocks[4])).toMatchObject({ id: task.id, state: 'done' });
});

test('the page names every address', () => {
  const unnamed = endpoints.filter(
    ({ path }) => !page.includes(path) && !page.includes(path.replace(/^.*(?=\/deny)/, '')),
  );
  expect(unnamed.map(({ path }) => path)).toEqual([]);
  expect(blocks).toHaveLength(5);
});
