import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { saveManifest } from '../../src/engine/integrations/change-integration.ts';
import { questionOf } from '../support/browser/question-of.ts';
import {
  type Answer,
  csrfOn,
  MINUTE,
  type TestWeb,
  testWeb,
  WebBrowser,
} from '../support/browser/web.ts';
import { filesOf } from '../support/database/database.ts';
import { leaks } from '../support/leaks.ts';

const SECRET = 'tr0ub4dor&3 <&> ß';

let web: TestWeb;
let id: string;
beforeEach(async () => {
  web = await testWeb({ ownFile: true });
  id = await web.chat.integration('Fernboard', {
    initial_data_form: [
      { id: 'API_KEY', name: 'API key', description: 'Settings > <API>' },
      { id: 'OTHER', name: 'Another key', description: '' },
      { id: 'WORKSPACE', name: 'Workspace', secret: false },
      { id: 'PASSWORD', name: 'generate' },
    ],
    execute: [{ url: 'https://api.example.com', data: { key: '{{API_KEY}}' } }],
  });
});
afterEach(() => web.close());

const secrets = () => web.chat.services.stores.secrets.all(id);

/** Sends what was typed, by ids. */
const type = (
  { browser, page }: { readonly browser: WebBrowser; readonly page: Answer },
  typed: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
) =>
  browser.post(page.at, {
    csrf: csrfOn(page.text),
    ...Object.fromEntries(Object.entries(typed).map(([name, value]) => [`value.${name}`, value])),
    ...more,
  });

test('a link leads to a page that asks for each value by its name, hides secrets, and works without a script', async () => {
  const { page } = await web.opened('secrets', id);
  expect(page.status).toBe(200);
  expect(page.text).toContain('Set up Fernboard');
  expect(page.text).toContain('>API key</label>');
  expect(page.text).toContain('Settings &gt; &lt;API&gt;');
  expect(page.text).toMatch(/name="value.API_KEY" type="password" autocomplete="off"/);
  expect(page.text).toMatch(/name="value.WORKSPACE" type="text"/);
  expect(page.text).not.toContain('generate');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
});

test('a value whose description is empty refers to no words about it', async () => {
  const { page } = await web.opened('secrets', id);
  expect(page.text).toContain('aria-describedby="value-0-hint"');
  expect(page.text).toContain('id="value-1"');
  expect(page.text).not.toContain('value-1-hint');
});

test('what is typed is saved, sealed, and in the audit log by its names; then the page is over', async () => {
  const opened = await web.opened('secrets', id);
  const done = await type(opened, { API_KEY: ` ${SECRET}\n`, OTHER: 'o-1', WORKSPACE: 'main' });
  expect(done.status).toBe(200);
  expect(done.text).toContain('Saved for Fernboard');
  expect(done.text).toContain('Fernboard is ready to use');
  expect(await secrets()).toEqual({ API_KEY: SECRET, OTHER: 'o-1', WORKSPACE: 'main' });
  const audit = await web.chat.services.stores.auditLog.list({ offset: 0, limit: 10 });
  expect(audit.find(({ what }) => what === 'secrets.set')).toMatchObject({
    actor: { kind: 'person', personId: web.admin.id, via: 'web' },
    detail: { names: 'API_KEY, OTHER, WORKSPACE' },
  });

  const after = await opened.browser.get(opened.page.at);
  expect([after.status, after.text.includes('This page is not open here')]).toEqual([403, true]);
  expect((await type(opened, { API_KEY: 'changed' })).status).toBe(403);
  expect((await secrets())['API_KEY']).toBe(SECRET);
});

test('chat says what was saved, where it had asked which number the browser shows', async () => {
  const opened = await web.opened('secrets', id);
  const said = await questionOf(web, opened.path);
  expect(await said()).toContain('Continue on the page that is open there.');
  await type(opened, { API_KEY: SECRET });
  expect(await said()).toBe('Saved for Fernboard\n⚠ needs secrets: Another key, Workspace\n[View]');
  await type(opened, { OTHER: 'o-1', WORKSPACE: 'main' });
  expect(await said()).toBe('Saved for Fernboard\n✓ ready\n[View]');
  expect(await web.chat.database.db('jobs').where({ name: 'message.refresh' })).toHaveLength(1);
});

test('a secret that was typed stands nowhere but in the vault', async () => {
  const opened = await web.opened('secrets', id);
  const pages = [
    await type(opened, { API_KEY: SECRET }),
    await opened.browser.get(opened.page.at),
    await type(opened, { OTHER: 'o-1', WORKSPACE: 'main' }),
    (await web.opened('secrets', id)).page,
  ];
  const everywhere = {
    pages: pages.map(({ text, headers }) => text + JSON.stringify([...headers])).join('\n'),
    addresses: opened.browser.history.join('\n'),
    database: filesOf(web.chat.database),
    log: JSON.stringify(web.errors),
  };
  expect(everywhere.database).toContain('ada@example.com');
  expect(leaks({ API_KEY: SECRET }, everywhere)).toEqual([]);
  expect((await secrets())['API_KEY']).toBe(SECRET);
});

