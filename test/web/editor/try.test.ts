import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { baseOf, type EditorLab, editorLab } from './lab.ts';

const TOKEN = 'hush-hush-token-1';

let lab: EditorLab;
let ann: Person;
let fernboard: Integration;
let text: string;

beforeEach(async () => {
  lab = await editorLab();
  const { party } = lab.engine;
  ann = await lab.engine.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  const manifest = {
    form: [
      { id: 'TEAM', name: 'Team', type: 'choice', url: `${party.url}/teams`, method: 'GET' },
      { id: 'NICK', name: 'Nickname', type: 'input', required: false },
    ],
    exists: { url: `${party.url}/users?q={{email}}`, method: 'GET', expected: '{{email}}' },
    execute: [
      {
        url: `${party.url}/users`,
        data: { email: '{{email}}', team: '{{TEAM}}' },
        store_data: { UID: 'id' },
      },
      { url: `${party.url}/users/{{responses.0.id}}/welcome` },
    ],
    post_execute_notification: [
      { type: 'email', to: '{{email}}', subject: 'Hi', message: 'Hello' },
    ],
    headers: { Authorization: 'Bearer {{TOKEN}}' },
    initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
  };
  text = JSON.stringify(manifest, null, 2);
  fernboard = await lab.engine.integration(manifest, { TOKEN }, 'Fernboard');
  await lab.open(fernboard.id);
});
afterEach(() => lab.close());

const press = (button: string, fields: Readonly<Record<string, string>> = {}) =>
  lab.press(
    button,
    { base: baseOf(fernboard), manifest: text, person: ann.id, part: 'execute', ...fields },
    '/try',
  );

/** The page of the try, once it says what it came to. */
async function ended(says: RegExp) {
  for (;;) {
    const page = await lab.get('/try');
    if (says.test(page.text)) return page;
    if (!page.html.includes('data-running="true"')) throw new Error(page.text);
  }
}

test('it asks what, for whom, and what the form asks', async () => {
  const { text: shown, html } = await press('open', { person: '' });
  expect(shown).toContain('Try the manifest of Fernboard');
  expect(shown).toContain('Grant (execute)');
  expect(shown).toContain('Check (exists)');
  expect(shown).not.toContain('Revoke (revoke)');
  expect(shown).toContain('Ada');
  expect(html).toContain('name="answer.TEAM"');
  expect(html).toContain('Nickname (optional)');
});

test('someone else is found by a part of the name', async () => {
  expect((await press('find', { person: '', q: 'lee' })).text).toContain(
    'Ann Lee (ann@example.com)',
  );
  expect((await press('find', { q: 'nobody' })).text).toContain('No one matches "nobody"');
});

