import { expect, test } from 'vitest';
import { tryFile } from '../../src/cli/try.ts';
import type { HttpRequest } from '../../src/engine/ports/http.ts';
import { printDryRun, printResult } from '../../src/try/command/print.ts';
import type { TryEnv } from '../../src/try/env.ts';
import type { TryResult } from '../../src/try/result.ts';
import { present } from '../support/given/outcomes.ts';
import { capturedOutput } from './captured.ts';
import { writtenFiles } from './files.ts';

const now = new Date('2026-11-24T12:00:00Z');

/** Answers everything in the same way, and notes what it was asked. */
function envThat(answer = '{"id":7}', status = 200): TryEnv & { readonly sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  let ids = 0;
  return {
    sent,
    http: {
      async send(request) {
        sent.push(request);
        return { kind: 'answer', status, headers: {}, text: answer };
      },
    },
    now: () => now,
    newId: () => `id-${(ids += 1)}`,
    randomBytes: (size) => Uint8Array.from({ length: size }, (_, index) => (index * 11 + 7) % 64),
    pause: async () => undefined,
    progress: () => undefined,
  };
}

const manifest = {
  form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
  execute: [
    {
      url: 'https://{{HOST}}/users',
      data: { user: '{{email}}', team: '{{TEAM}}' },
      store_data: { UID: 'id' },
    },
    {
      url: 'https://{{HOST}}/users/{{responses.0.id}}?u={{UID}}',
      method: 'PUT',
      data: { p: '{{PASSWORD}}' },
    },
  ],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  initial_data_form: [
    { id: 'HOST', name: 'Host', secret: false },
    { id: 'TOKEN', name: 'Token' },
    { id: 'PASSWORD', name: 'generate' },
  ],
};
const person = { email: 'ann@example.com', first_name: 'Ann' };
const secrets = { HOST: 'api.example.com', TOKEN: 'secret-token-1' };
const form = { TEAM: 'Design' };

test('a dry run names a request only where the mistake is in one', async () => {
  const wrong = { ...manifest, execute: [{ url: 'x.example.com' }] };
  const files = await writtenFiles({ wrong, manifest, person, secrets, form });
  const said = async (file: string, more = {}) => {
    const { output, stdout } = capturedOutput();
    const options = { person: files.person, form: files.form, dryRun: true, ...more };
    printDryRun(await tryFile(file, options, envThat()), output);
    return stdout();
  };
  expect(await said(files.wrong)).toContain('error (manifest): execute[0].url: ');
  const host = await writtenFiles({ secrets: { ...secrets, HOST: 'no host' } });
  expect(await said(files.manifest, host)).toContain('error (bad-request): request 1: ');
});

test('a mistake in the file of secrets has its place and its cure, and none of its text', async () => {
  const files = await writtenFiles({ manifest, person, secrets: '{ “TOKEN”: "secret-token-1" }' });
  const result = await tryFile(files.manifest, files, envThat());
  expect(result.error?.message).toBe(
    `${files.secrets}: line 1, column 3: not valid JSON: write "straight double quotes"`,
  );
});

test('a dry run renders every request and sends none', async () => {
  const files = await writtenFiles({ manifest, person, secrets, form });
  const env = envThat();
  const result = await tryFile(files.manifest, { ...files, dryRun: true }, env);
  expect(result).toMatchObject({ status: 'succeeded', error: null, stored: {} });
  expect(result.steps).toMatchObject([
    {
      method: 'POST',
      url: 'https://api.example.com/users',
      status: null,
      tries: 0,
      request: {
        headers: { authorization: 'Bearer •••TOKEN•••' },
        body: { user: 'ann@example.com', team: 'Design' },
      },
      response: null,
    },
    { method: 'PUT', url: 'https://api.example.com/users/<responses.0.id>?u=<UID>' },
  ]);
  expect(env.sent).toEqual([]);
});

test('a dry run is readable, and marks what waits for an earlier answer', async () => {
  const files = await writtenFiles({ manifest, person, secrets, form });
  const result = await tryFile(files.manifest, { ...files, dryRun: true }, envThat());
  const { output, stdout } = capturedOutput();
  printDryRun(result, output);
  expect(stdout()).toContain('+ POST https://api.example.com/users\n');
  expect(stdout()).toContain('+ authorization: Bearer •••TOKEN•••\n');
  expect(stdout()).toContain('~ PUT https://api.example.com/users/<responses.0.id>?u=<UID>\n');
  expect(stdout()).toContain('Nothing was sent.\n');
});

