/** Hooks over HTTP, and attacked: a real server and database, a clock that only the test moves. */
import { gzipSync } from 'node:zlib';
import { constant, nat, oneof, sample, string, tuple, uint8Array } from 'fast-check';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import { makeSequence } from '../../src/engine/sequences/change-sequence.ts';
import {
  addHook,
  deleteHook,
  endOverlap,
  rotateSecret,
  turnHook,
} from '../../src/engine/sequences/hooks/change-hook.ts';
import type { Hook } from '../../src/engine/sequences/hooks/hook.ts';
import { HookRefusals } from '../../src/engine/sequences/hooks/refusals.ts';
import { takeCall } from '../../src/engine/sequences/hooks/take-call.ts';
import { openMemory } from '../../src/store/memory.ts';
import { hookCalls } from '../../src/web/hooks.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import { createWebApp } from '../../src/web/server.ts';
import { aTask, sequenceLab } from '../engine/sequences/lab.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../support/engine.ts';
import { ok, present } from '../support/given/outcomes.ts';
import { signatureHeader } from '../support/peers/signature-header.ts';

let engine: TestEngine;
let server: Listening;
let hook: Hook;
let grace: Person;
let sequenceId: string;
let refusals: HookRefusals;
/** What the refusals have planned to do a moment later. */
let planned: (() => void)[];
let transactions: number;

