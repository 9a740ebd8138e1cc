import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { saveManifest } from '../../../src/engine/integrations/change-integration.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { MessageStore } from '../../../src/engine/ports/chat-stores.ts';
import type { Http } from '../../../src/engine/ports/http.ts';
import type { RunStore } from '../../../src/engine/ports/run-stores.ts';
import type { Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import type { Run, Step } from '../../../src/engine/runs/run.ts';
import {
  HOUR,
  inState,
  MINUTE,
  SECOND,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { heldDeadlines } from '../../support/held-deadlines.ts';
import { type Answer, held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
/** Whether what follows the end of this run fails. */
let endBreaks: (run: Run) => boolean;
beforeEach(async () => {
  endBreaks = () => false;
  engine = await testEngine({
    async onEvent(_tx, event) {
      if (event.kind === 'run-ended' && endBreaks(event.run)) throw new TypeError('Oops');
    },
  });
});

/** The first request of a run takes this long, and someone waits behind it. */
async function slowly(run: Run, route: string, ms: number): Promise<void> {
  const first = held({ json: {} });
  engine.party.on(route, first.answer, { json: {} });
  await engine.transact((tx) => tx.queue.push('purge', {}, { lane: 'interactive' }));
  const working = advanceRun(run.id, engine.worker());
  await engine.party.received(1);
  engine.clock.advance(ms);
  first.release();
  await working;
}

/** Adds a person and an integration, and clicks Grant; nothing is sent yet. */
async function granted(
  manifest: Readonly<Record<string, unknown>>,
  {
    secrets = {},
    form = {},
  }: { secrets?: Record<string, string>; form?: Record<string, string> } = {},
) {
  const person = await engine.person();
  const integration = await engine.integration(manifest, secrets);
  const run = startedRun(await engine.grant(person, integration, form));
  return { person, integration, run };
}

/** One step that calls `/users`, with whatever else the test says. */
const oneStep = (step: Readonly<Record<string, unknown>> = {}) => ({
  execute: [{ url: `${engine.party.url}/users`, ...step }],
});

/** Grants with one step and these answers, and does what is due. */
async function grantWith(answers: readonly [Answer, ...Answer[]], step = {}, method = 'POST') {
  engine.party.on(`${method} /users`, ...answers);
  const { run, person, integration } = await granted(oneStep({ method, ...step }));
  await engine.runJobs();
  return { run: await engine.run(run.id), person, integration };
}

const keys = () => engine.party.requests.map(({ headers }) => headers['idempotency-key']);

describe('steps', () => {
  test('run in order, and a later one uses the answers of the earlier', async () => {
    engine.party.on('POST /users', { json: { data: { id: 7 } } });
    engine.party.on('POST /teams/7/members', { json: {} });
    const { run } = await granted({
      execute: [
        { url: `${engine.party.url}/users`, data: { email: '{{email}}' } },
        {
          url: `${engine.party.url}/teams/{{responses.0.data.id}}/members`,
          data: { user: '{{responses.0.data.id}}' },
        },
      ],
    });
    await engine.runJobs();

    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests.map(({ body }) => body)).toEqual([
      '{"email":"grace@example.com"}',
      '{"user":"7"}',
    ]);
    const steps = await engine.steps(run.id);
    expect(steps.map(({ state, status, tries }) => ({ state, status, tries }))).toEqual([
      { state: 'done', status: 200, tries: 1 },
      { state: 'done', status: 200, tries: 1 },
    ]);
  });

  test('make room for someone who waits, when they have taken a while', async () => {
    engine.party.on('POST /users', { json: {} });
    const step = { url: `${engine.party.url}/users` };
    const { run } = await granted({ execute: [step, step, step] });
    await slowly(run, 'POST /users', SECOND);
    expect(engine.party.requests).toHaveLength(1);
    expect((await engine.run(run.id)).state).toBe('queued');

    await engine.runJobs();
    expect(engine.party.requests).toHaveLength(3);
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('make no room while they are quick', async () => {
    engine.party.on('POST /users', { json: {} });
    const step = { url: `${engine.party.url}/users` };
    const { run } = await granted({ execute: [step, step] });
    await slowly(run, 'POST /users', SECOND - 1);
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('make no room where nobody waits for it', async () => {
    const first = held({ json: {} });
    engine.party.on('POST /users', first.answer, { json: {} });
    const step = { url: `${engine.party.url}/users` };
    const { run } = await granted({ execute: [step, step] });
    await engine.db('jobs').delete();
    const working = advanceRun(run.id, engine.worker());
    await engine.party.received(1);
    engine.clock.advance(HOUR);
    first.release();
    await working;
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('an answer that is not JSON is {} for the steps after it', async () => {
    engine.party.on('POST /users', { text: '<html>created</html>' }, { json: {} });
    const step = { url: `${engine.party.url}/users`, data: { id: '{{responses.0.id}}' } };
    const { run } = await granted({ execute: [step, step] });
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests[1]?.body).toBe('{"id":""}');
    expect((await engine.steps(run.id))[1]?.warnings.join()).toContain('responses.0.id');
  });

  test('stop where one fails', async () => {
    engine.party.on('POST /first', { json: {} });
    engine.party.on('POST /second', { status: 422, json: { error: 'no seats left' } });
    const { run } = await granted({
      execute: ['first', 'second', 'third'].map((path) => ({ url: `${engine.party.url}/${path}` })),
    });
    await engine.runJobs();

    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/first', '/second']);
    const failed = inState(await engine.run(run.id), 'retrying');
    expect(failed.error).toMatchObject({ code: 'http-status', step: 1 });
    expect((await engine.steps(run.id))[1]?.responseText).toContain('no seats left');
  });

  test('a run without steps succeeds', async () => {
    const { run } = await granted({
      execute: [],
      exists: { url: `${engine.party.url}/users`, method: 'GET' },
    });
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });
});

test('answers are kept for later steps, and that of the last one is only shown', async () => {
  engine.party.on('POST /users', { json: { id: 7 } });
  engine.party.on('POST /teams', { json: { id: 8 } });
  const { run } = await granted({
    execute: ['users', 'teams'].map((path) => ({ url: `${engine.party.url}/${path}` })),
  });
  await engine.runJobs();
  expect(await engine.stores.runs.responses(run.id, 1)).toEqual([{ id: 7 }]);
  const texts = (await engine.steps(run.id)).map(({ responseText }) => responseText);
  expect(texts).toEqual(['{"id":7}', '{"id":8}']);
});

describe('what a wake-up says a run is about', () => {
  const requested = () => engine.party.requests.map(({ url }) => url);

  test('is what the run says, so the run and that are read at once', async () => {
    engine.party.on('POST /users', { json: {} });
    const { run } = await granted(oneStep());
    await advanceRun(run.id, engine.worker(), run);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(requested()).toEqual(['/users']);
  });

  test('of another app or person counts for nothing', async () => {
    engine.party.on('POST /users', { json: {} });
    const { run } = await granted(oneStep({ data: { who: '{{email}}' } }));
    const [other, app] = [
      await engine.person({ email: 'other@example.com' }),
      await engine.integration({ execute: [{ url: `${engine.party.url}/others` }] }, {}, 'Other'),
    ];
    const about = { ...run, personId: other.id, integrationId: app.id };
    await advanceRun(run.id, engine.worker(), about);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(requested()).toEqual(['/users']);
    expect(JSON.stringify(engine.party.requests)).not.toContain('other@example.com');
  });
});

describe('store_data', () => {
  test('is kept with the person as it is, and is there for the next step and for the revoke', async () => {
    engine.party.on('POST /users', { json: { user: { id: 12345678901234 }, ok: true } });
    engine.party.on('POST /seats', { json: {} });
    engine.party.on('DELETE /users/12345678901234', { json: {} });
    const { run, person, integration } = await granted({
      execute: [
        { url: `${engine.party.url}/users`, store_data: { ASANA_ID: 'user.id' } },
        { url: `${engine.party.url}/seats`, data: { id: '{{ASANA_ID}}' } },
      ],
      revoke: [{ method: 'DELETE', url: `${engine.party.url}/users/{{ASANA_ID}}` }],
    });
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests[1]?.body).toBe('{"id":"12345678901234"}');
    expect((await engine.stores.people.find(person.id))?.stored).toEqual({
      ASANA_ID: 12345678901234,
    });

    await engine.revoke(person, integration);
    await engine.runJobs();
    expect(engine.party.requests.at(-1)?.url).toBe('/users/12345678901234');
  });

  test('stores nothing where one of its paths is missing, and the error names that path', async () => {
    const { run, person } = await grantWith([{ json: { id: 1 } }], {
      store_data: { FIRST: 'id', SECOND: 'data.token' },
    });
    const { error } = inState(run, 'retrying');
    expect(error.code).toBe('missing-path');
    expect(error.message).toContain('data.token');
    expect((await engine.stores.people.find(person.id))?.stored).toEqual({});
  });

  test('says that the answer was no JSON where that is the reason', async () => {
    const { run } = await grantWith([{ text: '<html>Welcome</html>' }], {
      store_data: { ID: 'data.id' },
    });
    expect(inState(run, 'retrying').error.message).toMatch(/isn't JSON/);
  });

  test.each([
    ['depth', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /nested more than 500 levels/],
    ['a number of 10,000 digits', `{"data":${'1'.repeat(10_000)}}`, /more than 400 digits/],
    ['a number that no program holds', '{"data":{"id":1e999}}', /a number beyond 1\.8e308/],
  ])('says what Latchkey does not read where that is the reason: %s', async (_, text, said) => {
    const { run } = await grantWith([{ text }], { store_data: { ID: 'data.id' } });
    expect(inState(run, 'retrying').error.message).toMatch(said);
  });

  test('keeps the digits of a number that a double can not hold', async () => {
    const { person } = await grantWith(
      [{ text: '{"id": 9007199254740993}', headers: { 'content-type': 'application/json' } }],
      { store_data: { ID: 'id' } },
    );
    expect((await engine.stores.people.find(person.id))?.stored).toEqual({
      ID: 9007199254740993n,
    });
  });
});

describe('a failed execute', () => {
  test('runs again whole, one hour later, with what it was started with and the newest manifest', async () => {
    engine.party.on('POST /users', { json: { id: 1 } });
    engine.party.on('POST /old', { status: 500, text: 'Oops' });
    engine.party.on('POST /new', { json: {} });
    const manifest = (path: string) => ({
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
      execute: [
        { url: `${engine.party.url}/users`, data: { team: '{{TEAM}}' } },
        { url: `${engine.party.url}/${path}` },
      ],
    });
    const { run, integration } = await granted(manifest('old'), { form: { TEAM: 'Sales' } });
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('retrying');
    await engine.newManifest(integration, manifest('new'));

    await engine.later(HOUR - 1);
    expect(engine.party.requests).toHaveLength(2);
    await engine.later(1);

    expect(engine.party.requests.map(({ url }) => url)).toEqual([
      '/users',
      '/old',
      '/users',
      '/new',
    ]);
    expect(engine.party.requests[2]?.body).toBe('{"team":"Sales"}');
    expect(await engine.run(run.id)).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  test('asks instead of running again where the form asks for more by now, and sends nothing', async () => {
    engine.party.on('POST /users', { status: 500 });
    const { run, integration } = await granted(oneStep());
    await engine.runJobs();
    await engine.newManifest(integration, {
      ...oneStep({ data: { team: '{{TEAM}}' } }),
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    });
    await engine.later(HOUR);
    const { error } = inState(await engine.run(run.id), 'failed');
    expect(error.code).toBe('answers-missing');
    expect(error.message).toContain('"Team"');
    expect(engine.party.requests).toHaveLength(1);
  });

  test('sends no empty password where the manifest makes one only by now', async () => {
    engine.party.on('POST /users', { status: 500 });
    const { run, integration } = await granted(oneStep());
    await engine.runJobs();
    await engine.newManifest(integration, {
      ...oneStep({ data: { password: '{{PASSWORD}}' } }),
      initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
    });
    await engine.later(HOUR);
    expect(inState(await engine.run(run.id), 'failed').error.code).toBe('answers-missing');
    expect(engine.party.requests).toHaveLength(1);
  });

  test('stays failed when it fails again', async () => {
    const { run } = await grantWith([{ status: 400, json: { error: 'bad' } }]);
    await engine.later(HOUR);
    expect(await engine.run(run.id)).toMatchObject({ state: 'failed', attempt: 2 });
    await engine.later(24 * HOUR);
    expect(engine.party.requests).toHaveLength(2);
    expect(await engine.audited()).toContain('run.failed');
  });

  test('keeps the steps of both attempts', async () => {
    const { run } = await grantWith([{ status: 400 }, { json: {} }]);
    await engine.later(HOUR);
    expect((await engine.steps(run.id, 1)).map(({ state }) => state)).toEqual(['failed']);
    expect((await engine.steps(run.id, 2)).map(({ state }) => state)).toEqual(['done']);
  });

  test('sends its writes with a new Idempotency-Key in the retry, since the first was surely not done', async () => {
    await grantWith([{ status: 400 }, { json: {} }]);
    await engine.later(HOUR);
    expect(new Set(keys()).size).toBe(2);
  });
});

describe('what an error says', () => {
  const SECRET = 'sk-live-4f9b2a7c';
  const withSecret = {
    initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    headers: { authorization: 'Bearer {{TOKEN}}' },
  };

  test.each([
    [401, /credentials/],
    [403, /credentials/],
    [404, /address/],
    [422, /form/],
    [500, /a problem of its own\.$/],
  ])('says what to do about status %i, and names no number', async (status, cure) => {
    const { run } = await grantWith([{ status, text: SECRET }]);
    const { message } = inState(run, 'retrying').error;
    expect(message).not.toContain(String(status));
    expect(message).not.toContain(engine.party.host);
    expect(message).toMatch(cure);
  });

  test('holds no secret, even where the other side repeats it', async () => {
    engine = await testEngine({ ownFile: true });
    engine.party.on('GET /users', {
      status: 400,
      json: { error: `The token ${SECRET} is wrong` },
    });
    const { run } = await granted(
      {
        ...withSecret,
        execute: [{ method: 'GET', url: `${engine.party.url}/users?key={{TOKEN}}` }],
      },
      { secrets: { TOKEN: SECRET } },
    );
    await engine.runJobs();

    expect(engine.party.requests[0]?.url).toContain(SECRET);
    const [step] = await engine.steps(run.id);
    expect(step?.url).toContain('•••TOKEN•••');
    expect(step?.responseText).toContain('•••TOKEN•••');
    expect(JSON.stringify([step, await engine.run(run.id)])).not.toContain(SECRET);
    expect(engine.databaseBytes()).not.toContain(SECRET);
  });

  test('a refused connection is repeated, then said by the name of the app; the details have the host', async () => {
    const { run } = await granted(oneStep());
    await engine.party.leave();
    await engine.runJobs();
    for (let repeats = 0; repeats < 3; repeats += 1) await engine.later(10 * SECOND);

    const { error } = inState(await engine.run(run.id), 'retrying');
    expect(error.code).toBe('no-answer');
    expect(error.message).toMatch(/^\w+ doesn't answer\.$/);
    const [step] = await engine.steps(run.id);
    expect(step?.tries).toBe(4);
    expect(step?.warnings.join()).toContain(`${engine.party.host} refused the connection`);
  });

  test('a connection that is cut while reading is repeated for a GET', async () => {
    const { run } = await grantWith(['reset', { json: {} }], {}, 'GET');
    expect(run.state).toBe('waiting');
    await engine.later(SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('a connection that is cut under a write leaves its outcome unknown, and it is not sent again in this attempt', async () => {
    const { run } = await grantWith(['reset', { json: {} }]);
    const { error } = inState(run, 'retrying');
    expect(error.code).toBe('unknown-outcome');
    expect(error.message).toContain("We don't know whether it was done.");
    expect((await engine.steps(run.id))[0]?.state).toBe('unknown');
    await engine.later(HOUR - 1);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('the retry of a write with unknown outcome repeats its Idempotency-Key', async () => {
    const { run } = await grantWith(['reset', { json: {} }]);
    await engine.later(HOUR);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
  });

  test('the retry sends what a newer manifest has in its place with a key of its own', async () => {
    const { run, integration } = await grantWith(['reset', { json: {} }]);
    engine.party.on('POST /members', { json: {} });
    await engine.newManifest(integration, oneStep({ url: `${engine.party.url}/members` }));
    await engine.later(HOUR);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(new Set(keys()).size).toBe(2);
  });

  test('a request that can not be rendered names the variable and is not sent', async () => {
    const { run } = await granted(
      oneStep({ method: 'DELETE', url: `${engine.party.url}/users/{{ID}}` }),
    );
    await engine.runJobs();
    const { error } = inState(await engine.run(run.id), 'retrying');
    expect(error).toMatchObject({ code: 'bad-request', step: 0 });
    expect(error.message).toContain('ID');
    expect(engine.party.requests).toHaveLength(0);
  });

  test('a missing secret names it and who can enter it', async () => {
    const person = await engine.person();
    const integration = await engine.integration(
      { ...withSecret, ...oneStep() },
      { TOKEN: SECRET },
    );
    const run = startedRun(await engine.grant(person, integration));
    await engine.db('secrets').delete(); // After the press.
    await engine.runJobs();
    const { error } = inState(await engine.run(run.id), 'retrying');
    expect(error.message).toContain('Token is missing');
    expect(error.message).toContain('admin');
  });
});

test('a service that does not answer in time is named, and a write to it has an unknown outcome', async () => {
  const deadlines = heldDeadlines();
  engine.party.on('POST /users', 'hang');
  const { run } = await granted(oneStep());
  const worked = engine.runJobs();
  await engine.party.received(1);
  expect(deadlines.ms).toEqual([2 * MINUTE]);
  deadlines.pass();
  await worked;
  const { error } = inState(await engine.run(run.id), 'retrying');
  expect(error.code).toBe('unknown-outcome');
  expect(error.message).toContain('took too long to answer.');
});

test('what a run of a version before is answered says nothing of the newest manifest', async () => {
  const { run, integration } = await grantWith([
    { status: 503, headers: { 'retry-after': '7' } },
    { json: {} },
  ]);
  await engine.newManifest(integration, oneStep({ method: 'PUT' }));
  await engine.later(7 * SECOND);
  expect((await engine.run(run.id)).state).toBe('succeeded');
  expect(await engine.stores.health.okAt(integration.id)).toBeUndefined();
});

test('a host that is a secret is not named where its queue is full', async () => {
  const { run } = await granted(
    {
      initial_data_form: [{ id: 'HOST', name: 'Host' }],
      execute: [{ url: 'https://{{HOST}}/users' }],
    },
    { secrets: { HOST: 'hidden.example.com' } },
  );
  const message = '8 requests to hidden.example.com are already running; this one is queued.';
  const busy = { kind: 'failed', code: 'host-busy', message, maySent: false } as const;
  await advanceRun(run.id, { ...engine.worker(), http: { send: async () => busy } });
  expect(inState(await engine.run(run.id), 'waiting').why).toBe(
    '8 requests to •••HOST••• are already running; this one is queued.',
  );
});

test('an answer is read once, also where it has to hold what is expected', async () => {
  const text = '{"status":"created","team":"blue"}';
  const { run } = await granted(oneStep({ expected: 'green' }));
  const answer = { kind: 'answer', status: 200, headers: {}, text } as const;
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  await advanceRun(run.id, { ...engine.worker(), http: { send: async () => answer } });
  expect(inState(await engine.run(run.id), 'retrying').error.code).toBe('not-matched');
  expect(parse.mock.calls.filter(([each]) => each === text)).toHaveLength(1);
});

test.each([
  ['a refusal is one', 422, 'http-status'],
  ['a success leaves open what it says', 201, 'unknown-outcome'],
])('of an answer whose body broke off, %s', async (_what, status, code) => {
  const { run } = await granted(oneStep());
  const message = 'The connection broke.';
  const broken = { kind: 'failed', code: 'connection-lost', message, maySent: true } as const;
  const http: Http = { send: async () => ({ ...broken, begun: { status, headers: {} } }) };
  await advanceRun(run.id, { ...engine.worker(), http });
  expect(inState(await engine.run(run.id), 'retrying').error.code).toBe(code);
});

describe('429 and 503', () => {
  const at = (ms: number) => new Date(engine.now().getTime() + ms);

  test.each([
    ['seconds', () => '7'],
    ['a date', () => at(7 * SECOND).toUTCString()],
    ['an epoch', () => String(at(7 * SECOND).getTime() / 1000)],
  ])('wait as long as Retry-After says in %s, as a row that holds nothing', async (_, header) => {
    const { run } = await grantWith([
      { status: 429, headers: { 'retry-after': header() } },
      { json: {} },
    ]);
    const waiting = inState(run, 'waiting');
    expect(waiting.dueAt).toEqual(at(7 * SECOND));

    await engine.later(7 * SECOND - 1);
    expect(engine.party.requests).toHaveLength(1);
    await engine.later(1);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect((await engine.steps(run.id))[0]).toMatchObject({ tries: 2, state: 'done' });
  });

  test('wait as long as Retry-After says also where the body broke off', async () => {
    const { run } = await granted(oneStep());
    const message = 'The connection broke.';
    const broken = { kind: 'failed', code: 'connection-lost', message, maySent: true } as const;
    const begun = { status: 429, headers: { 'retry-after': '7' } };
    const http: Http = { send: async () => ({ ...broken, begun }) };
    await advanceRun(run.id, { ...engine.worker(), http });
    expect(inState(await engine.run(run.id), 'waiting').dueAt).toEqual(at(7 * SECOND));
  });

  test.each([429, 503])(
    'behind a redirect that took the write repeat nothing: %i',
    async (status) => {
      engine.party.on('GET /created', { status });
      const taken = { status: 303, headers: { location: `${engine.party.url}/created` } };
      const { run } = await grantWith([taken]);
      expect(inState(run, 'retrying').error.code).toBe('http-status');
      const sent = engine.party.requests.map(({ method }) => method);
      expect(sent).toEqual(['POST', 'GET']);
    },
  );

  test('repeat a write with the same Idempotency-Key', async () => {
    await grantWith([{ status: 503 }, { json: {} }]);
    await engine.later(MINUTE);
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
  });

  test('are repeated three times at most', async () => {
    const { run } = await grantWith([{ status: 503 }]);
    for (let repeats = 0; repeats < 10; repeats += 1) await engine.later(5 * SECOND);
    expect(engine.party.requests).toHaveLength(4);
    expect(inState(await engine.run(run.id), 'retrying').error.message).toContain(
      'has a problem of its own',
    );
  });

  test.each([5, 91])('are repeated after %s s of waiting its turn, too', async (seconds) => {
    const { run } = await granted(oneStep());
    let turns = 0;
    const http: Http = {
      async send(request, limits, streams) {
        turns += 1;
        if (turns > seconds) return engine.http.send(request, limits, streams);
        const message = 'The host is busy.';
        const busy = { kind: 'failed', code: 'host-busy', maySent: false } as const;
        return { ...busy, message, retryAfterMs: SECOND };
      },
    };
    engine.party.on('POST /users', { status: 429, headers: { 'retry-after': '1' } }, { json: {} });
    for (let second = 0; second < seconds + 2; second += 1) {
      await advanceRun(run.id, { ...engine.worker(), http });
      engine.clock.advance(SECOND);
    }
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests).toHaveLength(2);
  });

  test('wait for the minute that a limit names, also where its answer took a while', async () => {
    const { run } = await granted(oneStep());
    engine.party.on('POST /users', { status: 429, headers: { 'retry-after': '60' } }, { json: {} });
    const http: Http = {
      async send(request, limits, streams) {
        engine.clock.advance(10 * SECOND);
        return engine.http.send(request, limits, streams);
      },
    };
    await advanceRun(run.id, { ...engine.worker(), http });
    expect(inState(await engine.run(run.id), 'waiting').dueAt).toEqual(at(MINUTE));
  });

  test('are not waited for longer than a minute and a half; the error says how long the service asks for', async () => {
    const { run } = await grantWith([{ status: 429, headers: { 'retry-after': '120' } }]);
    const { error } = inState(run, 'retrying');
    expect(error.message).toContain('is getting too many requests');
    expect(error.message).toContain('2 minutes');
  });
});

describe('polling', () => {
  const polling = {
    polling: { interval: 30, amount: 3 },
    continue_if: { response_notation: 'done', value: true },
  };

  test('asks again until the condition is met, and holds nothing in between', async () => {
    const { run } = await grantWith(
      [{ json: { done: false } }, { json: { done: 'true' } }],
      polling,
      'GET',
    );
    expect(inState(run, 'waiting').dueAt.getTime()).toBe(engine.now().getTime() + 30 * SECOND);
    await engine.later(30 * SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect((await engine.steps(run.id))[0]?.tries).toBe(2);
  });

  test('that never matches fails after so many requests, is retried, and says how often it asked', async () => {
    const { run } = await grantWith([{ json: { done: false } }], polling, 'GET');
    for (let polls = 0; polls < 5; polls += 1) await engine.later(30 * SECOND);
    expect(engine.party.requests).toHaveLength(3);
    const { error } = inState(await engine.run(run.id), 'retrying');
    expect(error.code).toBe('not-matched');
    expect(error.message).toContain('3 times');
    expect(error.message).toContain('"done"');
  });

  test('counts a failed poll as one more poll', async () => {
    const { run } = await grantWith(
      [{ status: 500 }, 'reset', { json: { done: true } }],
      polling,
      'GET',
    );
    await engine.later(30 * SECOND);
    await engine.later(30 * SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('sends a new Idempotency-Key with each poll', async () => {
    await grantWith([{ json: { done: false } }, { json: { done: true } }], polling);
    await engine.later(30 * SECOND);
    expect(new Set(keys()).size).toBe(2);
  });

  test('goes on where it stood after the first step was polled', async () => {
    engine.party.on('GET /export', { json: { done: false } }, { json: { done: true, id: 4 } });
    engine.party.on('POST /import/4', { json: {} });
    const { run } = await granted({
      execute: [
        { method: 'GET', url: `${engine.party.url}/export`, ...polling },
        { url: `${engine.party.url}/import/{{responses.0.id}}` },
      ],
    });
    await engine.runJobs();
    await engine.later(30 * SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests.at(-1)?.url).toBe('/import/4');
  });
});

describe('continue_if', () => {
  const condition = { continue_if: { response_notation: 'data.active', value: true } };

  test('that is not met blocks the run for good, and says what was expected and what came', async () => {
    const { run } = await grantWith([{ json: { data: { active: 'no' } } }], condition);
    const { error } = inState(run, 'blocked');
    expect(error.message).toContain('data.active');
    expect(error.message).toContain('true');
    expect(error.message).toContain('no');
    await engine.later(2 * HOUR);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('whose path is missing does not match', async () => {
    expect((await grantWith([{ json: {} }], condition)).run.state).toBe('blocked');
  });

  test('compares as texts', async () => {
    const { run } = await grantWith([{ json: { data: { active: 'true' } } }], condition);
    expect(run.state).toBe('succeeded');
  });

  test('may expect a value of the person', async () => {
    const { run } = await grantWith([{ json: { user: 'grace@example.com' } }], {
      continue_if: { response_notation: 'user', value: '{{email}}' },
    });
    expect(run.state).toBe('succeeded');
  });

  test('is not looked at where the request failed', async () => {
    const { run } = await grantWith([{ status: 400, json: { data: { active: true } } }], condition);
    expect(inState(run, 'retrying').error.code).toBe('http-status');
  });
});

describe('expected of a revoke', () => {
  test.each([
    ['found', { text: 'removed grace@example.com' }, 'succeeded'],
    ['missing', { text: 'nobody was removed' }, 'failed'],
  ] as const)('that is %s decides whether it succeeded', async (_, answer, state) => {
    engine.party.on('DELETE /users', answer);
    const person = await engine.person();
    const integration = await engine.integration({
      ...oneStep(),
      revoke: [
        { method: 'DELETE', url: `${engine.party.url}/users`, expected: 'removed {{email}}' },
      ],
    });
    const run = startedRun(await engine.revokeRun(person, integration));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe(state);
  });
});

describe('a revoke that the app refuses with a status that says success', () => {
  test.each([
    ['"ok": false', { ok: false, error: 'invalid_auth' }],
    ['errors without data', { data: null, errors: [{ message: 'invalid_auth' }] }],
  ])('by %s has failed, and says why', async (_how, json) => {
    engine.party.on('DELETE /users', { json });
    const revoke = [{ method: 'DELETE', url: `${engine.party.url}/users` }];
    const integration = await engine.integration({ ...oneStep(), revoke });
    const run = startedRun(await engine.revokeRun(await engine.person(), integration));
    await engine.runJobs();
    expect(inState(await engine.run(run.id), 'failed').error.message).toContain('invalid_auth');
  });

  test('has succeeded by a fault whose status the manifest lists', async () => {
    const text =
      '<Envelope><Body><Fault><faultstring>No such thing</faultstring></Fault></Body></Envelope>';
    engine.party.on('DELETE /users', { status: 500, text });
    const revoke = [
      { method: 'DELETE', url: `${engine.party.url}/users`, status_code: [200, 500] },
    ];
    const integration = await engine.integration({ ...oneStep(), revoke });
    const run = startedRun(await engine.revokeRun(await engine.person(), integration));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('by a fault of SOAP that quotes what the manifest expects has failed', async () => {
    const text =
      '<Envelope><Body><Fault><faultstring>ann@x.io is locked</faultstring></Fault></Body></Envelope>';
    engine.party.on('DELETE /users', { text });
    const url = `${engine.party.url}/users`;
    const revoke = [{ method: 'DELETE', url, expected: '{{email}}' }];
    const integration = await engine.integration({ ...oneStep(), revoke });
    const ann = await engine.person({ email: 'ann@x.io' });
    const run = startedRun(await engine.revokeRun(ann, integration));
    await engine.runJobs();
    const { error } = inState(await engine.run(run.id), 'failed');
    expect(error.message).toContain('refused this: ann@x.io is locked');
  });

  test('has succeeded where the manifest expects that answer', async () => {
    engine.party.on('DELETE /users', { json: { ok: false, error: 'already_removed' } });
    const url = `${engine.party.url}/users`;
    const revoke = [{ method: 'DELETE', url, expected: 'already_removed' }];
    const integration = await engine.integration({ ...oneStep(), revoke });
    const run = startedRun(await engine.revokeRun(await engine.person(), integration));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });
});

test('a step that the app refuses with a status that says success shows no credentials that work', async () => {
  engine.party.on('DELETE /users', { json: { ok: false, error: 'invalid_auth' } });
  const revoke = [{ method: 'DELETE', url: `${engine.party.url}/users` }];
  const integration = await engine.integration({ ...oneStep(), revoke });
  await engine.revokeRun(await engine.person(), integration);
  await engine.runJobs();
  expect(await engine.stores.health.okAt(integration.id)).toBeUndefined();
});

describe('a grant that the app refuses with a status that says success', () => {
  const grantedBy = async (json: JsonObject, more: JsonObject = {}) => {
    engine.party.on('POST /users', { json });
    const integration = await engine.integration(oneStep(more));
    const run = startedRun(await engine.grant(await engine.person(), integration));
    await engine.runJobs();
    return engine.run(run.id);
  };

  test.each([
    ['"ok": false', { ok: false, error: 'missing_scope' }],
    ['errors without data', { data: null, errors: [{ message: 'missing_scope' }] }],
    [
      'errors beside an empty field',
      { data: { invite: null }, errors: [{ message: 'missing_scope' }] },
    ],
  ])('by %s has failed, and says why', async (_how, json) => {
    const run = inState(await grantedBy(json), 'retrying');
    expect(run.error.message).toContain('refused this: missing_scope');
  });

  const faultOf = (words: string): string =>
    `<s:Envelope><s:Body><s:Fault><faultstring>${words}</faultstring></s:Fault></s:Body></s:Envelope>`;

  test.each([200, 500])(
    'by a fault of SOAP with status %i has failed, and says why',
    async (status) => {
      engine.party.on('POST /users', { status, text: faultOf('Wrong &amp; missing role') });
      const integration = await engine.integration(oneStep());
      const started = startedRun(await engine.grant(await engine.person(), integration));
      await engine.runJobs();
      const run = inState(await engine.run(started.id), 'retrying');
      expect(run.error.message).toContain('refused this: Wrong & missing role');
    },
  );

  test.each([
    [
      'a fault of SOAP',
      '<Envelope><Body><Fault><faultstring>No seat for ann@x.io</faultstring></Fault></Body></Envelope>',
    ],
    ['errors', '{"data":null,"errors":[{"message":"No seat for ann@x.io"}]}'],
  ])('by %s quoting what the manifest expects has failed', async (_how, text) => {
    engine.party.on('POST /users', { text });
    const integration = await engine.integration(oneStep({ expected: '{{email}}' }));
    const ann = await engine.person({ email: 'ann@x.io' });
    const started = startedRun(await engine.grant(ann, integration));
    await engine.runJobs();
    const { error } = inState(await engine.run(started.id), 'retrying');
    expect(error.message).toContain('refused this: No seat for ann@x.io');
  });

  test('has succeeded where the manifest expects its words beside "ok": false', async () => {
    const run = await grantedBy(
      { ok: false, error: 'user_was_invited' },
      { expected: 'was_invited' },
    );
    expect(run.state).toBe('succeeded');
  });

  test('has succeeded where a fault of SOAP with status 500 says that they are there already', async () => {
    engine.party.on('POST /users', { status: 500, text: faultOf('User already exists') });
    const integration = await engine.integration(oneStep());
    const started = startedRun(await engine.grant(await engine.person(), integration));
    await engine.runJobs();
    expect((await engine.run(started.id)).state).toBe('succeeded');
  });

  test('in words of its own has failed where the manifest expects others', async () => {
    engine.party.on('POST /users', { text: '<answer><status>denied</status></answer>' });
    const integration = await engine.integration(oneStep({ expected: '<status>ok</status>' }));
    const started = startedRun(await engine.grant(await engine.person(), integration));
    await engine.runJobs();
    expect(inState(await engine.run(started.id), 'retrying').error.code).toBe('not-matched');
  });

  test.each([
    'already_in_team',
    'already_invited',
    'user_already_exists',
    'User is already a member of this team',
    'already_in_channel',
    'The person has already been added.',
    'already_in_team_invited_user',
    'user_already_team_member',
    'User is already part of this group',
  ])('has succeeded where the person is there already: %s', async (error) => {
    expect((await grantedBy({ ok: false, error })).state).toBe('succeeded');
  });

  test('has succeeded where the only error beside an empty field says so', async () => {
    const errors = [{ message: 'User is already a member of this team' }];
    expect((await grantedBy({ data: { invite: null }, errors })).state).toBe('succeeded');
  });

  test.each([
    'seat_limit_already_reached',
    'The trial has already expired',
    'This address is already used by someone else',
    'already_in_progress',
    'user_already_deactivated',
    'User already exists in another workspace',
    'This address is already in use',
    'The workspace already has the maximum number of members',
    'Your plan already has 10 seats',
    'The team is already on a plan without guests',
    'User is already a member of a different team',
    'This address was already added by someone else',
    'You have already invited the maximum number of guests',
    'You have already added 10 people, which is the limit of this workspace',
    'All seats are taken: 10 people were already added',
  ])('has failed where something else is so already: %s', async (error) => {
    expect((await grantedBy({ ok: false, error })).state).toBe('retrying');
  });

  test('has succeeded where the manifest expects that answer', async () => {
    const continue_if = { response_notation: 'error', value: 'user_was_invited' };
    const run = await grantedBy({ ok: false, error: 'user_was_invited' }, { continue_if });
    expect(run.state).toBe('succeeded');
  });
});

test('an optional field of the form that was left empty leaves no warning', async () => {
  engine.party.on('POST /users', { json: {} });
  const person = await engine.person();
  const integration = await engine.integration({
    ...oneStep({ data: { note: '{{NOTE}}', roles: '{{ROLES}}' } }),
    form: [
      { id: 'NOTE', name: 'Note', type: 'input', required: false },
      {
        id: 'ROLES',
        name: 'Roles',
        type: 'multiple_choice',
        required: false,
        items: [{ id: 'r', name: 'R' }],
      },
    ],
  });
  const run = startedRun(await engine.grant(person, integration));
  await engine.runJobs();
  const [step] = await engine.stores.runs.steps(run.id, 1);
  expect(step?.warnings).toEqual([]);
  expect(JSON.parse(engine.party.requests[0]?.body ?? '')).toEqual({ note: '', roles: [] });
});

test('a look-up of a revoke that finds no account ends it, with that said of the run', async () => {
  engine.party.on('GET /users', { status: 404 });
  const person = await engine.person();
  const integration = await engine.integration({
    ...oneStep(),
    revoke: [
      { method: 'GET', url: `${engine.party.url}/users` },
      { method: 'DELETE', url: `${engine.party.url}/users/{{responses.0.id}}` },
    ],
    gone_if: [{ step: 0, status: [404] }],
  });
  const run = startedRun(await engine.revokeRun(person, integration));
  await engine.runJobs();
  expect(inState(await engine.run(run.id), 'succeeded').foundGone).toBe(true);
  expect(engine.party.requests.map(({ method }) => method)).toEqual(['GET']);
});

test.each([
  ['Forbidden', 'failed'],
  ['User not found', 'succeeded'],
])('a look-up of GraphQL with an empty field and the error %j has %s', async (message, state) => {
  engine.party.on('POST /graphql', { json: { data: { user: null }, errors: [{ message }] } });
  const integration = await engine.integration({
    ...oneStep(),
    revoke: [
      { url: `${engine.party.url}/graphql` },
      { method: 'DELETE', url: `${engine.party.url}/users/{{responses.0.data.user.id}}` },
    ],
    gone_if: [{ step: 0, response_notation: 'data.user', value: null }],
  });
  const run = startedRun(await engine.revokeRun(await engine.person(), integration));
  await engine.runJobs();
  expect((await engine.run(run.id)).state).toBe(state);
});

test('a revoke that found an account and removed it did not find it gone', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  const person = await engine.person();
  const revoke = [{ method: 'DELETE', url: `${engine.party.url}/users` }];
  const integration = await engine.integration({ ...oneStep(), revoke });
  const run = startedRun(await engine.revokeRun(person, integration));
  await engine.runJobs();
  expect(inState(await engine.run(run.id), 'succeeded')).not.toHaveProperty('foundGone');
});

describe('a fact about the person that a revoke needs and nobody knows', () => {
  const needsName = () => ({
    ...oneStep(),
    extra_user_info: [{ id: 'GITHUB_USERNAME', name: 'GitHub username' }],
    revoke: [
      { method: 'GET', url: `${engine.party.url}/users?email={{email}}` },
      { method: 'DELETE', url: `${engine.party.url}/members/{{GITHUB_USERNAME}}` },
    ],
  });

  test('ends it at once, sends nothing, and is named', async () => {
    const [person, integration] = [await engine.person(), await engine.integration(needsName())];
    const run = startedRun(await engine.revokeRun(person, integration));
    await engine.runJobs();
    expect(inState(await engine.run(run.id), 'failed').error).toEqual({
      code: 'fact-missing',
      message:
        "GitHub username isn't known, so Latchkey couldn't revoke this access. Remove it by hand.",
      step: 0,
    });
    expect(engine.party.requests).toHaveLength(0);
  });

  test('that was lost between two requests: no further one is sent', async () => {
    const [{ id }, integration] = [await engine.person(), await engine.integration(needsName())];
    const keep = (stored: Person['stored']) =>
      engine.transact(async (tx) => {
        const person = await tx.people.find(id);
        return person ? tx.people.save({ ...person, stored }) : undefined;
      });
    const person = present(await keep({ GITHUB_USERNAME: 'grace' }));
    const run = startedRun(await engine.revokeRun(person, integration));
    await slowly(run, 'GET /users', SECOND);
    await keep({});
    await engine.runJobs();
    expect(inState(await engine.run(run.id), 'failed').error).toMatchObject({
      code: 'fact-missing',
      step: 1,
    });
    expect(engine.party.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  test('does not keep an execute from its run', async () => {
    const [person, integration] = [await engine.person(), await engine.integration(needsName())];
    engine.party.on('POST /users', { json: {} });
    const run = startedRun(await engine.grant(person, integration));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });
});

/** Sends the run's request from a worker that dies before the answer comes. @returns what it still does */
async function interrupted(run: Run) {
  const before = engine.party.requests.length;
  const dying = advanceRun(run.id, engine.worker('worker-that-dies'));
  await engine.party.received(before + 1);
  await engine.die('worker-that-dies');
  return { dying };
}

describe('a worker that dies', () => {
  test('during a GET: another sends it again, and the late answer stores nothing', async () => {
    const late = held({ json: { from: 'late' } });
    engine.party.on('GET /users', late.answer, { json: { from: 'second' } });
    const { run } = await granted(oneStep({ method: 'GET', store_data: { FROM: 'from' } }));
    const { dying } = await interrupted(run);

    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    const before = await engine.run(run.id);
    late.release();
    await dying;

    expect(await engine.run(run.id)).toEqual(before);
    expect((await engine.stores.people.find(run.personId))?.stored).toEqual({ FROM: 'second' });
    expect(engine.party.requests).toHaveLength(2);
  });

  test('during the last of many polls: another sends that one again, since each of the others has ended', async () => {
    const late = held({ json: { done: false } });
    const notYet: Answer = { json: { done: false } };
    engine.party.on('GET /users', notYet, notYet, notYet, notYet, notYet, late.answer, {
      json: { done: true },
    });
    const { run } = await granted(
      oneStep({
        method: 'GET',
        polling: { interval: 30, amount: 6 },
        continue_if: { response_notation: 'done', value: true },
      }),
    );
    await engine.runJobs();
    for (let polls = 1; polls < 5; polls += 1) await engine.later(30 * SECOND);
    engine.clock.advance(30 * SECOND);
    const { dying } = await interrupted(run);
    await engine.runJobs();
    late.release();
    await dying;
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect((await engine.steps(run.id))[0]?.tries).toBe(7);
  });

  test('whose answer comes while another works on the same step stores nothing', async () => {
    const first = held({ json: { from: 'first' } });
    const second = held({ json: { from: 'second' } });
    engine.party.on('GET /users', first.answer, second.answer);
    const { run } = await granted(oneStep({ method: 'GET', store_data: { FROM: 'from' } }));
    const { dying } = await interrupted(run);
    const taking = advanceRun(run.id, engine.worker('worker-2'));
    await engine.party.received(2);

    first.release();
    await dying;
    expect(await engine.run(run.id)).toMatchObject({ state: 'running', workerId: 'worker-2' });
    expect((await engine.stores.people.find(run.personId))?.stored).toEqual({});

    second.release();
    await taking;
    expect((await engine.stores.people.find(run.personId))?.stored).toEqual({ FROM: 'second' });
  });

  test('is not its own rival: a process that slept over its lease works on the run once', async () => {
    const answer = held({ json: {} });
    engine.party.on('GET /users', answer.answer);
    const { run } = await granted(oneStep({ method: 'GET' }));
    const slow = advanceRun(run.id, engine.worker());
    await engine.party.received(1);
    engine.clock.advance(HOUR);
    await advanceRun(run.id, engine.worker());

    answer.release();
    await slow;
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests).toHaveLength(1);
  });

  test('during a write: its outcome is unknown, and the retry repeats its Idempotency-Key', async () => {
    const late = held({ json: {} });
    engine.party.on('POST /users', late.answer, { json: {} });
    const { run } = await granted(oneStep());
    const { dying } = await interrupted(run);
    await engine.runJobs();

    const failed = inState(await engine.run(run.id), 'retrying');
    expect(failed.error.code).toBe('unknown-outcome');
    expect(failed.error.message).toContain("We don't know whether it was done.");
    expect(engine.party.requests).toHaveLength(1);
    late.release();
    await dying;
    expect((await engine.run(run.id)).state).toBe('retrying');

    await engine.later(HOUR);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
  });

  test('during a write that can no longer be rendered: its outcome is unknown all the same', async () => {
    engine.party.on('DELETE /users/7', 'hang');
    const { run, person } = await granted(
      oneStep({ method: 'DELETE', url: `${engine.party.url}/users/{{ID}}` }),
    );
    const store = (stored: Readonly<Record<string, string>>) =>
      engine.transact(async (tx) => {
        const now = await tx.people.find(person.id);
        return tx.people.save({ ...(now ?? person), stored });
      });
    await store({ ID: '7' });
    const { dying } = await interrupted(run);
    await store({});
    await engine.runJobs();
    expect(inState(await engine.run(run.id), 'retrying').error.code).toBe('unknown-outcome');
    await engine.party.close();
    await dying;
  });

  test('during a write whose secret is gone since: its outcome is unknown all the same, and the retry repeats its Idempotency-Key', async () => {
    const late = held({ json: {} });
    engine.party.on('POST /users', late.answer, { json: {} });
    const asking = (item: Readonly<Record<string, unknown>>) => ({
      ...oneStep({ headers: { 'x-key': '{{KEY}}' } }),
      initial_data_form: [{ id: 'KEY', name: 'Key', ...item }],
    });
    const secrets = { KEY: 'abc' };
    const { run, integration } = await granted(asking({}), { secrets });
    const { dying } = await interrupted(run);
    const { actor } = engine;
    const text = JSON.stringify(asking({ secret: false }));
    await engine.transact((tx) => saveManifest(tx, integration, { text, actor }));
    expect(await engine.stores.secrets.all(integration.id)).toEqual({});
    await engine.runJobs();

    expect(inState(await engine.run(run.id), 'retrying').error.code).toBe('unknown-outcome');
    expect((await engine.steps(run.id))[0]?.state).toBe('unknown');
    late.release();
    await dying;
    await engine.transact((tx) => setSecrets(tx, integration, { secrets, actor }));
    await engine.later(HOUR);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
  });

  test('between two steps: another goes on with the second, and does not repeat the first', async () => {
    engine.party.on('POST /first', { json: { id: 1 } });
    engine.party.on('POST /second', { json: {} });
    const { run } = await granted({
      execute: [
        { url: `${engine.party.url}/first` },
        { url: `${engine.party.url}/second`, data: { id: '{{responses.0.id}}' } },
      ],
    });
    await advanceRun(run.id, engine.worker('worker-that-dies'));
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/first', '/second']);
    expect(engine.party.requests[1]?.body).toBe('{"id":"1"}');
  });

  test('two workers at once: only one of them works on the run', async () => {
    engine.party.on('POST /users', { json: {} });
    const { run } = await granted(oneStep());
    await Promise.all([
      advanceRun(run.id, engine.worker('worker-1')),
      advanceRun(run.id, engine.worker('worker-2')),
    ]);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests).toHaveLength(1);
  });
});

describe('when Latchkey itself breaks', () => {
  /** A worker whose way out throws, as only a bug does. */
  const broken = () => ({
    ...engine.worker('broken'),
    http: { send: () => Promise.reject(new TypeError('x is not a function')) },
  });
  const breakIt = async (run: Run) => {
    await expect(advanceRun(run.id, broken())).rejects.toThrow('x is not a function');
  };

  test('during a write, its outcome is unknown and said to be', async () => {
    const { run } = await granted(oneStep());
    await breakIt(run);
    await engine.later(5 * SECOND);
    expect(inState(await engine.run(run.id), 'retrying').error.code).toBe('unknown-outcome');
  });

  test('during a GET, it is sent again a little later', async () => {
    engine.party.on('GET /users', { json: {} });
    const { run } = await granted(oneStep({ method: 'GET' }));
    await breakIt(run);
    await engine.later(5 * SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('again and again, the run fails and says so, without a word of the code', async () => {
    const { run } = await granted(oneStep({ method: 'GET' }));
    for (let times = 0; times < 5; times += 1) {
      await breakIt(run);
      engine.clock.advance(5 * SECOND);
    }
    await advanceRun(run.id, broken());
    const { error } = inState(await engine.run(run.id), 'retrying');
    expect(error).toMatchObject({ code: 'internal', step: 0 });
    expect(error.message).toContain('went wrong in Latchkey, not in the app');
    expect(error.message).not.toContain('function');
  });

  test('again and again with a GET that was on its way, the run fails as well', async () => {
    const { run } = await granted(oneStep({ method: 'GET' }));
    await breakIt(run); // Its step is stored as sending.
    const worker = engine.worker('unreadable');
    const unreadable = () => Promise.reject(new TypeError('no key opens it'));
    const transact: UnitOfWork = (work) =>
      worker.transact((tx) => {
        const runs = Object.create(tx.runs, { findActive: { value: unreadable } }) as RunStore;
        return work(Object.create(tx, { runs: { value: runs } }) as Transaction);
      });
    for (let times = 0; times < 9; times += 1) {
      engine.clock.advance(5 * SECOND);
      await expect(advanceRun(run.id, { ...worker, transact })).rejects.toThrow('no key');
    }
    expect(inState(await engine.run(run.id), 'retrying').error.code).toBe('internal');
  });

  test('between two requests, the run goes on where it stood, and what is done is not sent again', async () => {
    engine.party.on('POST /users', { json: {} });
    const { run } = await granted(oneStep());
    endBreaks = () => true;
    await expect(advanceRun(run.id, engine.worker())).rejects.toThrow('Oops');
    endBreaks = () => false;
    await engine.later(5 * SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests).toHaveLength(1);
  });

  test.each([
    [
      'in storing that the next one begins',
      (tx: Transaction) => ({
        runs: {
          value: Object.create(tx.runs, {
            putSteps: {
              value: (steps: readonly Step[]) =>
                steps.some(({ index }) => index === 1)
                  ? Promise.reject(new TypeError('Oops'))
                  : tx.runs.putSteps(steps),
            },
          }) as RunStore,
        },
      }),
    ],
    [
      'in looking up the cards to refresh',
      (tx: Transaction) => ({
        messages: {
          value: Object.create(tx.messages, {
            byTopics: { value: () => Promise.reject(new TypeError('Oops')) },
          }) as MessageStore,
        },
      }),
    ],
  ])('after a write, %s: it is stored as done, and not sent again', async (_, brokenPart) => {
    engine.party.on('POST /users', { json: {} });
    engine.party.on('POST /teams', { json: {} });
    const { run } = await granted({
      execute: [{ url: `${engine.party.url}/users` }, { url: `${engine.party.url}/teams` }],
    });
    const worker = engine.worker();
    let isBroken = false;
    const transact: UnitOfWork = (work) =>
      worker.transact((tx) => {
        if (isBroken || engine.party.requests.length === 0) return work(tx);
        isBroken = true;
        return work(Object.create(tx, brokenPart(tx)) as Transaction);
      });
    await expect(advanceRun(run.id, { ...worker, transact })).rejects.toThrow('Oops');
    expect(isBroken).toBe(true);
    await engine.later(5 * SECOND);
    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/users', '/teams']);
  });

  test.each([
    ['with the end of the run', 2],
    ['with the beginning of the next', 1],
  ])(
    'a database that stored a step %s, and was lost before it could say so: every step is sent once',
    async (_, sent) => {
      engine.party.on('POST /users', { json: {} });
      engine.party.on('POST /teams', { json: {} });
      const { run } = await granted({
        execute: [{ url: `${engine.party.url}/users` }, { url: `${engine.party.url}/teams` }],
      });
      const worker = engine.worker();
      let isLost = false;
      const transact: UnitOfWork = async (work) => {
        const done = await worker.transact(work);
        if (isLost || engine.party.requests.length < sent) return done;
        isLost = true;
        throw new Error('Connection terminated unexpectedly');
      };
      await expect(advanceRun(run.id, { ...worker, transact })).rejects.toThrow('terminated');
      await engine.later(5 * SECOND);
      expect((await engine.run(run.id)).state).toBe('succeeded');
      expect(engine.party.requests.map(({ url }) => url)).toEqual(['/users', '/teams']);
    },
  );

  test('there five times in a row, the attempt fails and says so', async () => {
    engine.party.on('POST /users', { json: {} });
    const { run } = await granted(oneStep());
    endBreaks = ({ state }) => state === 'succeeded';
    for (let times = 1; times <= 5; times += 1) {
      await expect(advanceRun(run.id, engine.worker())).rejects.toThrow('Oops');
      engine.clock.advance(5 * SECOND);
    }
    expect(inState(await engine.run(run.id), 'retrying').error.code).toBe('internal');
    expect(engine.party.requests).toHaveLength(1);
  });
});

describe('a generated value', () => {
  const manifest = () => ({
    initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
    execute: [{ url: `${engine.party.url}/users`, data: { password: '{{PASSWORD}}' } }],
  });
  const sent = () =>
    engine.party.requests.map(({ body }) => (JSON.parse(body) as { password: string }).password);

  test('is the same in the retry, and new in the next run', async () => {
    engine.party.on('POST /users', { status: 400 }, { json: {} });
    const { person, integration } = await granted(manifest());
    await engine.runJobs();
    await engine.later(HOUR);
    await engine.granted(person, integration);

    const [first, retried, next] = sent();
    expect(first).toMatch(/^[\w-]{24}$/);
    expect(retried).toBe(first);
    expect(next).not.toBe(first);
  });

  test('is never in plain on disk, also where the other side repeats it, and is dropped at the end', async () => {
    engine = await testEngine({ ownFile: true });
    engine.party.on('POST /users', { status: 400 });
    const { run } = await granted(manifest());
    await engine.runJobs();
    const [password = ''] = sent();
    engine.party.on('POST /users', { json: { password } });
    await engine.later(HOUR);

    expect((await engine.run(run.id)).state).toBe('succeeded');
    expect((await engine.steps(run.id))[0]?.responseText).toContain('•••PASSWORD•••');
    expect(engine.databaseBytes()).not.toContain(password);
    expect((await engine.stores.runs.inputs(run.id)).generated).toEqual({});
  });
});

describe('when a run has ended', () => {
  test('the person is notified where it succeeded', async () => {
    const { run, person } = await grantWith([{ json: {} }]);
    expect(run.state).toBe('succeeded');
    const posts = engine.chat.filter(({ name }) => name === 'message.post');
    expect(posts.map(({ payload }) => payload)).toMatchObject([{ personId: person.id }]);
  });

  test('the person is not notified where it failed, but only the admin who started it', async () => {
    const { run } = await grantWith([{ status: 400 }]);
    await engine.later(HOUR);
    const posts = engine.chat.filter(({ name }) => name === 'message.post');
    expect(posts.map(({ payload }) => payload)).toMatchObject([
      { personId: engine.admin.id, card: { topic: `run:${run.id}` } },
    ]);
  });

  test('the access is known: granted, then revoked', async () => {
    engine.party.on('DELETE /users', { json: {} });
    engine.party.on('POST /users', { json: {} });
    const { person, integration } = await granted({
      ...oneStep(),
      revoke: [{ method: 'DELETE', url: `${engine.party.url}/users` }],
    });
    await engine.runJobs();
    const access = () => engine.stores.access.find(person.id, integration.id);
    expect(await access()).toMatchObject({ state: 'has', since: engine.now() });
    engine.clock.advance(HOUR);
    await engine.revoke(person, integration);
    await engine.runJobs();
    expect(await access()).toMatchObject({ state: 'none', since: engine.now() });
  });

  const searched = () => ({
    ...oneStep(),
    exists: { method: 'GET', url: `${engine.party.url}/users`, expected: '{{email}}' },
  });

  test('exists is asked, and its answer counts', async () => {
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /users', { json: { users: ['grace@example.com'] } });
    const { person, integration } = await granted(searched());
    await engine.runJobs();
    expect(await engine.stores.access.find(person.id, integration.id)).toMatchObject({
      state: 'has',
    });
  });

  test('a search that does not find the person yet proves nothing; it is asked again, and counts then', async () => {
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /users', { json: { users: [] } });
    const { person, integration } = await granted(searched());
    await engine.runJobs();
    const access = () => engine.stores.access.find(person.id, integration.id);
    expect(await access()).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('It was just granted') as string,
    });
    expect(await engine.stores.accounts.goneAt(person.id, integration.id)).toEqual([]);
    engine.clock.advance(5 * MINUTE);
    await engine.runJobs();
    expect(await access()).toMatchObject({ state: 'none' });
  });

  test('a run whose integration was deleted or broken says so instead of hanging', async () => {
    const { run, integration } = await granted(oneStep());
    await engine.newManifest(integration, oneStep());
    await engine.db('manifest_versions').update({ manifest: '{ broken' });
    await engine.runJobs();
    const { error } = inState(await engine.run(run.id), 'retrying');
    expect(error.code).toBe('integration-gone');
    expect(error.message).toContain('Asana');
  });
});