test('a dry run needs no secrets: each is a placeholder', async () => {
  const files = await writtenFiles({
    manifest,
    person,
    form,
    secrets: { HOST: 'api.example.com' },
  });
  const result = await tryFile(files.manifest, { ...files, dryRun: true }, envThat());
  expect(result.status).toBe('succeeded');
  expect(result.steps).toHaveLength(2);
});

test('a dry run needs no answers: each is a placeholder, and a wrong one is still refused', async () => {
  const asking = {
    form: [
      { id: 'TEAM', name: 'Team', type: 'input' },
      { id: 'TAGS', name: 'Tags', type: 'multiple_choice', items: [{ id: '1', name: 'One' }] },
    ],
    initial_data_form: [{ id: 'SITE', name: 'Site', secret: false }],
    extra_user_info: [{ id: 'BADGE', name: 'Badge' }],
    execute: [
      { url: 'https://a.example.com/{{TEAM}}', data: { tags: '{{TAGS}}', badge: '{{BADGE}}' } },
      { url: 'https://{{SITE}}.example.com/', method: 'GET' },
    ],
  };
  const files = await writtenFiles({ asking, person, wrong: { TAGS: ['2'] } });
  const options = { person: files.person, dryRun: true };
  const result = await tryFile(files.asking, options, envThat());
  expect(result).toMatchObject({
    status: 'succeeded',
    steps: [
      {
        url: 'https://a.example.com/<TEAM>',
        request: { body: { tags: ['<TAGS>'], badge: '<BADGE>' } },
      },
    ],
    warnings: [expect.stringContaining("Request 2 can't be shown")],
  });
  const refused = await tryFile(files.asking, { ...options, form: files.wrong }, envThat());
  expect(refused.error).toMatchObject({ code: 'form' });
});

test('a dry run waits for a number that an earlier request stores', async () => {
  const numbered = {
    execute: [
      { url: 'https://a.example.com/users', store_data: { UID: 'id' } },
      { url: 'https://a.example.com/teams', data: { user: { $number: '{{UID}}' } } },
    ],
  };
  const files = await writtenFiles({ numbered, person });
  const result = await tryFile(files.numbered, { person: files.person, dryRun: true }, envThat());
  expect(result).toMatchObject({
    status: 'succeeded',
    warnings: [expect.stringContaining("Request 2 can't be shown")],
  });
  const sent = envThat();
  await tryFile(files.numbered, { person: files.person }, sent);
  expect(sent.sent[1]?.body).toEqual({ kind: 'json', text: '{"user":7}' });
});

test('what is left empty in the form is empty, whatever is kept with the person', async () => {
  const optional = {
    form: [
      {
        id: 'TAGS',
        name: 'Tags',
        type: 'multiple_choice',
        required: false,
        items: [{ id: '1', name: 'One' }],
      },
      { id: 'NICK', name: 'Nickname', type: 'input', required: false },
    ],
    execute: [{ url: 'https://a.example.com/', data: { tags: '{{TAGS}}', nick: '{{NICK}}' } }],
  };
  const files = await writtenFiles({
    optional,
    person: { ...person, stored: { NICK: 'Annie', TAGS: ['9'] } },
    form: { TAGS: [], NICK: '' },
  });
  const result = await tryFile(files.optional, files, envThat());
  expect(result).toMatchObject({
    status: 'succeeded',
    warnings: [],
    steps: [{ request: { body: { tags: [], nick: '' } } }],
  });
});

test('a dry run needs no token: what of it is used is a placeholder', async () => {
  const oauth = {
    authenticate_url: 'https://login.example.com',
    access_token: { url: 'https://login.example.com/token' },
  };
  const headers = { Authorization: 'Bearer {{oauth.access_token}}' };
  const files = await writtenFiles({
    connected: {
      oauth,
      execute: [
        { url: 'https://api.example.com/{{oauth.site}}', headers, data: {} },
        { url: 'https://{{oauth.site}}.example.com/a', headers },
      ],
    },
    person,
  });
  const options = { person: files.person, dryRun: true };
  const result = await tryFile(files.connected, options, envThat());
  expect(result).toMatchObject({
    status: 'succeeded',
    steps: [{ url: 'https://api.example.com/<oauth.site>' }],
    warnings: [expect.stringContaining("Request 2 can't be shown")],
  });
});

