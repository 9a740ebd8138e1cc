import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Resolve } from '../../src/http/address-guard.ts';
import { answered, failed, NOBODY_LISTENS, send, serve, type TestServer } from './support.ts';

const SECRET_HEADERS = {
  authorization: 'Bearer hush-hush',
  'x-api-key': 'hush-hush',
  cookie: 'session=hush-hush',
  'idempotency-key': 'k1',
  accept: 'application/json',
};
const resolveToPrivate: Resolve = () => Promise.resolve([{ address: '10.0.0.5', family: 4 }]);
const knowNobody: Resolve = () =>
  Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
const JSON_BODY = { kind: 'json', text: '{"a":1}' } as const;

function redirecting(status: number, location: string): Promise<TestServer> {
  return serve((request, response) => {
    if (request.url === '/start') response.writeHead(status, { location }).end('moved');
    else response.end('there');
  });
}

test('a redirect within the origin keeps headers, method and body', async () => {
  const server = await redirecting(307, '/end');

  const answer = await answered(
    send({ method: 'POST', url: `${server.url}/start`, headers: SECRET_HEADERS, body: JSON_BODY }),
  );

  expect(answer.text).toBe('there');
  expect(server.received[1]).toMatchObject({
    method: 'POST',
    url: '/end',
    body: JSON_BODY.text,
    headers: SECRET_HEADERS,
  });
});

test.each([301, 302, 303])('a %i after a POST becomes a GET without a body', async (status) => {
  const server = await redirecting(status, 'end?x=1');

  const answer = await answered(
    send({ method: 'POST', url: `${server.url}/start`, body: JSON_BODY }),
  );

  expect(answer.redirectedBy).toBe(status);
  expect(server.received[1]).toMatchObject({ method: 'GET', url: '/end?x=1', body: '' });
  expect(server.received[1]?.headers).not.toHaveProperty('content-type');
});

test.each([
  [301, 'PUT', 'PUT'],
  [302, 'DELETE', 'DELETE'],
  [303, 'DELETE', 'GET'],
  [303, 'HEAD', 'HEAD'],
] as const)('a %i after a %s becomes a %s', async (status, method, after) => {
  const server = await redirecting(status, '/end');

  await answered(send({ method, url: `${server.url}/start` }));

  expect(server.received[1]?.method).toBe(after);
});

test('another origin gets Accept and Content-Type and no other header', async () => {
  const stranger = await serve((_, response) => response.end('there'));
  const server = await redirecting(302, `${stranger.url}/end`);
  const headers = { ...SECRET_HEADERS, 'content-type': 'application/json' };

  await answered(send({ url: `${server.url}/start`, headers }));

  const got = stranger.received[0]?.headers;
  expect(got).toMatchObject({ accept: 'application/json', 'content-type': 'application/json' });
  expect(JSON.stringify(got)).not.toContain('hush-hush');
  expect(got).not.toHaveProperty('idempotency-key');
  expect(got).toHaveProperty('user-agent', 'Latchkey/test');
});

test('headers that were left behind do not come back with the first origin', async () => {
  const home = await serve((request, response) => {
    if (request.url === '/start') response.writeHead(302, { location: stranger.url }).end();
    else response.end('home again');
  });
  const stranger = await serve((_, response) =>
    response.writeHead(302, { location: `${home.url}/end` }).end(),
  );

  await answered(send({ url: `${home.url}/start`, headers: SECRET_HEADERS }));

  expect(home.received[1]).toMatchObject({ url: '/end' });
  expect(home.received[1]?.headers).not.toHaveProperty('authorization');
});

test.each([307, 308])('a %i that would carry data to another origin fails', async (status) => {
  const stranger = await serve((_, response) => response.end());
  const server = await redirecting(status, `${stranger.url}/end`);

  const answer = await failed(
    send({ method: 'POST', url: `${server.url}/start`, body: JSON_BODY }),
  );

  expect(answer).toMatchObject({ code: 'bad-redirect', maySent: true });
  expect(answer.message).toContain(`127.0.0.1:${stranger.port}`);
  expect(stranger.received).toEqual([]);
});

test('another scheme is another origin', async () => {
  const server = await serve((request, response) => {
    const { host } = request.headers;
    response.writeHead(307, { location: `https://${host}/end` }).end();
  });

  const answer = await failed(send({ method: 'POST', url: server.url, body: JSON_BODY }));

  expect(answer.code).toBe('bad-redirect');
});

