import { once } from 'node:events';
import { expect, test } from 'vitest';
import { callByName, isRedirect, readUpTo } from '../../src/http/call-by-name.ts';
import { NOBODY_LISTENS, serve, serveTcp } from './support.ts';

test('a call sends its method, headers and text, and its answer comes back', async () => {
  const { url, received } = await serve((_request, response) => {
    response.writeHead(201, { 'x-answer': 'a' }).end('{"ok":true}');
  });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await callByName(url, { method: 'POST', headers, body: '{"name":"Zoë"}' });
  expect(answer).toMatchObject({ statusCode: 201, headers: { 'x-answer': 'a' } });
  expect(String(await readUpTo(answer, 100))).toBe('{"ok":true}');
  expect(received).toMatchObject([
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Zoë"}' },
  ]);
});

test('the next call goes over the same connection', async () => {
  const { url, connections } = await serve((_request, response) => void response.end('ok'));
  for (let call = 0; call < 3; call += 1) await readUpTo(await callByName(url, {}), 100);
  expect(connections()).toBe(1);
});

test('a redirect is handed back, and not followed', async () => {
  const { url, received } = await serve((_request, response) => {
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  const answer = await callByName(url, {});
  expect(isRedirect(answer)).toBe(true);
  await readUpTo(answer, 100);
  expect(received).toHaveLength(1);
});

test('an answer that is too large is none, and its connection is closed', async () => {
  let closed: Promise<unknown> | undefined;
  const { url } = await serve((request, response) => {
    closed = once(request.socket, 'close');
    response.write('0123456789'); // It never ends.
  });
  expect(await readUpTo(await callByName(url, {}), 9)).toBeUndefined();
  await closed;
  expect(closed).toBeDefined();
});

test('a signal ends a call that has no answer', async () => {
  const limit = new AbortController();
  const { url } = await serve(() => limit.abort());
  await expect(callByName(url, { signal: limit.signal })).rejects.toThrow('aborted');
});

test('a signal ends the reading of an answer', async () => {
  const limit = new AbortController();
  const { url } = await serve((_request, response) => void response.write('half of it'));
  const answer = await callByName(url, { signal: limit.signal });
  const read = readUpTo(answer, 100);
  limit.abort();
  await expect(read).rejects.toThrow('aborted');
});

test('an answer that breaks off is none', async () => {
  const { url } = await serveTcp((socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it');
  });
  await expect(readUpTo(await callByName(url, {}), 1000)).rejects.toThrow('aborted');
});

test('a host that can’t be reached is an error', async () => {
  await expect(callByName(NOBODY_LISTENS, {})).rejects.toThrow('ECONNREFUSED');
});