test('a dry run shows the first page of a sync and how the next is asked for', async () => {
  const sync = {
    execute: [{ url: 'https://hr.example.com/people', method: 'GET' }],
    action: 'create',
    data_structure: { email: 'mail' },
    next_page: 'https://hr.example.com/people?page={{NEXT_PAGE_TOKEN}}',
    next_page_token_from: 'next',
  };
  const files = await writtenFiles({ sync });
  const result = await tryFile(files.sync, { dryRun: true }, envThat());
  expect(result.steps.map(({ url }) => url)).toEqual([
    'https://hr.example.com/people',
    'https://hr.example.com/people?page=<NEXT_PAGE_TOKEN>',
  ]);
});

test('a dry run says which request an author has got wrong', async () => {
  const wrong = { execute: [{ url: 'https://x.example.com/u/{{position}}', method: 'DELETE' }] };
  const files = await writtenFiles({ wrong, person });
  const result = await tryFile(files.wrong, { person: files.person, dryRun: true }, envThat());
  expect(result).toMatchObject({ status: 'failed', error: { code: 'bad-request', step: 0 } });
});

test('a try is shown step by step, with what it stored and its outcome', async () => {
  const files = await writtenFiles({ manifest, person, secrets, form });
  const env = envThat();
  const result = await tryFile(files.manifest, files, env);
  const { output, stdout } = capturedOutput();
  printResult(result, output);
  expect(env.sent).toHaveLength(2);
  expect(stdout()).toContain('1. POST https://api.example.com/users  → 200');
  expect(stdout()).toContain('2. PUT https://api.example.com/users/7?u=7  → 200');
  expect(stdout()).toContain('stored UID = 7\n');
  expect(stdout()).toContain('"p": "•••PASSWORD•••"');
  expect(stdout().trimEnd().endsWith('succeeded')).toBe(true);
  expect(stdout()).not.toContain('secret-token-1');
});

test('steps with the same address are each shown with their own request', async () => {
  const api = 'https://api.example.com';
  const alike = {
    execute: [
      { url: `${api}/a`, data: { x: 1 } },
      { url: `${api}/b`, data: {} },
      { url: `${api}/a`, data: { x: 2 } },
      { url: `${api}/a`, data: { x: 2 } },
    ],
  };
  const files = await writtenFiles({ alike, person });
  const { steps } = await tryFile(files.alike, { person: files.person }, envThat());
  expect(steps.map(({ tries, request }) => [tries, request.body])).toEqual([
    [1, { x: 1 }],
    [1, {}],
    [1, { x: 2 }],
    [1, { x: 2 }],
  ]);
});

test('a polled write is shown with the key that it was sent with the last time', async () => {
  const polled = {
    execute: [
      {
        url: 'https://api.example.com/a',
        data: {},
        polling: { amount: 2, interval: 1 },
        continue_if: { response_notation: 'id', value: 8 },
      },
    ],
  };
  const files = await writtenFiles({ polled, person });
  const env = envThat();
  let waited = 0;
  const result = await tryFile(
    files.polled,
    { person: files.person },
    {
      ...env,
      now: () => new Date(now.getTime() + waited),
      pause: async (ms) => void (waited += ms),
    },
  );
  const keys = env.sent.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(2);
  expect(result.steps).toMatchObject([
    { tries: 2, request: { headers: { 'idempotency-key': keys.at(-1) } } },
  ]);
});

test('a failed try says why, and is not tried again an hour later', async () => {
  const files = await writtenFiles({ manifest, person, secrets, form });
  const env = envThat('{}', 500);
  const result = await tryFile(files.manifest, files, env);
  expect(env.sent).toHaveLength(1);
  expect(result).toMatchObject({ status: 'failed', error: { code: 'http-status', step: 0 } });
});

