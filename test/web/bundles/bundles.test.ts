/** The page of bundles, as an admin uses it from a link in chat. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deleteBundle, makeBundle } from '../../../src/engine/bundles/change-bundle.ts';
import { makeRule, turnOn } from '../../../src/engine/rules/change-rule.ts';
import { addBundle } from '../../../src/engine/rules/give-bundle.ts';
import {
  type Answer,
  csrfOn,
  type TestWeb,
  testWeb,
  type WebBrowser,
} from '../../support/browser/web.ts';

let web: TestWeb;
let fernboard: string;
let browser: WebBrowser;
let root: string;

beforeEach(async () => {
  web = await testWeb();
  fernboard = await web.chat.integration('Fernboard', {
    form: [
      {
        id: 'ROLE',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'r1', name: 'Reader' },
          { id: 'r2', name: 'Writer' },
        ],
      },
      { id: 'NOTE', name: 'Note <b>', type: 'input', required: false },
    ],
    execute: [{ url: 'https://api.example.com', data: { role: '{{ROLE}}', note: '{{NOTE}}' } }],
  });
  const opened = await web.opened('bundles', 'bundles');
  browser = opened.browser;
  root = opened.page.at;
});
afterEach(() => web.close());

const stores = () => web.chat.services.stores;
const by = () => ({ actor: { kind: 'person', personId: web.admin.id, via: 'web' } }) as const;

async function send(at: string, typed: Readonly<Record<string, string>>): Promise<Answer> {
  const csrf = csrfOn((await browser.get(at)).text);
  return browser.follow(await browser.post(at, { csrf, ...typed }));
}

const seenOn = (html: string): string => /name="seen" value="(\d+)"/.exec(html)?.[1] ?? '';

/** Made on the page. @returns its path */
async function made(name = 'Starter kit'): Promise<string> {
  const answer = await send(root, { name, description: 'For developers.', tags: 'dev, code' });
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(`<h1>${name}</h1>`)]);
  return answer.at;
}
const withApp = async (path: string, id = fernboard, typed: object = { 'form.ROLE': 'r1' }) => {
  const at = `${path}/item?app=${id}`;
  return send(at, { days: '720h', seen: seenOn((await browser.get(at)).text), ...typed });
};

const itemsOf = async (name = 'Starter kit') => {
  const bundle = await stores().bundles.findByName(name);
  return (await stores().bundles.findVersion(bundle?.versionId ?? ''))?.items ?? [];
};

test('its link and its session are stored by a word that older versions know', async () => {
  const words = { purpose: 'export', subject: 'bundles' };
  const { db } = web.chat.database;
  expect(await db('links').select('purpose', 'subject')).toEqual([words]);
  expect(await db('web_sessions').select('purpose', 'subject')).toEqual([words]);
});

test('an admin makes a bundle, with an app, its answers and its days', async () => {
  const path = await made();
  const saved = await withApp(path, fernboard, { 'form.ROLE': 'r2', 'form.NOTE': 'a & b' });
  expect(saved.text).toContain('Role: Writer · Note &lt;b&gt;: a &amp; b · 30 days');
  expect(await itemsOf()).toMatchObject([
    { integrationId: fernboard, form: { ROLE: 'r2', NOTE: 'a & b' }, hours: 30 * 24 },
  ]);
  expect(await stores().bundles.findByName('Starter kit')).toMatchObject({
    description: 'For developers.',
    tags: ['dev', 'code'],
  });
  const form = await browser.get(`${path}/item?app=${fernboard}`);
  expect(form.text).toContain('<option value="r2" selected>Writer</option>');
  expect((await web.audit()).filter((what) => what.startsWith('bundle.'))).toEqual([
    'bundle.changed',
    'bundle.made',
  ]);
});

test('the page says that files manage the bundle', async () => {
  const path = await made();
  expect((await browser.get(path)).text).not.toContain('Managed by files');
  const id = (await stores().bundles.findByName('Starter kit'))?.id ?? '';
  const file = 'starter-kit.json';
  await web.chat.database.transact((tx) =>
    tx.managedThings.put({ kind: 'bundle', id, file, appliedAt: tx.now }),
  );
  expect((await browser.get(path)).text).toContain(`Managed by files: ${file}. What you change`);
});

test('an app that someone has changed since the page was read is not changed back', async () => {
  const path = await made();
  const at = `${path}/item?app=${fernboard}`;
  const { text } = await browser.get(at);
  await withApp(path, fernboard, { 'form.ROLE': 'r2' });
  const typed = { csrf: csrfOn(text), seen: seenOn(text), days: '720h', 'form.ROLE': 'r1' };
  const late = await browser.post(at, typed);
  expect(late.status).toBe(422);
  expect(late.text).toContain('Someone has just changed this bundle');
  expect(await itemsOf()).toMatchObject([{ form: { ROLE: 'r2' } }]);
});

