/**
 * Every ready-made manifest against a double of its API. A file `<name>.json` beside this one holds, for the
 * manifest of that name, the requests and answers that the service's documentation shows.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import { problemText } from '../../src/engine/manifest/problem.ts';
import { accountListOf } from '../../src/engine/manifest/schema.ts';
import { readNotation } from '../../src/engine/templates/notation.ts';
import {
  type Answer,
  attempt,
  connect,
  type Exchange,
  type Expected,
  fetchOptions,
  GENERATED,
  type Part,
  type Received,
  type Setting,
} from './bench.ts';

interface Case {
  /** What the service does, as the rest of a sentence. */
  readonly name: string;
  readonly part: Part;
  readonly exchanges: readonly Exchange[];
  /** What is stored with the person before. */
  readonly known?: JsonObject;
  readonly status: string;
  /** A part of the error's sentence. */
  readonly error?: string;
  readonly stored?: Json;
  readonly deliveries?: Json;
  readonly people?: Json;
  readonly accounts?: Json;
}

interface Script extends Omit<Setting, 'name'> {
  /** What every request carries. */
  readonly headers: Readonly<Record<string, string>>;
  readonly options?: Readonly<
    Record<string, Exchange & { readonly options: readonly { value: string; label: string }[] }>
  >;
  /** How the service refuses a wrong token, and how it says that it is asked too often. */
  readonly unauthorised: Answer;
  readonly rateLimited: Answer;
  /** How a new token is asked for, where the manifest has `oauth`. Its headers are its own alone. */
  readonly refresh?: Exchange;
  /** Where an admin connects it, what code comes back, and how the first token is asked for. */
  readonly connect?: Exchange & { readonly signInAt: string; readonly code?: string };
  readonly cases: readonly Case[];
}

const folder = (path: string) => new URL(path, import.meta.url);
const namesIn = (path: string, ending: string): readonly string[] =>
  readdirSync(folder(path))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .toSorted();

const names = namesIn('../../manifests/', '.json');
const readText = (name: string) => readFileSync(folder(`../../manifests/${name}.json`), 'utf8');

test('the README says how many there are', () => {
  expect(readFileSync(folder('../../README.md'), 'utf8')).toContain(
    `**${names.length} ready-made integrations**`,
  );
});
const readScript = (name: string): Script =>
  // The files are ours; what they lack shows as a failing test.
  JSON.parse(readFileSync(folder(`./${name}.json`), 'utf8')) as Script;

const imports = names.filter((name) => readText(name).includes('"data_structure"'));

test.each(imports)('the answers for %s have every value that it takes of a row', (name) => {
  const parsed = parseManifest(readText(name));
  const list = parsed.ok
    ? parsed.manifest.kind === 'sync'
      ? parsed.manifest
      : accountListOf(parsed.manifest)
    : undefined;
  if (!list) throw new Error('It lists people');
  const { dataFrom, dataStructure } = list;
  const cases = readScript(name).cases.filter(({ part }) => part === 'sync' || part === 'accounts');
  const rows = cases.flatMap(({ exchanges }) =>
    exchanges.flatMap(({ answer }) => {
      const found = readNotation(answer.body ?? {}, dataFrom);
      return found.found && Array.isArray(found.value) ? (found.value as readonly Json[]) : [];
    }),
  );
  const missing = Object.entries(dataStructure).filter(
    ([, place]) => !rows.some((row) => readNotation(row, place).found),
  );
  expect(missing).toEqual([]);
});

/** A request as it has to come: with the headers of the file, and with the password that was made. */
function expected(request: Expected, headers: Script['headers']): Received {
  const whole = { ...request, headers: { ...headers, ...request.headers } };
  const hasJson = request.body !== undefined;
  const contentType = hasJson
    ? { 'content-type': 'application/json' }
    : request.form && { 'content-type': 'application/x-www-form-urlencoded' };
  const wanted = { ...whole, headers: { ...contentType, ...whole.headers } };
  return JSON.parse(JSON.stringify(wanted).replaceAll('<generated>', GENERATED)) as Received;
}

const NO_PEOPLE = { created: [], updated: [], skipped: {} };

const answersOf = (exchanges: readonly Exchange[]): readonly Answer[] =>
  exchanges.map(({ answer }) => answer);

const isAsked = ({ part }: Case): boolean => part === 'exists';

test('there are at least sixteen ready-made manifests', () => {
  expect(names.length).toBeGreaterThanOrEqual(16);
});

