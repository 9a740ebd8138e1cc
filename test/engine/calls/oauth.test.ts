import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkAccess } from '../../../src/engine/access/check-access.ts';
import { ask } from '../../../src/engine/calls/ask.ts';
import { type Context, gather } from '../../../src/engine/calls/context.ts';
import { createTokens, redirectUrls, type Tokens } from '../../../src/engine/calls/oauth.ts';
import { saveManifest } from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { fetchOptions, optionsOf } from '../../../src/engine/integrations/form-options.ts';
import { stateOf } from '../../../src/engine/integrations/integration-state.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { OAuthToken } from '../../../src/engine/ports/integration-stores.ts';
import { lease } from '../../../src/engine/runs/run.ts';
import { toText } from '../../../src/engine/templates/render.ts';
import { integrationTopic } from '../../../src/engine/work/topics.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import {
  HOUR,
  inState,
  MINUTE,
  SECOND,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  startOAuthProvider,
  TOKEN_SECONDS,
} from '../../support/peers/oauth-provider.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const redirectUrlOf = redirectUrls('https://latchkey.example.com');
const LIMITS = { timeoutMs: 10_000, maxBytes: 10_000 };

async function contextOf(person: Person, integration: Integration): Promise<Context> {
  const gathered = await gather(engine.stores, {
    personId: person.id,
    integrationId: integration.id,
  });
  if (!gathered.ok) throw new Error(gathered.why);
  return gathered.context;
}

async function tokenOf({ id }: Integration): Promise<OAuthToken> {
  return present(await engine.stores.oauth.find(id));
}

/** As another process has them: on a connection of its own. */
function tokensOfAnotherProcess(): Tokens {
  const { vault, now, http } = engine;
  const db = engine.connect();
  return createTokens({
    stores: createStores(db, vault),
    transact: unitOfWork(db, vault, { now }),
    http,
    now,
    pause: () => nextTurn(),
    redirectUrlOf,
  });
}

