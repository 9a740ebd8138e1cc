/** The examples of the manifest guide, checked and run. Each is given the files that stand beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import { problemText } from '../../src/engine/manifest/problem.ts';
import type { TryResult } from '../../src/try/result.ts';
import {
  type Answer,
  attemptText,
  GENERATED,
  type Part,
  type Received,
} from '../manifests/bench.ts';

const EXAMPLES = new URL('../../docs/examples/', import.meta.url);
const INPUTS = /(^people|^person|\.secrets|\.form)\.json$/;
const names = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.json') && !INPUTS.test(file))
  .map((file) => file.replace(/\.json$/, ''))
  .toSorted();

const readText = (file: string): string => readFileSync(new URL(file, EXAMPLES), 'utf8');
const readObject = (file: string): JsonObject =>
  existsSync(new URL(file, EXAMPLES)) ? (JSON.parse(readText(file)) as JsonObject) : {};

interface Played {
  readonly result: TryResult;
  readonly received: readonly Received[];
}

/** Plays one example, with the files beside it, against answers in turn. */
function play(name: string, part: Part, answers: readonly Answer[]): Promise<Played> {
  const { oauth, ...secrets } = readObject(`${name}.secrets.json`);
  const { stored = {}, ...person } = readObject('person.json');
  return attemptText(
    readText(`${name}.json`),
    part,
    {
      name,
      secrets: secrets as Record<string, string>, // Our own files hold texts only.
      ...(oauth !== undefined && { oauth: oauth as JsonObject }),
      form: readObject(`${name}.form.json`) as Record<string, string | string[]>,
      person,
      stored: stored as JsonObject,
      people: JSON.parse(readText('people.json')) as string[],
    },
    answers,
  );
}

const ok = (body?: Json, status = 200): Answer => ({ status, ...(body !== undefined && { body }) });
const line = ({ method, url }: Received): string => `${method} ${url}`;

test.each(names)('%s has neither errors nor warnings', (name) => {
  const checked = checkManifest(readText(`${name}.json`));
  expect([...(checked.ok ? [] : checked.errors), ...checked.warnings].map(problemText)).toEqual([]);
});

test('every example is played below', () => {
  const played = readFileSync(new URL(import.meta.url), 'utf8');
  for (const name of names) expect(played).toContain(`play('${name}'`);
});

describe('add-to-team', () => {
  test('sends a list as a JSON list, and quotes as they are', async () => {
    const { result, received } = await play('add-to-team', 'execute', [ok({}, 409), ok({})]);
    expect(result.status).toBe('succeeded');
    expect(received.map(({ body }) => body)).toEqual([
      { email: 'ann.lee@example.com', name: 'Ann Lee' },
      { email: 'ann.lee@example.com', roles: ['read', 'write'], note: 'Starts "soon"' },
    ]);
    expect(received[0]?.headers['authorization']).toBe('Bearer made-up-token-1234');
  });

  test('knows no access by a 404', async () => {
    expect((await play('add-to-team', 'exists', [ok({}, 404)])).result.status).toBe('none');
    expect((await play('add-to-team', 'exists', [ok({})])).result.status).toBe('has');
  });

  test('is done where the person was gone before', async () => {
    expect((await play('add-to-team', 'revoke', [ok({}, 404)])).result.status).toBe('succeeded');
  });
});

describe('members', () => {
  test('grants, finds the person by the whole address, and takes a 404 for removed', async () => {
    const granted = await play('members', 'execute', [ok({}, 201)]);
    expect(granted.received.map(line)).toEqual(['POST https://api.example.com/v1/members']);
    const list = ok({ members: [{ email: 'joann.lee@example.com' }] });
    expect((await play('members', 'exists', [list])).result.status).toBe('none');
    expect((await play('members', 'revoke', [ok({}, 404)])).result.status).toBe('succeeded');
  });
});

describe('poll-a-job', () => {
  const started = ok({ job: { id: 'j-1' } }, 202);

  test('asks until the job is done, and keeps what it made', async () => {
    const { result, received } = await play('poll-a-job', 'execute', [
      started,
      ok({ job: { state: 'running' } }),
      ok({ job: { state: 'done', result: { mailbox_id: 77 } } }),
    ]);
    expect(result.stored).toEqual({ MAILBOX_JOB: 'j-1', MAILBOX_ID: 77 });
    expect(received.map(line)).toEqual([
      'POST https://api.example.com/v1/mailboxes',
      'GET https://api.example.com/v1/jobs/j-1',
      'GET https://api.example.com/v1/jobs/j-1',
    ]);
    const encoded = Buffer.from('latchkey:made-up-password').toString('base64');
    expect(received[0]?.headers['authorization']).toBe(`Basic ${encoded}`);
  });

  test('fails after sixty times, and says what it waited for', async () => {
    const running = ok({ job: { state: 'running' } });
    const { result, received } = await play('poll-a-job', 'execute', [
      started,
      ...Array.from({ length: 60 }, () => running),
    ]);
    expect(received).toHaveLength(61);
    expect(result.status).toBe('failed');
    expect(result.error?.message).toContain('"job.state" is "running"; expected "done"');
  });
});

