/** Bodies of pages: whose are read, and in which form. */
import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request as send } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  csrfOn,
  type TestWeb,
  testWeb,
  type WebBrowser,
} from '../support/browser/web.ts';

let web: TestWeb;
let id: string;
beforeEach(async () => {
  web = await testWeb();
  id = await web.chat.integration('Fernboard', {
    initial_data_form: [{ id: 'API_KEY', name: 'API key' }],
    execute: [{ url: 'https://api.example.com', data: { key: '{{API_KEY}}' } }],
  });
});
afterEach(() => web.close());

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** @param body left out, it is announced and never sent: only an answer that doesn't wait for it comes */
async function post(path: string, headers: OutgoingHttpHeaders, body?: string | Buffer) {
  const length = body === undefined ? 1000 : Buffer.byteLength(body);
  const sent = send(new URL(path, web.url), {
    method: 'POST',
    headers: { 'content-length': length, ...headers },
  });
  if (body === undefined) sent.flushHeaders();
  else sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  sent.destroy();
  return { status: answer.statusCode, text };
}

const cookieOf = ({ cookies }: WebBrowser): string =>
  [...cookies.values()].map(({ pair }) => pair).join('; ');

describe.each([
  ['secrets', '', FORM_TYPE],
  ['manifest', '', FORM_TYPE],
  ['manifest', '/try', FORM_TYPE],
  ['manifest', '/check', JSON_TYPE],
] as const)('the page of a session (%s%s)', (purpose, below, type) => {
  let opened: { readonly browser: WebBrowser; readonly page: Answer };
  beforeEach(async () => {
    opened = await web.opened(purpose, id);
  });
  const headers = () => ({
    'content-type': type,
    cookie: cookieOf(opened.browser),
    'x-csrf-token': csrfOn(opened.page.text),
  });

  test('answers a stranger before the body is sent', async () => {
    const { status, text } = await post(opened.page.at + below, { 'content-type': type });
    expect([status, text.includes('open in another browser')]).toEqual([403, true]);
  });

  test('answers a browser with the cookie of another page before the body is sent', async () => {
    const other = await web.opened(purpose, id);
    const cookie = cookieOf(other.browser);
    const { status } = await post(opened.page.at + below, { 'content-type': type, cookie });
    expect(status).toBe(403);
  });

  test('unpacks no body that was compressed', async () => {
    const packed = { ...headers(), 'content-encoding': 'gzip' };
    expect((await post(opened.page.at + below, packed, gzipSync('{}'))).status).toBe(400);
    expect(web.errors).toEqual([]);
  });

  test('reads a megabyte at most', async () => {
    const body = 'a'.repeat(1024 * 1024 + 1);
    expect((await post(opened.page.at + below, headers(), body)).status).toBe(413);
  });
});

test('a list that the editor is sent to check is refused, and breaks nothing', async () => {
  const { browser, page } = await web.opened('manifest', id);
  const headers = {
    'content-type': JSON_TYPE,
    cookie: cookieOf(browser),
    'x-csrf-token': csrfOn(page.text),
  };
  expect((await post(`${page.at}/check`, headers, '[]')).status).toBe(400);
  expect((await post(`${page.at}/check`, headers, '{"manifest":"{}"}')).status).toBe(200);
  expect(web.errors).toEqual([]);
});

test('a page whose session was closed gives back what was typed, to the browser that had it open', async () => {
  const { browser, page } = await web.opened('manifest', id);
  const csrf = csrfOn(page.text);
  await browser.post(page.at, { csrf, do: 'close' });
  const { status, text } = await browser.post(page.at, { csrf, do: 'review', manifest: 'typed-1' });
  expect([status, text.includes('typed-1')]).toEqual([403, true]);
});
