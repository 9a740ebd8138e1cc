import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { BodySink, FileToSend, HttpBody } from '../../src/engine/ports/http.ts';
import { firstOf } from '../support/given/outcomes.ts';
import { answered, failed, send, serve } from './support.ts';

const MIB = 1024 * 1024;

/** Bytes that differ by their place, made while they are read. */
async function* bytesOf(size: number, pieceSize = 256 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += pieceSize) {
    yield new Uint8Array(Math.min(pieceSize, size - at)).fill((at / pieceSize) % 251);
  }
}

const aFile = (size: number, about: Partial<FileToSend> = {}): FileToSend => ({
  size,
  pieces: () => bytesOf(size),
  ...about,
});

const multipart = (
  files: Extract<HttpBody, { kind: 'multipart' }>['files'],
  fields: Extract<HttpBody, { kind: 'multipart' }>['fields'] = [],
): HttpBody => ({ kind: 'multipart', fields, files });

const nameless = async (): Promise<FileToSend> => aFile(3);

interface Kept {
  readonly sink: BodySink;
  readonly pieces: Uint8Array[];
}

function keeping(maxBytes = MIB): Kept {
  const pieces: Uint8Array[] = [];
  return {
    pieces,
    sink: {
      maxBytes,
      takes: (status) => status === 200,
      write: async (piece) => void pieces.push(piece),
    },
  };
}

/** Parses what came with the platform's own parser of multipart bodies. */
async function formOf({ headers, body }: { headers: IncomingMessage['headers']; body: string }) {
  const response = new Response(body, {
    headers: { 'content-type': headers['content-type'] ?? '' },
  });
  return response.formData();
}

test('fields and files go as a multipart body, whose length is said', async () => {
  const server = await serve((_, response) => response.end('ok'));
  const png: FileToSend = {
    size: 3,
    contentType: 'image/png',
    async *pieces() {
      yield Buffer.from('a');
      yield Buffer.from('bc');
    },
  };
  const body = multipart(
    [
      { field: 'photo', file: 'anné "x".png' },
      { field: 'copy', file: 'anné "x".png' },
    ],
    [
      ['name', 'Zoë\r\n--"quoted"'],
      ['tag', 'a'],
      ['tag', 'b'],
    ],
  );

  await answered(
    send({ method: 'POST', url: server.url, body }, { streams: { fileNamed: async () => png } }),
  );

  const got = firstOf(server.received);
  expect(got.headers['content-length']).toBe(String(Buffer.byteLength(got.body)));
  expect(got.headers['transfer-encoding']).toBeUndefined();
  const form = await formOf(got);
  expect(form.get('name')).toBe('Zoë\r\n--"quoted"');
  expect(form.getAll('tag')).toEqual(['a', 'b']);
  for (const field of ['photo', 'copy']) {
    const file = form.get(field);
    if (!(file instanceof File)) throw new Error(`${field} is no file`);
    expect([file.name, file.type, await file.text()]).toEqual(['anné "x".png', 'image/png', 'abc']);
  }
});

test('a name that would end its line or its quotes does not', async () => {
  const server = await serve((_, response) => response.end('ok'));
  const body = multipart([{ field: 'a"\r\nX-Evil: 1', file: 'b"\r\n\r\nevil' }]);

  await answered(
    send({ method: 'POST', url: server.url, body }, { streams: { fileNamed: nameless } }),
  );

  expect(server.received[0]?.body).toContain(
    'name="a%22%0D%0AX-Evil: 1"; filename="b%22%0D%0A%0D%0Aevil"\r\nContent-Type: application/octet-stream\r\n\r\n',
  );
});

test('a large file is read no faster than the other side takes it', async () => {
  const size = 64 * MIB;
  let taken = 0;
  const server = createServer((request, response) => {
    void (async () => {
      for await (const piece of request as AsyncIterable<Uint8Array>) {
        taken += piece.byteLength;
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  let read = 0;
  let ahead = 0;
  const counted = aFile(size, {
    async *pieces() {
      for await (const piece of bytesOf(size)) {
        read += piece.byteLength;
        ahead = Math.max(ahead, read - taken);
        yield piece;
      }
    },
  });
  const body = multipart([{ field: 'f', file: 'f' }]);
  const answer = await answered(
    send(
      { method: 'PUT', url: `http://127.0.0.1:${port}`, body },
      { streams: { fileNamed: async () => counted }, limits: { timeoutMs: 60_000 } },
    ),
  );

  expect(answer.status).toBe(200);
  expect(read).toBe(size);
  expect(ahead).toBeLessThan(size / 2);
});

test('a redirect at the same service is sent the file again from its start', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/old') response.writeHead(307, { location: '/new' });
    response.end();
  });
  const body = multipart([{ field: 'f', file: 'f' }]);

  await answered(
    send(
      { method: 'POST', url: `${server.url}/old`, body },
      { streams: { fileNamed: async () => aFile(700_000) } },
    ),
  );

  const [first, second] = server.received;
  expect(second?.url).toBe('/new');
  expect(second?.body).toBe(first?.body);
});

test('a redirect that becomes a GET has neither body nor its headers', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/old') response.writeHead(303, { location: '/new' });
    response.end();
  });
  const body = multipart([{ field: 'f', file: 'f' }]);

  await answered(
    send({ method: 'POST', url: `${server.url}/old`, body }, { streams: { fileNamed: nameless } }),
  );

  expect(server.received[1]).toMatchObject({ method: 'GET', body: '' });
  expect(server.received[1]?.headers).not.toHaveProperty('content-length');
  expect(server.received[1]?.headers).not.toHaveProperty('content-type');
});