beforeEach(async () => {
  engine = await testEngine({ ownFile: true });
  const { stores, transact, now } = engine;
  transactions = 0;
  planned = [];
  refusals = new HookRefusals({
    transact,
    now,
    later: (_ms, work) => void planned.push(work),
    onError: (error) => {
      throw error;
    },
  });
  const app = createWebApp({
    pages: [
      hookCalls({
        stores,
        transact: (work) => {
          transactions += 1;
          return transact(work);
        },
        now,
        refusals,
        ticks: () => now().getTime(),
        client: () => 'HR',
      }),
    ],
    health: { ready: async () => [] },
    metrics: new Registry(),
    onError: (error) => {
      throw error;
    },
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  grace = await engine.person();
  const items = [{ timing: { kind: 'at-once' as const }, does: aTask('Order a laptop') }];
  sequenceId = (await sequenceLab(engine).sequence(items)).id;
  hook = await engine.transact((tx) =>
    addHook(tx, { sequenceId, name: 'HR', emailPath: 'data.email' }, engine),
  );
});
afterEach(() => server.close(0));

const bytes = (text: string) => new TextEncoder().encode(text);
const about = (email: string) => JSON.stringify({ data: { email }, note: 'x' });
const GOOD = about('Grace@Example.com');
const sign = (body: string, secret = hook.secret, at = engine.now()) =>
  signatureHeader(secret, bytes(body), at);

interface Said {
  readonly status: number;
  readonly json: {
    readonly accepted?: boolean;
    readonly repeated?: boolean;
    readonly error?: { readonly code: string; readonly message: string };
  };
  readonly text: string;
  readonly retryAfter: string | null;
}

async function call(
  body: string | Uint8Array<ArrayBuffer>,
  signature: string | undefined,
  { id = hook.id, method = 'POST', headers = {} } = {},
): Promise<Said> {
  const response = await fetch(`http://127.0.0.1:${server.port}/hooks/${id}`, {
    method,
    headers: { ...headers, ...(signature !== undefined && { 'Latchkey-Signature': signature }) },
    ...(method === 'POST' && { body }),
  });
  const text = await response.text();
  expect(response.headers.get('content-type')).toContain('application/json');
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, json: JSON.parse(text) as Said['json'], text, retryAfter };
}

/** Whom the sequence was given to. */
const assigned = async (): Promise<readonly string[]> =>
  engine.db('sequence_assignments').where({ sequence_id: sequenceId }).pluck('person_id');

const current = async (): Promise<Hook> => present(await engine.stores.hooks.find(hook.id));
const change = (work: (hook: Hook) => Parameters<TestEngine['transact']>[0]) => async () =>
  engine.transact(work(await current()));

const refusedWith = (status: number, code: string): unknown => ({
  status,
  json: { error: { code, message: expect.any(String) as string } },
});

describe('a signed call', () => {
  test('is accepted at once, and starts the sequence for whom it names', async () => {
    const said = await call(GOOD, sign(GOOD));
    expect(said).toMatchObject({ status: 202, json: { accepted: true } });
    expect(await assigned()).toEqual([]);
    await engine.runJobs();
    expect(await assigned()).toEqual([grace.id]);
    const [event] = await engine.stores.sequenceEvents.ofSequence(sequenceId, {
      offset: 0,
      limit: 9,
    });
    expect(event).toMatchObject({ state: 'started', cause: { kind: 'hook', hookId: hook.id } });
  });

  test('leaves nothing of its body but whom it names', async () => {
    const body = JSON.stringify({
      data: { email: 'grace@example.com', salary: 'very-secret-salary' },
    });
    await call(body, sign(body));
    await engine.runJobs();
    expect(engine.databaseBytes()).not.toContain('very-secret-salary');
  });

  test('that is repeated is accepted again, and starts nothing twice', async () => {
    const signature = sign(GOOD);
    await call(GOOD, signature);
    await engine.runJobs();
    expect(await call(GOOD, signature)).toMatchObject({ status: 202, json: { repeated: true } });
    await engine.runJobs();
    expect(await assigned()).toHaveLength(1);
  });

  test('that is repeated twenty times at once starts the sequence once', async () => {
    const signature = sign(GOOD);
    const all = await Promise.all(Array.from({ length: 20 }, () => call(GOOD, signature)));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    await engine.runJobs();
    expect(await assigned()).toHaveLength(1);
  });

  test('may carry the signatures of two secrets', async () => {
    const [t = '', v1 = ''] = sign(GOOD).split(',');
    const other = sign(GOOD, 'another secret').split(',')[1];
    expect((await call(GOOD, `${t},${other},${v1}`)).status).toBe(202);
  });
});

describe('is refused, with a code and a sentence, and without the secret:', () => {
  test.each<[string, number, string, () => [body: string, signature: string | undefined]]>([
    ['no signature', 401, 'signature-missing', () => [GOOD, undefined]],
    ['something else', 401, 'signature-malformed', () => [GOOD, 'sha256=abc']],
    ['a forged one', 401, 'signature-wrong', () => [GOOD, sign(GOOD, 'guessed')]],
    ['that of another body', 401, 'signature-wrong', () => [GOOD, sign(`${GOOD} `)]],
    ['an empty secret', 401, 'signature-wrong', () => [GOOD, sign(GOOD, '')]],
    [
      'a time that was replaced',
      401,
      'signature-wrong',
      () => [GOOD, sign(GOOD).replace(/t=(\d+)/, (_, t: string) => `t=${Number(t) + 1}`)],
    ],
    [
      'an old one',
      401,
      'signature-too-old',
      () => [GOOD, sign(GOOD, hook.secret, new Date(engine.now().getTime() - 5 * MINUTE - 1000))],
    ],
    [
      'one of the future',
      401,
      'signature-too-old',
      () => [GOOD, sign(GOOD, hook.secret, new Date(engine.now().getTime() + 5 * MINUTE + 1000))],
    ],
    ['no JSON', 400, 'body-not-json', () => ['{"data"', sign('{"data"')]],
    ['a list', 400, 'body-not-json', () => ['[]', sign('[]')]],
    ['nothing', 400, 'body-not-json', () => ['', sign('')]],
    ['deep nesting', 400, 'body-not-json', () => ['['.repeat(2e5), sign('['.repeat(2e5))]],
    ['no address', 422, 'email-missing', () => ['{"email":"a@b"}', sign('{"email":"a@b"}')]],
    [
      'a number for one',
      422,
      'email-missing',
      () => ['{"data":{"email":1}}', sign('{"data":{"email":1}}')],
    ],
    ['no real address', 422, 'email-malformed', () => [about('grace'), sign(about('grace'))]],
    [
      'a stranger',
      422,
      'person-unknown',
      () => [about('who@example.com'), sign(about('who@example.com'))],
    ],
  ])('%s', async (_what, status, code, made) => {
    const said = await call(...made());
    expect(said).toMatchObject(refusedWith(status, code) as Said);
    expect(said.text).not.toContain(hook.secret);
    await engine.runJobs();
    expect(await assigned()).toEqual([]);
  });

  test('a body of more than 256 KiB, also one that only unpacks to it', async () => {
    const body = about('x'.repeat(256 * 1024));
    expect(await call(body, sign(body))).toMatchObject(refusedWith(413, 'body-too-large') as Said);
    const packed = new Uint8Array(gzipSync(body));
    const headers = { 'Content-Encoding': 'gzip' };
    expect(await call(packed, sign(GOOD), { headers })).toMatchObject(
      refusedWith(415, 'body-encoded') as Said,
    );
  });

  test('someone who has left', async () => {
    await engine.transact((tx) => tx.people.save({ ...grace, active: false }));
    expect(await call(GOOD, sign(GOOD))).toMatchObject(refusedWith(422, 'person-unknown') as Said);
  });

  test('another method, and an address that is no hook', async () => {
    expect(await call('', undefined, { method: 'GET' })).toMatchObject(
      refusedWith(405, 'not-post') as Said,
    );
    for (const id of [newId(), 'x'.repeat(500), '%00', '\0', "' or 1=1"])
      expect(await call(GOOD, sign(GOOD), { id: encodeURIComponent(id) })).toMatchObject(
        refusedWith(404, 'hook-unknown') as Said,
      );
  });

  test('the sixty-first call in a minute, until the first is a minute old; another hook goes on, and a call that is repeated doesn’t count', async () => {
    const other = await engine.transact((tx) =>
      addHook(tx, { sequenceId, name: 'B', emailPath: 'data.email' }, engine),
    );
    const bodyOf = (n: number) => JSON.stringify({ data: { email: 'grace@example.com' }, n });
    const signed = (n: number) => call(bodyOf(n), sign(bodyOf(n)));
    const first = sign(bodyOf(0));
    for (let n = 0; n < 60; n += 1) {
      expect((await signed(n)).status).toBe(202);
      if (n === 0) engine.clock.advance(20_000);
    }
    const refused = await signed(60);
    expect(refused).toMatchObject(refusedWith(429, 'too-many-calls') as Said);
    expect(refused.retryAfter).toBe('40');
    expect(await call(bodyOf(0), first)).toMatchObject({ status: 202, json: { repeated: true } });
    expect((await call(GOOD, sign(GOOD, other.secret), { id: other.id })).status).toBe(202);
    engine.clock.advance(40_000);
    expect((await signed(60)).status).toBe(202);
    expect((await signed(61)).status).toBe(429);
  });

  test('who floods a hook without a signature, who keeps nobody else from it and is counted no further', async () => {
    for (let n = 0; n < 100; n += 1) expect((await call('x', 'nonsense')).status).toBe(401);
    const refused = await call('x', 'nonsense');
    expect(refused).toMatchObject(refusedWith(429, 'too-many-calls') as Said);
    expect(refused.retryAfter).toBe('1');
    expect([transactions, planned.length]).toEqual([0, 1]); // Nothing is written for any of them.
    await refusals.store();
    expect((await current()).refusals).toBe(100);
    const body = bytes(GOOD);
    const elsewhere = { hookId: hook.id, signature: sign(GOOD), body };
    expect((await takeCall(elsewhere, { ...engine, refusals })).status).toBe(202);
    engine.clock.advance(250);
    expect((await call(GOOD, sign(GOOD))).json.repeated).toBe(true);
  });
});

test('an unsigned call is read once and stored by no transaction of its own', async () => {
  for (const header of [undefined, '', 'nonsense', sign(GOOD, 'another secret')])
    expect((await call(GOOD, header)).status).toBe(401);
  expect(transactions).toBe(0);
  await refusals.store();
  expect(await current()).toMatchObject({ refusals: 4 });
  await call(GOOD, 'nonsense');
  await refusals.store();
  expect(await current()).toMatchObject({ refusals: 5 });
});

test('refused calls of a hook that was deleted since are forgotten', async () => {
  await call(GOOD, 'nonsense');
  await change((found) => (tx) => deleteHook(tx, found, engine))();
  await refusals.store();
  expect(await current()).toMatchObject({ refusals: 0 });
});

describe('refused calls that can not be stored', () => {
  const failed: unknown[] = [];
  let broken: ReadonlySet<string>;
  const counting = () => {
    failed.length = 0;
    const transact: typeof engine.transact = (work) =>
      engine.transact((tx) =>
        work({
          ...tx,
          hooks: {
            ...tx.hooks,
            save: (saved) =>
              broken.has(saved.id)
                ? Promise.reject(new RangeError('The disk is full.'))
                : tx.hooks.save(saved),
          },
        }),
      );
    return new HookRefusals({
      transact,
      now: engine.now,
      later: (_ms, work) => void planned.push(work),
      onError: (error) => failed.push(error),
    });
  };

  test('keep none of another hook from being stored, and are stored with the next', async () => {
    const other = await engine.transact((tx) =>
      addHook(tx, { sequenceId, name: 'Payroll', emailPath: 'email' }, engine),
    );
    const counted = counting();
    counted.note(hook.id, 'The first.');
    counted.note(other.id, 'The only one.');
    broken = new Set([hook.id]);
    await counted.store();
    expect(await engine.stores.hooks.find(other.id)).toMatchObject({ refusals: 1 });
    expect(await current()).toMatchObject({ refusals: 0 });
    expect(failed).toEqual([new RangeError('The disk is full.')]);
    expect(planned).toHaveLength(2); // Tried once more, also where no call comes.

    broken = new Set();
    counted.note(hook.id, 'The second.');
    await counted.store();
    expect(await current()).toMatchObject({ refusals: 2, lastRefusal: { why: 'The second.' } });
    expect(await engine.stores.hooks.find(other.id)).toMatchObject({ refusals: 1 });
  });
});

describe('a hook', () => {
  test('that was deleted is none any more, and its secret is gone', async () => {
    await change((found) => (tx) => deleteHook(tx, found, engine))();
    expect(await call(GOOD, sign(GOOD))).toMatchObject(refusedWith(404, 'hook-unknown') as Said);
    expect((await current()).secret).toBe('');
  });

  test('that is turned off says so to who can sign, and takes calls again when it is on', async () => {
    await change((found) => (tx) => turnHook(tx, found, { isOn: false, ...engine }))();
    expect(await call(GOOD, sign(GOOD))).toMatchObject(refusedWith(403, 'hook-off') as Said);
    expect(await call(GOOD, sign(GOOD, 'guessed'))).toMatchObject(
      refusedWith(401, 'signature-wrong') as Said,
    );
    await change((found) => (tx) => turnHook(tx, found, { isOn: true, ...engine }))();
    engine.clock.advance(1000);
    expect((await call(GOOD, sign(GOOD))).status).toBe(202);
  });

  test('whose secret was replaced takes the one before for a day', async () => {
    await change((found) => (tx) => rotateSecret(tx, found, engine))();
    const { secret } = await current();
    expect(secret).not.toBe(hook.secret);
    expect((await call(GOOD, sign(GOOD, secret))).status).toBe(202);
    engine.clock.advance(DAY - 1000);
    expect((await call(GOOD, sign(GOOD))).status).toBe(202);
    engine.clock.advance(1000);
    expect((await call(GOOD, sign(GOOD))).status).toBe(401);
    expect((await call(GOOD, sign(GOOD, secret))).status).toBe(202);
    expect((await current()).before).toBeUndefined(); // It isn't kept either.
  });

  test('may end that sooner', async () => {
    await change((found) => (tx) => rotateSecret(tx, found, engine))();
    await change((found) => (tx) => endOverlap(tx, found, engine))();
    expect((await call(GOOD, sign(GOOD))).status).toBe(401);
  });

  test('keeps its last twenty calls, counts unsigned ones, and knows a call for as long as its time is good', async () => {
    const first = sign(GOOD);
    await call(GOOD, first);
    for (let n = 0; n < 30; n += 1) {
      engine.clock.advance(1000);
      await call(GOOD, sign(GOOD));
    }
    expect(await call(GOOD, first)).toMatchObject({ status: 202, json: { repeated: true } });
    await call(GOOD, 'nonsense');
    engine.clock.advance(HOUR);
    await call(GOOD, sign(GOOD));
    await refusals.store();
    expect(await engine.db('hook_calls').count({ n: '*' })).toEqual([{ n: 20 }]);
    expect(await current()).toMatchObject({
      refusals: 1,
      lastRefusal: { why: expect.stringContaining('Latchkey-Signature has to be') as string },
    });
  });

  test('has no secret in plain columns', async () => {
    const { secret } = hook;
    await change((found) => (tx) => rotateSecret(tx, found, engine))();
    const later = (await current()).secret;
    const database = engine.databaseBytes();
    expect([database.includes(secret), database.includes(later)]).toEqual([false, false]);
  });
});

test('random bodies are each answered, and start nothing', async () => {
  const memory = await openMemory(engine.now);
  onTestFinished(memory.close);
  const deps = { ...memory, now: engine.now, newId, refusals };
  await memory.stores.people.insert(grace);
  const made = await memory.transact(async (tx) => {
    const welcome = { name: 'Welcome', anchor: 'assignment', isForEveryHire: false } as const;
    const sequence = ok(await makeSequence(tx, welcome, engine));
    const wanted = { sequenceId: sequence.value.id, name: 'HR', emailPath: 'email' };
    return addHook(tx, wanted, engine);
  });
  const random = sample(
    tuple(
      oneof(
        uint8Array({ maxLength: 100 }),
        string().map((email) => bytes(JSON.stringify({ email }))),
        nat(GOOD.length - 1).map((length) => bytes(GOOD.slice(0, length))),
      ),
      oneof(string(), constant('good'), constant(undefined)),
    ),
    { numRuns: 300, seed: 20_261_125 },
  );
  const statuses = new Set<number>();
  for (const [body, signature] of random) {
    engine.clock.advance(MINUTE / 6);
    const header =
      signature === 'good' ? signatureHeader(made.secret, body, engine.now()) : signature;
    const answer = await takeCall({ hookId: made.id, signature: header, body }, deps);
    statuses.add(answer.status);
    expect(answer.ok).toBe(false);
    expect(JSON.stringify(answer)).not.toContain(made.secret);
  }
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([400, 401, 422]);
  expect(
    await memory.stores.sequenceEvents.ofSequence(made.sequenceId, { offset: 0, limit: 9 }),
  ).toEqual([]);
});