const refusals: readonly [string, Readonly<Record<string, unknown>>, string][] = [
  ['a person that is no object', { person: [] }, 'person: has to be a JSON object'],
  ['a person without an address', { person: { first_name: 'Ann' } }, 'person.email: is missing'],
  ['a misspelt field', { person: { ...person, frist_name: 'A' } }, 'did you mean "first_name"?'],
  [
    'a date that is none',
    { person: { ...person, start: '2026-02-30' } },
    'person.start: "2026-02-30" is not a date',
  ],
  [
    'a manager without an address',
    { person: { ...person, manager: {} } },
    'person.manager.email: is missing',
  ],
  ['broken JSON', { person: '{"email":' }, 'line 1, column'],
  ['a secret that is no text', { secrets: { ...secrets, TOKEN: {} } }, 'TOKEN: has to be a text'],
  [
    'a token answer that is no object',
    { secrets: { ...secrets, oauth: 'x' } },
    'oauth: has to be the saved token answer',
  ],
  ['a missing secret', { secrets: { HOST: 'x' } }, 'TOKEN of initial_data_form is missing'],
  ['a missing answer', { form: {} }, 'TEAM: (Team) is missing'],
  ['an answer that nobody asked for', { form: { ...form, TAEM: 'x' } }, 'TAEM: is not in the form'],
  ['a list for a text', { form: { TEAM: ['a'] } }, 'TEAM: takes one text'],
  ['people that are no list', { people: {} }, 'people: has to be a JSON list'],
  ['someone among the people without an address', { people: [{}] }, 'people[0].email: is missing'],
];
test.each(refusals)('%s is refused with its place and cure', async (_, changed, says) => {
  const files = await writtenFiles({ manifest, person, secrets, form, ...changed });
  const env = envThat();
  const { manifest: file, ...options } = files as Record<string, string> & { manifest: string };
  const result = await tryFile(file, options, env);
  expect(result.status).toBe('failed');
  expect(result.error?.message).toContain(says);
  expect(env.sent).toEqual([]);
});

test('a manager and a buddy may be without an address: then it is missing where it is used', async () => {
  const named = {
    execute: [
      {
        url: 'https://a.example.com/',
        data: { m: '{{manager}}', b: '{{buddy}}', e: 'to {{manager_email}}' },
      },
    ],
  };
  const files = await writtenFiles({
    named,
    person: {
      ...person,
      manager: { first_name: 'Max', last_name: 'Lee' },
      buddy: { first_name: 'Bo' },
    },
  });
  const result = await tryFile(files.named, { person: files.person }, envThat());
  expect(result).toMatchObject({
    status: 'succeeded',
    warnings: [expect.stringContaining('manager_email')],
    steps: [{ request: { body: { m: 'Max Lee', b: 'Bo', e: 'to ' } } }],
  });
});

test.each(['execute', 'revoke', 'exists'])(
  '%s without a token says where a try gets one from',
  async (part) => {
    const request = { url: 'https://a.example.com/', method: 'GET' };
    const connected = {
      oauth: {
        authenticate_url: 'https://login.example.com',
        access_token: { url: 'https://login.example.com/token' },
      },
      execute: [request],
      revoke: [request],
      exists: { ...request, expected: 'ann' },
    };
    const initial_data_form = [{ id: 'CLIENT', name: 'Client' }];
    const set = { CLIENT: 'client-1' };
    const files = await writtenFiles({
      connected: { ...connected, initial_data_form },
      person,
      set,
    });
    const given = { person: files.person, secrets: files.set, part };
    const result = await tryFile(files.connected, given, envThat());
    expect(result.error).toMatchObject({
      code: 'no-token',
      message: expect.stringContaining('--secrets, as "oauth"') as string,
    });
    expect(result.error?.message).not.toContain('admin');
  },
);

test('a list that the app refuses says what to do about it', async () => {
  const read = { execute: [{ url: 'https://hr.example.com/people', method: 'GET' }] };
  const people = { action: 'create', data_structure: { email: 'mail' }, ...read };
  const lists = { ...read, accounts: { data_structure: { email: 'mail' }, ...read } };
  const files = await writtenFiles({ people, lists });
  const said = async (file: string, part: string) =>
    (await tryFile(file, { part }, envThat('{}', 401))).error;
  const message = expect.stringContaining('Check its secrets') as string;
  expect(await said(files.people, 'sync')).toMatchObject({ code: 'http-status', message });
  expect(await said(files.lists, 'accounts')).toMatchObject({ code: 'http-status', message });
});