describe('with a real provider', () => {
  let provider: OAuthProvider;
  let integration: Integration;
  let person: Person;

  beforeEach(async () => {
    provider = await startOAuthProvider();
    const { url } = provider;
    const client = { client_id: CLIENT_ID, client_secret: '{{CLIENT_SECRET}}' };
    person = await engine.person();
    integration = await engine.integration(
      {
        initial_data_form: [{ id: 'CLIENT_SECRET', name: 'Client secret' }],
        headers: { Authorization: 'Bearer {{oauth.access_token}}' },
        oauth: {
          authenticate_url: `${url}/auth?client_id=${CLIENT_ID}&response_type=code&scope=openid&redirect_uri={{redirect_url}}`,
          access_token: {
            url: `${url}/token`,
            data: {
              grant_type: 'authorization_code',
              code: '{{code}}',
              redirect_uri: '{{redirect_url}}',
              ...client,
            },
          },
          refresh: {
            url: `${url}/token`,
            data: {
              grant_type: 'refresh_token',
              refresh_token: '{{oauth.refresh_token}}',
              ...client,
            },
          },
        },
        form: [
          {
            id: 'USER',
            name: 'User',
            type: 'choice',
            url: `${url}/api/options`,
            method: 'GET',
            data_from: 'users',
          },
        ],
        exists: { url: `${url}/api/users`, method: 'GET', expected: '{{email}}' },
        execute: [{ url: `${url}/api/users`, data: { email: '{{email}}' } }],
        revoke: [{ url: `${url}/api/users/1`, method: 'DELETE' }],
      },
      { CLIENT_SECRET },
    );
    await provider.open(redirectUrlOf(integration.id));
  });
  afterEach(() => provider.close());

  async function connect(): Promise<OAuthToken> {
    const redirect = encodeURIComponent(redirectUrlOf(integration.id));
    const back = await provider.visit(
      `${provider.url}/auth?client_id=${CLIENT_ID}&response_type=code&scope=openid&redirect_uri=${redirect}`,
    );
    const code = back.searchParams.get('code') ?? undefined;
    return ok(await engine.tokens.exchangeCode(integration.id, { code }, engine.actor)).token;
  }

  const text = (token: OAuthToken, key: string): string => toText(token.answer[key]);
  const refreshes = (): readonly string[] =>
    provider.tokenRequests.filter((request) => request.startsWith('refresh_token'));

  test('a code becomes a token, which every call carries', async () => {
    const token = await connect();
    expect(token).toMatchObject({ state: 'connected', generation: 1 });
    expect(token.expiresAt?.getTime()).toBe(engine.now().getTime() + TOKEN_SECONDS * SECOND);

    const granted = startedRun(await engine.grant(person, integration, { USER: 'u1' }));
    await engine.runJobs();
    expect((await engine.run(granted.id)).state).toBe('succeeded');
    const revoked = startedRun(await engine.revokeRun(person, integration));
    await engine.runJobs();
    expect((await engine.run(revoked.id)).state).toBe('succeeded');
    expect(provider.apiRequests).toContain('POST /api/users 200');
    expect(provider.apiRequests).toContain('DELETE /api/users/1 200');
    expect(provider.apiRequests).toContain('GET /api/users 200');
    expect(provider.apiRequests.filter((request) => request.endsWith('401'))).toEqual([]);
    expect(await engine.audited()).toContain('oauth.connected');
  });

  test('a code that was used before is refused in words', async () => {
    const exchanged = await engine.tokens.exchangeCode(
      integration.id,
      { code: 'no-code' },
      engine.actor,
    );
    expect(exchanged).toMatchObject({ ok: false });
    expect(exchanged.ok || exchanged.why).toMatch(
      /^Asana sent no token\. It doesn't accept this sign-in\. Press Connect again; /,
    );
    expect(exchanged.ok || exchanged.detail).toMatch(/with status 400: invalid_grant, /);
    expect(await engine.stores.oauth.find(integration.id)).toBeUndefined();
  });

  test('a token is refreshed five minutes before it expires, and its refresh token with it', async () => {
    const first = await connect();
    engine.clock.advance(TOKEN_SECONDS * SECOND - 5 * MINUTE - 1);
    await checkAccess(person.id, integration.id, engine.worker());
    expect(refreshes()).toEqual([]);

    engine.clock.advance(1);
    await checkAccess(person.id, integration.id, engine.worker());
    expect(refreshes()).toEqual(['refresh_token 200']);
    const second = await tokenOf(integration);
    expect(second.generation).toBe(2);
    expect(text(second, 'access_token')).not.toBe(text(first, 'access_token'));
    expect(text(second, 'refresh_token')).not.toBe(text(first, 'refresh_token'));

    engine.clock.advance(TOKEN_SECONDS * SECOND);
    const run = startedRun(await engine.grant(person, integration, { USER: 'u1' }));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(refreshes()).toEqual(['refresh_token 200', 'refresh_token 200']);
  });

  describe('where the client secret was wrong', () => {
    const enter = (secret: string) =>
      engine.transact((tx) =>
        setSecrets(tx, integration, {
          secrets: { CLIENT_SECRET: secret },
          actor: engine.actor,
        }),
      );
    beforeEach(async () => {
      await connect();
      await enter('not-the-secret');
      engine.clock.advance(TOKEN_SECONDS * SECOND);
    });

    test('a refresh that failed holds up none with the one that was entered since', async () => {
      expect(await checkAccess(person.id, integration.id, engine.worker())).toMatchObject({
        state: 'unknown',
      });
      await enter(CLIENT_SECRET);
      const fresh = await engine.tokens.fresh(await contextOf(person, integration));
      expect(fresh.ok).toBe(true);
    });

    test('a sign-in that the app rejected is tried once more, and then admins are told again', async () => {
      const rejecting = createTokens({
        ...engine,
        pause: () => nextTurn(),
        redirectUrlOf,
        http: {
          send: async () => ({
            kind: 'answer',
            status: 400,
            headers: {},
            text: '{"error":"invalid_grant"}',
          }),
        },
      });
      const rejected = async () => {
        await rejecting.fresh(await contextOf(person, integration));
        expect((await tokenOf(integration)).state).toBe('reconnect');
      };
      await rejected();
      await enter('nor-this-one');
      await rejected();
      await enter(CLIENT_SECRET);
      expect((await tokenOf(integration)).state).toBe('connected');
      expect((await engine.tokens.fresh(await contextOf(person, integration))).ok).toBe(true);
      const audited = await engine.audited();
      expect(audited.filter((what) => what === 'oauth.reconnect')).toHaveLength(2);
    });

    test('nor does one that fails after it was entered, which also says nothing of the sign-in', async () => {
      const statuses: unknown[] = [];
      const slow = createTokens({
        ...engine,
        pause: () => nextTurn(),
        redirectUrlOf,
        http: {
          async send(request, limits) {
            if (statuses.length === 0) await enter(CLIENT_SECRET);
            const answer = await engine.http.send(request, limits);
            statuses.push('status' in answer && answer.status);
            return answer;
          },
        },
      });
      const fresh = await slow.fresh(await contextOf(person, integration));
      expect(fresh.ok).toBe(true);
      expect(statuses).toEqual([401, 200]);
      expect(await tokenOf(integration)).toMatchObject({ generation: 2, state: 'connected' });
    });
  });

  test('twenty calls at once of two processes with an expired token cause one refresh', async () => {
    await connect();
    engine.clock.advance(2 * HOUR);
    const others = tokensOfAnotherProcess();

    const asked = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const context = await contextOf(person, integration);
        const { exists } = context.manifest;
        if (!exists) throw new Error('The manifest has no exists');
        const tokens = index % 2 === 0 ? engine.tokens : others;
        return ask(exists, context, { limits: LIMITS, http: engine.http, tokens });
      }),
    );

    expect(refreshes()).toEqual(['refresh_token 200']);
    const statuses = asked.map(
      (each) => each.kind === 'asked' && each.answer.kind === 'answer' && each.answer.status,
    );
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
  });

  test('twenty calls whose token the service refuses cause one refresh, and all go once more', async () => {
    const token = await connect();
    await provider.revokeAccessToken(text(token, 'access_token'));

    const checks = Array.from({ length: 20 }, () =>
      checkAccess(person.id, integration.id, engine.worker()),
    );
    const states = (await Promise.all(checks)).map((access) => access?.state);

    expect(states).toEqual(Array.from({ length: 20 }, () => 'none'));
    expect(refreshes()).toEqual(['refresh_token 200']);
  });

  test('a step that is refused goes once more with a new token and another key, and shows neither token', async () => {
    const token = await connect();
    await provider.revokeAccessToken(text(token, 'access_token'));

    const run = startedRun(await engine.grant(person, integration, { USER: 'u1' }));
    await engine.runJobs(['interactive']);

    expect(inState(await engine.run(run.id), 'succeeded').attempt).toBe(1);
    expect(provider.apiRequests.slice(0, 2)).toEqual([
      'POST /api/users 401',
      'POST /api/users 200',
    ]);
    const shown = JSON.stringify(await engine.steps(run.id));
    for (const each of [token, await tokenOf(integration)])
      expect(shown).not.toContain(text(each, 'access_token'));
  });

  test('a connection that breaks, and one that is made, refresh the cards that show it', async () => {
    await engine.stores.messages.put({
      id: 'm1',
      card: { view: 'integration', payload: '{}', topic: integrationTopic(integration.id) },
      readerId: engine.admin.id,
      address: { platform: 'slack', key: 'D1/1' },
      shown: '',
      postedAt: engine.now(),
    });
    const refreshed = async () => {
      await engine.runJobs();
      return engine.chat.splice(0).filter(({ name }) => name === 'message.refresh');
    };
    const token = await connect();
    expect(await refreshed()).toHaveLength(1);
    await provider.revokeRefreshToken(text(token, 'refresh_token'));
    engine.clock.advance(2 * HOUR);
    await checkAccess(person.id, integration.id, engine.worker());
    expect(await refreshed()).toHaveLength(1);
  });

  test('an integration that was deleted is not connected', async () => {
    await connect();
    await engine.transact((tx) =>
      deleteIntegration(tx, integration, { access: 'keep', ...engine, actor: engine.actor }),
    );
    const again = await engine.tokens.exchangeCode(integration.id, { code: 'code' }, engine.actor);
    expect(again).toEqual({ ok: false, why: 'The integration has been deleted.' });
  });

  test('one that is deleted when its last removal ends is connected again for that, and admins are asked to', async () => {
    const token = await connect();
    await provider.revokeRefreshToken(text(token, 'refresh_token'));
    engine.clock.advance(2 * HOUR);
    const run = startedRun(await engine.grant(person, integration, { USER: 'u1' }));
    await engine.transact(async (tx) => {
      const held = lease(
        inState(run, 'queued'),
        { workerId: 'worker-1', newestManifestVersionId: run.manifestVersionId },
        engine.now(),
      );
      await tx.runs.save(held);
      await deleteIntegration(tx, integration, { access: 'keep', ...engine, actor: engine.actor });
    });
    await engine.runJobs();
    expect((await tokenOf(integration)).state).toBe('reconnect');
    const posted = engine.chat.map(({ payload }) => JSON.stringify(payload));
    expect(posted.filter((each) => each.includes('connection-notice'))).toHaveLength(1);
    await connect();
    expect((await tokenOf(integration)).state).toBe('connected');
  });

  test('a refresh token that was revoked marks the integration once, and says who has to act', async () => {
    const token = await connect();
    await provider.revokeRefreshToken(text(token, 'refresh_token'));
    engine.clock.advance(2 * HOUR);

    const sentence = 'Asana rejected the saved sign-in. An admin has to connect it again.';
    const first = await checkAccess(person.id, integration.id, engine.worker());
    expect(first).toMatchObject({ state: 'unknown', reason: sentence });
    engine.clock.advance(HOUR);
    expect(await engine.grant(person, integration, { USER: 'u1' })).toMatchObject({
      kind: 'refused',
      why: 'The app rejected the saved sign-in. An admin has to connect it again.',
    });
    await engine.runJobs();

    expect(refreshes()).toEqual(['refresh_token 400']);
    expect((await tokenOf(integration)).state).toBe('reconnect');
    const audited = await engine.audited();
    expect(audited.filter((what) => what === 'oauth.reconnect')).toHaveLength(1);
    const notices = engine.chat.filter(({ name }) => name === 'message.post');
    expect(notices.map(({ payload }) => payload)).toMatchObject([
      { personId: engine.admin.id, card: { view: 'connection-notice' } },
    ]);

    await connect();
    expect(await tokenOf(integration)).toMatchObject({ state: 'connected', generation: 2 });
    const run = startedRun(await engine.grant(person, integration, { USER: 'u1' }));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('options are fetched with a fresh token, and found by the forms that wait for them', async () => {
    await connect();
    engine.clock.advance(2 * HOUR);
    const wanted = { personId: person.id, integrationId: integration.id, fieldId: 'USER' };
    const { stores, transact, now, signals, keyedHash, http, tokens } = engine;
    const deps = { stores, transact, now, signals, keyedHash, http, tokens };

    await fetchOptions(wanted, deps);
    expect(await optionsOf(wanted, deps)).toEqual({
      kind: 'options',
      options: [{ value: 'u1', label: 'ann@example.com' }],
    });
    expect(refreshes()).toEqual(['refresh_token 200']);
  });
});

