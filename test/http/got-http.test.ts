import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BodySink, HttpRequest, Method } from '../../src/engine/ports/http.ts';
import { heldDeadlines } from '../support/held-deadlines.ts';
import {
  answered,
  client,
  failed,
  LIMITS,
  NOBODY_LISTENS,
  send,
  serve,
  serveTcp,
} from './support.ts';

test('a JSON body is sent as it is written, with its Content-Type', async () => {
  const server = await serve((_, response) =>
    response.writeHead(201).end('{"id":9007199254740993}'),
  );

  const answer = await answered(
    send({ method: 'POST', url: `${server.url}/a?b=c`, body: { kind: 'json', text: '{"n":1.0}' } }),
  );

  expect(answer).toMatchObject({ status: 201, text: '{"id":9007199254740993}' });
  expect(server.received).toMatchObject([
    {
      method: 'POST',
      url: '/a?b=c',
      body: '{"n":1.0}',
      headers: { 'content-type': 'application/json', 'content-length': '9' },
    },
  ]);
});

test('a form is percent-encoded and keeps the order and repetition of its fields', async () => {
  const server = await serve((_, response) => response.end());
  const fields: [string, string][] = [
    ['b', 'x & ü'],
    ['a', '1'],
    ['b', '2'],
  ];

  await answered(send({ method: 'PUT', url: server.url, body: { kind: 'form', fields } }));

  expect(server.received).toMatchObject([
    {
      body: 'b=x+%26+%C3%BC&a=1&b=2',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  ]);
});

test("a request's own Content-Type and User-Agent win", async () => {
  const server = await serve((_, response) => response.end());
  const headers = { 'content-type': 'application/scim+json', 'user-agent': 'mine' };

  await answered(
    send({ method: 'PATCH', url: server.url, headers, body: { kind: 'json', text: '{}' } }),
  );

  expect(server.received[0]?.headers).toMatchObject(headers);
});

test('Latchkey names itself where the request does not, and sends no cookies', async () => {
  const server = await serve((_, response) => response.setHeader('set-cookie', 'a=b').end());

  await answered(send({ url: server.url }));
  await answered(send({ url: server.url }));

  expect(server.received[1]?.headers['user-agent']).toBe('Latchkey/test');
  expect(server.received[1]?.headers.cookie).toBeUndefined();
});

test('a GET may have a body', async () => {
  const server = await serve((_, response) => response.end('ok'));

  await answered(send({ url: server.url, body: { kind: 'json', text: '{"a":1}' } }));

  expect(server.received).toMatchObject([{ method: 'GET', body: '{"a":1}' }]);
});

test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const)(
  'a %s without a body arrives',
  async (method) => {
    const server = await serve((_, response) => response.end('ok'));

    const answer = await answered(send({ method, url: server.url }));

    expect(server.received).toMatchObject([{ method, body: '' }]);
    expect(answer.text).toBe(method === 'HEAD' ? '' : 'ok');
  },
);

test('a HEAD of a packed answer and a 204 have an empty text', async () => {
  const server = await serve((request, response) => {
    const headers = { 'content-encoding': 'gzip' };
    response.writeHead(request.method === 'HEAD' ? 200 : 204, headers).end();
  });

  expect(await answered(send({ method: 'HEAD', url: server.url }))).toMatchObject({ text: '' });
  expect(await answered(send({ url: server.url }))).toMatchObject({ status: 204, text: '' });
});

test.each([400, 404, 429, 500, 503])('a %i is an answer, sent once', async (status) => {
  const server = await serve((_, response) =>
    response.writeHead(status, { 'Retry-After': '1' }).end('why'),
  );

  const answer = await answered(send({ url: server.url }));

  expect(answer).toMatchObject({ status, text: 'why', headers: { 'retry-after': '1' } });
  expect(server.received).toHaveLength(1);
});

test('repeated headers are joined by commas', async () => {
  const server = await serve((_, response) =>
    response.setHeader('Set-Cookie', ['a=1', 'b=2']).setHeader('Link', ['<x>', '<y>']).end(),
  );

  const { headers } = await answered(send({ url: server.url }));

  expect(headers).toMatchObject({ 'set-cookie': 'a=1, b=2', link: '<x>, <y>' });
});

