/** Who comes to the callback of OAuth2 without having been sent. */
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../src/web/listen.ts';
import { type OAuthDeps, oauthPages } from '../../src/web/oauth.ts';
import { createWebApp } from '../../src/web/server.ts';

const keyedHash = (text: string): string => Buffer.from(text).toString('base64url');
const said = 'session-1.random';
const OUR_COOKIE = `latchkey-connect=${said}.${keyedHash(JSON.stringify(['session', said]))}`;

let server: Listening;
let transactions: number;
beforeEach(async () => {
  transactions = 0;
  const deps: Partial<OAuthDeps> = {
    keyedHash,
    publicUrl: 'https://latchkey.example.com',
    // Nothing else may be read or written.
    transact: async () => {
      transactions += 1;
      throw new Error('There is no database');
    },
  };
  const app = createWebApp({
    pages: [oauthPages(deps as OAuthDeps)],
    health: { ready: async () => [] },
    metrics: new Registry(),
    ticks: () => 0,
    onError: () => undefined,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close(0));

const callback = (query: string, cookie?: string) =>
  fetch(`http://127.0.0.1:${server.port}/oauth/integration-1/callback?${query}`, {
    headers: { connection: 'close', ...(cookie !== undefined && { cookie }) },
  });

describe('a stranger', () => {
  test.each([
    ['without a cookie', 'code=1&state=guessed', undefined],
    ['with a cookie that we did not make', 'code=1', 'latchkey-connect=session-1.random.forged'],
    ['with a cookie, and a state that was not made for it', 'code=1&state=guessed', OUR_COOKIE],
  ])('costs no transaction and reads nothing: %s', async (_who, query, cookie) => {
    const answer = await callback(query, cookie);
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('This wasn&#39;t started in this browser'),
    ]);
    expect(transactions).toBe(0);
  });

  test('has to wait after 120 at once', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 121; n += 1) statuses.add((await callback('state=guessed')).status);
    expect([...statuses]).toEqual([403, 429]);
  });
});

test('a browser whose cookie is ours is looked for', async () => {
  expect((await callback('code=1', OUR_COOKIE)).status).toBe(500);
  expect(transactions).toBe(1);
});
