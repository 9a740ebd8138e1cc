/**
 * What the manifest guide shows is true: each block of JSON in it is checked as the part of a manifest that it is. Its
 * info string says which: `json` holds keys of the top level, `json request` a request of execute, `json field` a
 * field of the form, `json title=FILE` a whole manifest as it stands in that file, `json answer` no manifest.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { createOutput, type Output } from '../../src/cli/output.ts';
import { tryCommand } from '../../src/cli/try.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../src/core/json.ts';
import { manifestJsonSchema } from '../../src/engine/manifest/json-schema.ts';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import { MAX_MANIFEST_CHARACTERS } from '../../src/engine/manifest/parse.ts';
import { problemText } from '../../src/engine/manifest/problem.ts';
import { KNOWN_KEYS, TOP_LEVEL_KEYS } from '../../src/engine/manifest/schema.ts';
import { RESERVED_NAMES } from '../../src/engine/templates/variables.ts';
import { serve } from '../http/support.ts';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
/** A guide, a reference of every key, and recipes. Together they are whole. */
const PAGES = ['guide', 'reference', 'recipes'].map((name) => `docs/manifest/${name}.md`);
const guide = PAGES.map((page) => readFileSync(at(page), 'utf8')).join('\n');

interface Block {
  readonly kind: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...guide.matchAll(/^```json ?(.*)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', text = '']) => ({ kind: kind.trim(), text }),
);
const isAnswer = ({ kind }: Block): boolean => kind === 'answer';
const manifests = blocks.filter((block) => !isAnswer(block));

/** The block as a whole manifest, with what it lacks to be one. */
function asManifest({ kind, text }: Block): JsonObject {
  const json = parseJson(text);
  if (!isJsonObject(json)) throw new Error(`A block holds no object: ${text}`);
  if (kind === 'request') {
    return { execute: text.includes('responses.0') ? [ANY_REQUEST, json] : [json] };
  }
  if (kind === 'field') return { execute: [ANY_REQUEST], form: [json] };
  const needsRequest = !('execute' in json || 'exists' in json || 'revoke' in json);
  return needsRequest ? { ...json, execute: [ANY_REQUEST] } : json;
}
const ANY_REQUEST: JsonObject = { url: 'https://api.example.com/v1/anything' };

const title = ({ kind, text }: Block): string =>
  `${kind || 'manifest'}: ${text.replaceAll(/\s+/g, ' ').slice(0, 60)}`;

describe('every block of JSON', () => {
  test.each(manifests.map((block) => [title(block), block] as const))('%s', (_, block) => {
    const checked = checkManifest(JSON.stringify(asManifest(block)), ['TOKEN']);
    const problems = [...(checked.ok ? [] : checked.errors), ...checked.warnings];
    expect(problems.map(problemText)).toEqual([]);
  });
});

test('whole examples stand in the guide as they stand in their files', () => {
  const whole = blocks.filter(({ kind }) => kind.startsWith('title='));
  expect(whole.length).toBeGreaterThan(5);
  for (const { kind, text } of whole)
    expect(text).toBe(readFileSync(at(kind.replace('title=', '')), 'utf8'));
});

test('every key is shown in an example', () => {
  const shown = new Set(manifests.flatMap((block) => keysIn(asManifest(block))));
  const known = [...TOP_LEVEL_KEYS, ...KNOWN_KEYS.flatMap(([, keys]) => keys)];
  expect(known.filter((key) => !shown.has(key))).toEqual([]);
});

function keysIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(keysIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)]);
}

test('the list of every key at the top is whole', () => {
  const list = /^## Every key\n([\s\S]*?)Any other key there is an error/m.exec(guide)?.[1] ?? '';
  expect([...list.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key).toSorted()).toEqual(
    [...TOP_LEVEL_KEYS].toSorted(),
  );
});

test('every limit of a key is written in the reference', () => {
  const table = /^## Limits\n([\s\S]*)/m.exec(
    readFileSync(at('docs/manifest/reference.md'), 'utf8'),
  );
  const said = (key: string) => table?.[1]?.split('\n').find((row) => row.includes(`\`${key}\``));
  const wrong = limitsIn(manifestJsonSchema() as Json).filter(
    ({ key, limits }) =>
      !limits.every((limit) => said(key)?.match(/\d+/g)?.includes(String(limit))),
  );
  expect(wrong).toEqual([]);
  expect(table?.[1]).toContain(`${MAX_MANIFEST_CHARACTERS} characters`);
});

interface Limited {
  readonly key: string;
  readonly limits: readonly number[];
}

/** @param key the nearest key of a manifest around the value */
function limitsIn(schema: Json, key = ''): readonly Limited[] {
  if (Array.isArray(schema))
    return (schema as readonly Json[]).flatMap((each) => limitsIn(each, key));
  if (!isJsonObject(schema)) return [];
  const { minimum, maximum, maxLength, default: unlessGiven, properties, ...rest } = schema;
  const numbers = [minimum, maximum, maxLength, unlessGiven];
  const limits = numbers.filter((each) => typeof each === 'number');
  return [
    ...(limits.length === 0 ? [] : [{ key, limits }]),
    ...Object.entries(isJsonObject(properties) ? properties : {}).flatMap(([name, inner]) =>
      limitsIn(inner, name),
    ),
    ...Object.values(rest).flatMap((inner) => limitsIn(inner, key)),
  ];
}