test('a chunked and a packed answer are read whole', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/chunked') {
      response.write('one ');
      response.end('two');
    } else {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed'));
    }
  });

  expect((await answered(send({ url: `${server.url}/chunked` }))).text).toBe('one two');
  expect((await answered(send({ url: `${server.url}/packed` }))).text).toBe('packed');
});

test('an answer in each encoding that requests announce is unpacked', async () => {
  const packed = new Map([
    ['gzip', gzipSync('packed')],
    ['deflate', deflateSync('packed')],
    ['br', brotliCompressSync('packed')],
    // One block, stored as it is (RFC 8878). Announced from Node 22.15 on, which can write it, too.
    ['zstd', Buffer.concat([Buffer.from('28b52ffd2006310000', 'hex'), Buffer.from('packed')])],
  ]);
  const server = await serve((request, response) => {
    const encoding = request.url?.slice(1) ?? '';
    const body = packed.get(encoding);
    response.writeHead(200, body && { 'content-encoding': encoding }).end(body);
  });

  await send({ url: server.url });
  const announced = String(server.received[0]?.headers['accept-encoding']).split(', ');

  expect(announced).toEqual(expect.arrayContaining(['gzip', 'deflate', 'br']));
  for (const encoding of announced)
    expect((await answered(send({ url: `${server.url}/${encoding}` }))).text).toBe('packed');
});

test.each([
  ['text/plain', Buffer.from('žluť'), 'žluť'],
  ['text/plain; charset=iso-8859-1', Buffer.from('grün', 'latin1'), 'grün'],
  ['text/plain; charset="UTF-16LE"', Buffer.from('ok', 'utf16le'), 'ok'],
  ['text/plain; charset=unheard-of', Buffer.from('grün'), 'grün'],
  ['application/json', Buffer.from('\uFEFF{}'), '{}'],
  ['application/json', Buffer.from('\uFEFF{}', 'utf16le'), '{}'],
  ['text/plain; charset=utf-8', Buffer.from('\uFEFFok', 'utf16le').swap16(), 'ok'],
])('the text of an answer of type %s is decoded', async (type, bytes, text) => {
  const server = await serve((_, response) =>
    response.writeHead(200, { 'content-type': type }).end(bytes),
  );

  expect((await answered(send({ url: server.url }))).text).toBe(text);
});

test('an answer of exactly the limit is taken, one byte more is too large', async () => {
  const maxBytes = 10 * 1024 * 1024;
  const server = await serve((request, response) =>
    response.end(Buffer.alloc(Number(request.url?.slice(1)), 'x')),
  );

  const whole = await answered(
    send({ url: `${server.url}/${maxBytes}` }, { limits: { maxBytes } }),
  );
  const over = await failed(
    send({ url: `${server.url}/${maxBytes + 1}` }, { limits: { maxBytes } }),
  );

  expect(whole.text).toHaveLength(maxBytes);
  expect(over).toMatchObject({ code: 'too-large', maySent: true });
  expect(over.message).toContain('10 MiB');
});

test('an answer without end is given up at the limit', async () => {
  const server = await serve((_, response) => {
    const write = (): void => {
      while (response.write(Buffer.alloc(64 * 1024))) if (response.destroyed) return;
      response.once('drain', write);
    };
    write();
  });

  expect(await failed(send({ url: server.url }))).toMatchObject({ code: 'too-large' });
});

test('a small packed answer that unpacks to more than the limit is given up early', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
  const server = await serve((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  );
  const before = process.memoryUsage().arrayBuffers;

  const answer = await failed(send({ url: server.url }));

  expect(answer.code).toBe('too-large');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
});

test('a service that never answers ends in a timeout whose request may have been received', async () => {
  const deadlines = heldDeadlines();
  const server = await serve(() => deadlines.pass());

  const answer = await failed(send({ method: 'POST', url: server.url }));

  expect(answer).toMatchObject({ code: 'timeout', maySent: true });
});

/** Calls `then` when so many pieces of the answer have come. */
const afterPieces = (count: number, then: () => void): BodySink => {
  let left = count;
  return {
    maxBytes: LIMITS.maxBytes,
    takes: () => true,
    async write() {
      left -= 1;
      if (left === 0) then();
    },
  };
};

test('an answer that stalls in the middle ends in a timeout', async () => {
  const deadlines = heldDeadlines();
  const server = await serve((_, response) => response.writeHead(200).write('{"a":'));

  const sink = afterPieces(1, deadlines.pass);
  const answer = await failed(send({ url: server.url }, { streams: { sink } }));

  expect(answer).toMatchObject({ code: 'timeout', maySent: true });
});

