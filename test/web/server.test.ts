import { EventEmitter, once } from 'node:events';
import { Agent, request as ask, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text as allOf } from 'node:stream/consumers';
import type { Response as Answer, Request } from 'express';
import express from 'express';
import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { clientOf, trustedProxies } from '../../src/core/network/client-address.ts';
import { StaleWrite } from '../../src/engine/ports/store.ts';
import { createMeters } from '../../src/observe/meters.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import { renderMessage } from '../../src/web/pages.ts';
import { limitPages } from '../../src/web/rate-limits.ts';
import { createWebApp, noteUntrustedProxies, type WebDeps } from '../../src/web/server.ts';

const TOKEN = 'metrics-token-1';
const down = { part: 'database', message: 'The database does not answer.' };
let server: Listening | undefined;
let errors: [unknown, string][] = [];

afterEach(async () => {
  await server?.close(0);
  server = undefined;
  errors = [];
});

/** A server with the limit of pages alone; `take` asks that limit as often as one likes, and says how often it let through. */
async function drained(proxies = trustedProxies([])) {
  const limit = limitPages({ client: (request) => clientOf(request, proxies), ticks: () => 0 });
  const app = express()
    .use(limit)
    .use((_request, response) => void response.end('ok'));
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  const { port } = server;
  const take = (count: number, path: (nth: number) => string, from = ''): number => {
    let passed = 0;
    for (let nth = 0; nth < count; nth += 1) {
      const socket = { remoteAddress: '127.0.0.1' };
      const headers = { 'x-forwarded-for': from };
      const request = { method: 'GET', path: path(nth), headers, socket };
      void limit(request as unknown as Request, undefined as unknown as Answer, () => {
        passed += 1;
      });
    }
    return passed;
  };
  return { take, send: sendTo(port) };
}

const sendTo =
  (port: number) =>
  (path: string, { method = 'GET', from = '' } = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { connection: 'close', ...(from && { 'x-forwarded-for': from }) },
    });