test('pass-a-file-on sends the file that was fetched before', async () => {
  const { result, received } = await play('pass-a-file-on', 'execute', [ok('PIXELS'), ok({}, 201)]);
  expect(result.error).toBeNull();
  expect(received[0]?.url).toBe('https://badges.example.com/v1/render?name=Ann%20Lee');
  expect(received[1]?.headers['content-type']).toBe('multipart/form-data');
  expect(received[1]?.parts).toMatch(/name="owner"\s+ann\.lee@example\.com/);
  expect(received[1]?.parts).toMatch(/name="picture"; filename="badge\.png"[\s\S]*PIXELS/);
});

describe('find-by-email', () => {
  const found = ok({ users: [{ id: 9, email: 'Ann.Lee@example.com' }] });

  test('uses the id that the first request found', async () => {
    const { result, received } = await play('find-by-email', 'execute', [found, ok({})]);
    expect(result.status).toBe('succeeded');
    expect(received.map(line)[1]).toBe('PUT https://api.example.com/v1/users/9/licence');
  });

  test('finds the address in any case, and only as a whole', async () => {
    const other = ok({ users: [{ id: 8, email: 'joann.lee@example.com' }] });
    expect((await play('find-by-email', 'exists', [found])).result.status).toBe('has');
    expect((await play('find-by-email', 'exists', [other])).result.status).toBe('none');
  });

  test('takes nothing from someone else', async () => {
    const other = { id: 8, email: 'joann.lee@example.com' };
    const { result, received } = await play('find-by-email', 'revoke', [
      ok({ users: [other] }),
      ok(other),
    ]);
    expect(received.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(result.status).toBe('failed');
  });

  test('ends a revoke well where nobody is found, after one request', async () => {
    const { result, received } = await play('find-by-email', 'revoke', [ok({ users: [] })]);
    expect([result.status, received.length]).toEqual(['succeeded', 1]);
  });

  test('sends no DELETE with an empty id', async () => {
    const { result, received } = await play('find-by-email', 'execute', [ok({ users: [] })]);
    expect(received).toHaveLength(1);
    expect(result.error?.message).toContain('is empty');
  });
});

test('first-password shows the password to nobody but the person', async () => {
  const { result, received } = await play('first-password', 'execute', [ok({}, 201)]);
  expect(received[0]?.body).toMatchObject({ password: GENERATED });
  expect(JSON.stringify(result)).not.toContain(GENERATED);
  expect(result.deliveries).toEqual([
    {
      type: 'email',
      to: 'ann@home.example',
      subject: 'Your account at Example',
      message: 'Hello Ann,\nyour first password is •••FIRST_PASSWORD•••',
    },
    {
      type: 'chat',
      to: 'max@example.com',
      subject: null,
      message: 'Ann Lee has an account now, from 30 Nov 2026.',
    },
  ]);
});

test('oauth-connection renews a token that is refused, once', async () => {
  const { result, received } = await play('oauth-connection', 'execute', [
    ok({}, 401),
    ok({ access_token: 'made-up-second-token', expires_in: 3600 }),
    ok({}, 201),
  ]);
  expect(result).toMatchObject({ status: 'succeeded', oauth: { refreshed: true } });
  expect(received[1]?.form).toMatchObject({ refresh_token: 'made-up-refresh-token' });
  expect(received[2]?.headers['authorization']).toBe('Bearer made-up-second-token');
});

describe('imports', () => {
  test('by token: the token goes into the address of the next page', async () => {
    const row = (email: string) => ({ contact: { work_email: email }, given_name: 'A' });
    const { result, received } = await play('import-by-token', 'sync', [
      ok({ result: { people: [row('a@example.com'), row('max@example.com')], next: 2 } }),
      ok({ result: { people: [row('A@example.com'), row('none')], next: null } }),
    ]);
    expect(received.map(line)[1]).toBe('GET https://hr.example.com/v2/people?size=100&page=2');
    expect(result.people).toEqual({
      created: [{ email: 'a@example.com', first_name: 'A', last_name: '' }],
      updated: [],
      skipped: { existing: 1, duplicate: 1, invalid: 1 },
    });
  });

  test('by link: the next address is taken from the answer', async () => {
    const { received } = await play('import-by-link', 'sync', [
      ok({ items: [{ email: 'a@example.com' }], links: { next: '/v3/people?after=x' } }),
      ok({ items: [] }),
    ]);
    expect(received.map(line)[1]).toBe('GET https://hr.example.com/v3/people?after=x');
  });

  test('update: facts are kept with those who exist', async () => {
    const { result } = await play('update', 'sync', [
      ok({ people: [{ work_email: 'MAX@example.com', id: 5, cost_centre: 'C1' }] }),
    ]);
    expect(result.people.updated).toEqual([
      { email: 'max@example.com', stored: { HR_ID: 5, COST_CENTRE: 'C1' } },
    ]);
  });
});
