import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type NoProxy, parseNoProxy, ThroughProxy } from '../../src/http/proxy.ts';
import { CERTIFICATE, KEY } from '../support/peers/certificate.ts';
import { type ConnectProxy, startConnectProxy } from '../support/peers/connect-proxy.ts';
import { answered, failed, NOBODY_LISTENS, send, serve, serveTcp } from './support.ts';

const nowhere: NoProxy = () => false;

async function proxied(refuse?: number): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(refuse);
  onTestFinished(() => proxy.close());
  return proxy;
}

test('a request goes through the proxy, whole, and its answer comes back', async () => {
  const { url } = await serve((_request, response) => void response.end('{"ok":true}'));
  const proxy = await proxied();
  const body = { kind: 'json', text: '{"a":1}' } as const;
  const answer = await answered(
    send({ method: 'POST', url, body }, { proxy: { url: proxy.url, except: nowhere } }),
  );
  expect(answer.text).toBe('{"ok":true}');
  expect(proxy.asked.map(({ target }) => target)).toEqual([new URL(url).host]);
});

test('the proxy is asked for the address that was judged, and hears the name beside it', async () => {
  const { url, port, received } = await serve((_request, response) => void response.end('ok'));
  const proxy = await proxied();
  let lookups = 0;
  await answered(
    send(
      { url: `http://moves.example:${port}/x` },
      {
        allow: '127.0.0.1',
        resolve: async () => {
          lookups += 1;
          return [{ address: lookups === 1 ? '127.0.0.1' : '10.0.0.5', family: 4 }];
        },
        proxy: { url: proxy.url, except: nowhere },
      },
    ),
  );
  expect(proxy.asked).toMatchObject([
    { target: `127.0.0.1:${port}`, host: `moves.example:${port}` },
  ]);
  expect(received[0]?.headers.host).toBe(`moves.example:${port}`);
  expect(lookups).toBe(1);
  expect(url).toContain(String(port));
});

test.each([
  ['a literal', 'http://169.254.169.254/latest'],
  ['an odd notation', 'http://0x7f.1:8080/'],
  ['a name', 'https://inside.example/'],
])('%s of a private address is refused, and the proxy is not asked', async (_, url) => {
  const proxy = await proxied();
  const failure = await failed(
    send(
      { url },
      {
        allow: '',
        resolve: async () => [{ address: '10.0.0.5', family: 4 }],
        proxy: { url: proxy.url, except: nowhere },
      },
    ),
  );
  expect(failure).toMatchObject({ code: 'private-address', maySent: false });
  expect(proxy.asked).toEqual([]);
});

test('a redirect to a private address is refused behind a proxy, too', async () => {
  const { url, port } = await serve(
    (_request, response) => void response.writeHead(302, { location: 'http://10.0.0.5/' }).end(),
  );
  const proxy = await proxied();
  const failure = await failed(send({ url }, { proxy: { url: proxy.url, except: nowhere } }));
  expect(failure.code).toBe('bad-redirect');
  expect(proxy.asked.map(({ target }) => target)).toEqual([`127.0.0.1:${port}`]);
});

