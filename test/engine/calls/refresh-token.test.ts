/** Refreshes that are slow, or whose answer or storing fails. An app that replaces refresh tokens takes each of them once. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { checkOnce, hasNow } from '../../../src/engine/access/check-access.ts';
import { type Context, gather } from '../../../src/engine/calls/context.ts';
import { createTokens, redirectUrls, type Tokens } from '../../../src/engine/calls/oauth.ts';
import type { TokenDeps } from '../../../src/engine/calls/refresh-token.ts';
import { createAsker } from '../../../src/engine/imports/pages/ask-page.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { HttpAnswer, HttpFailure } from '../../../src/engine/ports/http.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { SECOND, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let integration: Integration;
let person: Person;
/** The bodies of the refreshes that were sent, and what each of them was answered. */
let sent: unknown[];
let answers: (() => HttpAnswer | Promise<HttpAnswer>)[];

beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('POST /token', {
    json: { access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 60 },
  });
  engine.party.on('POST /users', { text: '{}' });
  integration = await engine.integration({
    headers: { Authorization: 'Bearer {{oauth.access_token}}' },
    oauth: {
      authenticate_url: `${engine.party.url}/auth`,
      access_token: { url: `${engine.party.url}/token` },
      refresh: { url: 'https://slow.example.com/token', data: { t: '{{oauth.refresh_token}}' } },
    },
    exists: { url: `${engine.party.url}/users`, method: 'GET', expected: '{{email}}' },
    execute: [{ url: `${engine.party.url}/users`, data: { email: '{{email}}' } }],
  });
  await engine.tokens.exchangeCode(integration.id, { code: 'c' }, engine.actor);
  person = await engine.person();
  sent = [];
  answers = [];
});

const renewed = (n: number) => (): HttpAnswer => ({
  kind: 'answer',
  status: 200,
  headers: {},
  text: JSON.stringify({ access_token: `access-${n}`, refresh_token: `refresh-${n}` }),
});
const invalidGrant = (): HttpAnswer => ({
  kind: 'answer',
  status: 400,
  headers: {},
  text: '{"error":"invalid_grant"}',
});
const lost = (): HttpFailure => ({
  kind: 'failed',
  code: 'connection-lost',
  message:
    'The connection to slow.example.com broke before the answer was complete. Try again later.',
  maySent: true,
});

/** Tokens of a process whose refreshes are answered with `answers`, one after the other. */
const tokensWith = (more: Partial<TokenDeps> = {}): Tokens =>
  createTokens({
    ...engine,
    redirectUrlOf: redirectUrls('https://latchkey.example.com'),
    pause: () => nextTurn(),
    http: {
      async send({ body }) {
        sent.push(body?.kind === 'form' && Object.fromEntries(body.fields)['t']);
        return present(answers.shift())();
      },
    },
    ...more,
  });

async function context(): Promise<Context> {
  const ids = { personId: person.id, integrationId: integration.id };
  const gathered = await gather(engine.stores, ids);
  if (!gathered.ok) throw new Error(gathered.why);
  return gathered.context;
}
const token = async () => present(await engine.stores.oauth.find(integration.id));

test('an answer that takes 70 seconds is waited for, and no other process refreshes meanwhile', async () => {
  let timeoutMs = 0;
  let other: Promise<unknown> = Promise.resolve();
  const slow = tokensWith({
    http: {
      async send(_request, limits) {
        ({ timeoutMs } = limits);
        engine.clock.advance(70 * SECOND);
        other = tokensWith().fresh(await context());
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        return renewed(2)();
      },
    },
  });
  expect(await slow.fresh(await context())).toMatchObject({ ok: true });
  expect(timeoutMs).toBeGreaterThan(70 * SECOND);
  expect(await other).toMatchObject({ ok: true, context: { token: { generation: 2 } } });
  expect(sent).toEqual([]);
});

test('a refresh whose answer was lost is sent once more at once', async () => {
  answers = [lost, renewed(2)];
  expect(await tokensWith().fresh(await context())).toMatchObject({ ok: true });
  expect(sent).toEqual(['refresh-1', 'refresh-1']);
  expect(await token()).toMatchObject({ generation: 2, state: 'connected' });
});

test('and no third time', async () => {
  answers = [lost, lost];
  await tokensWith().fresh(await context());
  expect(sent).toHaveLength(2);
});

test.each([
  ['in the same refresh', [lost, invalidGrant], 0],
  ['in the one before', [lost, lost, invalidGrant], 31],
])(
  'where the app rejects the token after an answer was lost %s, admins read both',
  async (_when, given, seconds) => {
    answers = [...given];
    const tokens = tokensWith();
    await tokens.fresh(await context());
    if (seconds > 0) {
      engine.clock.advance(seconds * SECOND);
      await tokens.fresh(await context());
    }
    const { state, failure } = await token();
    expect(state).toBe('reconnect');
    expect(failure?.why).toBe(
      `The app answered with status 400: invalid_grant. The renewal before that failed: ${lost().message}`,
    );
  },
);

