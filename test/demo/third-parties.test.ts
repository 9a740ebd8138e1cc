import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import {
  PIGEON_POST_KEY,
  type SlowMailOptions,
  seededWaits,
  startSlowMail,
} from '../../demo/third-parties/slow-mail.ts';
import {
  LODESTONE_PASSWORD,
  LODESTONE_USER,
  startStaffDirectory,
} from '../../demo/third-parties/staff-directory.ts';
import { FERNBOARD_TOKEN, startTeamTool } from '../../demo/third-parties/team-tool.ts';
import { SKYLARK_TOKEN, startTexting } from '../../demo/third-parties/texting.ts';
import { newId } from '../../src/core/ids.ts';
import { type Context, gatherText } from '../../src/engine/calls/context.ts';
import type { Tokens } from '../../src/engine/calls/oauth.ts';
import { sendText } from '../../src/engine/messages/texts.ts';
import { withFixture } from '../../src/try/fixture.ts';
import { localHttp } from '../support/given/worker.ts';

/** Sends as someone and reads the answer as JSON where it is, else as text. */
interface Client {
  (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{
    readonly status: number;
    readonly body: unknown;
    readonly headers: Headers;
  }>;
}

function clientOf(url: string, headers: Readonly<Record<string, string>>): Client {
  return async (method, path, body) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  };
}

// ---------------------------------------------------------------- Skylark

test('Skylark takes texts once for each key, and shows them', async () => {
  const arrived: string[] = [];
  const party = await startTexting({ arrived: ({ to }) => arrived.push(to) });
  onTestFinished(() => party.close());
  const text = { to: '+32470123456', text: 'Hi' };
  const headers = { Authorization: `Bearer ${SKYLARK_TOKEN}`, 'Idempotency-Key': 'k1' };
  const ask = clientOf(party.url, headers);
  expect(await clientOf(party.url, {})('POST', '/texts', text)).toMatchObject({ status: 401 });
  expect(await ask('POST', '/texts', { ...text, to: '0470' })).toMatchObject({ status: 400 });
  for (let times = 0; times < 2; times += 1)
    expect(await ask('POST', '/texts', text)).toMatchObject({ status: 202 });
  expect(arrived).toEqual(['+32470123456']);
  expect((await ask('GET', '/')).body).toBe('+32470123456\n  Hi\n');
});

test('a text arrives at Skylark over its manifest', async () => {
  const party = await startTexting();
  onTestFinished(() => party.close());
  const manifest = new URL('../../demo/manifests/skylark.json', import.meta.url);
  const inputs = {
    secrets: { BASE_URL: party.url, TOKEN: SKYLARK_TOKEN },
    form: {},
    people: [],
  };
  const setting = { name: 'Skylark', manifestText: readFileSync(manifest, 'utf8'), inputs };
  const text = { to: '+32470123456', message: 'Welcome "Ann" & all' };
  const gathered = await withFixture(setting, { now: () => new Date(), newId }, (fixture) =>
    gatherText(fixture.stores, fixture.integration.id, text),
  );
  if (!gathered.ok) throw new Error('Skylark is not set up');
  const tokens = { fresh: async (context: Context) => ({ ok: true as const, context }) } as Tokens;
  const deps = { http: localHttp(), tokens, now: () => new Date() };
  expect(await sendText(gathered.context, 'k1', deps)).toEqual({ kind: 'sent' });
  expect(party.state.texts).toEqual([{ to: text.to, text: text.message }]);
});

// ---------------------------------------------------------------- Fernboard

async function fernboard(token = FERNBOARD_TOKEN) {
  const party = await startTeamTool();
  onTestFinished(() => party.close());
  return { ...party, ask: clientOf(party.url, { Authorization: `Bearer ${token}` }) };
}

test('Fernboard refuses a wrong token in JSON', async () => {
  const { ask } = await fernboard('wrong');

  expect(await ask('GET', '/api/teams')).toMatchObject({
    status: 401,
    body: { errors: [{ message: expect.stringContaining('token') as string }] },
  });
});

test('Fernboard lists all of its teams over pages', async () => {
  const { ask, url } = await fernboard();
  const names: string[] = [];
  for (let page: string | null = `${url}/api/teams?offset=0`; page; ) {
    const { body } = await ask('GET', page);
    const { data, next } = body as { data: { name: string }[]; next: string | null };
    names.push(...data.map(({ name }) => name));
    page = next;
  }

  expect(new Set(names).size).toBe(240);
});

test('Fernboard lists its members over pages', async () => {
  const { ask, url, state } = await fernboard();
  for (let index = 0; index < 60; index += 1) {
    const email = `p${index}@harbour.example`;
    state.members.set(email, { id: `member-${index}`, email, role: 'member' });
  }
  const emails: string[] = [];
  for (let page: string | null = `${url}/api/members`; page; ) {
    const { body } = await ask('GET', page);
    const { data, next } = body as { data: { email: string }[]; next: string | null };
    emails.push(...data.map(({ email }) => email));
    page = next;
  }
  expect(new Set(emails).size).toBe(60);
});