test('a loop ends after ten redirects', async () => {
  const server = await serve((_, response) => response.writeHead(302, { location: '/' }).end());

  const answer = await failed(send({ url: server.url }));

  expect(answer.code).toBe('bad-redirect');
  expect(server.received).toHaveLength(11);
});

test('ten redirects are followed', async () => {
  const server = await serve((request, response) => {
    const step = Number(request.url?.slice(1));
    if (step === 10) response.end('there');
    else response.writeHead(302, { location: `/${step + 1}` }).end();
  });

  expect((await answered(send({ url: `${server.url}/0` }))).text).toBe('there');
});

test.each([
  ['ftp://files.example/'],
  ['file:///etc/passwd'],
  ['http://[nonsense'],
  ['http://ann:hush@127.0.0.1/'],
])('a redirect to %s fails', async (location) => {
  const server = await redirecting(302, location);

  const answer = await failed(send({ url: `${server.url}/start` }));

  expect(answer).toMatchObject({ code: 'bad-redirect', maySent: true });
  expect(answer.message).not.toContain('hush');
});

test.each([
  'http://10.0.0.5/',
  'http://169.254.169.254/latest/meta-data',
  'http://[::ffff:10.0.0.5]/',
  'http://2852039166/',
])('a redirect to the private address %s is refused', async (location) => {
  const server = await redirecting(302, location);

  const answer = await failed(send({ url: `${server.url}/start` }));

  expect(answer).toMatchObject({ code: 'bad-redirect', maySent: true });
  expect(answer.message).toContain('redirected');
});

test('a redirect to a name with a private address is refused', async () => {
  const server = await redirecting(302, 'http://intranet.example/');
  const answer = await failed(send({ url: `${server.url}/start` }, { resolve: resolveToPrivate }));

  expect(answer).toMatchObject({ code: 'bad-redirect', maySent: true });
  expect(answer.message).toContain('redirected');
});

test('a connection that fails after a redirect is lost, since the request has left already', async () => {
  const server = await redirecting(303, NOBODY_LISTENS);

  const answer = await failed(send({ method: 'POST', url: `${server.url}/start` }));

  expect(answer).toMatchObject({ code: 'connection-lost', maySent: true });
});

test('a redirect to a name that nobody knows fails as a redirect', async () => {
  const server = await redirecting(303, 'http://nobody.example/');
  const answer = await failed(
    send({ method: 'POST', url: `${server.url}/start` }, { resolve: knowNobody }),
  );

  expect(answer).toMatchObject({ code: 'bad-redirect', maySent: true });
  expect(answer.message).toContain('nobody.example');
});

test.each([300, 304])('a %i is the answer, whatever Location it has', async (status) => {
  const server = await redirecting(status, '/end');

  expect((await answered(send({ url: `${server.url}/start` }))).status).toBe(status);
});

test('a redirect without a Location is the answer', async () => {
  const server = await serve((_, response) => response.writeHead(302).end('where to?'));

  expect(await answered(send({ url: server.url }))).toMatchObject({
    status: 302,
    text: 'where to?',
  });
});

test('a Location in UTF-8 is understood', async () => {
  const server = await redirecting(302, Buffer.from('/žluť').toString('latin1'));

  await answered(send({ url: `${server.url}/start` }));

  expect(server.received[1]?.url).toBe(encodeURI('/žluť'));
});

test("a redirect's own text is not waited for, and its connection is closed", async () => {
  let closed: Promise<unknown> | undefined;
  const server = await serve((request, response) => {
    if (request.url === '/end') return response.end('there');
    closed = once(response, 'close');
    return response.writeHead(302, { location: '/end' }).write('and then nothing');
  });

  // A limit that ends after the test would: it isn't the limit that closes the connection.
  const limits = { timeoutMs: 60_000 };
  expect((await answered(send({ url: server.url }, { limits }))).text).toBe('there');
  await closed;
});

test('the time limit counts all hops together', async () => {
  const server = await serve((request, response) => {
    const step = Number(request.url?.slice(1));
    setTimeout(() => response.writeHead(302, { location: `/${step + 1}` }).end(), 40);
  });

  const answer = await failed(send({ url: `${server.url}/0` }, { limits: { timeoutMs: 100 } }));

  expect(answer.code).toBe('timeout');
  expect(server.received.length).toBeLessThan(5);
});