test('what can be saved is saved, and only the rest is asked for again', async () => {
  const opened = await web.opened('secrets', id);
  const page = await type(opened, { API_KEY: SECRET, OTHER: 'x'.repeat(8001) });
  expect(page.status).toBe(422);
  expect(page.text).toContain('Saved: API key.');
  expect(page.text).toContain('This has 8001 characters');
  expect(page.text).toContain('This is still needed.');
  expect(page.text.match(/<input[^>]* aria-invalid/g)).toHaveLength(2);
  expect(page.text).not.toContain('xxxx');
  expect(await secrets()).toEqual({ API_KEY: SECRET });

  const done = await type(
    { ...opened, page: { ...page, at: opened.page.at } },
    { OTHER: 'o', WORKSPACE: 'm' },
  );
  expect(done.text).toContain('Saved for Fernboard');
  expect(await secrets()).toEqual({ API_KEY: SECRET, OTHER: 'o', WORKSPACE: 'm' });
});

test('an empty field keeps the saved value, which is shown as saved and no more', async () => {
  const typed = { API_KEY: SECRET, OTHER: 'o-1', WORKSPACE: 'main-workspace' };
  await type(await web.opened('secrets', id), typed);
  const opened = await web.opened('secrets', id);
  expect(opened.page.text.match(/class="badge">saved</g)).toHaveLength(3);
  expect(opened.page.text).not.toContain('main-workspace');
  const nothing = await type(opened, { API_KEY: '', OTHER: '  ' });
  expect(nothing.text).toContain('You entered nothing, so nothing changed.');
  const done = await type(opened, { API_KEY: '', OTHER: 'o-2' });
  expect(done.text).toContain('Saved for Fernboard');
  expect(await secrets()).toEqual({ ...typed, OTHER: 'o-2' });
});

test('what was typed as a secret is not saved where the manifest would show it since', async () => {
  const opened = await web.opened('secrets', id);
  const { stores, transact } = web.chat.services;
  const seen = await stores.integrations.find(id);
  const text = JSON.stringify({
    initial_data_form: [{ id: 'API_KEY', name: 'API key', secret: false }],
    execute: [{ url: 'https://api.example.com', data: { key: '{{API_KEY}}' } }],
  });
  await transact(async (tx) => {
    if (seen) await saveManifest(tx, seen, { text, actor: { kind: 'system' } });
  });
  const version = versionOn(opened.page.text);
  const page = await type(opened, { API_KEY: SECRET }, { version });
  expect(page.status).toBe(422);
  expect(page.text).toContain('the integration has just changed');
  expect(await secrets()).toEqual({});
  const done = await type(opened, { API_KEY: 'open' }, { version: versionOn(page.text) });
  expect(done.text).toContain('Saved for Fernboard');
  expect(await secrets()).toEqual({ API_KEY: 'open' });
});

const versionOn = (page: string): string => /name="version" value="([^"]*)"/.exec(page)?.[1] ?? '';

test('closing it saves nothing and ends it', async () => {
  const opened = await web.opened('secrets', id);
  const page = await type(opened, { API_KEY: SECRET }, { do: 'close' });
  expect(page.text).toContain('Closed');
  expect(await secrets()).toEqual({});
  expect((await opened.browser.get(opened.page.at)).status).toBe(403);
});

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIE/abc+=\nxyz\n-----END PRIVATE KEY-----';

test('an address that is none is not saved, and the field says what it has to be', async () => {
  const other = await web.chat.integration('Tidebook', {
    initial_data_form: [{ id: 'BASE_URL', name: 'Address' }],
    execute: [{ url: '{{BASE_URL}}/api' }],
  });
  const opened = await web.opened('secrets', other);
  const page = await type(opened, { BASE_URL: 'tidebook.example.com' });
  expect(page.text).toContain('This must be an address that begins with');
  expect(await web.chat.services.stores.secrets.all(other)).toEqual({});
  const done = await type(opened, { BASE_URL: 'https://tidebook.example.com' });
  expect(done.text).toContain('Saved for Tidebook');
});

test('a key of several lines has a place, hidden as a password, and is saved with its line breaks', async () => {
  const opened = await web.opened('secrets', id);
  expect(opened.page.text).toMatch(/<textarea[^>]* name="lines.API_KEY"[^>]* class="masked"/);
  const typed = { 'lines.API_KEY': `${PEM.replaceAll('\n', '\r\n')}\r\n` };
  const done = await type(opened, { API_KEY: '', OTHER: 'o', WORKSPACE: 'm' }, typed);
  expect(done.text).toContain('Saved for Fernboard');
  expect((await secrets())['API_KEY']).toBe(PEM);
});