test('Fernboard gives a form all teams at once, more than a plain choice holds', async () => {
  const { ask } = await fernboard();

  const { body } = await ask('GET', '/api/team-picker');

  const { teams } = (body as { data: { teams: unknown[] } }).data;
  expect(teams).toHaveLength(240);
  expect(teams[0]).toEqual({ gid: 'team-1', label: 'Canyon Design' });
});

test('Fernboard takes a member, puts them into a team, knows them, and lets them go', async () => {
  const { ask, state } = await fernboard();
  const data = { email: 'Ann@acme.example' };

  expect(await ask('GET', '/api/members/ann@acme.example')).toMatchObject({ status: 404 });
  expect(await ask('POST', '/api/members', { data })).toMatchObject({
    status: 201,
    body: { data: { id: 'member-1001', email: 'Ann@acme.example' } },
  });
  expect(await ask('POST', '/api/teams/team-1/members', { data })).toMatchObject({ status: 201 });
  expect(await ask('GET', '/api/members/ann%40acme.example')).toMatchObject({
    status: 200,
    body: { data: { email: 'Ann@acme.example', teams: ['Canyon Design'] } },
  });
  expect(await ask('DELETE', '/api/members/ann@acme.example')).toMatchObject({ status: 204 });
  expect(await ask('DELETE', '/api/members/ann@acme.example')).toMatchObject({ status: 404 });
  expect([...state.members]).toEqual([]);
});

test('Fernboard takes the same member twice as one, so that a second team can be granted', async () => {
  const { ask, state } = await fernboard();

  await ask('POST', '/api/members', { data: { email: 'ann@acme.example' } });
  const again = await ask('POST', '/api/members', { data: { email: 'ANN@acme.example' } });

  expect(again).toMatchObject({ status: 200, body: { data: { id: 'member-1001' } } });
  expect(state.members.size).toBe(1);
});

test('Fernboard refuses a stranger in a team, an unknown team and a body without data', async () => {
  const { ask } = await fernboard();
  const data = { email: 'ann@acme.example' };

  expect(await ask('POST', '/api/teams/team-1/members', { data })).toMatchObject({ status: 404 });
  expect(await ask('POST', '/api/teams/team-999/members', { data })).toMatchObject({ status: 404 });
  expect(await ask('POST', '/api/members', {})).toMatchObject({ status: 400 });
});

// ---------------------------------------------------------------- Lodestone

async function lodestone(password = LODESTONE_PASSWORD) {
  const party = await startStaffDirectory();
  onTestFinished(() => party.close());
  const credentials = Buffer.from(`${LODESTONE_USER}:${password}`).toString('base64');
  return { ...party, ask: clientOf(party.url, { Authorization: `Basic ${credentials}` }) };
}

test('Lodestone asks for Basic credentials', async () => {
  const { ask } = await lodestone('wrong');

  const { status, headers } = await ask('GET', '/groups');

  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Basic realm="Lodestone"');
});

test('Lodestone offers six groups as a bare list', async () => {
  const { ask } = await lodestone();

  const { body } = await ask('GET', '/groups');

  expect(body).toHaveLength(6);
  expect(body).toContainEqual({ id: 'wifi', name: 'Wi-Fi & doors' });
});

test('Lodestone answers 404 in plain text for someone it does not know', async () => {
  const { ask } = await lodestone();

  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/number'],
    ['DELETE', ''],
  ] as const) {
    expect(await ask(method, `/users/ann@acme.example${path}`)).toMatchObject({
      status: 404,
      body: 'No such user',
    });
  }
});

test('Lodestone keeps an entry in XML with a number that a double cannot hold', async () => {
  const { ask, url } = await lodestone();
  const entry = { name: 'Ann <A> & Co', home_group: 'leads', groups: ['wifi', 'builders'] };

  const created = await ask('PUT', '/users/ann@acme.example', entry);
  const known = await ask('GET', '/users/ANN@acme.example');

  expect(created.status).toBe(201);
  expect(created.headers.get('content-type')).toContain('application/xml');
  expect(known.body).toBe(
    '<user number="9007199254740993"><email>ann@acme.example</email><name>Ann &lt;A&gt; &amp; Co</name>' +
      '<home>leads</home><group>wifi</group><group>builders</group></user>',
  );
  const credentials = Buffer.from(`${LODESTONE_USER}:${LODESTONE_PASSWORD}`).toString('base64');
  const number = await fetch(`${url}/users/ann@acme.example/number`, {
    headers: { Authorization: `Basic ${credentials}` },
  });
  expect(await number.text()).toBe('{"user":{"number":9007199254740993}}');
});