describe('with a scripted provider', () => {
  const manifest = (about: object = {}, refresh: object | undefined = {}) => ({
    headers: { Authorization: 'Bearer {{oauth.access_token}}', 'X-Secret': 'of the manifest' },
    oauth: {
      authenticate_url: `${engine.party.url}/auth`,
      access_token: { url: `${engine.party.url}/token`, data: { a: 'b' } },
      ...(refresh && {
        refresh: {
          url: `${engine.party.url}/refresh`,
          data: { token: '{{oauth.refresh_token}}' },
          ...refresh,
        },
      }),
      ...about,
    },
    exists: { url: `${engine.party.url}/exists`, method: 'GET', expected: '{{email}}' },
    execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
  });
  const ANSWER = { access_token: 'access-1-secret', refresh_token: 'refresh-1-secret' };

  async function connected(
    answer: object = ANSWER,
    about: object = {},
    refresh: object | undefined = {},
  ): Promise<Integration> {
    engine.party.on('POST /token', { json: answer });
    engine.party.on('GET /exists', { text: 'grace@example.com' });
    const integration = await engine.integration(manifest(about, refresh));
    const exchanged = await engine.tokens.exchangeCode(
      integration.id,
      { code: 'the-code' },
      engine.actor,
    );
    if (!exchanged.ok) throw new Error(exchanged.why);
    return integration;
  }

  const check = async (integration: Integration) => {
    const person =
      (await engine.stores.people.findByEmail('grace@example.com')) ?? (await engine.person());
    return checkAccess(person.id, integration.id, engine.worker());
  };
  const lastTo = (path: string) =>
    engine.party.requests.findLast(({ url }) => url.startsWith(path));
  const countOf = (path: string) =>
    engine.party.requests.filter(({ url }) => url.startsWith(path)).length;

  test('a token that was never given is reported, and nothing is sent', async () => {
    const integration = await engine.integration(manifest());
    const person = await engine.person();
    const sentence = 'Asana is not connected yet. An admin has to connect it.';
    expect(await check(integration)).toMatchObject({ state: 'unknown', reason: sentence });
    expect(await engine.grant(person, integration)).toMatchObject({
      kind: 'refused',
      why: "The app isn't connected yet: an admin has to connect it.",
    });
    expect(engine.party.requests).toEqual([]);
  });

  test.each([
    ['', '/token?code=a%2Fb%20%26c%3D'],
    ['?tenant=1', '/token?tenant=1&code=a%2Fb%20%26c%3D'],
    ['?', '/token?code=a%2Fb%20%26c%3D'],
  ])('the code is appended, encoded, to an address that ends in "%s"', async (end, expected) => {
    engine.party.on('POST /token', { json: ANSWER });
    const url = `${engine.party.url}/token${end}`;
    const integration = await engine.integration(manifest({ access_token: { url } }));
    await engine.tokens.exchangeCode(integration.id, { code: 'a/b &c=' }, engine.actor);
    expect(engine.party.requests[0]?.url).toBe(expected);
  });

  test.each([
    [
      'the data where there is some',
      { data: { a: 'b' } },
      '/token?code=c',
      'a=b&code_verifier=verifier-1',
    ],
    ['the address else', {}, '/token?code=c&code_verifier=verifier-1', ''],
  ])('the verifier of PKCE goes into %s', async (_where, more, address, body) => {
    engine.party.on('POST /token', { json: ANSWER });
    const access_token = { url: `${engine.party.url}/token`, ...more };
    const integration = await engine.integration(manifest({ access_token }));
    const brought = { code: 'c', verifier: 'verifier-1' };
    await engine.tokens.exchangeCode(integration.id, brought, engine.actor);
    expect(engine.party.requests.map((each) => [each.url, each.body])).toEqual([[address, body]]);
  });

  test.each(['pkce', 'without_code'])('no verifier is sent where %s says so', async (key) => {
    engine.party.on('POST /token', { json: ANSWER });
    const integration = await engine.integration(manifest({ [key]: key === 'without_code' }));
    const brought = { code: 'c', verifier: 'verifier-1' };
    await engine.tokens.exchangeCode(integration.id, brought, engine.actor);
    expect(JSON.stringify(engine.party.requests)).not.toContain('verifier-1');
  });

  test('the code is not appended where the manifest uses it, or needs none', async () => {
    engine.party.on('POST /token', { json: ANSWER });
    const url = `${engine.party.url}/token`;
    const access_token = { url, data: { code: '{{code}}' } };
    const using = await engine.integration(manifest({ access_token }), {}, 'A');
    const without = await engine.integration(manifest({ without_code: true }), {}, 'B');
    expect(await engine.tokens.exchangeCode(using.id, { code: 'c1' }, engine.actor)).toMatchObject({
      ok: true,
    });
    const none = await engine.tokens.exchangeCode(without.id, {}, engine.actor);
    expect(none).toMatchObject({ ok: true });
    expect(engine.party.requests.map((each) => [each.url, each.body])).toEqual([
      ['/token', 'code=c1'],
      ['/token', 'a=b'],
    ]);
  });

  test('a callback without a code connects nothing', async () => {
    const integration = await engine.integration(manifest());
    const exchanged = await engine.tokens.exchangeCode(integration.id, {}, engine.actor);
    expect(exchanged).toEqual({
      ok: false,
      why: "Asana sent no code, so it isn't connected. Press Connect again.",
    });
    expect(engine.party.requests).toEqual([]);
  });

  test('token requests send a form and their own headers only', async () => {
    await connected();
    const request = lastTo('/token');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(request?.headers).not.toHaveProperty('x-secret');
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(request?.body).toBe('a=b');
  });

  test('token requests send JSON where their own headers say so', async () => {
    const integration = await connected(
      { ...ANSWER, expires_in: 60 },
      {},
      {
        headers: { 'Content-Type': 'application/json' },
      },
    );
    engine.party.on('POST /refresh', { json: ANSWER });
    await check(integration);
    expect(lastTo('/refresh')?.body).toBe('{"token":"refresh-1-secret"}');
  });

  test.each([
    [{ status: 500, json: ANSWER }, 'It has a problem of its own.', 'status 500.'],
    [
      { json: { ...ANSWER, error: 'bad_verification_code' } },
      "doesn't accept this sign-in",
      'status 200: bad_verification_code.',
    ],
    [
      { json: { ok: false, error: { code: 7, message: 'No.' } } },
      "doesn't accept this sign-in",
      'status 200: 7, No.',
    ],
    [{ text: 'access_token=1&scope=2' }, "isn't a JSON object", undefined],
    [{ json: [ANSWER] }, "isn't a JSON object", undefined],
  ])('an answer that is no token is refused: %j', async (answer, why, detail) => {
    engine.party.on('POST /token', answer);
    const integration = await engine.integration(manifest());
    const exchanged = await engine.tokens.exchangeCode(integration.id, { code: 'c' }, engine.actor);
    expect(exchanged.ok || exchanged.why).toContain(why);
    expect((exchanged.ok || exchanged.detail)?.toString().match(/status .*/)?.[0]).toBe(detail);
    expect(await engine.stores.oauth.find(integration.id)).toBeUndefined();
  });

  test('what a service says of its error shows no secret', async () => {
    engine.party.on('POST /token', {
      status: 400,
      json: { error: 'bad', error_description: 'the-long-code is not the code' },
    });
    const integration = await engine.integration(manifest());
    const refused = await engine.tokens.exchangeCode(
      integration.id,
      { code: 'the-long-code' },
      engine.actor,
    );
    expect(refused.ok || refused.detail).toContain('bad, •••code••• is not the code');
  });

  test('nor a part of one, where what it says is cut in the middle of it', async () => {
    engine.party.on('POST /token', {
      status: 400,
      json: { error: 'bad', error_description: `${'x'.repeat(185)}the-long-code is not the code` },
    });
    const integration = await engine.integration(manifest());
    const refused = await engine.tokens.exchangeCode(
      integration.id,
      { code: 'the-long-code' },
      engine.actor,
    );
    expect(refused.ok || refused.detail).toContain('xxx•••code');
    expect(refused.ok || refused.detail).not.toContain('the-long');
  });

  test('a refresh without a refresh token keeps the old one, and expires_in may be a text', async () => {
    const integration = await connected({ ...ANSWER, expires_in: '600', scope: 'all' });
    engine.party.on('POST /refresh', {
      json: { access_token: 'access-2-secret', expires_in: '1200' },
    });
    engine.clock.advance(5 * MINUTE);
    await check(integration);
    expect(lastTo('/refresh')?.body).toBe('token=refresh-1-secret');
    expect(lastTo('/exists')?.headers).toMatchObject({ authorization: 'Bearer access-2-secret' });
    const token = await tokenOf(integration);
    expect(token.answer).toEqual({
      access_token: 'access-2-secret',
      refresh_token: 'refresh-1-secret',
      expires_in: '1200',
      scope: 'all',
    });
    expect(token.expiresAt?.getTime()).toBe(engine.now().getTime() + 1200 * SECOND);
    expect(token).not.toHaveProperty('leasedUntil');
  });

  test('without a refresh in the manifest a token is permanent', async () => {
    const integration = await connected({ ...ANSWER, expires_in: 60 }, { refresh: undefined });
    engine.clock.advance(24 * HOUR);
    expect(await check(integration)).toMatchObject({ state: 'has' });
    engine.party.on('GET /exists', { status: 401, text: 'no' });
    expect(await check(integration)).toMatchObject({ state: 'unknown' });
    expect(countOf('/refresh')).toBe(0);
    expect(countOf('/exists')).toBe(2);
  });

  test('a service that refuses the new token too is not asked a third time', async () => {
    const integration = await connected();
    engine.party.on('POST /refresh', { json: { access_token: 'access-2-secret' } });
    engine.party.on('GET /exists', { status: 401, text: 'no' });
    expect(await check(integration)).toMatchObject({ state: 'unknown' });
    expect(countOf('/exists')).toBe(2);
    expect(countOf('/refresh')).toBe(1);
  });

  test('a write is not sent again for a 401 of the page behind the redirect that took it', async () => {
    const integration = await connected();
    engine.party.on('POST /refresh', { json: { access_token: 'access-2-secret' } });
    engine.party.on('POST /users', { status: 303, headers: { location: '/created' } });
    engine.party.on('GET /created', { status: 401, text: 'no' });
    const writing = await engine.newManifest(integration, {
      ...manifest(),
      execute: [{ url: `${engine.party.url}/users` }],
    });
    await engine.granted(await engine.person(), writing);
    expect(countOf('/users')).toBe(1);
  });

  test('after a failed refresh none is tried for 30 seconds, and a token that is good is used', async () => {
    const integration = await connected({ ...ANSWER, expires_in: 600 });
    engine.party.on('POST /refresh', { status: 500, text: 'busy' });
    engine.clock.advance(6 * MINUTE);
    expect(await check(integration)).toMatchObject({ state: 'has' });
    engine.clock.advance(29 * SECOND);
    expect(await check(integration)).toMatchObject({ state: 'has' });
    expect(countOf('/refresh')).toBe(1);

    engine.clock.advance(SECOND);
    expect(await check(integration)).toMatchObject({ state: 'has' });
    expect(countOf('/refresh')).toBe(2);

    engine.clock.advance(4 * MINUTE);
    expect(await check(integration)).toMatchObject({
      state: 'unknown',
      reason:
        "Asana didn't renew the sign-in. If the next try doesn't help, an admin has to connect it again.",
    });
    expect((await tokenOf(integration)).failure?.why).toBe('The app answered with status 500.');
    expect(countOf('/refresh')).toBe(3);
    expect((await tokenOf(integration)).state).toBe('connected');
  });

  test('a clock that goes back by an hour puts off no refresh that failed, or was begun, under the wrong one', async () => {
    const integration = await connected({ ...ANSWER, expires_in: 60 });
    engine.party.on('POST /refresh', { json: { access_token: 'access-2-secret' } });
    const token = await tokenOf(integration);
    const ahead = new Date(engine.now().getTime() + HOUR);
    const failed = { ...token, leasedUntil: ahead, failure: { at: ahead, why: 'It was busy.' } };
    await engine.stores.oauth.save(failed);
    expect(await check(integration)).toMatchObject({ state: 'has' });
    expect(countOf('/refresh')).toBe(1);
  });

  test('a lease that a process has just taken whose clock is a little ahead is waited for', async () => {
    const integration = await connected({ ...ANSWER, expires_in: 60 });
    engine.party.on('POST /refresh', { json: { access_token: 'access-2-secret' } });
    const leasedUntil = new Date(engine.now().getTime() + 46 * SECOND);
    await engine.stores.oauth.save({ ...(await tokenOf(integration)), leasedUntil });
    let looks = 0;
    const waiting = createTokens({
      ...engine,
      redirectUrlOf,
      pause: async () => {
        looks += 1;
        engine.clock.advance(107 * SECOND);
      },
    });
    const context = await contextOf(await engine.person(), integration);
    expect(await waiting.fresh(context)).toMatchObject({ ok: true });
    expect([looks, countOf('/refresh')]).toEqual([1, 1]);
  });

  test('a lease whose holder has died is taken over when what came under it would be stored', async () => {
    const integration = await connected({ ...ANSWER, expires_in: 60 });
    const leasedUntil = new Date(engine.now().getTime() + 90 * SECOND);
    await engine.stores.oauth.save({ ...(await tokenOf(integration)), leasedUntil });
    engine.party.on('POST /refresh', { json: { access_token: 'access-2-secret' } });

    const checking = check(integration);
    engine.clock.advance(149 * SECOND);
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(countOf('/refresh')).toBe(0);
    engine.clock.advance(SECOND);
    expect(await checking).toMatchObject({ state: 'has' });
    expect(countOf('/refresh')).toBe(1);
  });

  test('an admin who connects again while a refresh is under way wins', async () => {
    const integration = await connected({ ...ANSWER, expires_in: 60 });
    let reconnecting: Promise<unknown> = Promise.resolve();
    const others = createTokens({
      ...engine,
      pause: () => nextTurn(),
      redirectUrlOf,
      http: {
        async send(request, limits) {
          engine.party.on('POST /token', { json: { access_token: 'access-of-the-admin' } });
          reconnecting = engine.tokens.exchangeCode(integration.id, { code: 'c' }, engine.actor);
          await reconnecting;
          return engine.http.send(request, limits);
        },
      },
    });
    engine.party.on('POST /refresh', { json: { access_token: 'access-of-the-refresh' } });
    const context = await contextOf(await engine.person(), integration);
    const fresh = await others.fresh(context);
    expect(fresh.ok && fresh.context.token?.answer).toEqual({
      access_token: 'access-of-the-admin',
    });
    expect((await tokenOf(integration)).answer).toEqual({ access_token: 'access-of-the-admin' });
  });

  test('an admin whose role is taken away while the service answers connects nothing', async () => {
    const integration = await connected();
    engine.party.on('POST /token', { json: { access_token: 'access-of-the-former-admin' } });
    const { actor } = engine;
    if (actor.kind !== 'person') throw new Error('The actor is a person here');
    const slow = createTokens({
      ...engine,
      pause: () => nextTurn(),
      redirectUrlOf,
      http: {
        async send(request, limits) {
          const answer = await engine.http.send(request, limits);
          const admin = await engine.stores.people.find(actor.personId);
          if (admin) await engine.stores.people.save({ ...admin, role: 'other' });
          return answer;
        },
      },
    });
    const exchanged = await slow.exchangeCode(integration.id, { code: 'c' }, actor);
    expect(exchanged.ok || exchanged.why).toContain('you are no longer one');
    expect((await tokenOf(integration)).answer).toEqual(ANSWER);
  });

  test('a connection that fails leaves the old token', async () => {
    const integration = await connected();
    engine.party.on('POST /token', { status: 500, text: 'no' });
    await engine.tokens.exchangeCode(integration.id, { code: 'c' }, engine.actor);
    expect((await tokenOf(integration)).answer).toEqual(ANSWER);
    expect(await check(integration)).toMatchObject({ state: 'has' });
  });

  test('tokens are redacted, and what is no secret in a token answer is left', async () => {
    engine = await testEngine({ ownFile: true });
    const integration = await connected({
      ...ANSWER,
      id_token: 'header.payload.signature',
      token_type: 'Bearer',
      expires_in: 3600,
    });
    engine.party.on('GET /users', {
      json: {
        echo: 'access-1-secret refresh-1-secret header.payload.signature Bearer 3600',
      },
    });
    const run = startedRun(await engine.grant(await engine.person(), integration));
    await engine.runJobs();
    const [step] = await engine.steps(run.id);
    expect(step?.responseText).toBe(
      '{"echo":"•••oauth.access_token••• •••oauth.refresh_token••• •••oauth.id_token••• Bearer 3600"}',
    );
    expect(engine.databaseBytes()).not.toContain('access-1-secret');
  });
});