test('a file is not given to another service', async () => {
  const other = await serve((_, response) => response.end());
  const server = await serve((_, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  const body = multipart([{ field: 'f', file: 'f' }]);

  const answer = await failed(
    send({ method: 'POST', url: server.url, body }, { streams: { fileNamed: nameless } }),
  );

  expect(answer.code).toBe('bad-redirect');
  expect(other.received).toEqual([]);
});

test('a service that answers before it has read all is heard', async () => {
  const server = createServer((request, response) => {
    response.writeHead(413, { connection: 'close' }).end('too much');
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  const answer = await answered(
    send(
      {
        method: 'POST',
        url: `http://127.0.0.1:${port}`,
        body: multipart([{ field: 'f', file: 'f' }]),
      },
      { streams: { fileNamed: async () => aFile(20 * MIB) } },
    ),
  );

  expect(answer).toMatchObject({ status: 413, text: 'too much' });
});

test('what reading a file throws is thrown on, and not taken for the network', async () => {
  const server = await serve((_, response) => response.end());
  const broken = aFile(10, {
    async *pieces() {
      yield Buffer.from('12345');
      throw new RangeError('The database is gone.');
    },
  });
  const request = { method: 'POST', url: server.url, body: multipart([{ field: 'f', file: 'f' }]) };

  await expect(
    send(request as Parameters<typeof send>[0], { streams: { fileNamed: async () => broken } }),
  ).rejects.toThrow('The database is gone.');
});

test('the body of an answer goes to the sink piece by piece, unpacked', async () => {
  const text = 'x'.repeat(300_000);
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/csv' });
    response.end(gzipSync(text));
  });
  const { sink, pieces } = keeping();

  const answer = await answered(send({ url: server.url }, { streams: { sink } }));

  expect(answer).toMatchObject({ status: 200, text: '' });
  expect(answer.headers['content-type']).toBe('text/csv');
  expect(Buffer.concat(pieces).toString()).toBe(text);
  expect(pieces.length).toBeGreaterThan(1);
});

test('what the sink takes is the text of the answer, too, up to the size of a text', async () => {
  const server = await serve((_, response) => response.end('x'.repeat(3000)));
  const { sink, pieces } = keeping();

  const answer = await answered(
    send({ url: server.url }, { streams: { sink }, limits: { maxBytes: 3000 } }),
  );

  expect(answer).toMatchObject({ status: 200, text: 'x'.repeat(3000) });
  expect(Buffer.concat(pieces)).toHaveLength(3000);
});

test('what the sink takes and is larger than a text may be is no text', async () => {
  const server = await serve((_, response) => response.end('x'.repeat(3000)));
  const { sink, pieces } = keeping();

  const answer = await answered(
    send({ url: server.url }, { streams: { sink }, limits: { maxBytes: 2999 } }),
  );

  expect(answer).toMatchObject({ status: 200, text: '' });
  expect(Buffer.concat(pieces)).toHaveLength(3000);
});

test('an answer that the sink does not take is a text like any other', async () => {
  const server = await serve((_, response) => response.writeHead(404).end('no such file'));
  const { sink, pieces } = keeping();

  const answer = await answered(send({ url: server.url }, { streams: { sink } }));

  expect(answer).toMatchObject({ status: 404, text: 'no such file' });
  expect(pieces).toEqual([]);
});

test('a file larger than the sink takes fails, and says its limit', async () => {
  const server = await serve((_, response) => response.end('x'.repeat(3 * MIB)));
  const { sink } = keeping(2 * MIB);

  const answer = await failed(send({ url: server.url }, { streams: { sink } }));

  expect(answer.code).toBe('too-large');
  expect(answer.message).toContain('2 MiB');
});

test('a file that breaks off fails', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('only this');
    setImmediate(() => response.destroy());
  });
  const { sink } = keeping();

  const answer = await failed(send({ url: server.url }, { streams: { sink } }));

  expect(answer.code).toBe('connection-lost');
});

test('what the sink throws is thrown on, and ends the sending', async () => {
  const server = await serve((_, response) => response.end('abc'));
  const sink: BodySink = {
    maxBytes: 10,
    takes: () => true,
    write: () => Promise.reject(new RangeError('The disk is full.')),
  };

  await expect(send({ url: server.url }, { streams: { sink } })).rejects.toThrow(
    'The disk is full.',
  );
});

test('a large answer is read no faster than the sink takes it', async () => {
  const size = 64 * MIB;
  let written = 0;
  const server = createServer((_, response) => {
    void (async () => {
      for await (const piece of bytesOf(size)) {
        written += piece.byteLength;
        if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  let ahead = 0;
  let read = 0;
  const sink: BodySink = {
    maxBytes: size,
    takes: () => true,
    async write(piece) {
      read += piece.byteLength;
      ahead = Math.max(ahead, written - read);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  await answered(
    send({ url: `http://127.0.0.1:${port}` }, { streams: { sink }, limits: { timeoutMs: 60_000 } }),
  );

  expect(read).toBe(size);
  expect(ahead).toBeLessThan(size / 2);
});