test('every table is whole: no row stands apart from its head', () => {
  expect([...guide.matchAll(/^\|.*\n\n(\|(?!.*\n\|-).*)$/gm)].map(([, row]) => row)).toEqual([]);
});

test('every reserved variable is explained', () => {
  const missing = RESERVED_NAMES.filter((name) => !guide.includes(`{{${name}`));
  expect(missing).toEqual([]);
});

test.each([...PAGES, 'docs/integrations.md'])('%s links to what is there', (file) => {
  const links = [...readFileSync(at(file), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)];
  expect(links.map(([, link = '']) => link).filter((link) => !leadsSomewhere(link, file))).toEqual(
    [],
  );
});

function leadsSomewhere(link: string, file: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? at(file) : new URL(path, at(file));
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsIn(readFileSync(target, 'utf8')).includes(anchor);
}

test('the table of ready-made integrations has them all, with what each can do', () => {
  const rows = readFileSync(at('docs/integrations.md'), 'utf8').split('\n');
  for (const file of readdirSync(at('manifests')).filter((name) => name.endsWith('.json'))) {
    const manifest = parseJson(readFileSync(at(`manifests/${file}`), 'utf8')) as JsonObject;
    const can = (key: string): string => (key in manifest ? 'yes' : '–');
    const row = rows.find((line) => line.includes(`(../manifests/${file})`));
    expect(row).toContain(`| ${can('exists')} | ${can('revoke')} |`);
  }
});

test('the ready-made integrations that list accounts are all named', () => {
  const text = readFileSync(at('docs/integrations.md'), 'utf8');
  const named = /^(.*) also list who has an account/m.exec(text)?.[1]?.split(/, | and /) ?? [];
  const listing = readdirSync(at('manifests'))
    .filter((file) => file.endsWith('.json'))
    .filter(
      (file) =>
        'accounts' in (parseJson(readFileSync(at(`manifests/${file}`), 'utf8')) as JsonObject),
    )
    .map(
      (file) =>
        readFileSync(at(`manifests/${file.replace('.json', '.md')}`), 'utf8').split('\n')[0],
    );
  const isNamed = (heading = '') =>
    named.some((name) => heading.includes(name.split(' ')[0] ?? name));
  expect(listing.filter((heading) => !isNamed(heading))).toEqual([]);
  expect(named).toHaveLength(listing.length);
});

/** As GitHub makes them of headings. */
const anchorsIn = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('what the command line prints', () => {
  const example = (name: string): string => fileURLToPath(at(`docs/examples/${name}`));
  const inputs = {
    person: example('person.json'),
    secrets: example('find-by-email.secrets.json'),
  };
  const print = async (say: (output: Output) => Promise<number>): Promise<string> => {
    let printed = '';
    const sink = { write: (text: string) => (printed += text) };
    await say(createOutput(sink, sink));
    return printed;
  };

  test('a dry run looks as in the guide', async () => {
    const printed = await print((output) =>
      tryCommand(example('find-by-email.json'), { ...inputs, dryRun: true }, output),
    );
    expect(guide).toContain(printed);
  });

  test('problems look as in the guide', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'guide-')), 'mine.json');
    const wrong = {
      execute: [{ url: 'https://api.example.com/users/{{emial}}', method: 'FETCH' }],
      header: {},
    };
    await writeFile(file, JSON.stringify(wrong));
    const printed = await print((output) => checkCommand([file], {}, output));
    expect(guide).toContain(printed.replaceAll(file, 'mine.json'));
  });

  test('a step that fails looks as in the guide', async () => {
    vi.stubEnv('ALLOW_PRIVATE_HOSTS', '127.0.0.1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await serve((request, response) => {
      const isLicence = request.url?.endsWith('/licence') ?? false;
      response.statusCode = isLicence ? 403 : 200;
      const found = { users: [{ id: 9, email: 'ann.lee@example.com' }] };
      response.end(JSON.stringify(isLicence ? { error: 'no seats left' } : found));
    });
    const text = readFileSync(example('find-by-email.json'), 'utf8');
    const file = join(await mkdtemp(join(tmpdir(), 'guide-')), 'mine.json');
    await writeFile(file, text.replaceAll('https://api.example.com', server.url));
    const printed = await print((output) => tryCommand(file, inputs, output));
    const shown = printed
      .replaceAll(server.url, 'https://api.example.com')
      .replaceAll(`127.0.0.1:${server.port}`, 'api.example.com')
      .replaceAll(/ +> idempotency-key: .*\n/g, '');
    expect(timeless(guide)).toContain(timeless(shown));
  });
});

/** Milliseconds are others each time, and an editor takes blanks from the ends of lines. */
const timeless = (text: string): string =>
  text.replaceAll(/\d+ ms/g, '… ms').replaceAll(/[ \t]+$/gm, '');
