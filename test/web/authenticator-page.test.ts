/** The page that sets up an authenticator. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkOf } from '../../src/engine/step-up/totp.ts';
import {
  type Answer,
  csrfOn,
  type TestWeb,
  testWeb,
  type WebBrowser,
} from '../support/browser/web.ts';
import { filesOf } from '../support/database/database.ts';
import { codeAt } from '../support/given/authenticator.ts';
import { leaks } from '../support/leaks.ts';

let web: TestWeb;
beforeEach(async () => {
  web = await testWeb({ ownFile: true });
});
afterEach(() => web.close());

const keyOn = (page: Answer): string =>
  (/id="key">([^<]+)</.exec(page.text)?.[1] ?? '').replaceAll(' ', '');
const idOn = (page: Answer): string =>
  /name="authenticator" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
const send = (browser: WebBrowser, page: Answer, code: string) =>
  browser.post(page.at, { csrf: csrfOn(page.text), authenticator: idOn(page), code });
const now = () => new Date(web.chat.clock);

test('shows a key as a QR code and as text, and the recovery codes once the app has it', async () => {
  await web.chat.person({ email: 'bo@example.com', role: 'admin' });
  const { browser, page } = await web.opened('authenticator', 'authenticator');
  expect(page.text).toContain('<svg');
  const key = keyOn(page);
  expect(key).toMatch(/^[A-Z2-7]{32}$/);
  const done = await send(browser, page, codeAt(key, now()));
  expect(done.text).toContain('Your app has the key');
  const codes = /<pre id="recovery">([^<]+)</.exec(done.text)?.[1]?.split('\n') ?? [];
  expect(codes).toHaveLength(8);
  expect(page.text).not.toContain('Open Slack');
  expect(done.text).toContain('>Open Slack</a>');
  expect(done.text).toContain(`read out these five characters: ${checkOf(key)}`);
  expect((await browser.get(page.at)).status).toBe(403);
  const secrets = Object.fromEntries([key, ...codes].map((secret) => [secret, secret]));
  expect(leaks(secrets, { database: filesOf(web.chat.database) })).toEqual([]);
});

test('shows no key that a later page shows', async () => {
  const before = await web.opened('authenticator', 'authenticator');
  web.chat.clock += 1000;
  const { page } = await web.opened('authenticator', 'authenticator');
  const again = await before.browser.get(before.page.at);
  expect(again.status).toBe(410);
  expect(keyOn(again)).toBe('');
  expect(keyOn(page)).not.toBe('');
});

test('says so where a code is wrong, and keeps the key', async () => {
  const { browser, page } = await web.opened('authenticator', 'authenticator');
  const again = await send(browser, page, '000000');
  expect(again.status).toBe(422);
  expect(again.text).toContain('This code is wrong.');
  expect(keyOn(again)).toBe(keyOn(page));
});

test('takes nothing without its token', async () => {
  const { browser, page } = await web.opened('authenticator', 'authenticator');
  const code = codeAt(keyOn(page), now());
  const sent = await browser.post(page.at, { authenticator: idOn(page), code });
  expect(sent.status).toBe(403);
  expect(await web.audit()).not.toContain('authenticator.proven');
});
