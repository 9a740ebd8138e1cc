import { expect, test } from 'vitest';
import { createDownload } from '../../src/http/download.ts';
import { createHttp } from '../../src/http/got-http.ts';
import { allowList, serve } from './support.ts';

const LIMITS = { maxBytes: 10, timeoutMs: 5000 };
const download = (url: string, allow = '127.0.0.1', limits = LIMITS) =>
  createDownload(createHttp({ allowPrivateHosts: allowList(allow), userAgent: 'test' }))(
    url,
    limits,
  );

test('a file is given byte by byte, whatever it is called', async () => {
  const bytes = Buffer.from([0xff, 0xfe, 0, 0x41]);
  const { url } = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=latin1' }).end(bytes);
  });
  expect(await download(url)).toEqual({ kind: 'bytes', bytes });
});

test('a file that is larger than asked for is not kept', async () => {
  const { url } = await serve((_, response) => response.end('x'.repeat(11)));
  expect(await download(url)).toEqual({ kind: 'too-large' });
});

test('a page that says why there is no file is not taken for it', async () => {
  const { url } = await serve((_, response) => response.writeHead(403).end('gone'));
  expect(await download(url)).toEqual({
    kind: 'failed',
    message: "The file's server answered with HTTP 403.",
  });
});

test('a server that says nothing is given up in time, and its address stays out of the words', async () => {
  const { url } = await serve(() => undefined);
  const given = await download(`${url}/x?key=secret`, '127.0.0.1', { maxBytes: 10, timeoutMs: 50 });
  expect(given.kind).toBe('failed');
  expect(JSON.stringify(given)).not.toContain('secret');
});

test.each([
  'https://127.0.0.1/x',
  'https://[::ffff:10.0.0.1]/x',
  'https://169.254.169.254/latest/meta-data',
  'not a url',
])('%s is not called', async (url) => {
  expect(await download(url, '')).toMatchObject({ kind: 'failed' });
});

test('a file that lies elsewhere is fetched there, unless that is a private address', async () => {
  const inside = await serve((_, response) => response.end('inside'));
  const { url } = await serve((_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${inside.port}/` }).end(),
  );
  expect(await download(url)).toMatchObject({ kind: 'bytes' });
  expect(await download(url, new URL(url).host)).toMatchObject({ kind: 'failed' });
  expect(inside.received).toHaveLength(1);
});
