import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { personal, TENANT } from './activities.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

const APP = 'c9e8c047-2a74-40a2-b28a-b162d5f5327c';
const SERVICE = 'https://smba.example/amer/';
const ISSUER = 'https://api.botframework.com';
const CONFIG = { appId: APP, tenantId: TENANT };
const NOW = Date.parse('2026-11-27T09:00:00Z');
const MINUTE = 60;

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: Pair;
let strangers: Pair;
/** As Microsoft publishes them. */
let published: readonly object[];
/** As it does at the moment. */
let jwks: readonly object[];

beforeAll(async () => {
  [keys, strangers] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwk = { ...(await exportJWK(keys.publicKey)), use: 'sig' };
  published = [
    { ...jwk, kid: 'teams', endorsements: ['webchat', 'msteams'] },
    { ...jwk, kid: 'web', endorsements: ['webchat'] },
    { ...jwk, kid: 'nothing' },
    { kty: 'EC', kid: 'elliptic' },
  ];
});

let now: number;
/** What was fetched of Microsoft. */
let fetched: string[];
let isDown: boolean;
let bot: SmallBot;

beforeEach(async () => {
  now = NOW;
  fetched = [];
  isDown = false;
  jwks = published;
  bot = await startSmallBot(CONFIG, {
    now: () => now,
    async fetchJson(url) {
      fetched.push(url);
      if (isDown) throw new Error('nobody answers');
      return url.endsWith('/keys')
        ? { keys: jwks }
        : { issuer: ISSUER, jwks_uri: 'https://login.botframework.com/v1/.well-known/keys' };
    },
  });
});
afterEach(() => bot.stop());

interface Token {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: { readonly kid?: string };
  readonly key?: Pair['privateKey'];
}

const seconds = () => now / 1000;

const tokenOf = ({ claims = {}, header = {}, key = keys.privateKey }: Token = {}) =>
  new SignJWT({
    iss: ISSUER,
    aud: APP,
    serviceurl: SERVICE,
    nbf: seconds(),
    exp: seconds() + 60 * MINUTE,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'teams', ...header })
    .sign(key);

/** An invoke that nobody answers: 501 says that it was let in. */
async function sent(token: string, activity: object = {}): Promise<number> {
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      ...personal(SERVICE),
      conversation: { conversationType: 'groupChat', id: '19:x', tenantId: TENANT },
      type: 'invoke',
      name: 'unknown',
      ...activity,
    }),
  });
  return response.status;
}

describe('an activity is let in', () => {
  test('with the Bot Connector’s token for this bot', async () => {
    expect(await sent(await tokenOf())).toBe(501);
    expect(fetched[0]).toBe('https://login.botframework.com/v1/.well-known/openidconfiguration');
  });

  test.each([
    ['that expired four minutes ago', { exp: NOW / 1000 - 4 * MINUTE }],
    ['that begins in four minutes', { nbf: NOW / 1000 + 4 * MINUTE }],
    ['in the name of the tenant itself', { iss: `https://sts.windows.net/${TENANT}/` }],
  ])('with a token %s', async (_what, claims) => {
    expect(await sent(await tokenOf({ claims }))).toBe(501);
  });
});