describe('a token belongs to the client that it was given to', () => {
  const VALUES = { CLIENT: 'client-1', SECRET: 'client-secret-1', TENANT: 'acme' };

  interface About {
    readonly oauth?: object;
    readonly top?: object;
  }
  const manifest = ({ oauth = {}, top = {} }: About = {}) => ({
    initial_data_form: [
      { id: 'CLIENT', name: 'Client id' },
      { id: 'SECRET', name: 'Client secret' },
      { id: 'TENANT', name: 'Tenant', secret: false },
    ],
    headers: { Authorization: 'Bearer {{oauth.access_token}}' },
    oauth: {
      authenticate_url: `${engine.party.url}/auth?client_id={{CLIENT}}&scope=read&redirect_uri={{redirect_url}}`,
      access_token: {
        url: `${engine.party.url}/{{TENANT}}/token?secret={{SECRET}}`,
        data: { grant_type: 'authorization_code', client_secret: '{{SECRET}}' },
      },
      ...oauth,
    },
    exists: { url: `${engine.party.url}/exists`, method: 'GET', expected: '{{email}}' },
    execute: [{ url: `${engine.party.url}/users` }, { url: `${engine.party.url}/teams` }],
    ...top,
  });

  let integration: Integration;
  let person: Person;
  beforeEach(async () => {
    engine.party.on('POST /acme/token', { json: { access_token: 'token-of-the-first' } });
    engine.party.on('GET /exists', { text: 'grace@example.com' });
    integration = await engine.integration(manifest(), VALUES);
    person = await engine.person();
    ok(await exchange());
  });

  const exchange = (tokens = engine.tokens) =>
    tokens.exchangeCode(integration.id, { code: 'c' }, engine.actor);
  const current = async () =>
    (await engine.stores.integrations.find(integration.id)) ?? integration;

  async function save(about: object): Promise<void> {
    const seen = await current();
    const text = JSON.stringify(about);
    const saved = await engine.transact((tx) =>
      saveManifest(tx, seen, { text, actor: engine.actor }),
    );
    if (!saved.ok) throw new Error(JSON.stringify(saved.errors));
  }
  const enter = (secrets: Readonly<Record<string, string>>) =>
    engine.transact((tx) => setSecrets(tx, integration, { secrets, actor: engine.actor }));

  const CONNECTED = { isSent: true, access: 'has', integration: 'ready' };
  const DISCONNECTED = { isSent: false, access: 'unknown', integration: 'needs-connecting' };

  /** Of a check: whether a token is sent, and what is known then. */
  async function checked() {
    const before = engine.party.requests.length;
    const access = await checkAccess(person.id, integration.id, engine.worker());
    const sent = engine.party.requests.slice(before);
    return {
      isSent: sent.some(({ headers }) => headers['authorization'] !== undefined),
      access: access?.state,
      integration: (await stateOf(engine.stores, await current())).kind,
    };
  }

  const authenticate = (query: string) => ({
    authenticate_url: `${engine.party.url}/auth?${query}&redirect_uri={{redirect_url}}`,
  });
  const tokenRequest = (path: string, more: object = {}) => ({
    access_token: {
      url: `${engine.party.url}${path}`,
      data: { client_secret: '{{SECRET}}' },
      ...more,
    },
  });

  test.each<[string, () => object]>([
    ['another client', () => authenticate('client_id=client-2&scope=read')],
    ['other scopes', () => authenticate('client_id={{CLIENT}}&scope=write')],
    ['another tenant', () => authenticate('client_id={{CLIENT}}&scope=read&tenant=b')],
    ['another token address', () => tokenRequest('/other/token')],
    [
      'a client in its token request',
      () => tokenRequest('/acme/token', { data: { client_id: 'b' } }),
    ],
    ['a client in a form as text', () => tokenRequest('/acme/token', { data: 'client_id=b' })],
    [
      'a client in its credentials',
      () => tokenRequest('/acme/token', { headers: { Authorization: 'Basic b:{{SECRET}}' } }),
    ],
    [
      'another host that renews it',
      () => ({ refresh: { url: 'https://other.example.com/token' } }),
    ],
  ])('and is not sent for a manifest with %s', async (_what, oauth) => {
    await save(manifest({ oauth: oauth() }));
    expect(await checked()).toEqual(DISCONNECTED);
  });

  test.each<Readonly<Record<string, string>>>([{ CLIENT: 'client-2' }, { TENANT: 'other' }])(
    'and is not sent with other values that name the client: %j',
    async (values) => {
      await enter(values);
      expect(await checked()).toEqual(DISCONNECTED);
    },
  );

  test.each([
    'scope=read&client_id={{CLIENT}}',
    'client_id={{CLIENT}}&scope=read&prompt=consent',
    'client_id={{CLIENT}}&scope=read&login_hint=it@example.com&access_type=offline',
  ])('a change of how an admin signs in leaves it: %s', async (query) => {
    await save(manifest({ oauth: authenticate(query) }));
    expect(await checked()).toEqual(CONNECTED);
  });

  test('and is sent again once the manifest names that client again', async () => {
    await save(manifest({ oauth: tokenRequest('/other/token') }));
    await save(manifest());
    expect(await checked()).toEqual(CONNECTED);
  });

  test('a new client secret, a way to renew it and anything else leave it', async () => {
    await enter({ SECRET: 'client-secret-2' });
    const refresh = {
      url: `${engine.party.url}/acme/renew`,
      data: { r: '{{oauth.refresh_token}}' },
    };
    await save(
      manifest({ oauth: { refresh }, top: { execute: [{ url: `${engine.party.url}/x` }] } }),
    );
    expect(await checked()).toEqual(CONNECTED);
  });

  test.each(['manifest', 'value'])(
    'one that 0.2.0 stored was given to the client that was named before another %s',
    async (what) => {
      const { app: _, ...old } = await tokenOf(integration);
      await engine.stores.oauth.put(old);
      expect(await checked()).toEqual(CONNECTED);
      if (what === 'value') await enter({ CLIENT: 'client-2' });
      else await save(manifest({ oauth: tokenRequest('/other/token') }));
      expect(await checked()).toEqual(DISCONNECTED);
    },
  );

  test('a manifest without oauth deletes it', async () => {
    const { oauth: _, headers: __, ...without } = manifest();
    await save(without);
    expect(await engine.stores.oauth.find(integration.id)).toBeUndefined();
  });

  test('no code of a client becomes the token of one that was saved meanwhile', async () => {
    const slow = createTokens({
      ...engine,
      pause: () => nextTurn(),
      redirectUrlOf,
      http: {
        async send(request, limits) {
          const answer = await engine.http.send(request, limits);
          await save(manifest({ oauth: tokenRequest('/other/token') }));
          return answer;
        },
      },
    });
    expect(await exchange(slow)).toEqual({
      ok: false,
      why: "Asana has just changed, so it isn't connected. Press Connect again.",
    });
    expect(await checked()).toEqual(DISCONNECTED);
  });

  test('and is not renewed with values that name another one since the call began', async () => {
    const refresh = {
      url: `${engine.party.url}/{{TENANT}}/renew`,
      data: { r: '{{oauth.refresh_token}}' },
    };
    await save(manifest({ oauth: { refresh } }));
    const token = await tokenOf(integration);
    const answer = { access_token: 'token-of-the-first', refresh_token: 'r-1' };
    await engine.stores.oauth.save({ ...token, answer, expiresAt: engine.clock.now() });
    const context = await contextOf(person, await current());
    await enter({ TENANT: 'other' });
    engine.party.on('POST /other/renew', { json: { access_token: 'token-of-the-second' } });
    expect(await engine.tokens.fresh(context)).toMatchObject({ ok: false });
    expect(engine.party.requests.filter(({ url }) => url === '/other/renew')).toEqual([]);
    await enter({ TENANT: 'acme' });
    engine.party.on('POST /acme/renew', { json: { access_token: 'token-renewed' } });
    expect((await engine.tokens.fresh(context)).ok).toBe(true);
  });

  test('a run goes on with the token of its own version, and never with the next one’s', async () => {
    engine.party.on('POST /users', { status: 503, headers: { 'retry-after': '20' } }, {});
    engine.party.on('POST /teams', { status: 503, headers: { 'retry-after': '20' } }, {});
    const run = startedRun(await engine.grant(person, integration));
    await engine.runJobs();
    await save(manifest({ oauth: tokenRequest('/other/token') }));
    engine.clock.advance(20 * SECOND);
    await engine.runJobs();
    expect(lastOf('/teams')).toBe('Bearer token-of-the-first');

    engine.party.on('POST /other/token', { json: { access_token: 'token-of-the-second' } });
    expect(await exchange()).toMatchObject({ ok: true });
    engine.clock.advance(20 * SECOND);
    await engine.runJobs();
    expect(inState(await engine.run(run.id), 'retrying').error?.code).toBe('no-token');
    expect(engine.party.requests.filter(({ url }) => url === '/teams')).toHaveLength(1);
  });

  const lastOf = (path: string) =>
    engine.party.requests.findLast(({ url }) => url === path)?.headers['authorization'];
});
