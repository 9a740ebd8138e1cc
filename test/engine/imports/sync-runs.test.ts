/** Imports from a third party, as a worker does them: pages, rows, choices, limits, crashes. */
import { beforeEach, describe, expect, test } from 'vitest';
import { settingsChanged } from '../../../src/engine/access/removals/expedite.ts';
import { advanceSync } from '../../../src/engine/imports/advance-sync.ts';
import { takeSync } from '../../../src/engine/imports/hold-sync.ts';
import { setNamedManagers } from '../../../src/engine/imports/managers-of-admins.ts';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import {
  chooseFound,
  chooseRows,
  endSync,
  ignoreForGood,
  importSync,
  startSync,
  stopIgnoring,
} from '../../../src/engine/imports/start-sync.ts';
import {
  noCounts,
  type SyncIn,
  type SyncRun,
  type SyncState,
} from '../../../src/engine/imports/sync-run.ts';
import { turnOff, turnOn } from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { finishErasure } from '../../../src/engine/people/erase-person.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { HOUR, MINUTE, SECOND, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const sync = (more: Readonly<Record<string, unknown>> = {}) => ({
  execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
  action: 'create',
  data_from: 'users',
  data_structure: { email: 'mail', first_name: 'first', last_name: 'last' },
  ...more,
});
const byUrl = (more: Readonly<Record<string, unknown>> = {}) =>
  sync({ next_page_from: 'next', amount_pages_to_fetch: 1000, ...more });

const rows = (...names: readonly string[]) =>
  names.map((name) => ({ mail: `${name}@x.io`, first: name, last: 'Lee' }));
const page = (names: readonly string[], next?: unknown) => ({
  json: { users: rows(...names), ...(next !== undefined && { next }) },
});

async function begin(
  integration: Integration,
  wanted: Omit<Parameters<typeof startSync>[2], 'actor'> = { mode: 'import' },
): Promise<SyncRun> {
  const started = await engine.transact((tx) =>
    startSync(tx, integration, { ...wanted, ...engine }),
  );
  if (started.kind !== 'started') throw new Error(JSON.stringify(started));
  return started.run;
}
async function imported(
  integration: Integration,
  wanted: Omit<Parameters<typeof startSync>[2], 'actor'> = { mode: 'import' },
): Promise<SyncRun> {
  const { id } = await begin(integration, wanted);
  await engine.runJobs();
  return found(id);
}
async function found(id: string): Promise<SyncRun> {
  return present(await engine.stores.syncRuns.find(id));
}
function inState<S extends SyncState>(run: SyncRun, state: S): SyncIn<S> {
  if (run.state !== state) throw new Error(JSON.stringify(run));
  return run as SyncIn<S>;
}
const scheduled = () => ({ mode: 'import', scheduledFor: engine.now() }) as const;
const person = (name: string) => engine.stores.people.findByEmail(`${name}@x.io`);
async function here(): Promise<readonly string[]> {
  const { people } = await engine.stores.people.search('x.io', { offset: 0, limit: 100 });
  return people.map(({ email }) => email.replace('@x.io', '')).toSorted();
}
const listed = async ({ id }: SyncRun) =>
  (await engine.stores.syncRows.list(id, {}, { offset: 0, limit: 100 })).rows;

describe('people are created', () => {
  test('from every page, and what is left out is counted by reason', async () => {
    await engine.person({ email: 'old@x.io' });
    const gone = await engine.person({ email: 'gone@x.io' });
    await engine.transact((tx) => tx.people.save({ ...gone, active: false }));
    const by = engine.actor;
    await engine.transact((tx) =>
      tx.ignoredEmails.addMany([{ email: 'robot@x.io', by, at: engine.now() }]),
    );
    engine.party.on('GET /users', {
      json: {
        users: [...rows('ann', 'old', 'gone', 'robot'), { mail: ' ANN@X.io ' }, { mail: 'nope' }],
        next: '/more',
      },
    });
    engine.party.on('GET /more', {
      json: { users: [{ mail: 'BO@x.io', first: 'Bo' }, 7, null, ...rows('ann')] },
    });
    const run = inState(await imported(await engine.integration(byUrl())), 'done');
    expect(run).toMatchObject({ pages: 2, reading: 'complete', warnings: [] });
    const added = await engine.stores.people.findMany(
      await engine.stores.people.addedBy(run.id, '', 10),
    );
    expect(added.map(({ email }) => email).toSorted()).toEqual(['ann@x.io', 'bo@x.io']);
    expect(run.counts).toEqual({
      ...noCounts,
      rows: 10,
      fresh: 2,
      created: 2,
      skipped: { existing: 1, left: 1, ignored: 1, duplicate: 2, invalid: 3 },
    });
    expect(await here()).toEqual(['ann', 'bo', 'old']);
    expect(await person('ann')).toMatchObject({ firstName: 'ann', lastName: 'Lee', role: 'other' });
    expect(await person('bo')).toMatchObject({ firstName: 'Bo', lastName: '' });
    const notes = (await listed(run)).flatMap(({ note }) => note ?? []);
    expect(notes).toEqual([
      '"nope" isn\'t an email address.',
      'The email address is missing.',
      'The email address is missing.',
    ]);
  });

  test('with what else the manifest takes of them, managers who come later included', async () => {
    const manifest = sync({
      data_structure: {
        email: 'mail',
        phone: 'phone',
        position: 'job.title',
        department: 'team',
        start: 'start',
        manager_email: 'boss',
      },
    });
    const ann = { mail: 'ann@x.io', boss: 'BO@x.io', start: '2026-12-01T00:00:00Z', team: 'Ops' };
    engine.party.on('GET /users', {
      json: {
        users: [
          ann,
          { mail: 'bo@x.io', boss: 'ann@x.io', phone: '+31 20', job: { title: 'Lead' } },
          { mail: 'cy@x.io', boss: 'nobody@x.io', start: 'soon' },
        ],
      },
    });
    const integration = await engine.integration(manifest);
    const first = inState(await imported(integration), 'done');
    expect(first.counts).toMatchObject({ partly: 1, withoutManager: 2 });
    const [a, b, c] = [await person('ann'), await person('bo'), await person('cy')];
    expect(a).toMatchObject({ startDate: '2026-12-01', department: 'Ops', managerId: b?.id });
    expect(b).toMatchObject({ phone: '+31 20', position: 'Lead' });
    expect(b).not.toHaveProperty('managerId'); // It would stand above itself.
    expect(c).not.toHaveProperty('startDate');

    expect((await listed(first)).flatMap(({ note }) => note ?? [])).toEqual([
      'start: "soon" isn\'t a date; use one like 2026-11-24. Imported without this value.',
    ]);

    // Later it fills what is missing, and overwrites nothing.
    if (a) await engine.transact((tx) => tx.people.save({ ...a, department: 'By hand' }));
    engine.party.on('GET /users', {
      json: { users: [{ ...ann, phone: '+32 9', start: '2027-01-01', team: 'Sales' }] },
    });
    const again = inState(await imported(integration), 'done');
    expect(again.counts).toMatchObject({ created: 0, updated: 1 });
    expect(await person('ann')).toMatchObject({
      phone: '+32 9',
      startDate: '2026-12-01',
      department: 'By hand',
    });
    expect((await imported(integration)).counts).toMatchObject({ updated: 0 });
  });
});

describe('a row', () => {
  test('that no database would take is read without what it refuses, or is not valid', async () => {
    const long = 'x'.repeat(201);
    engine.party.on('GET /users', {
      json: {
        users: [
          { mail: 'ann@x.io', first: 'A\0nn', last: `Half \uD83D` },
          { mail: 'b\0o@x.io' },
          { mail: 'cy@x.io', first: long },
          { mail: 'di@x.io', first: { not: 'a name' } },
        ],
      },
    });
    const run = inState(await imported(await engine.integration(sync())), 'done');
    expect(run.counts).toMatchObject({ created: 2, skipped: { invalid: 2 } });
    expect(await person('ann')).toMatchObject({ firstName: 'Ann', lastName: 'Half \uFFFD' });
    expect(await person('di')).toMatchObject({ firstName: '' });
    const notes = (await listed(run)).flatMap(({ note }) => note ?? []);
    expect(notes).toEqual([
      '"bo@x.io" isn\'t an email address.',
      'A name is longer than 200 characters.',
    ]);
  });

  test('may be one of a page of 15 MB', async () => {
    const users = Array.from({ length: 2000 }, (_, n) => ({
      ...rows(`p${n}`)[0],
      photo: 'x'.repeat(7500),
    }));
    engine.party.on('GET /users', { json: { users } });
    const run = inState(await imported(await engine.integration(sync())), 'done');
    expect(run.counts).toMatchObject({ rows: 2000, created: 2000 });
  });
});