describe('an activity is refused', () => {
  test.each([
    ['another bot', { aud: 'another' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['another tenant of Microsoft', { iss: `https://sts.windows.net/${APP}/`, tid: APP }],
    ['another service address', { serviceurl: 'https://evil.example/' }],
    ['no service address', { serviceurl: undefined }],
    ['an hour that is over', { exp: NOW / 1000 - 6 * MINUTE }],
    ['an hour that is to come', { nbf: NOW / 1000 + 6 * MINUTE }],
    ['ever', { exp: undefined }],
  ])('with a token for %s', async (_what, claims) => {
    expect(await sent(await tokenOf({ claims }))).toBeOneOf([401, 403]);
  });

  test.each([
    ['that is for another channel', { kid: 'web' }],
    ['that is for no channel', { kid: 'nothing' }],
    ['of another kind', { kid: 'elliptic' }],
    ['that is unknown', { kid: 'k2' }],
    ['without a name', { kid: undefined }],
  ])('with a token of a key %s', async (_what, header) => {
    expect(await sent(await tokenOf({ header }))).toBeOneOf([401, 403]);
  });

  test('with a token that someone else signed', async () => {
    expect(await sent(await tokenOf({ key: strangers.privateKey }))).toBe(401);
  });

  test('with a token that is signed with the public key as if it were a secret', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)));
    const token = await new SignJWT({ iss: ISSUER, aud: APP, serviceurl: SERVICE })
      .setProtectedHeader({ alg: 'HS256', kid: 'teams' })
      .setExpirationTime(seconds() + MINUTE)
      .sign(secret);
    expect(await sent(token)).toBe(401);
  });

  test('with a token that is not signed at all', async () => {
    const [, payload] = (await tokenOf()).split('.');
    const header = Buffer.from('{"alg":"none","kid":"teams"}').toString('base64url');
    expect(await sent(`${header}.${payload}.`)).toBe(401);
  });

  const other = { tenant: { id: APP } };
  test.each([
    ['of another tenant', { conversation: { id: '19:x', tenantId: APP }, channelData: other }],
    ['whose conversation is of another tenant', { conversation: { id: '19:x', tenantId: APP } }],
    ['that came from another tenant', { channelData: other }],
    ['of no tenant', { conversation: { id: '19:x' }, channelData: {} }],
    ['without a conversation', { conversation: undefined, channelData: undefined }],
    ['that wants its answer elsewhere', { serviceUrl: 'https://evil.example/' }],
    ['that wants no answer', { serviceUrl: undefined }],
  ])('%s, though its token holds', async (_what, activity) => {
    expect(await sent(await tokenOf(), activity)).toBe(403);
  });

  test('before its body is read', async () => {
    const response = await fetch(bot.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x.y.z' },
      body: '{',
    });
    expect(response.status).toBe(401);
  });

  test('with a line for the log that holds nothing of the token', async () => {
    await sent(await tokenOf({ claims: { aud: 'another' } }));
    expect(bot.refusals).toEqual(['its token does not hold (ERR_JWT_CLAIM_VALIDATION_FAILED)']);
    expect(bot.errors).toEqual([]);
  });
});

describe('many that are refused', () => {
  const forge = async (times: number) => {
    const token = await tokenOf({ key: strangers.privateKey });
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) statuses.push(await sent(token));
    return statuses;
  };

  test('have to wait after sixty in a moment, with few lines in the log', async () => {
    const statuses = await forge(65);
    expect(statuses.filter((status) => status === 401)).toHaveLength(60);
    expect(statuses.slice(60)).toEqual([429, 429, 429, 429, 429]);
    expect(bot.refusals).toHaveLength(10);
  });

  test('take no turn from those that the Bot Connector has signed', async () => {
    await forge(65);
    expect(await sent(await tokenOf())).toBe(501);
  });
});

describe('Microsoft’s keys', () => {
  const DAY = 24 * 60 * 60 * 1000;

  test('are fetched once, also for many at once', async () => {
    const token = await tokenOf();
    await Promise.all([sent(token), sent(token), sent(token)]);
    await sent(token);
    expect(fetched).toHaveLength(2);
  });

  test('are not fetched again for each key that nobody knows', async () => {
    const strange = (n: number) => tokenOf({ header: { kid: `k${n}` }, key: strangers.privateKey });
    for (let n = 0; n < 10; n += 1) await sent(await strange(n));
    expect(fetched).toHaveLength(2);
    now += 5 * MINUTE * 1000;
    for (let n = 0; n < 10; n += 1) await sent(await strange(n));
    expect(fetched).toHaveLength(4);
  });

  test('that are new are known five minutes later', async () => {
    const [first] = published;
    await sent(await tokenOf());
    jwks = [...published, { ...first, kid: 'new' }];
    const renewed = { header: { kid: 'new' } };
    expect(await sent(await tokenOf(renewed))).toBe(401);
    now += 5 * MINUTE * 1000;
    expect(await sent(await tokenOf(renewed))).toBe(501);
  });

  test('that can’t be had leave it open who sends, and are requested again after a moment', async () => {
    isDown = true;
    expect(await sent(await tokenOf())).toBe(503);
    expect(await sent(await tokenOf())).toBe(503);
    expect(bot.errors).toHaveLength(1);
    isDown = false;
    now += 15_000;
    expect(await sent(await tokenOf())).toBe(501);
  });

  test('that were withdrawn count until they are fetched again, a day later', async () => {
    await sent(await tokenOf());
    jwks = published.slice(1);
    now += DAY;
    expect(await sent(await tokenOf())).toBe(501); // It makes us look, and doesn't wait for that.
    await sent(await tokenOf({ header: { kid: 'unknown' } })); // It does.
    expect(await sent(await tokenOf())).toBe(401);
  });

  test('that are five days old count no more while Microsoft can’t be reached', async () => {
    await sent(await tokenOf());
    isDown = true;
    now += 2 * DAY;
    expect(await sent(await tokenOf())).toBe(501);
    now += 3 * DAY;
    expect(await sent(await tokenOf())).toBe(503);
  });
});