describe.each(names)('%s', (name) => {
  test('loads without an error or a warning', () => {
    const checked = checkManifest(readText(name));
    expect([...(checked.ok ? [] : checked.errors), ...checked.warnings].map(problemText)).toEqual(
      [],
    );
  });

  test('has a note that names its permissions, its documentation and its limits', () => {
    const note = readFileSync(folder(`../../manifests/${name}.md`), 'utf8');
    for (const part of ['## Permissions', '## Documentation', 'As of 2026-', '## Limits'])
      expect(note).toContain(part);
  });

  test('says in its note that a task names what to hand over, where it does', () => {
    const parsed = parseManifest(readText(name));
    const note = readFileSync(folder(`../../manifests/${name}.md`), 'utf8');
    const hasNote = parsed.ok && parsed.manifest.revokeNote !== undefined;
    expect(note.includes('revoke_note')).toBe(hasNote);
  });

  test('knows the answer that there is nobody where a revoke looks the person up first', () => {
    const parsed = parseManifest(readText(name));
    const { revoke = [], goneIf = [] } = parsed.ok ? parsed.manifest : {};
    const looksUp = revoke[0]?.method === 'GET' && revoke.length > 1;
    expect(goneIf.length > 0).toBe(looksUp);
  });

  test('says where each of its secrets is found', () => {
    const parsed = parseManifest(readText(name));
    const items = parsed.ok ? parsed.manifest.initialDataForm : [];
    for (const { description = '' } of items) expect(description.length).toBeGreaterThan(20);
  });

  const script = readScript(name);
  test('is connected and renewed in a test where it has oauth', () => {
    const parsed = parseManifest(readText(name));
    const wanted = parsed.ok && parsed.manifest.oauth !== undefined;
    expect([script.connect !== undefined, script.refresh !== undefined]).toEqual([wanted, wanted]);
  });

  const setting: Setting = { ...script, name };

  test.each(Object.entries(script.options ?? {}))(
    'offers the options of %s',
    async (id, option) => {
      const { options, received } = await fetchOptions(id, setting, option.answer);
      expect(received).toEqual([expected(option.request, script.headers)]);
      expect(options).toEqual({ kind: 'options', options: option.options });
    },
  );

  test.each(script.cases.map((each) => [`${each.part}: ${each.name}`, each] as const))(
    '%s',
    async (_, wanted) => {
      const known: Setting = wanted.known ? { ...setting, stored: wanted.known } : setting;
      const { result, received } = await attempt(wanted.part, known, answersOf(wanted.exchanges));
      expect(received).toEqual(
        wanted.exchanges.map(({ request }) => expected(request, script.headers)),
      );
      expect(result.error?.message ?? '').toContain(wanted.error ?? '');
      expect({ status: result.status, stored: result.stored }).toEqual({
        status: wanted.status,
        stored: wanted.stored ?? {},
      });
      const { deliveries, people, accounts } = result;
      expect({ deliveries, people, accounts }).toEqual({
        accounts: wanted.accounts,
        deliveries: wanted.deliveries ?? [],
        people: wanted.people ?? NO_PEOPLE,
      });
    },
  );

  const asked = script.cases.find(isAsked);
  const granted = script.cases.find(
    ({ status, part }) => status === 'succeeded' && part !== 'accounts',
  );
  const doesSomething = !parsesToCheck(name);
  if (doesSomething && !granted) throw new Error(`No case of ${name} succeeds`);

  /** A token that is refused, and isn't renewed either. */
  const refused = script.refresh
    ? [script.unauthorised, { status: 400, body: { error: 'invalid_client' } }]
    : [script.unauthorised];

  test.each(given(granted))('a refused token ends it at the first request', async ({ part }) => {
    const { result, received } = await attempt(part, setting, refused);
    expect(received).toHaveLength(refused.length);
    expect(result.status).toBe('failed');
    expect(result.error?.step ?? 0).toBe(0);
    expect(JSON.stringify(result)).not.toContain('secret-');
  });

  test.each(given(granted))(
    'too many requests: it waits as long as the answer says, and goes on',
    async ({ part, exchanges }) => {
      const answers = [script.rateLimited, ...answersOf(exchanges)];
      const { result, received } = await attempt(part, setting, answers);
      expect(result.status).toBe('succeeded');
      expect(received).toHaveLength(answers.length);
      expect(received[1]).toEqual(received[0]);
    },
  );

  test.each(given(asked))('exists: a refused token tells nothing about the person', async () => {
    const { result } = await attempt('exists', setting, refused);
    expect(result.status).toBe('unknown');
    expect(result.error?.message ?? '').not.toBe('');
  });

  test.each(given(asked))('exists: a service that is down tells nothing either', async () => {
    const { result } = await attempt('exists', setting, [{ status: 500, body: { error: 'down' } }]);
    expect(result.status).toBe('unknown');
  });

  test.each(given(script.connect))(
    'an admin connects it at the service, and it gets its first token',
    async ({ code, answer, signInAt: wanted, request }) => {
      const { signInAt, token, received } = await connect(setting, code, answer);
      expect(signInAt).toBe(wanted);
      expect(received).toEqual([expected(request, {})]);
      expect(token).toBeDefined();
    },
  );

  test.each(given(script.refresh))(
    'a token that has run out is renewed, and the request sent again',
    async ({ request, answer }) => {
      if (!granted) throw new Error(`No case of ${name} succeeds`);
      const answers = [script.unauthorised, answer, ...answersOf(granted.exchanges)];
      const { result, received } = await attempt(granted.part, setting, answers);
      expect(result.status).toBe('succeeded');
      expect(received[1]).toEqual(expected(request, {}));
      expect(received[2]?.headers['authorization']).toMatch(/^Bearer secret-.*-2$/);
      expect(JSON.stringify(result)).not.toContain('secret-');
    },
  );
});

/** A manifest that only checks: nothing of it is carried out. */
function parsesToCheck(name: string): boolean {
  const parsed = parseManifest(readText(name));
  if (!parsed.ok || parsed.manifest.kind !== 'provision') return false;
  return parsed.manifest.execute.length + parsed.manifest.revoke.length === 0;
}

/** What a script may lack, for `test.each`: no test where there is nothing to show. */
function given<T>(value: T | undefined): readonly (readonly [T])[] {
  return value === undefined ? [] : [[value]];
}
