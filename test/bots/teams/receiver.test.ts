import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACTIVITY_BYTES } from '../../../src/bots/teams/limits.ts';
import { refusesActivity, refusesRequest } from '../../../src/bots/teams/local-guard.ts';
import { message, personal } from './activities.ts';
import { type Connector, startConnector } from './connector/connector-double.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

let connector: Connector;
let bot: SmallBot;

beforeEach(async () => {
  connector = await startConnector();
});
afterEach(async () => {
  await bot.stop();
  await connector.stop();
});

interface Post {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A plain request: `fetch` would not send every header. */
async function post({ headers = {}, body }: Post = {}): Promise<number | undefined> {
  const sent = request(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  sent.end(body ?? JSON.stringify(message(personal(connector.url), 'access')));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  await bot.teams.idle();
  return response.statusCode;
}

describe('with the local switch on', () => {
  beforeEach(async () => {
    bot = await startSmallBot({ local: true });
  });

  test('an unsigned activity from this machine is taken', async () => {
    expect(await post()).toBe(200);
    expect(connector.messages).toHaveLength(1);
  });

  test.each([
    ['of another content type', { 'content-type': 'text/plain' }],
    ['that a form can send', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['from a web page', { origin: 'http://localhost:3000' }],
    ['from a page without an origin', { origin: 'null' }],
    ['through a proxy that says for whom', { 'x-forwarded-for': '203.0.113.9' }],
    ['through a proxy that says which host', { 'x-forwarded-host': 'latchkey.example' }],
    ['through a proxy that says which protocol', { 'x-forwarded-proto': 'https' }],
    ['through a proxy that says it as the standard has it', { forwarded: 'for=203.0.113.9' }],
    ['through a proxy that names itself', { via: '1.1 proxy' }],
    ['through a proxy that says the real address', { 'x-real-ip': '203.0.113.9' }],
    ['through a tunnel', { 'cf-connecting-ip': '203.0.113.9' }],
  ])('one %s is refused', async (_what, headers) => {
    expect(await post({ headers })).toBe(403);
    expect(connector.requests).toEqual([]);
  });

  test.each([
    'https://smba.trafficmanager.net/amer/',
    'http://127.0.0.1.evil.example/',
    'http://localhost@evil.example/',
    'http://evil.example:3978/',
    'file:///etc/passwd',
    '',
  ])('one that would have us answer to %j is refused', async (serviceUrl) => {
    const activity = { ...message(personal(connector.url), 'access'), serviceUrl };
    expect(await post({ body: JSON.stringify(activity) })).toBe(403);
  });

  test('one without a service address, or that is no object, is refused', async () => {
    const { serviceUrl: _, ...without } = message(personal(connector.url), 'access');
    expect(await post({ body: JSON.stringify(without) })).toBe(403);
    expect(await post({ body: '[]' })).toBe(403);
  });

  test('what is not JSON, or too long to be an activity, is refused before anything else', async () => {
    expect(await post({ body: '{' })).toBe(400);
    const long = {
      ...message(personal(connector.url), 'access'),
      text: 'x'.repeat(ACTIVITY_BYTES),
    };
    expect(await post({ body: JSON.stringify(long) })).toBe(413);
    expect(connector.requests).toEqual([]);
  });
});

describe('with a secret for the local client', () => {
  const secret = 'of-this-client-only';
  const at = (query: string) =>
    fetch(`${bot.endpoint}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message(personal(connector.url), 'access')),
    });
  beforeEach(async () => {
    bot = await startSmallBot({ local: true, secret });
  });

  test('an activity that brings it is taken', async () => {
    expect((await at(`?secret=${secret}`)).status).toBe(200);
    await bot.teams.idle();
    expect(connector.messages).toHaveLength(1);
  });

  test.each(['', '?secret=', '?secret=of-this-client-onl', `?secret=x&secret=${secret}`])(
    'one that says "%s" is refused',
    async (query) => {
      expect((await at(query)).status).toBe(403);
      expect(connector.requests).toEqual([]);
    },
  );
});

test('a connection over another address of this machine is refused on either end', () => {
  const ask = (remoteAddress: string, localAddress: string, host = 'localhost:3978') =>
    refusesRequest({
      headers: { host, 'content-type': 'application/json; charset=utf-8' },
      socket: { remoteAddress, localAddress },
    } as Parameters<typeof refusesRequest>[0]);
  expect(ask('127.0.0.1', '127.0.0.1')).toBeUndefined();
  expect(ask('203.0.113.9', '127.0.0.1')).toBeDefined();
  expect(ask('127.0.0.1', '192.168.1.5')).toBeDefined();
  expect(ask('127.0.0.1', '127.0.0.1', 'latchkey.example')).toBeDefined();
  expect(refusesActivity({ serviceUrl: 'http://[::1]:56150/_connector' })).toBeUndefined();
});

describe('without it', () => {
  beforeEach(async () => {
    bot = await startSmallBot({
      appId: 'c9e8c047-2a74-40a2-b28a-b162d5f5327c',
      tenantId: 't',
    });
  });

  test('an activity without a token is refused and does nothing', async () => {
    expect(await post()).toBe(401);
    expect(connector.requests).toEqual([]);
  });

  test.each(['Bearer', 'Bearer x.y.z', 'Basic YTpi'])(
    'an activity with the token "%s" is refused',
    async (authorization) => {
      expect(await post({ headers: { authorization } })).toBe(401);
      expect(connector.requests).toEqual([]);
    },
  );
});