test('what is stored of an answer that was lost names no host that an admin entered', async () => {
  const { url } = engine.party;
  integration = await engine.integration(
    {
      initial_data_form: [{ id: 'DOMAIN', name: 'Domain' }],
      headers: { Authorization: 'Bearer {{oauth.access_token}}' },
      oauth: {
        authenticate_url: `${url}/auth`,
        access_token: { url: `${url}/token` },
        refresh: { url: 'https://{{DOMAIN}}/token', data: { t: '{{oauth.refresh_token}}' } },
      },
      execute: [{ url: `${url}/users`, data: { email: '{{email}}' } }],
    },
    { DOMAIN: 'slow.example.com' },
    'Bear',
  );
  await engine.tokens.exchangeCode(integration.id, { code: 'c' }, engine.actor);
  answers = [lost, invalidGrant];
  await tokensWith().fresh(await context());
  const { state, failure } = await token();
  expect(state).toBe('reconnect');
  expect(failure?.why).toContain('The renewal before that failed: The connection to');
  expect(failure?.why).not.toContain('slow.example.com');
});

test('a new token is stored once the database is back', async () => {
  answers = [renewed(2)];
  let away = 3;
  const tokens = tokensWith({
    transact: (work) => {
      away -= 1;
      return away >= 0 ? Promise.reject(new Error('the database is away')) : engine.transact(work);
    },
    pause: async (ms) => engine.clock.advance(ms),
  });
  expect(await tokens.fresh(await context())).toMatchObject({ ok: true });
  expect(await token()).toMatchObject({ answer: { refresh_token: 'refresh-2' } });
});

test('no other process refreshes while what came late is stored', async () => {
  answers = [
    () => {
      engine.clock.advance(74 * SECOND);
      return renewed(2)();
    },
  ];
  const asks = await context();
  let away = 50;
  let other: Promise<unknown> = Promise.resolve();
  const tokens = tokensWith({
    transact: (work) => {
      away -= 1;
      return away >= 0 ? Promise.reject(new Error('the database is away')) : engine.transact(work);
    },
    async pause(ms) {
      engine.clock.advance(ms);
      if (away > 0) return;
      const waits = new Promise<void>((resolve) => {
        const looks = () => {
          resolve();
          return nextTurn();
        };
        other = tokensWith({ pause: looks }).fresh(asks);
      });
      await Promise.race([waits, other]);
    },
  });
  expect(await tokens.fresh(await context())).toMatchObject({ ok: true });
  expect(await other).toMatchObject({ ok: true, context: { token: { generation: 2 } } });
  expect(sent).toEqual(['refresh-1']);
});

test('a database that stays away ends the wait', async () => {
  answers = [renewed(2)];
  const tokens = tokensWith({
    transact: () => Promise.reject(new Error('the database is away')),
    pause: async (ms) => engine.clock.advance(ms),
  });
  await expect(tokens.fresh(await context())).rejects.toThrow('the database is away');
});

/** A refresh of another call is under way, and takes long. Workers wait for it no longer than this. */
const queueing = async (): Promise<Tokens> => {
  const leasedUntil = new Date(engine.now().getTime() + 60 * SECOND);
  await engine.stores.oauth.save({ ...(await token()), leasedUntil });
  return tokensWith({ maxWaitMs: 0 });
};
const QUEUED = 'Latchkey is renewing the sign-in at Asana; this one is queued.';

test('while another call refreshes its token for long, a run gives its place to others', async () => {
  const run = startedRun(await engine.grant(person, integration));
  await advanceRun(run.id, { ...engine.worker(), tokens: await queueing() });
  expect(await engine.run(run.id)).toMatchObject({ state: 'waiting', attempt: 1, why: QUEUED });
  expect(await engine.steps(run.id)).toEqual([]);
});

test('so does a check, which is made again in a second', async () => {
  const tokens = await queueing();
  const checked = await checkOnce(person.id, integration.id, { ...engine.worker(), tokens });
  expect(checked).toEqual({ postponeMs: SECOND });
});

test('so does a page of an import', async () => {
  const asker = createAsker({
    context: await context(),
    http: engine.http,
    tokens: await queueing(),
  });
  const spec = present((await context()).manifest.execute[0]);
  const asked = await asker.ask(
    () => ({ ok: false, error: 'nothing is sent', warnings: [] }),
    spec,
  );
  expect(asked).toMatchObject({
    ok: false,
    error: { message: QUEUED },
    came: { answer: { code: 'host-busy', maySent: false } },
  });
});

test.each([
  ['with the new token where that comes within its time', 1, true, 1],
  ['no longer than its time', Infinity, false, 4],
])('a check that decides a request asks again %s', async (_how, seconds, has, pauses) => {
  const tokens = await queueing();
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  let paused = 0;
  const pause = async (ms: number) => {
    paused += 1;
    engine.clock.advance(ms);
    if (paused < seconds) return;
    const { leasedUntil: _, expiresAt: __, ...rest } = await token();
    await engine.stores.oauth.save({ ...rest, generation: 2, refreshedAt: engine.now() });
  };
  const deps = { ...engine.worker(), tokens, pause, timeoutMs: 5 * SECOND };
  expect(await hasNow(person.id, integration.id, deps)).toBe(has);
  expect(paused).toBe(pauses);
});