test('an answer that drips for ever ends in a timeout, though something comes all the time', async () => {
  const deadlines = heldDeadlines();
  const { url } = await serve((_request, response) => {
    const drip = setInterval(() => response.write('x'), 5);
    response.on('close', () => clearInterval(drip));
  });
  const sink = afterPieces(5, deadlines.pass);
  const failure = await failed(send({ url }, { streams: { sink } }));
  expect(failure).toMatchObject({ code: 'timeout', maySent: true });
});

test('a name that is never resolved is given up as a connection that was not made', async () => {
  const answer = await failed(
    send(
      { url: 'http://slow.example' },
      { resolve: () => new Promise(() => {}), connectTimeoutMs: 50 },
    ),
  );

  expect(answer).toMatchObject({ code: 'no-connection', maySent: false });
});

test('a service that says nothing on https is given up as a connection that was not made', async () => {
  const server = await serveTcp(() => {});

  const answer = await failed(
    send({ url: `https://127.0.0.1:${server.port}` }, { connectTimeoutMs: 50 }),
  );

  expect(answer).toMatchObject({ code: 'no-connection', maySent: false });
});

test('a timeout before there is a connection has sent nothing', async () => {
  const answer = await failed(
    send(
      { method: 'POST', url: 'http://slow.example' },
      { resolve: () => new Promise(() => {}), limits: { timeoutMs: 50 } },
    ),
  );

  expect(answer).toMatchObject({ code: 'timeout', maySent: false });
});

test('the time for connecting does not cut a slow answer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const connectTimeoutMs = 60;
  const server = await serve((_, response) => {
    vi.advanceTimersByTime(2 * connectTimeoutMs);
    response.end('late');
  });

  const answer = await answered(send({ url: server.url }, { connectTimeoutMs }));

  expect(answer.text).toBe('late');
});

test('a refused connection has sent nothing and says what to check', async () => {
  const url = `${NOBODY_LISTENS}/hook?key=hush`;
  const answer = await failed(send({ method: 'POST', url }));

  expect(answer).toMatchObject({ code: 'no-connection', maySent: false });
  expect(answer.message).toContain('refused the connection. Check the address');
  expect(answer.message).not.toContain('hush');
});

test('a connection that breaks in the middle of the answer is lost', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });

  const answer = await failed(send({ method: 'POST', url: server.url }));

  expect(answer).toMatchObject({ code: 'connection-lost', maySent: true });
});

test('a packed or chunked answer that breaks off is lost, and not taken for the whole', async () => {
  const packed = gzipSync('x'.repeat(10_000));
  const server = await serve((request, response) => {
    response.writeHead(200, request.url === '/packed' ? { 'content-encoding': 'gzip' } : {});
    response.write(packed.subarray(0, 20), () => response.destroy());
  });

  for (const path of ['/packed', '/chunked']) {
    expect(await failed(send({ url: server.url + path }))).toMatchObject({
      code: 'connection-lost',
    });
  }
});