test('a manifest that needs nobody to sign in gets its own token', async () => {
  const token = {
    url: 'https://login.example.com/token',
    data: { grant_type: 'client_credentials', audience: 'https://api.example.com/' },
  };
  const connected = {
    oauth: {
      authenticate_url: '{{redirect_url}}',
      without_code: true,
      access_token: token,
      refresh: token,
    },
    execute: [{ url: 'https://a.example.com/', method: 'GET' }],
    headers: { Authorization: 'Bearer {{oauth.access_token}}' },
  };
  const files = await writtenFiles({ connected, person });
  const env = envThat('{"access_token":"fresh-token-1","expires_in":3600}');
  const result = await tryFile(files.connected, { person: files.person }, env);
  expect(result).toMatchObject({
    status: 'succeeded',
    error: null,
    warnings: [],
    oauth: { refreshed: true },
  });
  expect(env.sent.map(({ url, headers }) => [url, headers['authorization']])).toEqual([
    ['https://login.example.com/token', undefined],
    ['https://a.example.com/', 'Bearer fresh-token-1'],
  ]);
  const refused = await tryFile(
    files.connected,
    { person: files.person },
    envThat('{"error":"access_denied","error_description":"no such audience"}', 403),
  );
  expect(refused.error).toMatchObject({
    code: 'no-token',
    message: expect.stringContaining('no such audience') as string,
  });
});

test('the first token of an app where nobody signs in is asked for as the connection does, not by a refresh', async () => {
  const url = 'https://login.example.com/token';
  const data = { grant_type: 'refresh_token', refresh_token: '{{oauth.refresh_token}}' };
  const first = {
    authenticate_url: '{{redirect_url}}',
    without_code: true,
    access_token: { url, data: { grant_type: 'client_credentials' } },
  };
  const asks = {
    execute: [{ url: 'https://a.example.com/', method: 'GET' }],
    headers: { Authorization: 'Bearer {{oauth.access_token}}' },
  };
  const files = await writtenFiles({
    rotating: { oauth: { ...first, refresh: { url, data } }, ...asks },
    lasting: { oauth: first, ...asks },
    person,
  });
  for (const manifestFile of [files.rotating, files.lasting]) {
    const env = envThat('{"access_token":"t-1","refresh_token":"r-1","expires_in":3600}');
    const result = await tryFile(manifestFile, { person: files.person }, env);
    expect(result).toMatchObject({ status: 'succeeded', error: null, warnings: [] });
    expect(env.sent[0]?.body).toEqual({
      kind: 'form',
      fields: [['grant_type', 'client_credentials']],
    });
  }
});

test('an import and a list of accounts are not warned about their own counters and tokens', async () => {
  const next = 'https://a.example.com/?page={{NEXT_PAGE_NUMBER}}';
  const list = {
    execute: [{ url: 'https://a.example.com/', method: 'GET' }],
    data_structure: { email: 'email' },
    next_page: next,
  };
  const url = 'https://a.example.com/{{#SINCE}}?since={{SINCE}}{{/SINCE}}';
  const files = await writtenFiles({
    imports: { ...list, execute: [{ url, method: 'GET' }], action: 'create', since: true },
    lists: { execute: [{ url: 'https://a.example.com/' }], accounts: list },
  });
  for (const [file, part] of [
    [files.imports, 'sync'],
    [files.lists, 'accounts'],
  ] as const)
    expect((await tryFile(file, { part }, envThat('[]'))).warnings).toEqual([]);
});

test('broken JSON of secrets is not quoted', async () => {
  const files = await writtenFiles({ manifest, person, secrets: '{"TOKEN": hush-hush}' });
  const result = await tryFile(files.manifest, files, envThat());
  expect(result.error?.message).toContain('secrets.json: line 1, column');
  expect(result.error?.message).not.toContain("'h'");
});

test('every refusal has the shape of a result', async () => {
  const result: TryResult = await tryFile('no/such.json', {}, envThat());
  expect(result).toEqual({
    status: 'failed',
    error: {
      code: 'manifest',
      message: 'no/such.json: there is no such file; check its name',
      step: null,
    },
    warnings: [],
    steps: [],
    stored: {},
    deliveries: [],
    people: { created: [], updated: [], skipped: {} },
    oauth: { refreshed: false },
  });
});

test('a part that is none is refused', async () => {
  const files = await writtenFiles({ manifest, person, secrets, form });
  const result = await tryFile(files.manifest, { ...files, part: 'exist' }, envThat());
  expect(result.error?.message).toContain(
    '--part exist is no part; use execute, exists, revoke, sync',
  );
});

