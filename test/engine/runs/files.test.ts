import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { RunFilePart } from '../../../src/engine/ports/run-stores.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import {
  FILE_PART_BYTES,
  fileReader,
  fileSaver,
  LostRun,
} from '../../../src/engine/runs/run-files.ts';
import {
  HOUR,
  inState,
  MINUTE,
  SECOND,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

async function grantWith(execute: readonly object[], about: object = {}): Promise<string> {
  const integration = await engine.integration({ ...about, execute });
  const run = startedRun(await engine.grant(await engine.person(), integration));
  await engine.runJobs();
  return run.id;
}

const url = (path: string): string => `${engine.party.url}${path}`;
const download = (name = 'badge.svg') => ({
  url: url('/badge'),
  method: 'GET',
  save_as_file: name,
});

describe('files of a run', () => {
  test('a saved file is sent with later requests, as often as they ask, with data as fields', async () => {
    engine.party.on('GET /badge', {
      text: '<svg>é</svg>',
      headers: { 'content-type': 'image/svg+xml' },
    });
    engine.party.on('POST /upload', { json: { id: 7 } });
    engine.party.on('PUT /again', { json: {} });
    const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer 1' };

    const runId = await grantWith(
      [
        download(),
        {
          url: url('/upload'),
          data: { email: '{{email}}', tags: ['a', 'b'] },
          files: { 'photo-{{first_name}}': 'badge.svg', copy: 'badge.svg' },
        },
        {
          url: url('/again'),
          method: 'PUT',
          files: { file: 'badge.svg' },
          headers: { 'X-Id': '{{responses.0.id}}{{responses.1.id}}' },
        },
      ],
      { headers },
    );

    expect((await engine.run(runId)).state).toBe('succeeded');
    const [, upload, again] = engine.party.requests;
    expect(upload?.headers).toMatchObject({
      authorization: 'Bearer 1',
      'content-type': expect.stringMatching(/^multipart\/form-data; boundary=/) as string,
    });
    expect(await partsOf(upload)).toEqual([
      ['email', 'grace@example.com'],
      ['tags', 'a'],
      ['tags', 'b'],
      ['photo-Grace', 'badge.svg', 'image/svg+xml', '<svg>é</svg>'],
      ['copy', 'badge.svg', 'image/svg+xml', '<svg>é</svg>'],
    ]);
    expect(await partsOf(again)).toEqual([['file', 'badge.svg', 'image/svg+xml', '<svg>é</svg>']]);
    // What was kept as a file is `{}` to the steps after it.
    expect(again?.headers['x-id']).toBe('7');
  });

  test('what is shown of a step that saves a file is its name and size', async () => {
    engine = await testEngine({ ownFile: true });
    engine.party.on('GET /badge', { text: 'the content of the file' });
    const runId = await grantWith([download()]);
    const [step] = await engine.steps(runId);
    expect(step).toMatchObject({
      status: 200,
      responseText: 'A file of 23 bytes, kept as badge.svg.',
    });
    expect(engine.databaseBytes()).not.toContain('the content of the file');
  });

  test('JSON that is kept as a file is what later steps see, too', async () => {
    engine.party.on('GET /badge', { json: { id: 5 } });
    engine.party.on('POST /next', { json: {} });
    const next = { url: `${engine.party.url}/next`, data: { id: '{{responses.0.id}}' } };
    const integration = await engine.integration({ execute: [download(), next] });
    await engine.grant(await engine.person(), integration);
    await engine.runJobs();
    expect(engine.party.requests.at(-1)?.body).toBe('{"id":"5"}');
  });

  test('an answer that is no success is shown and not kept', async () => {
    engine.party.on('GET /badge', { status: 404, text: 'no badge of that name' });
    const runId = await grantWith([download()]);
    expect(inState(await engine.run(runId), 'retrying').error.code).toBe('http-status');
    expect((await engine.steps(runId))[0]?.responseText).toBe('no badge of that name');
    expect(await engine.stores.files.find(runId, 'badge.svg')).toBeUndefined();
  });

  test('the retry saves the file again, and sends what it has saved', async () => {
    engine.party.on('GET /badge', { text: 'first' }, { text: 'second' });
    engine.party.on('POST /upload', { status: 500 }, { json: {} });
    const runId = await grantWith([
      download(),
      { url: url('/upload'), files: { file: 'badge.svg' } },
    ]);
    await engine.later(HOUR);
    expect((await engine.run(runId)).state).toBe('succeeded');
    const uploads = engine.party.requests.filter((request) => request.url === '/upload');
    expect(await Promise.all(uploads.map(partsOf))).toEqual([
      [['file', 'badge.svg', 'text/html', 'first']],
      [['file', 'badge.svg', 'text/html', 'second']],
    ]);
  });

  test('a file that no earlier request saved fails the step, and says which', async () => {
    engine.party.on('GET /badge', { text: 'x' });
    const integration = await engine.integration({ execute: [download()] });
    // Saving it would be refused, so it gets past the lint the other way.
    const changed = await engine.newManifest(integration, {
      execute: [{ url: url('/upload'), files: { file: 'badge.svg' } }, download()],
    });
    const run = startedRun(await engine.grant(await engine.person(), changed));
    await engine.runJobs();
    expect(inState(await engine.run(run.id), 'retrying').error).toEqual({
      code: 'bad-request',
      message:
        'No earlier request has saved a file named "badge.svg". Check save_as_file in the requests before this one.',
      step: 0,
    });
    expect(engine.party.requests).toEqual([]);
  });

  test('a download that broke off is sent again, and nothing of its first half is left', async () => {
    const whole = 'b'.repeat(FILE_PART_BYTES + 10);
    let times = 0;
    const server = createServer((_, response) => {
      times += 1;
      const length = times > 1 ? whole.length : 3 * FILE_PART_BYTES;
      response.writeHead(200, { 'content-length': String(length) });
      if (times > 1) response.end(whole);
      else response.write('a'.repeat(2.5 * FILE_PART_BYTES), () => response.destroy());
    });
    const address = await listening(server);
    const runId = await grantWith([{ url: `${address}/`, method: 'GET', save_as_file: 'f' }]);
    expect(inState(await engine.run(runId), 'waiting').why).toContain('broke');
    expect(await engine.stores.files.find(runId, 'f')).toBeUndefined();

    await engine.later(SECOND);
    expect((await engine.run(runId)).state).toBe('succeeded');
    const file = await engine.stores.files.find(runId, 'f');
    expect(file).toMatchObject({ size: whole.length });
    expect(await textOf(runId, 'f')).toBe(whole);
  });

  test('a worker that has lost the run saves nothing more of its file', async () => {
    const late = held({ text: 'from the worker that was too slow' });
    engine.party.on('GET /badge', late.answer, { text: 'from the other' });
    const integration = await engine.integration({ execute: [download()] });
    const run = startedRun(await engine.grant(await engine.person(), integration));

    const slow = advanceRun(run.id, engine.worker('slow'));
    await engine.party.received(1);
    engine.clock.advance(5 * MINUTE);
    await advanceRun(run.id, engine.worker('other'));
    expect((await engine.run(run.id)).state).toBe('succeeded');
    late.release();
    await slow;

    expect(await textOf(run.id, 'badge.svg')).toBe('from the other');
  });

  test('60 MiB pass through in parts of 256 KiB and arrive as they were', async () => {
    const size = 60 * 1024 * 1024 + 5;
    const server = await largeFiles(size);
    const runId = await grantWith([
      { url: `${server.url}/file`, method: 'GET', save_as_file: 'big.bin' },
      { url: `${server.url}/upload`, files: { file: 'big.bin' } },
    ]);

    expect((await engine.run(runId)).state).toBe('succeeded');
    expect(server.uploaded.hash).toBe(server.sent.hash);
    expect(server.uploaded.size).toBe(size);
    expect(await engine.stores.files.find(runId, 'big.bin')).toMatchObject({ size });
    const sizes: readonly number[] = await engine
      .db('run_files')
      .where({ run_id: runId })
      .orderBy('part_index')
      .pluck('size');
    expect(sizes).toHaveLength(241);
    expect(Math.max(...sizes)).toBe(FILE_PART_BYTES);
    // The server is never far ahead of what has been stored.
    expect(server.mostAhead()).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('saving a file', () => {
  test.each([
    [0, [0]],
    [1, [1]],
    [FILE_PART_BYTES, [FILE_PART_BYTES]],
    [FILE_PART_BYTES + 1, [FILE_PART_BYTES, 1]],
    [2 * FILE_PART_BYTES, [FILE_PART_BYTES, FILE_PART_BYTES]],
  ])('%i bytes are kept in parts of %j, of which one is the last', async (size, expected) => {
    const whole = Buffer.alloc(size, 'abc');
    const { saving, parts } = saver();
    for (let at = 0; at < size; at += 100_000) await saving.write(whole.subarray(at, at + 100_000));
    expect(await saving.finish('text/plain')).toBe(size);
    expect(parts.map(({ bytes }) => bytes.byteLength)).toEqual(expected);
    expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(whole)).toBe(true);
    expect(parts.map(({ index, last }) => [index, last])).toEqual(
      expected.map((_, index) => [index, index === expected.length - 1]),
    );
    expect(parts.at(-1)?.contentType).toBe('text/plain');
  });

  test('up to 100 MiB are taken', () => {
    expect(saver().saving.maxBytes).toBe(100 * 1024 * 1024);
  });

  test('one piece that is larger than a part is cut', async () => {
    const { saving, parts } = saver();
    await saving.write(Buffer.alloc(2.5 * FILE_PART_BYTES));
    await saving.finish(undefined);
    expect(parts.map(({ bytes }) => bytes.byteLength)).toEqual([
      FILE_PART_BYTES,
      FILE_PART_BYTES,
      FILE_PART_BYTES / 2,
    ]);
  });

  test('who has lost the run stops saving', async () => {
    const { saving, parts } = saver(1);
    await expect(saving.write(Buffer.alloc(5 * FILE_PART_BYTES))).rejects.toThrow(LostRun);
    expect(parts).toHaveLength(2);
  });
});

/** The parts of a multipart body, by the platform's own parser: name and value, or name, file name, type and text. */
async function partsOf(
  request: { headers: Readonly<Record<string, unknown>>; body: string } | undefined,
): Promise<readonly (readonly string[])[]> {
  if (!request) throw new Error('The request did not come');
  const type = String(request.headers['content-type']);
  const form = await new Response(request.body, { headers: { 'content-type': type } }).formData();
  const parts: (readonly string[])[] = [];
  for (const [name, value] of form)
    parts.push(
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, await value.text()],
    );
  return parts;
}

/** A service with one large file, and a place to put it. */
async function largeFiles(size: number) {
  const sent = { hash: '', size: 0 };
  const uploaded = { hash: '', size: 0 };
  let most = 0;
  const server = createServer((request, response) => {
    void (request.method === 'GET' ? give() : take());

    async function give(): Promise<void> {
      const hash = createHash('sha256');
      for (let at = 0; at < size; at += 65_536) {
        const piece = Buffer.alloc(Math.min(65_536, size - at), (at / 65_536) % 251);
        hash.update(piece);
        sent.size += piece.byteLength;
        const [row] = await engine.db('run_files').sum<{ size: number | null }[]>({ size: 'size' });
        most = Math.max(most, sent.size - (row?.size ?? 0));
        if (!response.write(piece)) await once(response, 'drain');
      }
      sent.hash = hash.digest('hex');
      response.end();
    }

    async function take(): Promise<void> {
      const hash = createHash('sha256');
      const begins = '\r\n\r\n';
      const length = Number(request.headers['content-length']);
      const boundary = /boundary=(.*)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
      const end = Buffer.byteLength(`\r\n--${boundary}--\r\n`);
      let at = 0;
      let start: number | undefined;
      for await (const piece of request as AsyncIterable<Buffer>) {
        // The head of the only part is short and comes in one piece.
        start ??= piece.indexOf(begins) + begins.length;
        const from = Math.max(0, start - at);
        const to = Math.min(piece.byteLength, length - end - at);
        if (to > from) {
          hash.update(piece.subarray(from, to));
          uploaded.size += to - from;
        }
        at += piece.byteLength;
      }
      uploaded.hash = hash.digest('hex');
      response.end('{}');
    }
  });
  const address = await listening(server);
  return { url: address, sent, uploaded, mostAhead: () => most };
}

function saver(lostAfter = Infinity) {
  const parts: RunFilePart[] = [];
  const made = fileSaver({
    runId: 'run',
    name: 'f',
    takes: () => true,
    putPart: async (part) => parts.push(part) <= lostAfter,
  });
  return { saving: made, parts };
}

/** @returns the address of a server that ends with the test */
async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function textOf(runId: string, name: string): Promise<string> {
  const { pieces } = await fileReader(engine.stores.files, runId)(name);
  const parts: Uint8Array[] = [];
  for await (const piece of pieces()) parts.push(piece);
  return Buffer.concat(parts).toString();
}