test('a packed answer that was cut before it was sent is damaged', async () => {
  const cut = gzipSync('x'.repeat(10_000)).subarray(0, 20);
  const server = await serve((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(cut),
  );

  const answer = await failed(send({ url: server.url }));

  expect(answer.code).toBe('connection-lost');
  expect(answer.message).toContain('damaged');
});

test.each([
  ['gzip, gzip', gzipSync(gzipSync('packed'))],
  ['x-gzip', gzipSync('packed')],
  ['compress', Buffer.from('1f9d90', 'hex')],
])('an answer that stays packed, as %s, is damaged', async (encoding, body) => {
  const server = await serve((_, response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(body),
  );
  const answer = await failed(send({ url: server.url }));
  expect(answer.message).toContain('could not be unpacked');
});

test('an answer whose encoding is a word for something else is taken as it is', async () => {
  const server = await serve((_, response) =>
    response.writeHead(200, { 'content-encoding': 'utf-8' }).end('plain'),
  );
  expect((await answered(send({ url: server.url }))).text).toBe('plain');
});

test('a connection that is closed without an answer is lost', async () => {
  const server = await serveTcp((socket) => socket.once('data', () => socket.destroy()));

  expect(await failed(send({ method: 'POST', url: server.url }))).toMatchObject({
    code: 'connection-lost',
    maySent: true,
  });
});

test('an answer that is cut among its headers is lost', async () => {
  const server = await serveTcp((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-')),
  );

  const answer = await failed(send({ url: server.url }));

  expect(answer.code).toBe('connection-lost');
  expect(answer.message).toContain('broke');
});

test('an answer that is not HTTP is reported as such', async () => {
  const server = await serveTcp((socket) =>
    socket.once('data', () => socket.end('220 mail ready\r\n')),
  );

  const answer = await failed(send({ url: server.url }));

  expect(answer).toMatchObject({ code: 'connection-lost', maySent: true });
  expect(answer.message).toContain('not HTTP');
});

test.each([
  ['says without end that an answer comes', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(51)],
  [
    'changes the protocol unasked',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['changes the protocol and says no other', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['answers with no status', 'HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\n{}'],
])('a service that %s is given up at once', async (_what, said) => {
  const server = await serveTcp((socket) => socket.once('data', () => socket.write(said)));
  const answer = await failed(send({ method: 'POST', url: server.url }));
  expect(answer).toMatchObject({ code: 'connection-lost', maySent: true });
});

test.each([
  ['chunks of which hardly anything is body', '', () => `1;${'x'.repeat(16_000)}\r\n \r\n`],
  ['packed blocks with nothing in them', 'Content-Encoding: gzip\r\n', () => EMPTY_BLOCKS],
])('a service that sends %s without end is given up', async (_what, header, more) => {
  const server = await serveTcp((socket) => {
    const flood = () => {
      while (!socket.destroyed && socket.write(more())) continue;
      socket.once('drain', flood);
    };
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\n${header}Transfer-Encoding: chunked\r\n\r\n`);
      if (header !== '') socket.write(chunkOf(GZIP_HEADER));
      flood();
    });
  });
  const endless = { timeoutMs: 600_000, maxBytes: 100_000_000 };
  const answer = await failed(send({ url: server.url }, { limits: endless }));
  expect(answer).toMatchObject({ code: 'connection-lost', maySent: true });
});

test.each([
  ['a body behind a 204', 'HTTP/1.1 204 No Content\r\n\r\nhello', 204, ''],
  [
    'a body that a 204 announces',
    'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    204,
    '',
  ],
  [
    'chunks behind a 204',
    'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    204,
    '',
  ],
  [
    'more bytes than its Content-Length',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}hello',
    200,
    '{}',
  ],
])('%s are discarded, and the answer of a write is whole', async (_what, said, status, text) => {
  const server = await serveTcp((socket) => socket.once('data', () => socket.end(said)));
  const answer = await answered(send({ method: 'POST', url: server.url }));
  expect(answer).toMatchObject({ status, text });
});

test('status and headers of an answer that breaks off are known, except behind a redirect', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/moved') response.writeHead(303, { location: '/' }).end();
    else
      response
        .writeHead(422, { 'content-length': '9', 'retry-after': '7' })
        .write('half', () => response.destroy());
  });
  const sent = (path: string) => failed(send({ method: 'POST', url: server.url + path }));
  expect(await sent('/')).toMatchObject({
    code: 'connection-lost',
    begun: { status: 422, headers: { 'retry-after': '7' } },
  });
  expect(await sent('/moved')).not.toHaveProperty('begun');
});

test('an answer that others announce is taken', async () => {
  const said = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`;
  const server = await serveTcp((socket) => socket.once('data', () => socket.write(said)));
  expect(await send({ url: server.url })).toMatchObject({ kind: 'answer', status: 200 });
});

test('https to a service that only knows http has sent nothing', async () => {
  const server = await serve((_, response) => response.end());

  const answer = await failed(send({ method: 'POST', url: `https://127.0.0.1:${server.port}` }));

  expect(answer).toMatchObject({ code: 'no-connection', maySent: false });
  expect(answer.message).toContain('https');
  expect(server.received).toEqual([]);
});

test('a name that nobody knows is reported as such', async () => {
  const answer = await failed(
    send(
      { url: 'https://nobody.example/path?key=hush' },
      { resolve: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })) },
    ),
  );

  expect(answer).toMatchObject({ code: 'unknown-host', maySent: false });
  expect(answer.message).toContain('nobody.example');
  expect(answer.message).not.toContain('hush');
});

test.each([
  ['users', 'complete web address'],
  ['ftp://files.example/', 'https://'],
  ['https://ann:hush@api.example/', 'Authorization header'],
])('the URL %s is refused with a cure and without its text', async (url, cure) => {
  const answer = await failed(send({ url }));

  expect(answer).toMatchObject({ code: 'bad-url', maySent: false });
  expect(answer.message).toContain(cure);
  expect(answer.message).not.toContain('hush');
});

test.each(['a\r\nx: y', 'snow ☃'])(
  'a header value that cannot be sent is refused',
  async (value) => {
    const server = await serve((_, response) => response.end());

    const answer = await failed(send({ url: server.url, headers: { 'x-note': value } }));

    expect(answer).toMatchObject({ code: 'bad-url', maySent: false });
    expect(answer.message).toContain('x-note');
    expect(server.received).toEqual([]);
  },
);

test('the length of a body is counted and not believed', async () => {
  const server = await serve((_, response) => response.end('ok'));
  const headers = { 'content-length': '2', 'transfer-encoding': 'chunked' };

  await answered(
    send({ method: 'POST', url: server.url, headers, body: { kind: 'json', text: '[1,2]' } }),
  );

  expect(server.received).toMatchObject([{ body: '[1,2]' }]);
});

describe('the connection to a host', () => {
  const request = (method: Method, url: string): HttpRequest => ({ method, url, headers: {} });

  test('stays open for the next GET', async () => {
    const server = await serve((_, response) => response.end());
    const http = client();

    await answered(http.send(request('GET', server.url), LIMITS));
    await answered(http.send(request('GET', server.url), LIMITS));

    expect(server.connections()).toBe(1);
  });

  test('is a new one for every write', async () => {
    const server = await serve((_, response) => response.end());
    const http = client();

    await answered(http.send(request('GET', server.url), LIMITS));
    await answered(http.send(request('POST', server.url), LIMITS));
    await answered(http.send(request('POST', server.url), LIMITS));

    expect(server.connections()).toBe(3);
  });

  test('stays open for writes, too, where the host is known to keep it', async () => {
    const server = await serve((_, response) => response.end());
    const http = client({ keepsWrites: true });

    for (let n = 0; n < 3; n += 1) await answered(http.send(request('POST', server.url), LIMITS));

    expect(server.connections()).toBe(1);
  });

  test('that is closed as a write goes over it leaves open whether it arrived, and nothing is sent again', async () => {
    let requests = 0;
    const server = await serveTcp((socket) => {
      socket.on('data', () => {
        requests += 1;
        if (requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    });
    const http = client({ keepsWrites: true });

    await answered(http.send(request('POST', server.url), LIMITS));
    expect(await failed(http.send(request('POST', server.url), LIMITS))).toMatchObject({
      code: 'connection-lost',
      maySent: true,
    });
    expect(requests).toBe(2);
  });

  test('is not shared with requests under other rules for addresses', async () => {
    const server = await serve((_, response) => response.end());

    await answered(client().send(request('GET', server.url), LIMITS));
    await answered(client().send(request('GET', server.url), LIMITS));

    expect(server.connections()).toBe(2);
  });

  test('is a new one where the server had just closed the old one', async () => {
    const heard: string[] = [];
    let connections = 0;
    const server = await serveTcp((socket) => {
      connections += 1;
      const connection = connections;
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        heard.push(`connection ${connection}, request ${requests}`);
        if (requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    });
    const http = client();

    await answered(http.send(request('GET', server.url), LIMITS));
    const answer = await answered(http.send(request('GET', server.url), LIMITS));

    expect(answer.text).toBe('ok');
    expect(heard).toEqual([
      'connection 1, request 1',
      'connection 1, request 2',
      'connection 2, request 1',
    ]);
  });

  test('is tried no further where a new one is cut off as well', async () => {
    let connections = 0;
    const server = await serveTcp((socket) => {
      connections += 1;
      socket.once('data', () => socket.resetAndDestroy());
    });

    expect(await failed(client().send(request('GET', server.url), LIMITS))).toMatchObject({
      code: 'connection-lost',
    });
    expect(connections).toBe(1);
  });
});

const chunkOf = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const GZIP_HEADER = gzipSync('').subarray(0, 10);
/** Stored blocks of length 0, of which none is the last. */
const EMPTY_BLOCKS = chunkOf(
  Buffer.concat(Array.from({ length: 3000 }, () => Buffer.from([0, 0, 0, 255, 255]))),
);