/** Requests while the clock stands still. */
async function limited(deps: Partial<WebDeps> = {}) {
  const pages = express.Router();
  pages.all('/pages/:id', (_request, response) => void response.end('ok'));
  const app = createWebApp({
    pages: [pages],
    health: { ready: async () => [] },
    metrics: new Registry(),
    ticks: () => 0,
    onError: (error, where) => errors.push([error, where]),
    ...deps,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  const send = sendTo(server.port);
  const times = (count: number, path: (nth: number) => string, how = {}) =>
    Promise.all(
      Array.from({ length: count }, async (_, nth) => {
        const answer = await send(path(nth), how);
        await answer.text();
        return answer.status;
      }),
    );
  return { send, times };
}

const behindProxy = { proxies: trustedProxies([{ address: '127.0.0.1', prefixBits: 32 }]) };
const all = (status: number, count: number) => Array<number>(count).fill(status);

describe('many requests', () => {
  test('the hundred-and-twenty-first form in a moment has to wait, at that page and no other', async () => {
    const { send, times } = await limited();
    const post = { method: 'POST' };
    expect(await times(120, () => '/pages/1', post)).toEqual(all(200, 120));
    const refused = await send('/pages/1', post);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    const text = await refused.text();
    expect(text).toContain('going too fast');
    expect(text).toContain('send it again');
    expect((await send('/pages/2', post)).status).toBe(200);
  });

  test('looking at a page is counted for itself, and the page that says so asks to load it again', async () => {
    const { send, take } = await drained();
    expect(take(120, () => '/pages/1')).toBe(120);
    const refused = await send('/pages/1');
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('load it again');
    expect((await send('/pages/1', { method: 'POST' })).status).toBe(200);
  });

  test('someone who tries one address after the other is stopped too, and nobody else is', async () => {
    const { send, take } = await drained(behindProxy.proxies);
    const from = '203.0.113.9';
    expect(take(600, (nth) => `/links/${nth}`, from)).toBe(600);
    expect((await send('/links/600', { from })).status).toBe(429);
    expect((await send('/links/600', { from: '203.0.113.10' })).status).toBe(200);
  });

  test('nobody gets a new limit by claiming another address: without a trusted proxy the header counts for nothing', async () => {
    const { send, take } = await drained();
    expect(take(120, () => '/pages/1', '203.0.113.9')).toBe(120);
    expect((await send('/pages/1', { from: '203.0.113.10' })).status).toBe(429);
  });

  test('/readyz is not asked without end by others, while this machine may', async () => {
    let asked = 0;
    const ready = async () => {
      asked += 1;
      return [];
    };
    const { send, times } = await limited({ ...behindProxy, health: { ready } });
    const from = '203.0.113.9';
    expect(await times(60, () => '/readyz', { from })).toEqual(all(200, 60));
    const refused = await send('/readyz', { from });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(asked).toBe(60);
    expect(await times(61, () => '/readyz')).toEqual(all(200, 61));
  });
});

test.each([
  ['de-CH,de;q=0.9,en;q=0.5', 'de', 'Hier ist nichts'],
  ['fr,en;q=0.5', 'en', 'There is nothing here'],
  ['', 'en', 'There is nothing here'],
])('a browser that reads %j is shown a page in %s', async (accepts, language, title) => {
  const answer = await get('/nowhere', { headers: { 'accept-language': accepts } });
  const html = await answer.text();
  expect(html).toContain(`<html lang="${language}">`);
  expect(html).toContain(`<h1>${title}</h1>`);
});

test('a connection is kept for longer than a proxy keeps it: the client closes first, and no request meets a closed one', async () => {
  const answer = await get('/healthz', { headers: { connection: 'keep-alive' } });
  expect(answer.headers.get('keep-alive')).toMatch(/^timeout=620\b/);
});

test('connections that nobody uses make way for others, where there are as many as may be', async () => {
  const listening = await listen(
    (_request, response) => void response.end('ok'),
    { host: '127.0.0.1', port: 0 },
    { maxConnections: 2 },
  );
  const { port } = listening;
  const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  for (const socket of held) {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data'); // Answered, and kept open.
  }
  const gone = held.map((socket) => once(socket.resume(), 'close'));
  const dropped = connect(port, '127.0.0.1');
  dropped.on('error', () => undefined); // A reset is a way to be dropped.
  await Promise.all(gone);
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  expect(answer.status).toBe(200);
  dropped.destroy();
  await listening.close(0);
});

describe('connections of strangers', () => {
  const ok: RequestListener = (_request, response) => void response.end('ok');
  const here = { host: '127.0.0.1', port: 0 };
  const stranger = { isOurs: () => false };
  const opened: Socket[] = [];
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
  });
  const open = (localAddress = '127.0.0.1'): Socket => {
    const socket = connect({ port: server?.port ?? 0, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined).resume(); // A reset is a way to be closed.
    opened.push(socket);
    return socket;
  };
  const answerOn = async (socket: Socket): Promise<string> => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return String(await once(socket, 'data'));
  };
  const OK = /^HTTP\/1\.1 200 /;

  test.each([
    ['say nothing', ''],
    ['stop in their headers', 'GET / HTTP/1.1\r\nHost: x\r\n'],
  ])('are closed where they %s', async (_what, sent) => {
    server = await listen(ok, here, { ...stranger, headersMs: 1, checkMs: 1 });
    const socket = open();
    const closed = once(socket, 'close');
    if (sent !== '') socket.write(sent);
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test('are so many from one address, whatever they send, and others still get in', async () => {
    server = await listen(ok, here, { ...stranger, maxFromOne: 2 });
    const silent = open();
    await once(silent, 'connect');
    const half = open();
    half.write('GET / HTTP/1.1\r\nHost: x\r\n');
    await once(half, 'connect');
    await once(open(), 'close');
    expect(await answerOn(open('127.0.0.2'))).toMatch(OK);
  });

  test('may be opened again when one is closed', async () => {
    server = await listen(ok, here, { ...stranger, maxFromOne: 1 });
    const first = open();
    await answerOn(first);
    const closed = once(first, 'close');
    first.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await closed;
    expect(await answerOn(open())).toMatch(OK);
  });

  test('of this machine itself are not counted', async () => {
    server = await listen(ok, here, { maxFromOne: 1 });
    expect(await answerOn(open())).toMatch(OK);
    expect(await answerOn(open())).toMatch(OK);
  });

  test("make way before a proxy's, through which a click may be on its way", async () => {
    const isOurs = (address: string) => address.endsWith('127.0.0.3');
    server = await listen(ok, here, { isOurs, maxConnections: 2 });
    const [proxy, other] = [open('127.0.0.3'), open()];
    await answerOn(proxy);
    await answerOn(other);
    const gone = once(other, 'close');
    open(); // Which is one too many.
    await gone;
    expect(await answerOn(proxy)).toMatch(OK);
  });
});

describe('a proxy that TRUST_PROXY does not name', () => {
  const from = { from: '203.0.113.9' };

  test('is logged once, with what to set', async () => {
    const warned: string[] = [];
    const { send } = await limited({ warn: (sentence) => warned.push(sentence) });
    await send('/pages/1');
    expect(warned).toEqual([]);
    await send('/pages/1', from);
    await send('/pages/2', from);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain('set TRUST_PROXY=127.0.0.1 and start Latchkey again');
  });

  test('is not logged where TRUST_PROXY names it', async () => {
    const warned: string[] = [];
    const { send } = await limited({ ...behindProxy, warn: (sentence) => warned.push(sentence) });
    await send('/pages/1', from);
    expect(warned).toEqual([]);
  });

  test('is logged for ten addresses at most', () => {
    const warned: string[] = [];
    const note = noteUntrustedProxies(trustedProxies([]), (sentence) => warned.push(sentence));
    for (let nth = 0; nth < 20; nth += 1) {
      const request = {
        headers: { forwarded: 'for=203.0.113.9' },
        socket: { remoteAddress: `10.0.0.${nth}` },
      };
      void note(request as unknown as Request, undefined as unknown as Answer, () => undefined);
    }
    expect(warned).toHaveLength(10);
  });
});

test('what is asked when it closes is answered, and its connection is not asked again', async () => {
  let answer = (): void => undefined;
  const asked = new EventEmitter();
  const listening = await listen(
    (_request, response) => {
      answer = () => void response.end('ok');
      asked.emit('once');
    },
    { host: '127.0.0.1', port: 0 },
  );
  const heard = once(asked, 'once');
  const agent = new Agent({ keepAlive: true });
  const call = ask({ agent, port: listening.port, host: '127.0.0.1' }).end();
  await heard;
  const closed = listening.close(60_000); // Cut off after that, which is too late for this test.
  answer();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.resume();
  expect(response.headers.connection).toBe('close');
  await closed;
  agent.destroy();
});

describe('/healthz', () => {
  test('says ok to everybody', async () => {
    const answer = await get('/healthz', { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  });
});

describe('/readyz', () => {
  test('is 200 when nothing speaks against it', async () => {
    const answer = await get('/readyz');
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, reasons: [] }]);
  });

  test('is 503 with the reasons for this machine itself', async () => {
    const answer = await get('/readyz', { parts: notReady });
    expect([answer.status, await answer.json()]).toEqual([503, { ready: false, reasons: [down] }]);
  });

  test('tells no reasons to a request that was forwarded', async () => {
    const answer = await get('/readyz', { parts: notReady, headers: { forwarded: 'for=1.2.3.4' } });
    expect([answer.status, await answer.json()]).toEqual([503, { ready: false }]);
  });

  test('tells them to a forwarded request with the token', async () => {
    const answer = await get('/readyz', { parts: notReady, headers: forwardedWith(TOKEN) });
    expect(await answer.json()).toEqual({ ready: false, reasons: [down] });
  });

  test('looks at the parts alone that it is asked for, so that a chat that is down takes nothing else along', async () => {
    const reasons = [{ part: 'slack', message: 'Slack could not be reached.' }];
    const parts = { health: { ready: async () => reasons } };
    expect((await get('/readyz', { parts })).status).toBe(503);
    await server?.close(0);
    expect((await get('/readyz?parts=database,worker', { parts })).status).toBe(200);
    await server?.close(0);
    expect((await get('/readyz?parts=slack', { parts })).status).toBe(503);
  });

  test.each(['', 'databse', 'database,'])(
    'asked for the part %j it says which there are',
    async (part) => {
      const answer = await get(`/readyz?parts=${part}`);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        {
          message:
            'parts is a list of database, worker, slack, teams; write it like ?parts=database,worker',
        },
      ]);
    },
  );

  test('is answered under an address that is none, and nothing that an admin must see', async () => {
    await get('/readyz');
    const asked = ask({
      host: '127.0.0.1',
      port: server?.port,
      path: 'http://a:99999/readyz?parts=database',
    });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect([answer.statusCode, errors]).toEqual([200, []]);
  });

  test('a check that breaks is 503, and logged', async () => {
    const cause = new Error('no disk');
    const answer = await get('/readyz', {
      parts: { health: { ready: () => Promise.reject(cause) } },
    });
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('no disk');
    expect(errors).toEqual([[cause, 'readyz']]);
  });
});