test('choices are fetched from the service when asked for, and stay typed otherwise', async () => {
  lab.engine.party.on('GET /teams', { json: [{ id: 't1', name: 'Design' }] });
  const { html } = await press('options', { 'answer.TEAM': 't1' });
  expect(html).toContain('<option value="t1" selected>Design</option>');
  expect(lab.engine.party.requests[0]?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
});

test('a service that fails to give its choices is quoted, without its secrets', async () => {
  lab.engine.party.on('GET /teams', { status: 403, text: `no ${TOKEN}` });
  const { text: shown, html } = await press('options');
  expect(shown).toContain("doesn't accept Latchkey's credentials");
  expect(html).not.toContain(TOKEN);
});

test('why there are no choices stands apart from what the field takes', async () => {
  lab.engine.party.on('GET /teams', { status: 403 });
  const { html } = await press('options');
  const [, problem] = /<p class="problem" id="answer-\d+-problem">([^<]*)</.exec(html) ?? [];
  expect(problem).toContain('accept Latchkey');
  expect(problem).not.toContain('type what you know');
  expect(html).toContain('>An id. The options come from the app; get them below');
  expect(html).toMatch(/aria-describedby="(answer-\d+)-hint \1-problem"/);
});

test('a dry run shows every request and sends none', async () => {
  await press('dry');
  const { text: shown, html } = await ended(/Nothing was sent/);
  expect(shown).toContain(`POST ${lab.engine.party.url}/users/<responses.0.id>/welcome`);
  expect(shown).toContain('authorization: Bearer •••TOKEN•••');
  expect(shown).toContain('"email": "ann@example.com"');
  expect(html).not.toContain(TOKEN);
  expect(lab.engine.party.requests).toEqual([]);
  expect(await lab.engine.audited()).toContain('manifest.tried');
});

test('for real it takes a second yes', async () => {
  const { text: shown } = await press('real', { 'answer.TEAM': 't1' });
  expect(shown).toContain('Nothing was sent.');
  expect(lab.engine.party.requests).toEqual([]);
});

test('for real it is sent with the saved secrets, shown step by step, and nothing is kept', async () => {
  const { party, stores } = lab.engine;
  party.on('POST /users', { json: { id: 'u7', secret: TOKEN } });
  party.on('POST /users/u7/welcome', { json: {} });
  await press('real', { sure: 'yes', 'answer.TEAM': 't1' });
  const { text: shown, html } = await ended(/It succeeded/);
  expect(shown).toContain('→ 200');
  expect(shown).toContain('UID u7');
  expect(shown).toContain('email to ann@example.com: Hi Hello');
  expect(html).not.toContain(TOKEN);
  expect(JSON.parse(party.requests[0]?.body ?? '')).toEqual({ email: ann.email, team: 't1' });
  expect((await stores.people.find(ann.id))?.stored).toEqual({});
  expect(await stores.access.forPerson(ann.id)).toEqual([]);
});

test('a button that is pressed twice sends once; the next page tries again', async () => {
  const { party } = lab.engine;
  party.on('POST /users', { json: { id: 'u7' } });
  party.on('POST /users/u7/welcome', { json: {} });
  const real = async () => {
    const { html } = await press('open');
    const once = /name="once" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const fields = { sure: 'yes', 'answer.TEAM': 't1', once };
    await press('real', fields);
    await ended(/It succeeded/);
    await press('real', fields);
    await ended(/It succeeded/);
  };
  await real();
  expect(party.requests).toHaveLength(2);
  await real();
  expect(party.requests).toHaveLength(4);
});

test('a step is shown as soon as its answer is there, and Stop ends the rest', async () => {
  const { party } = lab.engine;
  let answer: (value?: unknown) => void = () => undefined;
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  party.on('POST /users', { json: { id: 'u7' } });
  party.on('POST /users/u7/welcome', { json: {}, after: held });
  await press('real', { sure: 'yes', 'answer.TEAM': 't1' });
  await party.received(2);
  const page = await lab.get('/try');
  expect(page.text).toMatch(/POST \S+\/users → 200/);
  expect(page.html).toContain('<noscript><meta http-equiv="refresh"');
  expect((await press('dry')).text).toContain('You already have a try running');
  expect((await press('stop')).text).toContain('Stopped. Nothing more is sent');
  answer();
});

test('what is missing is said in words of the page', async () => {
  await press('real', { sure: 'yes' });
  const { text: shown } = await ended(/It failed/);
  expect(shown).toContain('TEAM: (Team) has no answer; go back and enter one');
  expect(shown).not.toContain('--form');
});

test('a saved secret is not used by a manifest that would show it', async () => {
  const open = text.replace('"API token"', '"API token",\n"secret": false');
  await press('real', { sure: 'yes', 'answer.TEAM': 't1', manifest: open });
  const { text: shown, html } = await ended(/It failed/);
  expect(shown).toContain('"API token" (TOKEN) has no saved value that this manifest may use');
  expect(html).not.toContain(TOKEN);
  expect(lab.engine.party.requests).toEqual([]);
});

test('saved secrets go to no host that the saved manifest does not call, and the audit log names the hosts', async () => {
  const { party } = lab.engine;
  const { port, host } = new URL(party.url);
  const elsewhere = text.replaceAll(party.url, `http://localhost:${port}`);
  await press('real', { sure: 'yes', 'answer.TEAM': 't1', manifest: elsewhere });
  const { text: shown, html } = await ended(/It failed/);
  expect(shown).toContain(
    `The saved manifest doesn't call localhost:${port}, so a try sends no saved secrets there. Save the manifest first`,
  );
  await press('options', { manifest: elsewhere });
  expect(html).not.toContain(TOKEN);
  expect(party.requests).toEqual([]);
  await press('dry');
  await ended(/Nothing was sent/);
  const entries = await lab.engine.stores.auditLog.list({ offset: 0, limit: 9 });
  const hosts = entries
    .filter(({ what }) => what === 'manifest.tried')
    .map(({ detail }) => detail?.['hosts']);
  expect(hosts).toEqual(expect.arrayContaining([`localhost:${port}`, host]));
});

test('nor where only the chosen person makes it another host', async () => {
  const { party } = lab.engine;
  const { port } = new URL(party.url);
  const sneaky = text.replaceAll(
    `"${party.url}/users"`,
    `"{{#email}}http://localhost:${port}{{/email}}{{^email}}${party.url}{{/email}}/users"`,
  );
  expect(sneaky).not.toBe(text);
  await press('real', { sure: 'yes', 'answer.TEAM': 't1', manifest: sneaky });
  const { text: shown } = await ended(/It failed/);
  expect(shown).toContain("the saved manifest doesn't call this host");
  expect(party.requests).toEqual([]);
});

test('exists says whether the person has access', async () => {
  lab.engine.party.on('GET /users', { json: [{ email: 'ann@example.com' }] });
  await press('real', { sure: 'yes', part: 'exists' });
  expect((await ended(/has access/)).text).toContain('The person has access.');
});

test('the answers and the person are there again for the next try', async () => {
  await press('dry', { 'answer.NICK': 'Annie' });
  const { html } = await ended(/Nothing was sent/);
  expect(html).toContain('name="answer.NICK" value="Annie"');
  expect(html).toContain(`name="person" value="${ann.id}"`);
});

test('a manifest with errors is not tried, and says why', async () => {
  const { text: shown } = await press('dry', { manifest: '{"execute": 1}' });
  expect(shown).toContain('It has errors');
  expect(shown).toContain('Back to the editor');
});

test('a token that has to be refreshed for a try is kept, as the service takes the older one no more', async () => {
  const { party, stores, clock } = lab.engine;
  const oauth = {
    authenticate_url: 'https://login.example.com',
    access_token: { url: `${party.url}/token` },
    refresh: { url: `${party.url}/refresh`, data: { token: '{{oauth.refresh_token}}' } },
  };
  const headers = { Authorization: 'Bearer {{oauth.access_token}}' };
  const connected = { oauth, headers, execute: [{ url: `${party.url}/users` }] };
  fernboard = await lab.engine.integration(connected, {}, 'Lodestone');
  text = JSON.stringify(connected);
  await lab.open(fernboard.id);
  await stores.oauth.put({
    integrationId: fernboard.id,
    version: 1,
    generation: 3,
    answer: { access_token: 'access-token-3', refresh_token: 'refresh-token-3', expires_in: 60 },
    state: 'connected',
    refreshedAt: clock.now(),
    expiresAt: new Date(clock.now().getTime() + 60_000),
  });
  party.on('POST /refresh', {
    json: { access_token: 'access-token-4', refresh_token: 'refresh-token-4', expires_in: 3600 },
  });
  party.on('POST /users', { json: { was: 'access-token-4' } });
  await press('real', { sure: 'yes' });
  const { html } = await ended(/It succeeded/);
  expect(party.requests.map(({ headers: { authorization } }) => authorization)).toEqual([
    undefined,
    'Bearer access-token-4',
  ]);
  expect((await stores.oauth.find(fernboard.id))?.answer['refresh_token']).toBe('refresh-token-4');
  expect(html).not.toMatch(/(access|refresh)-token-[34]/);
});

test('a try of an import creates nobody, and knows who is there already', async () => {
  const { party, stores } = lab.engine;
  const sync = {
    action: 'create',
    execute: [{ url: `${party.url}/people`, method: 'GET' }],
    data_structure: { email: 'mail', first_name: 'first', last_name: 'last' },
  };
  text = JSON.stringify(sync);
  fernboard = await lab.engine.integration(sync, {}, 'HR');
  await lab.open(fernboard.id);
  party.on('GET /people', {
    json: [
      { mail: 'ann@example.com', first: 'Ann', last: 'Lee' },
      { mail: 'ben@example.com', first: 'Ben', last: 'Sato' },
    ],
  });
  expect((await press('open', { part: '' })).text).not.toContain('For whom');
  await press('real', { sure: 'yes', part: 'sync' });
  const { text: shown } = await ended(/It succeeded/);
  expect(shown).toContain('Would be created: Ben Sato <ben@example.com>');
  expect(shown).toContain('Skipped, existing: 1');
  expect(await stores.people.findByEmail('ben@example.com')).toBeUndefined();
});

test('what is not saved yet has no secrets: it can be tried dry', async () => {
  const { stores, admin, now, party } = lab.engine;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, name: 'Lodestone', text });
  await lab.open(draft.id);
  await press('real', { sure: 'yes', base: '', 'answer.TEAM': 't1' });
  expect((await ended(/It failed/)).text).toContain('Save the manifest and enter the value on');
  await press('dry', { base: '' });
  await ended(/Nothing was sent/);
  expect(party.requests).toEqual([]);
});

test('choices that need a value that is not saved say how to enter it', async () => {
  const { stores, admin, now, party } = lab.engine;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, name: 'Lodestone', text });
  await lab.open(draft.id);
  const { text: shown } = await press('options', { base: '' });
  expect(shown).toContain('"API token" (TOKEN) has no saved value');
  expect(shown).toContain('Save the manifest and enter the value on');
  expect(shown).not.toContain('An admin has to');
  expect(party.requests).toEqual([]);
});

test('who loses the role while it runs sends no more', async () => {
  const { party, stores, transact, admin } = lab.engine;
  party.on('POST /users', { json: { id: 'u7' }, after: demote() });
  await press('real', { sure: 'yes', 'answer.TEAM': 't1' });
  await ended(/Stopped/);
  expect(party.requests).toHaveLength(1);

  async function demote(): Promise<void> {
    await party.received(1);
    const person = await stores.people.find(admin.id);
    if (person) await transact((tx) => tx.people.save({ ...person, role: 'other' }));
  }
});