test('a key whose line breaks got lost is not saved', async () => {
  const opened = await web.opened('secrets', id);
  const page = await type(opened, { API_KEY: PEM.replaceAll('\n', '') });
  expect(page.text).toContain('This key has lost its line breaks');
  expect(await secrets()).toEqual({});
  await type(opened, { API_KEY: PEM.replaceAll('\n', '\\n') });
  expect((await secrets())['API_KEY']).toContain('\\nMIIE');
});

test('the browser lets one character more through than may be saved: it would cut the value without a word', async () => {
  const { page } = await web.opened('secrets', id);
  expect(page.text.match(/maxlength="\d+"/g)).toEqual(Array(6).fill('maxlength="8001"'));
});

test("the integration's card in chat follows what is saved", async () => {
  const { stores } = web.chat.services;
  await stores.messages.put({
    id: 'm1',
    card: {
      view: 'integration',
      payload: JSON.stringify({ integrationId: id }),
      topic: `integration:${id}`,
    },
    readerId: web.admin.id,
    address: { platform: 'slack', key: 'a' },
    shown: '',
    postedAt: new Date(0),
  });
  const opened = await web.opened('secrets', id);
  await type(opened, { API_KEY: SECRET });
  const jobs = await web.chat.database.db('jobs').where({ name: 'message.refresh' });
  expect(jobs).toHaveLength(1);
});

test('one that is connected by OAuth2 names the address to register, and Connect as the next step', async () => {
  const other = await web.chat.integration('Hub', {
    initial_data_form: [{ id: 'CLIENT_SECRET', name: 'Client secret' }],
    oauth: {
      authenticate_url: 'https://hub.example/auth',
      access_token: { url: 'https://hub.example/token' },
    },
    execute: [{ url: 'https://api.example.com' }],
  });
  const opened = await web.opened('secrets', other);
  expect(opened.page.text).toContain(`/oauth/${other}/callback`.replaceAll('/', '&#x2F;'));
  const done = await type(opened, { CLIENT_SECRET: SECRET });
  expect(done.text).toContain('press Connect on its card');
});

test('one that asks for nothing says so', async () => {
  const other = await web.chat.integration('Bare', {
    execute: [{ url: 'https://api.example.com' }],
  });
  expect((await web.opened('secrets', other)).page.text).toContain('Bare needs no values');
});

describe('refused, with a page that says why:', () => {
  test('an admin whose role was taken away between the page and saving', async () => {
    const opened = await web.opened('secrets', id);
    await web.role('manager');
    const page = await type(opened, { API_KEY: SECRET });
    expect([page.status, page.text.includes('You can&#39;t do this any more')]).toEqual([
      403,
      true,
    ]);
    expect((await opened.browser.get(opened.page.at)).status).toBe(403);
    expect(await secrets()).toEqual({});
    expect(await web.audit()).toContain('refused');
  });

  test('someone who has left', async () => {
    const opened = await web.opened('secrets', id);
    const { transact } = web.chat.services;
    await transact(async (tx) => {
      const person = await tx.people.find(web.admin.id);
      if (person) await tx.people.save({ ...person, active: false });
    });
    expect((await type(opened, { API_KEY: SECRET })).status).toBe(403);
    expect(await secrets()).toEqual({});
  });

  test('an integration that was deleted before the link was used, and after', async () => {
    const path = await web.link('secrets', id);
    const browser = await web.confirmed(path);
    const opened = await web.opened('secrets', id);
    const { transact, now } = web.chat.services;
    await transact(async (tx) => {
      const integration = await tx.integrations.find(id);
      if (integration) await tx.integrations.save({ ...integration, deletedAt: now() });
    });
    for (const page of [
      await browser.get(path),
      await browser.post(path),
      await opened.browser.get(opened.page.at),
      await type(opened, { API_KEY: SECRET }),
    ]) {
      expect(page.status).toBe(410);
      expect(page.text).toContain('This integration no longer exists');
    }
  });

  test('a page that has been open for more than 15 minutes', async () => {
    const opened = await web.opened('secrets', id);
    web.chat.clock += 15 * MINUTE;
    const page = await type(opened, { API_KEY: SECRET });
    expect([page.status, page.text.includes('This page is closed')]).toEqual([410, true]);
    expect(await secrets()).toEqual({});
  });

  test('another browser at the same address', async () => {
    const { page } = await web.opened('secrets', id);
    const thief = new WebBrowser(web.url);
    expect((await thief.get(page.at)).status).toBe(403);
    expect((await thief.post(page.at, { csrf: csrfOn(page.text) })).status).toBe(403);
  });

  test.each([
    ['without the token of the page', { csrf: '' }, {}],
    ['with the token of another', { csrf: 'x'.repeat(43) }, {}],
    ['that another site has sent', {}, { 'sec-fetch-site': 'cross-site' }],
    ['that a sibling site has sent', {}, { 'sec-fetch-site': 'same-site' }],
    ['from another origin, by an older browser', {}, { origin: 'https://evil.example' }],
  ])('a form %s', async (_what, fields, headers: Record<string, string>) => {
    const { browser, page } = await web.opened('secrets', id);
    const sent = { csrf: csrfOn(page.text), 'value.API_KEY': SECRET, ...fields };
    const answer = await browser.post(page.at, sent, headers);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('This wasn&#39;t sent from its own page');
    expect(await secrets()).toEqual({});
  });
});