test('Lodestone changes an entry without a new number, and removes it', async () => {
  const { ask, state } = await lodestone();

  await ask('PUT', '/users/ann@acme.example', { name: 'Ann', home_group: 'leads' });
  const changed = await ask('PUT', '/users/ann@acme.example', { name: 'Ann', home_group: 'wifi' });

  expect(changed.status).toBe(200);
  expect(changed.body).toContain('number="9007199254740993"');
  expect(await ask('DELETE', '/users/ann@acme.example')).toMatchObject({ status: 204 });
  expect(state.entries.size).toBe(0);
});

test('Lodestone refuses a group that it does not have', async () => {
  const { ask } = await lodestone();
  const entry = { name: 'Ann', home_group: 'leads', groups: ['pirates'] };

  expect(await ask('PUT', '/users/ann@acme.example', entry)).toMatchObject({
    status: 422,
    body: 'No such group: pirates',
  });
});

// ---------------------------------------------------------------- Pigeon Post

async function pigeonPost(options: SlowMailOptions = {}, key = PIGEON_POST_KEY) {
  const party = await startSlowMail({ delay: async () => {}, ...options });
  onTestFinished(() => party.close());
  return { ...party, ask: clientOf(party.url, { 'X-Pigeon-Key': key }) };
}

test('Pigeon Post refuses a wrong key', async () => {
  const { ask } = await pigeonPost({}, 'wrong');

  expect(await ask('GET', '/mailboxes?email=a@b.example')).toMatchObject({ status: 403 });
});

test('Pigeon Post has a mailbox ready only some looks after it was asked for', async () => {
  const { ask } = await pigeonPost();
  const wish = { email: 'ann@acme.example', name: 'Ann', size: 'small' };

  expect(await ask('POST', '/mailboxes', wish)).toMatchObject({
    status: 202,
    body: { id: 'mbx-1', status: 'creating' },
  });
  const looks = [];
  for (let look = 0; look < 3; look += 1) looks.push((await ask('GET', '/mailboxes/mbx-1')).body);

  expect(looks).toMatchObject([
    { status: 'creating' },
    { status: 'creating' },
    { ...wish, status: 'ready' },
  ]);
});

test('Pigeon Post finds a mailbox by address, and says nothing of an address it does not know', async () => {
  const { ask } = await pigeonPost();
  const path = '/mailboxes?email=ann%2Bnew%40acme.example';

  expect((await ask('GET', path)).body).toEqual({ mailboxes: [] });
  await ask('POST', '/mailboxes', { email: 'Ann+new@acme.example', name: '', size: 'small' });
  expect((await ask('GET', path)).body).toMatchObject({
    mailboxes: [{ id: 'mbx-1', email: 'Ann+new@acme.example' }],
  });
  expect(await ask('DELETE', '/mailboxes/mbx-1')).toMatchObject({ status: 204 });
  expect(await ask('DELETE', '/mailboxes/mbx-1')).toMatchObject({ status: 404 });
});

test('Pigeon Post is too busy for every fourth write, and for no read', async () => {
  const { ask, state } = await pigeonPost();
  const statuses = [];
  for (let n = 1; n <= 8; n += 1) {
    const { status, headers } = await ask('POST', '/mailboxes', { email: `p${n}@acme.example` });
    statuses.push(status === 503 ? `503 after ${headers.get('retry-after')}` : status);
    expect((await ask('GET', '/mailboxes?email=x')).status).toBe(200);
  }

  expect(statuses).toEqual([202, 202, 202, '503 after 1', 202, 202, 202, '503 after 1']);
  expect(state.mailboxes.size).toBe(6);
});

test('Pigeon Post fails as a test plans it', async () => {
  const { ask } = await pigeonPost({ failsWrite: (n) => n === 1 });

  expect(await ask('POST', '/mailboxes', { email: 'a@acme.example' })).toMatchObject({
    status: 503,
  });
  expect(await ask('POST', '/mailboxes', { email: 'a@acme.example' })).toMatchObject({
    status: 202,
  });
});

test('Pigeon Post waits before every answer', async () => {
  let waits = 0;
  const { ask } = await pigeonPost({ delay: async () => void (waits += 1) });

  await ask('GET', '/mailboxes?email=x');
  await ask('POST', '/mailboxes', { email: 'a@acme.example' });

  expect(waits).toBe(2);
});

test('the waits of Pigeon Post are half a second to two and a half, and the same at every start', () => {
  const first = seededWaits(1);
  const second = seededWaits(1);
  const waits = Array.from({ length: 500 }, () => first());

  expect(Array.from({ length: 500 }, () => second())).toEqual(waits);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
  expect(Math.max(...waits)).toBeLessThan(2500);
  expect(new Set(waits).size).toBe(500);
});

test('each can be started on a given port, and lets it go at its end', async () => {
  for (const start of [startTeamTool, startStaffDirectory, startSlowMail]) {
    const first = await start();
    const port = Number(new URL(first.url).port);
    await first.close();
    const second = await start({ port });
    expect(second.url).toBe(first.url);
    await second.close();
  }
});