test('what is wrong is said beside its field, and what was typed stays', async () => {
  await made();
  const again = await send(root, { name: 'starter KIT', description: 'Kept', tags: '' });
  expect(again.status).toBe(422);
  expect(again.text).toContain('Another bundle is called Starter kit.');
  expect(again.text).toContain('>Kept</textarea>');
  const path = await made('Other');
  const wrong = await send(`${path}/item?app=${fernboard}`, { 'form.ROLE': 'r9', days: '999' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('Not one of the options.');
  expect(wrong.text).toMatch(/<select id="[\w-]+" name="form\.ROLE"[^>]* aria-invalid="true">/);
  expect(wrong.text).toMatch(/<input id="[\w-]+" name="form\.NOTE"(?![^>]*aria-invalid)[^>]*>/);
  expect(await itemsOf('Other')).toEqual([]);
});

test('a field whose description is empty refers to no words about it', async () => {
  const rudder = await web.chat.integration('Rudder', {
    form: [{ id: 'NOTE', name: 'Note', description: '', type: 'input' }],
    execute: [{ url: 'https://api.example.com', data: '{{NOTE}}' }],
  });
  const { text } = await browser.get(`${await made()}/item?app=${rudder}`);
  expect(text).toContain('id="field-0"');
  expect(text).not.toContain('field-0-hint');
});

test('apps are put in order and removed', async () => {
  const path = await made();
  const easel = await web.chat.integration('Easel', {
    execute: [{ url: 'https://easel.example.com' }],
  });
  await withApp(path);
  await withApp(path, easel, {});
  await send(path, { do: `up ${easel}` });
  expect((await itemsOf()).map(({ integrationId }) => integrationId)).toEqual([easel, fernboard]);
  await send(path, { do: `remove ${easel}` });
  expect((await itemsOf()).map(({ integrationId }) => integrationId)).toEqual([fernboard]);
});

test('a bundle that a rule gives gets a draft, which can be discarded, and isn’t deleted', async () => {
  const path = await made();
  await withApp(path);
  const bundle = await stores().bundles.findByName('Starter kit');
  await web.chat.services.transact(async (tx) => {
    const condition = {
      field: 'email',
      comparison: 'contains',
      not: false,
      values: ['@'],
    } as const;
    const definition = {
      matching: 'all',
      conditions: [condition],
      daysBefore: 0,
      overlapDays: 0,
    } as const;
    const rule = await makeRule(tx, { name: 'All', definition }, by());
    if (!rule.ok || !bundle) throw new Error('Nothing was made');
    await addBundle(tx, rule.value.id, { bundleId: bundle.id, ...by() });
    const seen = (await tx.rules.find(rule.value.id))?.version ?? 0;
    await turnOn(tx, rule.value.id, { seen, ...by() });
  });
  const changed = await withApp(path, fernboard, { 'form.ROLE': 'r2' });
  expect(changed.text).toContain("Your changes don't count yet");
  expect(changed.text).toContain('Role: Writer');
  expect(await itemsOf()).toMatchObject([{ form: { ROLE: 'r1' } }]);
  expect((await send(path, { do: 'discard' })).text).toContain('Role: Reader');
  const refused = await send(path, { do: 'delete' });
  expect([refused.status, refused.text]).toEqual([
    422,
    expect.stringContaining('The rule All grants Starter kit.'),
  ]);
});

test('the list has a search and pages', async () => {
  for (let index = 0; index < 21; index += 1)
    await web.chat.services.transact((tx) =>
      makeBundle(
        tx,
        { name: `Kit ${index}`, description: '', tags: index === 7 ? 'sea' : '' },
        by(),
      ),
    );
  expect((await browser.get(root)).text).toContain('Page 1 of 2');
  const second = await browser.get(`${root}?page=1`);
  expect(second.text.match(/<li>/g)).toHaveLength(1);
  const found = await browser.get(`${root}?text=sea`);
  expect(found.text).toContain('Kit 7');
  expect(found.text).not.toContain('Kit 8');
});

test('who is no longer an admin sees and changes nothing', async () => {
  const path = await made();
  const csrf = csrfOn((await browser.get(path)).text);
  await web.role('manager');
  expect((await browser.get(root)).status).toBe(403);
  for (const [at, typed] of [
    [root, { name: 'Mine' }],
    [path, { do: 'delete' }],
    [`${path}/item?app=${fernboard}`, { 'form.ROLE': 'r1', days: '' }],
  ] as const)
    expect((await browser.post(at, { csrf, ...typed })).status).toBe(403);
  expect(await stores().bundles.findByName('Mine')).toBeUndefined();
  expect((await stores().bundles.findByName('Starter kit'))?.deletedAt).toBeUndefined();
  expect(await itemsOf()).toEqual([]);
});

test('a form without the page’s token changes nothing', async () => {
  const path = await made();
  for (const at of [root, path, `${path}/item?app=${fernboard}`])
    expect((await browser.post(at, { name: 'Mine', do: 'delete' })).status).toBe(403);
  expect((await stores().bundles.findByName('Starter kit'))?.deletedAt).toBeUndefined();
});

test('a bundle or an app that is gone has a page that says so', async () => {
  const path = await made();
  expect((await browser.get(`${path}/item?app=none`)).status).toBe(410);
  const bundle = await stores().bundles.findByName('Starter kit');
  await web.chat.services.transact((tx) => deleteBundle(tx, bundle?.id ?? '', by()));
  expect((await browser.get(path)).status).toBe(410);
});