describe('a page', () => {
  const users = (list: string) => `{"users":[${list}]}`;
  test.each([
    ['of 17 MB', () => `{"error":"${'x'.repeat(17_000_000)}"}`, /more than Latchkey reads/],
    ['of a million rows', () => users(`${'1,'.repeat(999_000)}1`), /^The page has 999,001 people/],
    [
      'of millions of values',
      () => users(`${'[[]],'.repeat(1_000_000)}1`),
      /has more than 1,000,000 values, and Latchkey doesn't read that many\. Request less/,
    ],
    [
      'of a number of 5,000 digits',
      () => users('1'.repeat(5000)),
      /has a number of more than 400 digits, and Latchkey doesn't read that/,
    ],
  ])('%s fails the import with a sentence, and leaves no row', async (_, text, said) => {
    engine.party.on('GET /users', { text: text() });
    const run = inState(await imported(await engine.integration(sync())), 'failed');
    expect(run.error).toMatchObject({
      code: 'no-answer',
      message: expect.stringMatching(said) as string,
    });
    expect(await listed(run)).toEqual([]);
  });

  test('of another shape fails the import, and its beginning is quoted', async () => {
    engine.party.on('GET /users', { json: { error: 'x'.repeat(10_000_000) } });
    const run = inState(await imported(await engine.integration(sync())), 'failed');
    expect(run.error.message).toMatch(/^The people must be a list .* Received: \{"error":"x{189}…/);
  });
});

test('of many rows without an address the first thousand are kept, and all are counted', async () => {
  engine.party.on('GET /users', {
    json: { users: [...Array.from({ length: 3000 }, () => 1), ...rows('ann')] },
  });
  const run = inState(await imported(await engine.integration(sync())), 'done');
  expect(run.counts).toMatchObject({ rows: 3001, created: 1, skipped: { invalid: 3000 } });
  const { total } = await engine.stores.syncRows.list(run.id, {}, { offset: 0, limit: 1 });
  expect(total).toBe(1001);
});

describe('pages end', () => {
  test.each([
    ['at a missing address', undefined],
    ['at null', null],
    ['at an empty address', ''],
    ['at a page without users', '/none'],
  ])('%s', async (_what, next) => {
    engine.party.on('GET /users', page(['ann'], next));
    engine.party.on('GET /none', { json: { users: [] } });
    const run = inState(await imported(await engine.integration(byUrl())), 'done');
    expect([run.reading, run.counts.created]).toEqual(['complete', 1]);
    expect(engine.party.requests.length).toBe(next === '/none' ? 2 : 1);
  });

  test('at an address that was read some pages before', async () => {
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', page(['bo'], '/3'));
    engine.party.on('GET /3', page(['cy'], '/2'));
    const run = inState(await imported(await engine.integration(byUrl())), 'done');
    expect([run.reading, run.pages, run.counts.created]).toEqual(['cut-off', 3, 3]);
    expect(engine.party.requests).toHaveLength(3);
  });

  test.each([
    ['names itself', '/users', 1],
    ['is followed by an empty one that names another', '/empty', 2],
    ['is followed by one without a list', '/refusal', 2],
  ])(
    'where the last page %s: then the list may lack people, and is not complete',
    async (_what, next, requests) => {
      engine.party.on('GET /users', page(['ann'], next));
      engine.party.on('GET /empty', page([], '/3'));
      engine.party.on('GET /refusal', { json: { ok: false } });
      const run = inState(await imported(await engine.integration(byUrl())), 'done');
      expect([run.reading, run.counts.created]).toEqual(['cut-off', 1]);
      expect(run.warnings).toEqual([
        'The list ended, although its last page named another one. So it may lack people.',
      ]);
      expect(engine.party.requests).toHaveLength(requests);
    },
  );

  test('at an empty page whose token is where the next import goes on, also of changes', async () => {
    const manifest = sync({
      execute: [{ method: 'GET', url: `${engine.party.url}/users?after={{SINCE}}` }],
      next_page: `${engine.party.url}/users?after={{NEXT_PAGE_TOKEN}}`,
      next_page_token_from: 'cursor',
      since: 'cursor',
    });
    engine.party.on(
      'GET /users',
      { json: { users: rows('ann'), cursor: 'a' } },
      { json: { users: [], cursor: 'b' } },
    );
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect([run.reading, run.warnings]).toEqual(['complete', []]);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['blank', ' '],
    ['false', false],
    ['an object', {}],
  ])('at a token that is %s', async (_what, token) => {
    const manifest = sync({
      next_page: `${engine.party.url}/users?after={{NEXT_PAGE_TOKEN}}`,
      next_page_token_from: 'token',
    });
    engine.party.on('GET /users', { json: { users: rows('ann'), token } });
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect([run.reading, run.counts.created]).toEqual(['complete', 1]);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('at a page without people, where pages are counted by number and by people', async () => {
    const manifest = sync({
      next_page: `${engine.party.url}/users?page={{NEXT_PAGE_NUMBER}}&offset={{NEXT_PAGE_OFFSET}}`,
    });
    engine.party.on('GET /users', page(['ann', 'bo']), page(['cy']), page([]));
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect([run.reading, run.counts.created]).toEqual(['complete', 3]);
    expect(engine.party.requests.map(({ url }) => url)).toEqual([
      '/users',
      '/users?page=2&offset=2',
      '/users?page=3&offset=3',
    ]);
  });

  test.each([
    [0, ['/users', '/users?page=1&offset=2', '/users?page=2&offset=3']],
    [1, ['/users', '/users?page=2&offset=3', '/users?page=3&offset=4']],
  ])('and pages are counted from the first one, %s', async (first_page, requested) => {
    const manifest = sync({
      next_page: `${engine.party.url}/users?page={{NEXT_PAGE_NUMBER}}&offset={{NEXT_PAGE_OFFSET}}`,
      first_page,
    });
    engine.party.on('GET /users', page(['ann', 'bo']), page(['cy']), page([]));
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect([run.reading, run.counts.created]).toEqual(['complete', 3]);
    expect(engine.party.requests.map(({ url }) => url)).toEqual(requested);
  });

  test('at a mark that says so, where pages are counted', async () => {
    const manifest = sync({
      next_page: `${engine.party.url}/users?offset={{NEXT_PAGE_OFFSET}}`,
      next_page_token_from: 'more',
    });
    engine.party.on(
      'GET /users',
      { json: { users: rows('ann'), more: true } },
      { json: { users: rows('bo'), more: false } },
    );
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect([run.reading, run.counts.created]).toEqual(['complete', 2]);
    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/users', '/users?offset=1']);
  });

  test('where the Link header has no next one', async () => {
    engine.party.on('GET /users', {
      headers: { link: `</users?p=1>; rel="first", </users/2?a=1,2>; rel="next"` },
      ...page(['ann']),
    });
    engine.party.on('GET /users/2', {
      headers: { link: '</users>; rel="prev first"' },
      ...page(['bo']),
    });
    const run = inState(
      await imported(await engine.integration(byUrl({ next_page_from: 'Link' }))),
      'done',
    );
    expect([run.reading, run.counts.created]).toEqual(['complete', 2]);
    expect(engine.party.requests[1]?.url).toBe('/users/2?a=1,2');
  });

  test('at an empty page, which counts as none', async () => {
    engine.party.on('GET /users', { json: { users: rows('ann'), next: '/more' } });
    engine.party.on('GET /more', { json: { users: [], next: '/more' } });
    const run = inState(await imported(await engine.integration(byUrl())), 'done');
    expect(run).toMatchObject({ pages: 1, counts: { rows: 1 } });
    expect(engine.party.requests).toHaveLength(2);
  });

  test('at a null token, after each page was asked for with the token before', async () => {
    const manifest = sync({
      next_page: `${engine.party.url}/users?after={{NEXT_PAGE_TOKEN}}`,
      next_page_token_from: 'meta.token',
    });
    engine.party.on(
      'GET /users',
      { json: { users: rows('ann'), meta: { token: 'a&b' } } },
      { json: { users: rows('bo'), meta: { token: 12345678901234567890n.toString() } } },
      { json: { users: rows('cy'), meta: { token: null } } },
    );
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect(run).toMatchObject({ pages: 3, reading: 'complete' });
    expect(engine.party.requests.map(({ url }) => url)).toEqual([
      '/users',
      '/users?after=a%26b',
      '/users?after=12345678901234567890',
    ]);
  });

  test('at the limit, which is said, and is not the whole truth', async () => {
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', page(['bo'], '/3'));
    const integration = await engine.integration(byUrl({ amount_pages_to_fetch: 2 }));
    const run = inState(await imported(integration), 'done');
    expect([run.reading, run.counts.created]).toEqual(['cut-off', 2]);
    expect(run.warnings.join()).toContain('set amount_pages_to_fetch in the manifest to more than');
    expect(engine.party.requests).toHaveLength(2);
  });
});

describe('a page that fails', () => {
  test('fails the run, says why, and imports nobody', async () => {
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', { status: 500, text: 'oops' });
    const run = inState(await imported(await engine.integration(byUrl())), 'failed');
    expect(run.error).toMatchObject({ code: 'http-status', step: 1 });
    expect(run.error.message).toContain('has a problem of its own');
    expect(run.reading).toBeUndefined();
    expect(await here()).toEqual([]);
  });

  const refusal = { users: [], data: null, errors: [{ message: 'Forbidden' }] };

  test('with a status that says success fails the run, with what the app says', async () => {
    engine.party.on('GET /users', { json: refusal });
    const run = inState(await imported(await engine.integration(byUrl())), 'failed');
    expect(run.error).toMatchObject({ code: 'not-matched', step: 0 });
    expect(run.error.message).toContain('refused this: Forbidden');
  });

  test('so behind the first is no end of the list', async () => {
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', { json: refusal });
    const run = inState(await imported(await engine.integration(byUrl())), 'done');
    expect([run.reading, run.counts.created]).toEqual(['cut-off', 1]);
  });

  test('is asked for again when the service said, and only that page', async () => {
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on(
      'GET /2',
      { status: 429, headers: { 'retry-after': '900' } },
      page(['bo'], '/3'),
    );
    engine.party.on('GET /3', page(['cy']));
    const first = await imported(await engine.integration(byUrl()));
    expect(inState(first, 'waiting').dueAt).toEqual(new Date(engine.now().getTime() + 15 * MINUTE));
    await engine.later(15 * MINUTE - SECOND);
    expect((await found(first.id)).state).toBe('waiting');
    await engine.later(SECOND);
    expect(inState(await found(first.id), 'done').counts.created).toBe(3);
    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/users', '/2', '/2', '/3']);
  });

  test('gets no value that an admin entered meanwhile for another host', async () => {
    const integration = await engine.integration(
      byUrl({
        initial_data_form: ['BASE', 'TOKEN'].map((id) => ({ id, name: id })),
        headers: { authorization: 'Bearer {{TOKEN}}' },
        execute: [{ url: '{{BASE}}/users', method: 'GET' }],
      }),
      { BASE: engine.party.url, TOKEN: 'token-of-the-first' },
    );
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', { status: 429, headers: { 'retry-after': '900' } }, { status: 401 });
    await imported(integration);
    const secrets = { BASE: 'https://other.example.com', TOKEN: 'token-of-the-other' };
    await engine.transact((tx) => setSecrets(tx, integration, { secrets, actor: engine.actor }));
    await engine.later(15 * MINUTE);
    const sent = engine.party.requests.map(({ headers }) => headers['authorization']);
    expect(sent).toEqual(['Bearer token-of-the-first', 'Bearer token-of-the-first', undefined]);
  });

  test('is asked for again, however long it had waited its turn before', async () => {
    engine.party.on('GET /users', { status: 429, headers: { 'retry-after': '60' } }, page(['ann']));
    const { id } = await begin(await engine.integration(byUrl()));
    const busy = { kind: 'failed', code: 'host-busy', message: 'Busy.', maySent: false } as const;
    await advanceSync(id, { ...engine.worker(), http: { send: async () => busy } });
    expect((await found(id)).state).toBe('waiting');
    await engine.later(2 * HOUR);
    expect((await found(id)).state).toBe('waiting');
    await engine.later(MINUTE);
    expect((await found(id)).state).toBe('done');
  });

  test.each([
    ['an hour is waited for', 3600, 'waiting'],
    ['longer fails', 3601, 'failed'],
  ])('for which the service asks to wait %s', async (_, seconds, state) => {
    const headers = { 'retry-after': String(seconds) };
    engine.party.on('GET /users', { status: 429, headers });
    expect((await imported(await engine.integration(sync()))).state).toBe(state);
  });

  test('that stays too busy fails after a few tries', async () => {
    engine.party.on('GET /users', { status: 503 });
    const { id } = await imported(await engine.integration(sync()));
    for (let n = 0; n < 5; n += 1) await engine.later(MINUTE);
    expect(inState(await found(id), 'failed').error.code).toBe('http-status');
    expect(engine.party.requests).toHaveLength(4);
  });

  test('never shows a secret', async () => {
    const manifest = sync({
      execute: [{ url: `${engine.party.url}/users`, headers: { 'X-Key': '{{KEY}}' } }],
      initial_data_form: [{ id: 'KEY', name: 'Key' }],
    });
    engine.party.on('POST /users', { text: 'bad key s3cr3t-value' });
    const integration = await engine.integration(manifest, { KEY: 's3cr3t-value' });
    expect(inState(await imported(integration), 'failed').error.message).toContain('•••KEY•••');
  });

  test.each([
    { text: `${'x'.repeat(190)}s3cr3t-value` },
    { json: { note: `${'x'.repeat(180)}s3cr3t-value` } },
    { json: { users: [{ mail: 'ann@x.io' }], next: `https://${'x'.repeat(180)}:s3cr3t-value` } },
  ])('nor a part of one, where what came is cut in the middle of it: %j', async (answer) => {
    const manifest = byUrl({ initial_data_form: [{ id: 'KEY', name: 'Key' }] });
    engine.party.on('GET /users', answer);
    const integration = await engine.integration(manifest, { KEY: 's3cr3t-value' });
    const { message } = inState(await imported(integration), 'failed').error;
    expect(message).toContain('xxx');
    expect(message).not.toContain('s3cr3t');
  });

  test('of an integration that was turned off, or isn’t set up, says so', async () => {
    const integration = await engine.integration(
      sync({ initial_data_form: [{ id: 'KEY', name: 'Key' }] }),
    );
    expect(inState(await imported(integration), 'failed').error.message).toContain(
      'Key is missing',
    );
    await engine.transact((tx) => tx.integrations.save({ ...integration, enabled: false }));
    const refused = await engine.transact((tx) =>
      startSync(tx, integration, { mode: 'import', ...engine }),
    );
    expect(refused.kind === 'refused' && refused.why).toContain('turned off');
  });
});

describe('values are updated', () => {
  const update = () =>
    sync({
      action: 'update',
      schedule: '0 * * * *',
      data_structure: { email: 'mail', BADGE: 'badge' },
    });

  test('for whom the directory has, in any case, and never core fields', async () => {
    const ann = await engine.person({ email: 'ann@x.io', firstName: 'Ann' });
    await engine.transact((tx) => tx.people.save({ ...ann, stored: { kept: 1 } }));
    engine.party.on('GET /users', {
      json: {
        users: [
          { mail: 'ANN@x.io', badge: 7, first: 'Other' },
          { mail: 'who@x.io', badge: 1 },
        ],
      },
    });
    const integration = await engine.integration(update());
    const run = inState(await imported(integration, { mode: 'preview' }), 'done');
    expect(run.counts).toMatchObject({ created: 0, updated: 1, skipped: { unknown: 1 } });
    expect(await person('ann')).toMatchObject({
      firstName: 'Ann',
      stored: { kept: 1, BADGE: 7 },
    });
    const again = inState(await imported(integration), 'done');
    expect(again.counts).toMatchObject({ updated: 0, skipped: { unknown: 1, unchanged: 1 } });
  });

  test('but not with a fact that another active person has, and the row is counted', async () => {
    const [ann, bo] = [
      await engine.person({ email: 'ann@x.io' }),
      await engine.person({ email: 'bo@x.io' }),
    ];
    await engine.person({ email: 'cy@x.io' });
    await engine.transact((tx) => tx.people.save({ ...bo, stored: { BADGE: 'B-1' } }));
    await engine.integration(
      {
        extra_user_info: [{ id: 'BADGE', name: 'Badge number' }],
        execute: [{ url: `${engine.party.url}/doors/{{BADGE}}`, data: { desk: '{{DESK}}' } }],
      },
      {},
      'Doors',
    );
    engine.party.on('GET /users', {
      json: {
        users: [
          { mail: 'ann@x.io', badge: 'b-1', desk: 'D1' },
          { mail: 'bo@x.io', badge: 'B-1', desk: 'D1' },
          { mail: 'cy@x.io', badge: 'B-2', desk: 'D1' },
          { mail: engine.admin.email, badge: 'B-2', desk: 'D1' },
        ],
      },
    });
    const manifest = sync({
      action: 'update',
      schedule: '0 * * * *',
      data_structure: { email: 'mail', BADGE: 'badge', DESK: 'desk' },
    });
    const run = inState(await imported(await engine.integration(manifest)), 'done');
    expect(run.counts).toMatchObject({ updated: 4, partly: 2 });
    const stored = async (id: string) => (await engine.stores.people.find(id))?.stored;
    expect(await stored(ann.id)).toEqual({ DESK: 'D1' });
    expect(await stored(bo.id)).toEqual({ BADGE: 'B-1', DESK: 'D1' });
    expect(await stored(engine.admin.id)).toEqual({ DESK: 'D1' });
    const without = 'Imported without Badge number, which someone else already has.';
    expect((await listed(run)).map(({ note }) => note)).toEqual([
      without,
      undefined,
      undefined,
      without,
    ]);
  });
});

test('who is erased while a worker judges their row leaves nothing in it', async () => {
  const ann = await engine.person({ email: 'ann@x.io' });
  await engine.change(ann, { active: false });
  engine.party.on('GET /users', page(['ann', 'bo']));
  const { id } = await begin(await engine.integration(sync()));
  const deps = { ...engine, personalData: createPersonalData(engine.db, engine.vault) };
  const { syncRows } = engine.stores;
  const erasing = {
    ...syncRows,
    async known(...asked: Parameters<typeof syncRows.known>) {
      await finishErasure(ann.id, deps); // What was read of her before is stored after it.
      return syncRows.known(...asked);
    },
  };
  const worker = engine.worker();
  await advanceSync(id, { ...worker, stores: { ...engine.stores, syncRows: erasing } });
  const run = inState(await found(id), 'done');
  await finishErasure(ann.id, deps);
  expect((await listed(run)).map(({ firstName }) => firstName)).toEqual(['bo']);
});

describe('a fact that belongs to one person', () => {
  const DATA = { email: 'mail', first_name: 'first', BADGE: 'badge' };
  const without = 'Imported without Badge number, which someone else already has.';
  const row = (name: string, badge: string) => ({ mail: `${name}@x.io`, first: name, badge });
  beforeEach(async () => {
    await engine.integration(
      {
        extra_user_info: [{ id: 'BADGE', name: 'Badge number' }],
        execute: [{ url: `${engine.party.url}/doors/{{BADGE}}` }],
      },
      {},
      'Doors',
    );
  });

  test.each(['new', 'fill', 'left'])(
    'stays with who got it while an import waited for an OK, where the row was %s',
    async (state) => {
      if (state !== 'new') await engine.person({ email: 'ann@x.io', firstName: '' });
      const ann = await person('ann');
      if (ann && state === 'left') await engine.change(ann, { active: false });
      const bo = await engine.person({ email: 'bo@x.io' });
      engine.party.on('GET /users', { json: { users: [row('ann', 'B-1')] } });
      const integration = await engine.integration(sync({ data_structure: DATA }));
      const run = inState(await imported(integration, { mode: 'preview' }), 'ready');
      await engine.transact((tx) => chooseRows(tx, run, { emails: ['ann@x.io'], chosen: true }));
      await engine.change(bo, { stored: { BADGE: 'b-1' } });
      await engine.transact((tx) => importSync(tx, run, engine));
      await engine.runJobs();
      expect(await person('ann')).toMatchObject({ active: true, firstName: 'ann', stored: {} });
      expect(inState(await found(run.id), 'done').counts.partly).toBe(1);
      expect((await listed(run)).map(({ note }) => note)).toEqual([without]);
    },
  );

  test('goes to the first of two whose rows are on two pages', async () => {
    engine.party.on('GET /users', { json: { users: [row('ann', 'B-1')], next: '/more' } });
    engine.party.on('GET /more', { json: { users: [row('bo', 'b-1'), row('cy', 'B-2')] } });
    const run = inState(
      await imported(await engine.integration(byUrl({ data_structure: DATA }))),
      'done',
    );
    expect(run.counts).toMatchObject({ created: 3, partly: 1 });
    const facts = ['ann', 'bo', 'cy'].map(async (name) => (await person(name))?.stored);
    expect(await Promise.all(facts)).toEqual([{ BADGE: 'B-1' }, {}, { BADGE: 'B-2' }]);
    expect((await listed(run)).map(({ note }) => note)).toEqual([undefined, without, undefined]);
  });
});

describe('of someone whose facts are damaged', () => {
  const bringing = (action: 'create' | 'update') =>
    sync(
      action === 'create'
        ? { data_structure: { email: 'mail', first_name: 'mail', BADGE: 'badge' } }
        : { action, schedule: '0 * * * *', data_structure: { email: 'mail', BADGE: 'badge' } },
    );
  let ann: { readonly id: string };
  let bo: { readonly id: string };
  beforeEach(async () => {
    ann = await engine.person({ email: 'ann@x.io', firstName: '' });
    bo = await engine.person({ email: 'bo@x.io' });
    await engine.db('people').where({ id: ann.id }).update({ stored: '{"BADGE":' });
    const users = ['ann', 'bo'].map((name) => ({ mail: `${name}@x.io`, badge: name }));
    engine.party.on('GET /users', { json: { users } });
  });

  test.each(['create', 'update'] as const)(
    'an import that is to %s leaves them out and takes the others',
    async (action) => {
      const run = inState(await imported(await engine.integration(bringing(action))), 'done');
      expect(await engine.stores.people.find(bo.id)).toMatchObject({ stored: { BADGE: 'bo' } });
      expect(await engine.db('people').where({ id: ann.id }).first('stored')).toEqual({
        stored: '{"BADGE":',
      });
      expect((await listed(run))[0]?.note).toContain("can't be read");
    },
  );

  test('another field of theirs is filled all the same', async () => {
    await imported(await engine.integration(bringing('create')));
    expect(await engine.stores.people.find(ann.id)).toMatchObject({ firstName: 'ann@x.io' });
  });
});

test('an import whose progress is damaged ends as failed, and another one begins', async () => {
  const integration = await engine.integration(sync());
  engine.party.on('GET /users', page(['ann']));
  const { id } = await begin(integration);
  await engine.db('sync_runs').where({ id }).update({ progress: 'damaged' });
  await engine.runJobs();
  expect(inState(await found(id), 'failed').error.message).toContain('damaged');
  expect(await here()).toEqual([]);
  inState(await imported(integration), 'done');
  expect(await here()).toEqual(['ann']);
});

async function preview(...names: readonly string[]): Promise<SyncRun> {
  engine.party.on('GET /users', page(names));
  return imported(await engine.integration(sync()), { mode: 'preview' });
}

describe('only what has changed is read', () => {
  const urls = () => engine.party.requests.map(({ url }) => url);
  const changes = (since: unknown, more: Readonly<Record<string, unknown>> = {}) => {
    const url = `${engine.party.url}/users?all=1{{#SINCE}}&after={{SINCE}}{{/SINCE}}`;
    return byUrl({ execute: [{ url, method: 'GET' }], since, ...more });
  };

  test('from the mark that the last page of the import before had, on every page', async () => {
    engine = await testEngine({ ownFile: true });
    const integration = await engine.integration(changes('meta.mark'));
    engine.party.on('GET /users', {
      json: { users: rows('ann'), next: '/2', meta: { mark: 'a' } },
    });
    engine.party.on('GET /2', { json: { users: [], meta: { mark: 'before&after' } } });
    expect(await imported(integration)).toMatchObject({ state: 'done', reading: 'complete' });
    engine.party.on('GET /users', { json: { users: rows('bo'), meta: { mark: 'd' } } });
    const second = inState(await imported(integration), 'done');
    expect(second).toMatchObject({ reading: 'changes', counts: { created: 1, missing: 0 } });
    await imported(integration);
    expect(urls()).toEqual([
      '/users?all=1',
      '/2',
      '/users?all=1&after=before%26after',
      '/users?all=1&after=d',
    ]);
    expect(engine.databaseBytes()).not.toContain('before&after');
  });

  test('or from the time when it began', async () => {
    const integration = await engine.integration(changes(true));
    engine.party.on('GET /users', page(['ann']));
    await imported(integration);
    engine.clock.advance(HOUR);
    await imported(integration);
    expect(urls()[1]).toBe('/users?all=1&after=2026-11-24T09%3A00%3A00.000Z');
  });

  test('but for an admin who looks first, after a failure or a cut, and with a newer manifest', async () => {
    let integration = await engine.integration(changes('mark', { amount_pages_to_fetch: 1 }));
    const marked = { json: { users: rows('ann'), mark: 'm' } };
    engine.party.on('GET /users', marked);
    const asksForAll = async (mode: 'import' | 'preview' = 'import') => {
      await imported(integration, { mode });
      return urls().at(-1) === '/users?all=1';
    };
    expect(await asksForAll()).toBe(true);
    expect(await asksForAll()).toBe(false);
    expect(await asksForAll('preview')).toBe(true);
    expect(await asksForAll()).toBe(false);
    engine.party.on('GET /users', { status: 410 });
    expect(await asksForAll()).toBe(false);
    engine.party.on('GET /users', marked);
    expect(await asksForAll()).toBe(true);
    engine.party.on('GET /users', { json: { users: rows('ann'), mark: 'm', next: '/2' } });
    expect(await asksForAll()).toBe(false);
    expect(await asksForAll()).toBe(true);
    engine.party.on('GET /users', marked);
    await imported(integration);
    expect(await asksForAll()).toBe(false);
    integration = await engine.newManifest(integration, changes('mark'));
    expect(await asksForAll()).toBe(true);
  });

  test('but where the import owns other fields since: who has not changed there has them to change here', async () => {
    const structure = { email: 'mail', position: 'job' };
    const integration = await engine.integration(changes('mark', { data_structure: structure }));
    const ann = await engine.person({ email: 'ann@x.io', position: 'Clerk' });
    engine.party.on('GET /users', {
      json: { users: [{ mail: 'ann@x.io', job: 'Engineer' }], mark: 'm' },
    });
    await imported(integration);
    const fields = ['position'];
    await engine.transact((tx) => setOwnedFields(tx, integration, { ...engine, fields }));
    await imported(integration);
    await imported(integration);
    expect(urls()).toEqual(['/users?all=1', '/users?all=1', '/users?all=1&after=m']);
    expect((await engine.stores.people.find(ann.id))?.position).toBe('Engineer');
  });

  test('and with other values, which may name another source', async () => {
    const asks = { initial_data_form: [{ id: 'TENANT', name: 'Tenant' }] };
    const url = `${engine.party.url}/users?of={{TENANT}}{{#SINCE}}&after={{SINCE}}{{/SINCE}}`;
    const integration = await engine.integration(
      changes('mark', { ...asks, execute: [{ url, method: 'GET' }] }),
      { TENANT: 'acme' },
    );
    engine.party.on('GET /users', { json: { users: rows('ann'), mark: 'm' } });
    await imported(integration);
    engine.clock.advance(HOUR);
    await engine.transact((tx) =>
      setSecrets(tx, integration, { secrets: { TENANT: 'bolt' }, actor: engine.actor }),
    );
    engine.clock.advance(HOUR);
    await imported(integration);
    await imported(integration);
    expect(urls()).toEqual(['/users?of=acme', '/users?of=bolt', '/users?of=bolt&after=m']);
  });

  test('and someone who is not among the changes is not missing', async () => {
    const integration = await engine.integration(changes('mark'));
    engine.party.on('GET /users', { json: { users: rows('ann', 'bo'), mark: 'm' } });
    await imported(integration);
    engine.party.on('GET /users', { json: { users: rows('ann'), mark: 'm' } });
    expect((await imported(integration)).counts.missing).toBe(0);
    const newer = await engine.newManifest(integration, sync());
    expect((await imported(newer)).counts).toMatchObject({ missing: 1, newlyMissing: 1 });
  });
});

describe('an admin looks first', () => {
  const decide = async (run: SyncRun) => {
    const outcome = await engine.transact((tx) => importSync(tx, run, engine));
    await engine.runJobs();
    return outcome;
  };

  test('and nobody is imported until they say so', async () => {
    const run = inState(await preview('ann', 'bo'), 'ready');
    expect(run.counts).toMatchObject({ fresh: 2, created: 0 });
    expect(await here()).toEqual([]);
    expect(await decide(run)).toBe('importing');
    expect(inState(await found(run.id), 'done').counts.created).toBe(2);
    expect(await decide(run)).toBe('over');
    expect(engine.party.requests).toHaveLength(1);
  });

  test('at some of them', async () => {
    const run = await preview('ann', 'bo', 'cy');
    await chooseFound({ runId: run.id, search: '', chosen: false }, engine);
    await engine.transact((tx) => chooseRows(tx, run, { emails: ['bo@x.io'], chosen: true }));
    await decide(run);
    expect(await here()).toEqual(['bo']);
  });

  test('at the last of very many', async () => {
    const names = Array.from({ length: 5600 }, (_, n) => `p${n}`);
    const run = await preview(...names);
    await chooseFound({ runId: run.id, search: '', chosen: false }, engine);
    await engine.transact((tx) => chooseRows(tx, run, { emails: ['p5599@x.io'], chosen: true }));
    await decide(run);
    expect(inState(await found(run.id), 'done').counts.created).toBe(1);
    expect(await here()).toEqual(['p5599']);
  });

  test('and ignores some for good, until an admin says otherwise', async () => {
    const run = await preview('ann', 'robot');
    await engine.transact((tx) => ignoreForGood(tx, run, { emails: ['robot@x.io'], ...engine }));
    expect((await found(run.id)).counts).toMatchObject({ fresh: 1, skipped: { ignored: 1 } });
    await decide(run);
    expect(await here()).toEqual(['ann']);
    const integration = present(await engine.stores.integrations.find(run.integrationId));
    expect((await imported(integration)).counts.skipped).toEqual({ existing: 1, ignored: 1 });
    await engine.transact((tx) => stopIgnoring(tx, 'robot@x.io', engine.actor));
    await imported(integration);
    expect(await here()).toEqual(['ann', 'robot']);
  });

  test('and someone who comes back may report to a former report, who then reports to nobody', async () => {
    const gone = await engine.person({ email: 'gone@x.io' });
    const bo = await engine.person({ email: 'bo@x.io', managerEmail: 'gone@x.io' });
    await engine.transact((tx) => tx.people.save({ ...gone, active: false }));
    const data_structure = { email: 'mail', manager_email: 'boss' };
    engine.party.on('GET /users', { json: { users: [{ mail: 'gone@x.io', boss: 'bo@x.io' }] } });
    const run = await imported(await engine.integration(sync({ data_structure })), {
      mode: 'preview',
    });
    await engine.transact((tx) => chooseRows(tx, run, { emails: ['gone@x.io'], chosen: true }));
    await decide(run);
    expect(await person('gone')).toMatchObject({ active: true, managerId: bo.id });
    expect((await person('bo'))?.managerId).toBeUndefined();
  });

  test('and brings back who had left together with their former manager', async () => {
    const gone = await engine.person({ email: 'gone@x.io' });
    const yo = await engine.person({ email: 'yo@x.io', managerEmail: 'gone@x.io' });
    for (const each of [gone, yo])
      await engine.transact((tx) => tx.people.save({ ...each, active: false }));
    engine.party.on('GET /users', {
      json: { users: [{ mail: 'gone@x.io' }, { mail: 'yo@x.io' }] },
    });
    const run = await imported(
      await engine.integration(sync({ data_structure: { email: 'mail' } })),
      {
        mode: 'preview',
      },
    );
    await engine.transact((tx) =>
      chooseRows(tx, run, { emails: ['gone@x.io', 'yo@x.io'], chosen: true }),
    );
    await decide(run);
    expect(await person('gone')).toMatchObject({ active: true });
    expect(await person('yo')).toMatchObject({ active: true });
    expect((await person('yo'))?.managerId).toBeUndefined();
  });

  test('and brings someone back who had left', async () => {
    const ann = await engine.person({ email: 'ann@x.io' });
    await engine.transact((tx) => tx.people.save({ ...ann, active: false, stored: { old: 'id' } }));
    const run = await preview('ann');
    await engine.transact((tx) => chooseRows(tx, run, { emails: ['ann@x.io'], chosen: true }));
    await decide(run);
    expect((await found(run.id)).counts).toMatchObject({ created: 0, returned: 1 });
    expect(await person('ann')).toMatchObject({ id: ann.id, active: true, stored: {} });
  });

  test('and brings one person back where two rows name someone who had left, one by their ID and one by their former address', async () => {
    const ann = await engine.person({ email: 'ann@x.io', employeeId: '7', lastName: 'Old' });
    await engine.transact((tx) => tx.people.save({ ...ann, active: false }));
    const data_structure = { email: 'mail', last_name: 'last', employee_id: 'nr' };
    engine.party.on('GET /users', {
      json: {
        users: [
          { mail: 'ann@x.io', last: 'New', nr: '9' },
          { mail: 'ann.b@x.io', last: 'Old', nr: '7' },
        ],
      },
    });
    const integration = await engine.integration(sync({ data_structure }));
    await engine.transact((tx) =>
      setOwnedFields(tx, integration, { fields: ['email', 'employee_id', 'last_name'], ...engine }),
    );
    const run = await imported(integration, { mode: 'preview' });
    const emails = ['ann@x.io', 'ann.b@x.io'];
    await engine.transact((tx) => chooseRows(tx, run, { emails, chosen: true }));
    await decide(run);
    expect(await person('ann')).toMatchObject({ employeeId: '9', lastName: 'New' });
    expect(await person('ann.b')).toMatchObject({ employeeId: '7', lastName: 'Old' });
  });

  test('and not by a row without an ID, where another row has the ID of who had left with that address', async () => {
    const ann = await engine.person({ email: 'ann@x.io', employeeId: '7' });
    await engine.transact((tx) => tx.people.save({ ...ann, active: false }));
    const data_structure = { email: 'mail', employee_id: 'nr' };
    engine.party.on('GET /users', {
      json: { users: [{ mail: 'ann@x.io' }, { mail: 'ann.b@x.io', nr: '7' }] },
    });
    const run = await imported(await engine.integration(sync({ data_structure })), {
      mode: 'preview',
    });
    expect((await listed(run)).map(({ state }) => state)).toEqual(['invalid', 'left']);
    expect(run.counts.skipped).toEqual({ invalid: 1, left: 1 });
  });

  test('and someone who was added in the meantime is not added twice', async () => {
    const run = await preview('ann', 'bo');
    await engine.person({ email: 'ann@x.io', firstName: 'By hand' });
    await decide(run);
    expect((await found(run.id)).counts).toMatchObject({ created: 1, skipped: { existing: 1 } });
    expect(await person('ann')).toMatchObject({ firstName: 'By hand' });
  });

  test.each([['fill'], ['left']] as const)(
    'and who is erased meanwhile stays erased, where their row was %s and stored as they were',
    async (state) => {
      const ann = await engine.person({ email: 'ann@x.io', lastName: '' });
      const leave = async () => {
        const now = await engine.stores.people.find(ann.id);
        if (now) await engine.transact((tx) => tx.people.save({ ...now, active: false }));
      };
      if (state === 'left') await leave();
      const run = await preview('ann', 'bo');
      if (state === 'left')
        await engine.transact((tx) => chooseRows(tx, run, { emails: ['ann@x.io'], chosen: true }));
      const [row] = await listed(run);
      expect(row).toMatchObject({ state, chosen: true });
      await leave();
      const personalData = createPersonalData(engine.db, engine.vault);
      await finishErasure(ann.id, { ...engine, personalData });
      await engine.stores.syncRows.insertMany(row ? [row] : []); // As a worker that was just storing the page.
      await decide(run);
      expect(inState(await found(run.id), 'done').counts).toMatchObject({ created: 1, fresh: 1 });
      expect(await here()).toEqual(['bo']);
    },
  );

  test('and discards it', async () => {
    const run = await preview('ann');
    expect(await engine.transact((tx) => endSync(tx, run, engine))).toBe(true);
    expect(await decide(run)).toBe('over');
    expect(await engine.transact((tx) => endSync(tx, run, engine))).toBe(false);
    expect(await here()).toEqual([]);
  });
});

describe('safety', () => {
  const many = (count: number, prefix = 'p') =>
    Array.from({ length: count }, (_, n) => `${prefix}${n}`);

  test('a scheduled import of very many waits for an admin; the first one does not', async () => {
    await engine.transact((tx) => changeWorkspaceSettings(tx, { importMostPeople: 3 }));
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', page(many(10)));
    expect(inState(await imported(integration, scheduled()), 'done').counts.created).toBe(10);
    // 3 more are no more than 3.
    engine.party.on('GET /users', page(many(13)));
    expect(inState(await imported(integration, scheduled()), 'done').counts.created).toBe(3);
    // 4 of 14 are more than 3, and more than 20 per cent.
    engine.party.on('GET /users', page(many(17)));
    engine.notices.length = 0;
    const run = inState(await imported(integration, scheduled()), 'ready');
    expect(run.held).toEqual({ fresh: 4, people: 14, why: ['growth'] });
    expect(engine.notices.map(({ view }) => view)).toEqual(['sync-notice']);
    await engine.transact((tx) => importSync(tx, run, engine));
    await engine.runJobs();
    expect(inState(await found(run.id), 'done')).toMatchObject({ approvedBy: engine.actor });
    // What an admin starts adds as many as there are.
    engine.party.on('GET /users', page(many(40)));
    expect(inState(await imported(integration), 'done').counts.created).toBe(23);
  });

  test('many are few of very many', async () => {
    await engine.transact((tx) => changeWorkspaceSettings(tx, { importMostPeople: 3 }));
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', page(many(39)));
    await imported(integration, scheduled());
    // 8 of 40, the admin among them, are no more than 20 per cent.
    engine.party.on('GET /users', page(many(47)));
    expect(inState(await imported(integration, scheduled()), 'done').counts.created).toBe(8);
  });

  test('an import is the first also where its integration only kept values before', async () => {
    await engine.transact((tx) => changeWorkspaceSettings(tx, { importMostPeople: 3 }));
    engine.party.on('GET /users', page(many(10)));
    const integration = await engine.integration(
      sync({
        action: 'update',
        data_structure: { email: 'mail', NICK: 'first' },
        schedule: '0 * * * *',
      }),
    );
    await imported(integration, scheduled());
    const creating = await engine.newManifest(integration, sync());
    expect(inState(await imported(creating, scheduled()), 'done').counts.created).toBe(10);
  });

  test('an import that waits for an OK is over when a later one has read the whole list', async () => {
    await engine.transact((tx) => changeWorkspaceSettings(tx, { importMostPeople: 3 }));
    const integration = await engine.integration(byUrl({ amount_pages_to_fetch: 1 }));
    engine.party.on('GET /users', page(many(1)));
    await imported(integration, scheduled());
    engine.party.on('GET /users', page(many(9)));
    const { id } = inState(await imported(integration, scheduled()), 'ready');
    engine.clock.advance(MINUTE);
    engine.party.on('GET /users', page(many(1), '/2'));
    expect(inState(await imported(integration), 'done').reading).toBe('cut-off');
    expect((await found(id)).state).toBe('ready');
    engine.party.on('GET /users', page(many(1)));
    await imported(integration);
    expect((await found(id)).state).toBe('cancelled');
  });

  test('an OK waits while another import of the integration is at work', async () => {
    engine.party.on('GET /users', page(['ann']));
    const integration = await engine.integration(sync());
    const offered = inState(await imported(integration, { mode: 'preview' }), 'ready');
    const answer = () => engine.transact((tx) => importSync(tx, offered, engine));
    const other = await begin(integration);
    expect(await answer()).toBe('busy');
    await engine.transact((tx) => endSync(tx, other, engine));
    expect(await answer()).toBe('importing');
  });

  test('who is missing from a complete import is reported, again and again, and stays', async () => {
    const integration = await engine.integration(byUrl());
    engine.party.on('GET /users', page(['ann', 'bo', 'cy']));
    await imported(integration);
    await engine.person({ email: 'hand@x.io' }); // Never was in the source.
    engine.party.on('GET /users', page(['ann']));
    const run = inState(await imported(integration), 'done');
    expect(run.counts).toMatchObject({ missing: 2, newlyMissing: 2 });
    const missing = (await listed(run)).filter(({ state }) => state === 'missing');
    expect(missing.map(({ email }) => email)).toEqual(['bo@x.io', 'cy@x.io']);
    const bo = await person('bo');
    if (bo) await engine.transact((tx) => tx.people.save({ ...bo, active: false }));
    expect((await imported(integration)).counts).toMatchObject({ missing: 1, newlyMissing: 0 });
    engine.party.on('GET /users', page(['ann', 'cy']));
    expect((await imported(integration)).counts).toMatchObject({ missing: 0, newlyMissing: 0 });
    expect(await here()).toEqual(['ann', 'cy', 'hand']);
  });

  test('what was cut short is never the whole truth', async () => {
    const integration = await engine.integration(byUrl({ amount_pages_to_fetch: 1 }));
    engine.party.on('GET /users', page(['ann', 'bo']));
    await imported(integration);
    engine.party.on('GET /users', page(['ann'], '/2'));
    expect((await imported(integration)).counts.missing).toBe(0);
    engine.party.on('GET /users', { status: 500 });
    expect((await imported(integration)).counts.missing).toBe(0);
    engine.party.on('GET /users', page(['ann']));
    expect((await imported(integration)).counts.missing).toBe(1);
  });

  test('nobody is missing from a list whose app was connected to something else between two pages', async () => {
    const integration = await engine.integration(byUrl());
    engine.party.on('GET /users', page(['ann', 'bo']));
    await imported(integration);
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', { status: 503 }, page(['cy']));
    const { id } = await begin(integration);
    await engine.runJobs();
    expect(await found(id)).toMatchObject({ state: 'waiting' });
    await engine.later(1);
    await engine.transact((tx) => settingsChanged(tx, integration.id));
    await engine.later(10 * 60_000);
    const run = inState(await found(id), 'done');
    expect([run.reading, run.counts.missing]).toEqual(['cut-off', 0]);
    expect(run.warnings.join()).toContain('the connection changed. So it may lack people.');
  });

  test('of earlier runs only the rows of whom they created are kept', async () => {
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', page(['ann', 'ann']));
    const first = await imported(integration);
    expect(await listed(first)).toHaveLength(2);
    engine.party.on('GET /users', page(['ann', 'bo']));
    const second = await imported(integration);
    expect((await listed(first)).map(({ state }) => state)).toEqual(['new']);
    expect(await listed(second)).toHaveLength(2);
  });
});

describe('after a crash', () => {
  const names = Array.from({ length: 60 }, (_, n) => `p${String(n).padStart(2, '0')}`);
  const PAGE = 6;

  function script(): void {
    for (let at = 0; at < names.length; at += PAGE) {
      const next = at + PAGE < names.length ? `/users/${at + PAGE}` : undefined;
      const route = at === 0 ? 'GET /users' : `GET /users/${at}`;
      // Each page repeats the last of the page before.
      engine.party.on(route, page(names.slice(Math.max(0, at - 1), at + PAGE), next));
    }
  }

  test('wherever it came, another worker goes on there: no duplicate, no gap', async () => {
    script();
    const integration = await engine.integration(byUrl());
    const { id } = await begin(integration);
    let commits = 0;
    // Each worker dies in its fourth transaction, before it commits.
    for (let n = 1; ; n += 1) {
      let left = 4;
      const transact: UnitOfWork = (work) =>
        engine.transact(async (tx) => {
          const result = await work(tx);
          left -= 1;
          if (left <= 0) throw new Crash();
          commits += 1;
          return result;
        });
      const worker = { ...engine.worker(`w${n}`), transact };
      const isDead = await advanceSync(id, worker).then(
        () => false,
        (error: unknown) => error instanceof Crash,
      );
      if (!isDead && (await found(id)).state === 'done') break;
      if (isDead) await engine.die(`w${n}`);
    }
    const run = inState(await found(id), 'done');
    expect(commits).toBeGreaterThan(20);
    expect(run.counts).toMatchObject({ rows: 69, created: 60, skipped: { duplicate: 9 } });
    expect(await here()).toEqual(names);
    expect((await listed(run)).map(({ seq }) => seq)).toEqual(
      run.counts.rows ? [...Array(69).keys()] : [],
    );
  });

  class Crash extends Error {}

  test('in the middle of a page of an update, whom it has updated is counted', async () => {
    const people = Array.from({ length: 60 }, (_, n) => `p${n}@x.io`);
    for (const email of people) await engine.person({ email });
    engine.party.on('GET /users', {
      json: { users: people.map((mail) => ({ mail, badge: mail })) },
    });
    const { id } = await begin(
      await engine.integration(
        sync({
          action: 'update',
          schedule: '0 * * * *',
          data_structure: { email: 'mail', BADGE: 'badge' },
        }),
      ),
    );
    let isDead = false;
    const transact: UnitOfWork = (work) =>
      engine.transact(async (tx) => {
        const result = await work(tx);
        isDead ||= (await tx.syncRows.count(id, {})) === people.length;
        if (isDead) throw new Crash();
        return result;
      });
    const dying = advanceSync(id, { ...engine.worker('w1'), transact });
    await expect(dying).rejects.toThrow(Crash);
    await engine.die('w1');
    await engine.runJobs();
    expect(inState(await found(id), 'done').counts).toMatchObject({ rows: 60, updated: 60 });
  });

  test('one that takes down three workers fails with a sentence, and takes down no fourth', async () => {
    engine.party.on('GET /users', page(['ann']));
    const { id } = await begin(await engine.integration(sync()));
    for (const worker of ['w1', 'w2', 'w3']) {
      await takeSync(id, engine.worker(worker)); // It dies before it has read the page.
      await engine.die(worker);
    }
    await advanceSync(id, engine.worker('w4'));
    const { error } = inState(await found(id), 'failed');
    expect(error.code).toBe('internal');
    expect(error.message).toMatch(/^Latchkey stopped 3 times during this import/);
    expect(engine.party.requests).toEqual([]);
  });

  test('where a worker has died, the next job ends with one page, so that no job dies twice', async () => {
    script();
    const { id } = await begin(await engine.integration(byUrl()));
    await takeSync(id, engine.worker('w1'));
    await engine.die('w1');
    await advanceSync(id, engine.worker('w2'));
    expect(inState(await found(id), 'queued')).toMatchObject({ pages: 1, tries: 0 });
    await advanceSync(id, engine.worker('w2'));
    expect(inState(await found(id), 'done').counts.created).toBe(60);
  });

  test('a worker that was taken for dead stores nothing more', async () => {
    const late = held(page(['ann']));
    engine.party.on('GET /users', late.answer, page(['bo']));
    const { id } = await begin(await engine.integration(sync()));
    const first = advanceSync(id, engine.worker('w1'));
    await engine.party.received(1);
    await engine.die('w1');
    for (let job = 0; job < 2; job += 1) await advanceSync(id, engine.worker('w2'));
    late.release();
    await first;
    expect(inState(await found(id), 'done').counts).toMatchObject({ rows: 1, created: 1 });
    expect(await here()).toEqual(['bo']);
  });

  test('a run that someone stops is stopped at its next page', async () => {
    const late = held(page(['ann']));
    engine.party.on('GET /users', late.answer);
    const run = await begin(await engine.integration(sync()));
    const working = advanceSync(run.id, engine.worker());
    await engine.party.received(1);
    expect(await engine.transact((tx) => endSync(tx, run, engine))).toBe(true);
    late.release();
    await working;
    expect((await found(run.id)).state).toBe('cancelled');
    expect(await here()).toEqual([]);
  });

  test('one of an integration that is turned off, or deleted, is stopped, whatever it does', async () => {
    const deps = { ...engine, announceLeft: async () => undefined };
    const waits = await preview('ann');
    const integration = present(await engine.stores.integrations.find(waits.integrationId));
    const late = held(page(['bo']));
    engine.party.on('GET /users', late.answer);
    const reads = await begin(integration);
    const working = advanceSync(reads.id, engine.worker());
    await engine.party.received(2);
    const off = await engine.transact((tx) => turnOff(tx, integration, deps));
    late.release();
    await working;
    expect([(await found(waits.id)).state, (await found(reads.id)).state]).toEqual([
      'cancelled',
      'cancelled',
    ]);
    const on = await engine.transact((tx) => turnOn(tx, off, deps));
    const again = await begin(on);
    await engine.transact((tx) => deleteIntegration(tx, on, { access: 'keep', ...deps }));
    await engine.runJobs();
    expect((await found(again.id)).state).toBe('cancelled');
    expect(await here()).toEqual([]);
  });

  test('the next page is asked for while one is stored', async () => {
    engine.party.on('GET /users', page(['ann'], '/2'));
    engine.party.on('GET /2', page(['bo']));
    const { id } = await begin(await engine.integration(byUrl()));
    const transact: UnitOfWork = (work) =>
      engine.transact(async (tx) => {
        const result = await work(tx);
        if (engine.party.requests.length === 1) await engine.party.received(2);
        return result;
      });
    await advanceSync(id, { ...engine.worker(), transact });
    expect(inState(await found(id), 'done').counts.created).toBe(2);
    expect(engine.party.requests).toHaveLength(2);
  });

  test('a job is short: after a while another one goes on, and no page is asked for twice', async () => {
    script();
    const { id } = await begin(await engine.integration(byUrl()));
    const slow = { ...engine.worker(), pause: async () => engine.clock.advance(2 * SECOND) };
    await advanceSync(id, slow);
    const run = inState(await found(id), 'queued');
    expect(run.pages).toBeGreaterThan(0);
    expect(run.pages).toBeLessThan(10);
    await engine.runJobs();
    expect(inState(await found(id), 'done').counts.created).toBe(60);
    expect(engine.party.requests).toHaveLength(10);
  });

  test('what breaks inside is tried again, and then said', async () => {
    engine.party.on('GET /users', page(['ann']));
    const { id } = await begin(await engine.integration(sync()));
    const broken = {
      ...engine.worker(),
      http: {
        send: async () => {
          throw new Error('broken');
        },
      },
    };
    for (let n = 0; n < 3; n += 1) {
      await expect(advanceSync(id, broken)).rejects.toThrow('broken');
      engine.clock.advance(MINUTE);
    }
    expect(inState(await found(id), 'failed').error.code).toBe('internal');
  });
});

test('a start that no calendar reaches is left out of its row, which is counted and says so', async () => {
  const people = rows('ann', 'bo').map((row, n) => ({
    ...row,
    from: ['2200-01-01', '2026-12-01T00:00:00Z'][n],
  }));
  engine.party.on('GET /users', { json: { users: people } });
  const structure = { email: 'mail', first_name: 'first', last_name: 'last', start: 'from' };
  const run = await imported(await engine.integration(sync({ data_structure: structure })));
  expect(run).toMatchObject({ state: 'done', counts: { created: 2, partly: 1 } });
  expect((await person('ann'))?.startDate).toBeUndefined();
  expect((await person('bo'))?.startDate).toBe('2026-12-01');
  expect((await listed(run)).map(({ note }) => note)).toEqual([
    "start: Latchkey can't plan from 2200-01-01; use a year from 1900 to 2199, or leave it blank. Imported without this value.",
    undefined,
  ]);
});

describe('notices', () => {
  test('of a scheduled run that changed something, and of none that changed nothing', async () => {
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', page(['ann']));
    await imported(integration, scheduled());
    expect(engine.notices).toHaveLength(1);
    await imported(integration, scheduled());
    expect(engine.notices).toHaveLength(1);
    engine.party.on('GET /users', page(['ann', 'bo']));
    await imported(integration); // The admin who starts one looks at it.
    expect(engine.notices).toHaveLength(1);
  });

  test('a scheduled run that failed tells no one to try again', async () => {
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', { status: 500 });
    const { error } = inState(await imported(integration, scheduled()), 'failed');
    expect(error.message).toBe(`${integration.name} has a problem of its own.`);
  });

  test('the same failure again is covered by the first notice; the first success says so', async () => {
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', { status: 500 });
    const first = await imported(integration, scheduled());
    for (let n = 0; n < 2; n += 1) {
      engine.clock.advance(HOUR);
      expect(await imported(integration, scheduled())).toMatchObject({
        failures: n + 2,
        noticeRunId: first.id,
      });
    }
    expect(engine.notices).toHaveLength(1);
    engine.clock.advance(HOUR);
    engine.party.on('GET /users', { status: 403 });
    const other = await imported(integration, scheduled());
    expect(other).toMatchObject({ failures: 4, noticeRunId: other.id });
    expect(engine.notices).toHaveLength(2);
    engine.clock.advance(HOUR);
    engine.party.on('GET /users', page([]));
    expect(await imported(integration, scheduled())).toMatchObject({ state: 'done', failures: 4 });
    expect(engine.notices).toHaveLength(3);
    engine.clock.advance(HOUR);
    expect(await imported(integration, scheduled())).toMatchObject({ failures: 0 });
    expect(engine.notices).toHaveLength(3);
  });

  test('a run that someone started and that worked ends the row of failures', async () => {
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', { status: 500 });
    for (let n = 0; n < 2; n += 1) {
      await imported(integration, scheduled());
      engine.clock.advance(HOUR);
    }
    engine.party.on('GET /users', page(['ann']));
    await imported(integration);
    engine.clock.advance(HOUR);
    engine.party.on('GET /users', { status: 500 });
    const again = await imported(integration, scheduled());
    expect(again).toMatchObject({ failures: 1, noticeRunId: again.id });
    expect(engine.notices).toHaveLength(2);
  });

  test('a run that someone started and that failed alike counts, and posts nothing', async () => {
    const integration = await engine.integration(sync());
    engine.party.on('GET /users', { status: 500 });
    const alone = await imported(integration);
    expect(alone).toMatchObject({ failures: 1 });
    expect(alone.noticeRunId).toBeUndefined();
    engine.clock.advance(HOUR);
    const first = await imported(integration, scheduled());
    expect(first).toMatchObject({ failures: 2, noticeRunId: first.id });
    engine.clock.advance(HOUR);
    expect(await imported(integration)).toMatchObject({ failures: 3, noticeRunId: first.id });
    expect(engine.notices).toHaveLength(1);
  });
});

describe('the manager of an admin', () => {
  const withBoss = () =>
    engine.integration(sync({ data_structure: { email: 'mail', manager_email: 'boss' } }));
  const rootAnd = (...others: readonly string[]) =>
    engine.party.on('GET /users', {
      json: { users: [{ mail: 'root@x.io', boss: 'eve@x.io' }, ...rows(...others)] },
    });
  beforeEach(async () => {
    await engine.person({ email: 'root@x.io', role: 'admin' });
  });
  const managerOfRoot = async () => (await person('root'))?.managerId;
  const ok = (runId: string, adminIds: readonly string[]) =>
    engine.transact((tx) => setNamedManagers(tx, runId, { adminIds, ...engine }));

  test.each([
    { which: 'is here', before: true },
    { which: 'comes with the same import', before: false },
  ])('who $which is held back, and counted', async ({ before }) => {
    if (before) await engine.person({ email: 'eve@x.io' });
    rootAnd('eve');
    const run = inState(await imported(await withBoss(), scheduled()), 'done');
    expect(run.counts).toMatchObject({ managersOfAdmins: 1, withoutManager: 0 });
    expect(await managerOfRoot()).toBeUndefined();
  });

  test('is held back also where an admin started the import', async () => {
    await engine.person({ email: 'eve@x.io' });
    rootAnd();
    const { id } = await begin(await withBoss(), { mode: 'preview' });
    await engine.runJobs();
    const waiting = await found(id);
    await engine.transact((tx) => importSync(tx, waiting, engine));
    await engine.runJobs();
    expect(inState(await found(id), 'done').counts.managersOfAdmins).toBe(1);
    expect(await managerOfRoot()).toBeUndefined();
  });

  test('is set by an admin’s OK, for whom it is given and nobody else', async () => {
    const eve = await engine.person({ email: 'eve@x.io' });
    rootAnd();
    const { id } = await imported(await withBoss(), scheduled());
    const root = await person('root');
    expect(await ok(id, ['someone else'])).toBe(0);
    expect(await ok(id, [root?.id ?? ''])).toBe(1);
    expect(await managerOfRoot()).toBe(eve.id);
    expect(await ok(id, [root?.id ?? ''])).toBe(0); // Once.
  });

  test('who has left by then is not set', async () => {
    const eve = await engine.person({ email: 'eve@x.io' });
    rootAnd();
    const { id } = await imported(await withBoss(), scheduled());
    await engine.transact((tx) => tx.people.save({ ...eve, active: false }));
    expect(await ok(id, [(await person('root'))?.id ?? ''])).toBe(0);
  });
});
