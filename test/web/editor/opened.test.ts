/** The editor as people open it: by a link from chat, with its own session. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, type TestWeb, testWeb, type WebBrowser } from '../../support/browser/web.ts';

const typed = '{"execute": [{"url": "https://typed.example.com"}]}';

let web: TestWeb;
let browser: WebBrowser;
let page: Answer;

beforeEach(async () => {
  web = await testWeb();
  const id = await web.chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com' }],
  });
  ({ browser, page } = await web.opened('manifest', id));
});
afterEach(() => web.close());

const csrf = (): string => /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
const base = (): string => /name="base" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
const send = (fields: Readonly<Record<string, string>>) =>
  browser.post(page.at, { csrf: csrf(), base: base(), manifest: typed, ...fields });

test('a link from chat opens it, and what is saved there is audited', async () => {
  expect(page.text).toContain('Manifest of Fernboard');
  expect(page.at).toMatch(/^\/editor\/[\w-]+$/);
  const saved = await send({ do: 'save' });
  expect(saved.text).toContain('It is now version 2.');
  expect(await web.audit()).toContain('integration.saved');
});

test('a form without what the page gave it changes nothing, and gives the text back', async () => {
  const answer = await send({ do: 'save', csrf: 'guessed' });
  expect(answer.status).toBe(403);
  expect(answer.text).toContain('typed.example.com');
  expect(await web.audit()).not.toContain('integration.saved');
});

test('someone who is no admin any more saves and tries nothing, and keeps the text', async () => {
  await web.role('other');
  const answer = await send({ do: 'save' });
  expect(answer.status).toBe(403);
  expect(answer.text).toContain('You can&#39;t do this any more');
  expect(answer.text).toContain('typed.example.com');
  const tried = await browser.post(`${page.at}/try`, { csrf: csrf(), do: 'dry', manifest: typed });
  expect(tried.status).toBe(403);
  expect(await web.audit()).not.toContain('manifest.tried');
});

test('another browser with the address sees nothing', async () => {
  const answer = await fetch(new URL(page.at, web.url), { headers: { connection: 'close' } });
  expect(answer.status).toBe(403);
  expect(await answer.text()).not.toContain('api.example.com');
});