test('the button of a link opens one page, however often it is pressed at once', async () => {
  const path = await web.link('secrets', id);
  const browser = await web.confirmed(path);
  const pages = await Promise.all([browser.post(path), browser.post(path)]);
  expect(pages.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 410]);
  expect(await web.chat.database.db('web_sessions')).toHaveLength(1);
  expect(web.errors).toEqual([]);
});

test('a session is good for its purpose only', async () => {
  const { browser, page } = await web.opened('secrets', id);
  const { pair = '' } = [...browser.cookies.values()].find(({ path }) => path === page.at) ?? {};
  const path = `/oauth/${id}`;
  const stolen = pair.replace('latchkey-secrets', 'latchkey-connect');
  browser.cookies.set('stolen', { path, pair: stolen, set: '' });
  expect((await browser.get(`${path}/connect`)).status).toBe(403);
});

test('a link to the editor leads there, and says how long it stays open', async () => {
  const path = await web.link('manifest', id);
  const browser = await web.confirmed(path);
  expect((await browser.get(path)).text).toContain('The editor stays open for 60 minutes.');
  const answer = await browser.post(path);
  expect(answer.headers.get('location')).toMatch(/^\/editor\/[\w-]+$/);
});

test('two pages that are open side by side know nothing of each other', async () => {
  const other = await web.chat.integration('Twin', {
    initial_data_form: [{ id: 'API_KEY', name: 'API key' }],
    execute: [{ url: 'https://api.example.com' }],
  });
  const first = await web.opened('secrets', id);
  const path = await web.link('secrets', other);
  const second = await web.confirmed(path);
  for (const [key, cookie] of second.cookies) first.browser.cookies.set(key, cookie);
  const page = await first.browser.follow(await first.browser.post(path));
  await type({ browser: first.browser, page }, { API_KEY: 'for-twin' });
  await type(first, { API_KEY: 'for-fernboard' });
  expect(await secrets()).toEqual({ API_KEY: 'for-fernboard' });
  expect(await web.chat.services.stores.secrets.all(other)).toEqual({ API_KEY: 'for-twin' });
});

test("the session's cookie goes to its own page only, out of reach of scripts, over https where there is one", async () => {
  const { browser, page } = await web.opened('secrets', id);
  const cookie = [...browser.cookies.values()].find(({ path }) => path === page.at);
  expect(cookie?.set).toMatch(/; Max-Age=86400; Path=\/secrets\/[\w-]+; .*HttpOnly; SameSite=Lax/);
  expect(cookie?.set).not.toContain('Secure');
  const kept = await web.chat.database.db('web_sessions');
  expect(JSON.stringify(kept)).not.toContain(cookie?.pair.split('=')[1]);
});

test('behind a proxy that takes a path away, and with https, pages and cookies are where the browser has them', async () => {
  const safe = await testWeb({ publicUrl: 'https://latchkey.example.com/tools' });
  const there = await safe.chat.integration('Safe', {
    initial_data_form: [{ id: 'KEY', name: 'Key' }],
    execute: [{ url: 'https://x.example' }],
  });
  const opened = await safe.opened('secrets', there);
  for (const { set } of opened.browser.cookies.values()) {
    expect(set).toContain('Secure');
    expect(set).toMatch(/; Path=\/tools\/(links|secrets)/);
  }
  expect(opened.page.at).toMatch(/^\/tools\/secrets\//);
  expect(opened.page.text).toContain('src="&#x2F;tools&#x2F;secrets&#x2F;page.js"');
  // By an older browser, past a proxy that calls us by another host.
  const sent = { csrf: csrfOn(opened.page.text), 'value.KEY': 'k' };
  const origin = 'https://latchkey.example.com';
  const done = await opened.browser.post(opened.page.at, sent, { origin });
  expect(done.text).toContain('Saved for Safe');
  await safe.close();
});