describe('/metrics', () => {
  test("shows the process's metrics and ours to this machine itself", async () => {
    const metrics = createMeters('main').registry;
    new Counter({ name: 'latchkey_grants_total', help: 'x', registers: [metrics] }).inc(3);
    const answer = await get('/metrics', { parts: { metrics } });
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('latchkey_grants_total{process="main"} 3');
    expect(text).toContain('process_cpu_seconds_total');
  });

  test.each(['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'])(
    'is refused to a request with %s, and says who may',
    async (header) => {
      const answer = await get('/metrics', { headers: { [header]: '127.0.0.1' } });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain('METRICS_TOKEN');
    },
  );

  test.each([
    [
      'passes on the name that its client asked for',
      'GET /metrics HTTP/1.1\r\nHost: latchkey.example',
    ],
    ['speaks HTTP/1.0, as nginx does', 'GET /metrics HTTP/1.0\r\nHost: localhost:3000'],
    ['names no host', 'GET /metrics HTTP/1.0'],
  ])('is refused through a proxy without a header that %s', async (_what, head) => {
    await get('/healthz');
    const socket = connect({ port: server?.port ?? 0, host: '127.0.0.1' });
    socket.end(`${head}\r\nConnection: close\r\n\r\n`);
    expect(await allOf(socket)).toMatch(/^HTTP\/1\.1 403 /);
  });

  test.each(['localhost:3000', '127.0.0.1', '[::1]:3000'])(
    'is shown to this machine at %s',
    async (host) => {
      await get('/healthz');
      const socket = connect({ port: server?.port ?? 0, host: '127.0.0.1' });
      socket.end(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(await allOf(socket)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  test('is shown to a forwarded request with the token', async () => {
    const answer = await get('/metrics', { headers: forwardedWith(TOKEN) });
    expect(answer.status).toBe(200);
  });

  test.each(['metrics-token-2', 'metrics', `${TOKEN}x`])('is refused with %s', async (token) => {
    const answer = await get('/metrics', { headers: forwardedWith(token) });
    expect(answer.status).toBe(403);
  });

  test('where no token is set, none opens it', async () => {
    const answer = await get('/metrics', {
      parts: { metricsToken: undefined },
      headers: forwardedWith('undefined'),
    });
    expect(answer.status).toBe(403);
  });
});

describe('chat', () => {
  test.each([
    ['slack', '/slack/events'],
    ['teams', '/api/messages'],
  ] as const)("%s gets the body's bytes as they came", async (platform, path) => {
    const echo = express.Router().post(path, express.raw({ type: '*/*' }), (request, response) => {
      response.send(request.body);
    });
    const body = '{ "a" :1}';
    const answer = await get(path, {
      parts: { [platform]: echo },
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await answer.text()).toBe(body);
  });

  test('a platform that is off is not there', async () => {
    const answer = await get('/slack/events', { method: 'POST' });
    expect(answer.status).toBe(404);
  });
});

describe('everything else', () => {
  test('an unknown address is a page in words, and does not name the server', async () => {
    const answer = await get('/nowhere');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toContain('There is nothing here');
  });

  test('asks browsers for https at its own name, and at no name below it', async () => {
    const answer = await get('/');
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('a handler that throws is a page without details, and logged', async () => {
    const cause = new Error('boom');
    const answer = await get('/api/messages', {
      parts: { teams: () => Promise.reject(cause) },
      method: 'POST',
    });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('boom');
    expect(errors).toEqual([[cause, 'POST /api/messages']]);
  });

  test('a handler that someone else was faster than is a page that says so, and logged where it never ends', async () => {
    const pages = [express.Router().get('/page', () => Promise.reject(new StaleWrite('x', 'x1')))];
    const answer = await get('/page', { parts: { pages } });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('This has just changed');
    expect(errors).toEqual([]);
    const again = () => fetch(`http://127.0.0.1:${server?.port}/page`);
    for (let time = 0; time < 3; time += 1) expect((await again()).status).toBe(409);
    expect(errors).toEqual([[expect.any(StaleWrite), 'GET /page']]); // Nobody is faster four times.
  });

  test('a body that its handler refuses is a bad request, and nothing that an admin must see', async () => {
    const answer = await get('/api/messages', {
      parts: { teams: express.json() },
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(answer.status).toBe(400);
    expect(errors).toEqual([]);
  });

  test('a body that is too large is said to be that', async () => {
    const answer = await get('/api/messages', {
      parts: { teams: express.json({ limit: 10 }) },
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"long": "text"}',
    });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain('This is too large');
  });

  test('an answer that breaks on its way is cut off, and logged', async () => {
    const cause = new Error('boom');
    const answer = await get('/api/messages', {
      parts: {
        teams: (_request, response) => {
          response.write('a part');
          return Promise.reject(cause);
        },
      },
      method: 'POST',
      // Without it Node's own client takes the end of the connection for the end of the body.
      headers: { connection: 'keep-alive' },
    });
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(errors).toEqual([[cause, 'POST /api/messages']]);
  });

  test('a page shows its texts literally', () => {
    expect(renderMessage({ title: '<b>', text: '"&' })).not.toContain('<b>');
  });
});

describe('closing', () => {
  test('waits for the answer in flight', async () => {
    const events = new EventEmitter();
    const arrived = once(events, 'arrived');
    const released = once(events, 'released');
    const pending = get('/readyz', {
      parts: {
        health: {
          ready: async () => {
            events.emit('arrived');
            await released;
            return [];
          },
        },
      },
    });
    await arrived;
    const closed = server?.close(60_000);
    server = undefined;
    events.emit('released');
    expect((await pending).status).toBe(200);
    await closed;
  });
});

interface Call {
  readonly parts?: Partial<WebDeps>;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const notReady: Partial<WebDeps> = { health: { ready: async () => [down] } };

function forwardedWith(token: string): Record<string, string> {
  return { 'x-forwarded-for': '203.0.113.9', authorization: `Bearer ${token}` };
}

async function get(path: string, { parts, ...request }: Call = {}): Promise<Response> {
  const app = createWebApp({
    health: { ready: async () => [] },
    metrics: new Registry(),
    metricsToken: TOKEN,
    onError: (error, where) => errors.push([error, where]),
    ...parts,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  return fetch(`http://127.0.0.1:${server.port}${path}`, {
    ...request,
    headers: { connection: 'close', ...request.headers },
  });
}