test('through the proxy the certificate of the other side is looked at, not that of the proxy', async () => {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => {
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await proxied();
  const failure = await failed(
    send(
      { method: 'POST', url: `https://127.0.0.1:${port}` },
      { proxy: { url: proxy.url, except: nowhere } },
    ),
  );
  expect(failure).toMatchObject({ code: 'bad-certificate', maySent: false });
  expect(failure.message).toContain('certificate');
  expect(proxy.asked).toHaveLength(1);
});

test('a proxy that wants a password gets it, and no message shows it', async () => {
  const proxy = await proxied(407);
  const url = new URL(proxy.url);
  url.username = 'ann';
  url.password = 's%20cret-of-the-proxy';
  const failure = await failed(
    send({ url: 'http://127.0.0.1:1' }, { proxy: { url, except: nowhere } }),
  );
  expect(proxy.asked[0]?.authorization).toBe(
    `Basic ${Buffer.from('ann:s cret-of-the-proxy').toString('base64')}`,
  );
  expect(failure).toMatchObject({ code: 'no-connection', maySent: false });
  expect(failure.message).toBe(
    'The proxy in HTTPS_PROXY needs a user and password, or rejects the ones it has. Set them in HTTPS_PROXY.',
  );
});

test('a proxy that lets nothing pass is distinct from a service that is down', async () => {
  const proxy = await proxied(403);
  const failure = await failed(
    send({ url: 'http://127.0.0.1:1/' }, { proxy: { url: proxy.url, except: nowhere } }),
  );
  expect(failure.message).toBe(
    "The proxy in HTTPS_PROXY didn't connect to 127.0.0.1:1 (HTTP 403). Allow that host in the proxy, or add it to NO_PROXY.",
  );
});

test('what is no proxy is said to be none', async () => {
  const { url } = await serveTcp((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
  const failure = await failed(
    send({ url: 'http://127.0.0.1:1/' }, { proxy: { url: new URL(url), except: nowhere } }),
  );
  expect(failure.message).toContain("doesn't answer like a proxy");
});

test('a proxy that talks without end is given up', async () => {
  const { url } = await serveTcp((socket) => void socket.write('x'.repeat(100_000)));
  const failure = await failed(
    send({ url: 'http://127.0.0.1:1/' }, { proxy: { url: new URL(url), except: nowhere } }),
  );
  expect(failure.message).toContain("doesn't answer like a proxy");
});

test('a proxy that says nothing is given up in time, and nothing was sent', async () => {
  const { url } = await serveTcp(() => undefined);
  const failure = await failed(
    send(
      { method: 'POST', url: 'http://127.0.0.1:1/' },
      { connectTimeoutMs: 50, proxy: { url: new URL(url), except: nowhere } },
    ),
  );
  expect(failure).toMatchObject({ code: 'no-connection', maySent: false });
});

test.each([
  ['gives a tunnel and lets nothing pass', 'http:', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['takes a call and says nothing', 'http:', ''],
  ['is called by TLS and never says hello', 'https:', ''],
])(
  'who has no patience of their own is not left waiting by a proxy that %s',
  async (_, protocol, answer) => {
    const limit = new AbortController();
    let closed: Promise<unknown> | undefined;
    const { url } = await serveTcp((socket) => {
      closed = once(socket, 'close');
      socket.once('data', () => {
        if (answer === '') limit.abort();
        else socket.once('data', () => limit.abort()).write(answer); // What comes next is TLS, inside the tunnel.
      });
    });
    const proxy = { url: new URL(url.replace('http:', protocol)), except: nowhere };
    const agent = new ThroughProxy(proxy, () => limit.signal);
    const failure = await once(request('https://service.example/', { agent }).end(), 'error');
    expect(failure).toMatchObject([{ code: 'proxy-refused' }]);
    await closed;
  },
);

test('a limit that is reached before a connection is begun ends it, too', async () => {
  const { url } = await serveTcp(() => undefined);
  const agent = new ThroughProxy({ url: new URL(url), except: nowhere }, () => AbortSignal.abort());
  const failure = await once(request('https://service.example/', { agent }).end(), 'error');
  expect(failure).toMatchObject([{ code: 'proxy-refused' }]);
});

test('a proxy that is down is no connection', async () => {
  const url = new URL(NOBODY_LISTENS);
  const failure = await failed(
    send({ url: 'http://127.0.0.1:1/' }, { proxy: { url, except: nowhere } }),
  );
  expect(failure).toMatchObject({ code: 'no-connection', maySent: false });
});

test('what NO_PROXY names is called past the proxy', async () => {
  const { url } = await serve((_request, response) => void response.end('ok'));
  const proxy = await proxied();
  await answered(send({ url }, { proxy: { url: proxy.url, except: parseNoProxy('127.0.0.1') } }));
  expect(proxy.asked).toEqual([]);
});

test.each([
  ['*', 'https://anything.example', true],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://api.EXAMPLE.com', true],
  ['example.com', 'https://notexample.com', false],
  ['.example.com, other.test', 'https://api.example.com', true],
  ['*.example.com', 'https://api.example.com', true],
  ['example.com:8443', 'https://example.com:8443', true],
  ['example.com:8443', 'https://example.com', false],
  ['example.com:443', 'https://example.com', true],
  ['10.0.0.0/8', 'http://10.1.2.3', true],
  ['10.0.0.0/8', 'http://11.1.2.3', false],
  ['fd00::/8', 'http://[fd00::1]:80', true],
  ['::1', 'http://[::1]', true],
  ['[::1]:8080', 'http://[::1]:8080', true],
  ['[::1]:8080', 'http://[::1]', false],
  ['127.0.0.1', 'http://127.0.0.1:3000', true],
  ['!!, :', 'http://127.0.0.1:3000', false],
  ['', 'https://example.com', false],
])('NO_PROXY=%s and %s: past the proxy: %s', (text, url, isPast) => {
  expect(parseNoProxy(text)(new URL(url))).toBe(isPast);
});
