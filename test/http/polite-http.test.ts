import { beforeEach, expect, test } from 'vitest';
import { RateLimit } from '../../src/core/rate-limit.ts';
import type { HttpAnswer, HttpRequest } from '../../src/engine/ports/http.ts';
import { Circuits, OPEN_FOR_PEOPLE_MS, politeHttp } from '../../src/http/polite-http.ts';

let clock: number;
let sent: string[];
/** What the other side answers; a test changes it. */
let answer: (url: string) => Promise<HttpAnswer>;

beforeEach(() => {
  clock = 0;
  sent = [];
  answer = async () => ok;
});

const ok: HttpAnswer = { kind: 'answer', status: 200, headers: {}, text: '{}' };
const down: HttpAnswer = {
  kind: 'failed',
  code: 'no-connection',
  message: 'It refused the connection.',
  maySent: false,
};
const limits = { timeoutMs: 1000, maxBytes: 1000 };
const get = (url: string): HttpRequest => ({ method: 'GET', url, headers: {} });
const polite = (openMs?: number) =>
  politeHttp(
    {
      async send({ url }) {
        sent.push(url);
        return answer(url);
      },
    },
    new Circuits(() => new Date(clock), openMs),
  );

test('a ninth request at one host waits its turn, and another host is not concerned', async () => {
  let open: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    open = resolve;
  });
  answer = async (url) => {
    if (url.includes('slow')) await held;
    return ok;
  };
  const http = polite();
  const eight = Array.from({ length: 8 }, () => http.send(get('https://slow.example/'), limits));
  expect(await http.send(get('https://slow.example/'), limits)).toMatchObject({
    code: 'host-busy',
    maySent: false,
    retryAfterMs: 1000,
  });
  expect(await http.send(get('https://quick.example/'), limits)).toBe(ok);
  open();
  await Promise.all(eight);
  expect(await http.send(get('https://slow.example/'), limits)).toBe(ok);
});

test('where people wait it is left alone for no longer than five seconds', async () => {
  answer = async () => down;
  const http = polite(OPEN_FOR_PEOPLE_MS);
  for (let failed = 0; failed < 5; failed++) await http.send(get('https://a.example/'), limits);
  expect(await http.send(get('https://a.example/'), limits)).toMatchObject({
    code: 'circuit-open',
    retryAfterMs: 5_000,
  });
  clock += 5_000;
  answer = async () => ok;
  expect(await http.send(get('https://a.example/'), limits)).toBe(ok);
});

test('after five failures in a row a host is left alone for half a minute, and says so', async () => {
  answer = async () => down;
  const http = polite();
  for (let n = 0; n < 5; n++) await http.send(get('https://a.example/'), limits);
  clock += 10_000;
  expect(await http.send(get('https://a.example/'), limits)).toMatchObject({
    code: 'circuit-open',
    message:
      'a.example failed 5 times in a row, so Latchkey is giving it a break. Try again in 20 seconds.',
    retryAfterMs: 20_000,
  });
  expect(sent).toHaveLength(5);
});

test('a good answer between failures keeps a host open', async () => {
  const http = polite();
  for (let n = 0; n < 12; n++) {
    answer = async () => (n % 4 === 3 ? ok : down);
    expect(await http.send(get('https://a.example/'), limits)).not.toMatchObject({
      code: 'circuit-open',
    });
  }
});

test('an error of one request, such as 500 or 404, says nothing of the host', async () => {
  answer = async () => ({ ...ok, status: 500 });
  const http = polite();
  for (let n = 0; n < 9; n++) await http.send(get('https://a.example/'), limits);
  expect(sent).toHaveLength(9);
});

test('after the pause one request finds out, alone, whether the host is back', async () => {
  answer = async () => down;
  const http = polite();
  for (let n = 0; n < 5; n++) await http.send(get('https://a.example/'), limits);
  clock += 30_000;
  answer = async () => ok;
  const [probe, second] = await Promise.all([
    http.send(get('https://a.example/'), limits),
    http.send(get('https://a.example/'), limits),
  ]);
  expect([probe, second]).toMatchObject([{ status: 200 }, { code: 'host-busy' }]);
  expect(await http.send(get('https://a.example/'), limits)).toBe(ok);
});

test('a probe that fails closes the host again', async () => {
  answer = async () => down;
  const http = polite();
  for (let n = 0; n < 5; n++) await http.send(get('https://a.example/'), limits);
  clock += 30_000;
  await http.send(get('https://a.example/'), limits);
  expect(await http.send(get('https://a.example/'), limits)).toMatchObject({
    code: 'circuit-open',
  });
});

test('what clicks ask of one host without end waits, and another host is not concerned', async () => {
  const rate = new RateLimit({ burst: 2, perSecond: 1, now: () => clock });
  const http = politeHttp(
    { send: async ({ url }) => answer(url) },
    new Circuits(() => new Date(clock)),
    rate,
  );
  const ask = (host: string) => http.send(get(`https://${host}/x`), limits);
  expect(await ask('a.example')).toEqual(ok);
  expect(await ask('a.example')).toEqual(ok);
  expect(await ask('a.example')).toMatchObject({
    code: 'host-busy',
    maySent: false,
    retryAfterMs: 1000,
  });
  expect(await ask('b.example')).toEqual(ok);
  clock += 1000;
  expect(await ask('a.example')).toEqual(ok);
});