test('the options of a form are those that its data_from brings', async () => {
  const asks = {
    ...manifest,
    form: [
      {
        id: 'TEAM',
        name: 'Team',
        type: 'choice',
        url: 'https://{{HOST}}/teams',
        method: 'GET',
        data_from: 'teams',
        choice_value: 'id',
        choice_name: 'title',
      },
    ],
  };
  const files = await writtenFiles({ manifest: asks, person, secrets });
  const env = envThat('{"teams":[{"id":7,"title":"Design"},{"id":8,"title":"Data"}]}');
  const result = await tryFile(files.manifest, { ...files, part: 'options' }, env);
  expect(result).toMatchObject({
    status: 'succeeded',
    steps: [{ method: 'GET', url: 'https://api.example.com/teams', status: 200 }],
    options: {
      TEAM: [
        { label: 'Design', value: '7' },
        { label: 'Data', value: '8' },
      ],
    },
  });
  const { output, stdout } = capturedOutput();
  printResult(result, output);
  expect(stdout()).toContain('TEAM: 2 options\n   7  Design\n   8  Data');
  const one = capturedOutput();
  printResult({ ...result, options: { TEAM: [{ label: 'Design', value: '7' }] } }, one.output);
  expect(one.stdout()).toContain('TEAM: 1 option\n');
});

test('a form that fetches no options has none to try', async () => {
  const files = await writtenFiles({ manifest, person, secrets });
  const result = await tryFile(files.manifest, { ...files, part: 'options' }, envThat());
  expect(result.error?.message).toContain("The manifest's form has no data_from.");
});

const listing = {
  ...manifest,
  accounts: {
    execute: [{ url: 'https://{{HOST}}/members', method: 'GET' }],
    data_from: 'members',
    data_structure: { id: 'id', email: 'mail', name: 'name', last_login: 'seen' },
    skip_if: [{ response_notation: 'bot', value: true }],
  },
};

test('the accounts are those that the app lists, without those that skip_if leaves out', async () => {
  const files = await writtenFiles({ manifest: listing, secrets });
  const members = [
    { id: 7, mail: 'Ann@Example.com', name: 'Ann Lee', seen: 1_780_000_000 },
    { id: 8, mail: '', name: 'Backup', seen: '1970-01-01T00:00:00Z' },
    { id: 9, mail: 'bot@example.com', bot: true },
    { name: 'Nothing names me' },
  ];
  const env = envThat(JSON.stringify({ members }));
  const result = await tryFile(files.manifest, { ...files, part: 'accounts' }, env);
  expect(result).toMatchObject({
    status: 'succeeded',
    steps: [{ method: 'GET', url: 'https://api.example.com/members', status: 200 }],
    accounts: {
      listed: [
        { id: '7', email: 'ann@example.com', last_login: '2026-05-28T20:26:40.000Z' },
        { id: '8', email: null, name: 'Backup', last_login: null },
      ],
      skipped: 1,
      unreadable: 1,
      complete: false,
    },
  });
  const { output, stdout } = capturedOutput();
  printResult(result, output);
  expect(stdout()).toContain('7  ann@example.com  Ann Lee  2026-05-28T20:26:40.000Z\n8  Backup\n');
  expect(stdout()).toContain('2 accounts, 1 skipped, 1 unreadable; the list is not complete');
  const one = capturedOutput();
  const accounts = present(result.accounts);
  const first = accounts.listed.slice(0, 1);
  printResult({ ...result, accounts: { ...accounts, listed: first } }, one.output);
  expect(one.stdout()).toContain('1 account, 1 skipped');
});

test('a dry run shows the request of the list, and a manifest without one has none to try', async () => {
  const files = await writtenFiles({ listing, manifest, secrets });
  const part = 'accounts';
  const dry = await tryFile(files.listing, { ...files, part, dryRun: true }, envThat());
  expect(dry.steps.map(({ url }) => url)).toEqual(['https://api.example.com/members']);
  const none = await tryFile(files.manifest, { ...files, part }, envThat());
  expect(none.error?.message).toContain('The manifest has no accounts.');
});

test('a message may use the answer to the last request, and what it lacks is said', async () => {
  const message = '{{responses.1.id}} of {{responses.1.team}}';
  const notifications = [{ type: 'email', to: '{{email}}', subject: 'Hello', message }];
  const spoken = { ...manifest, post_execute_notification: notifications };
  const files = await writtenFiles({ spoken, person, secrets, form });
  const result = await tryFile(files.spoken, files, envThat());
  expect(result).toMatchObject({ error: null, deliveries: [{ message: '7 of ' }] });
  expect(result.warnings).toEqual([expect.stringContaining('responses.1.team')]);
});
