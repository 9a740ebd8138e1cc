import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkManifest } from '../../../src/engine/manifest/lint.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import { problemText } from '../../../src/engine/manifest/problem.ts';
import type { Manifest } from '../../../src/engine/manifest/schema.ts';
import { ok } from '../../support/given/outcomes.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

const parsed = (value: unknown): Manifest => ok(parseManifest(JSON.stringify(value))).manifest;
const errorsOf = (value: unknown): readonly string[] => {
  const result = parseManifest(typeof value === 'string' ? value : JSON.stringify(value));
  return result.ok ? [] : result.errors.map(problemText);
};
const warningsOf = (value: unknown): readonly string[] =>
  parseManifest(JSON.stringify(value)).warnings.map(problemText);

const step = { url: 'https://x.io/a' };
const stores = (count: number, prefix: string) => ({
  ...step,
  store_data: Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, 'id'])),
});

describe('a manifest', () => {
  it.each([
    ['of 300,000 characters', () => `{"a":"${' '.repeat(300_000)}"}`, /^manifest: is longer than/],
    ['of 50,000 values', () => `{"a":[${'1,'.repeat(50_000)}1]}`, /More than 40000 values/],
    ['of 61 levels', () => '['.repeat(61), /Nested more than 60 levels deep/],
    ['with a name of 501', () => ({ ['k'.repeat(501)]: 1 }), /^manifest: has a key of 501 char/],
    [
      'with 501 requests',
      () => ({ execute: Array.from({ length: 501 }, () => step) }),
      /^execute: has 501 entries/,
    ],
    [
      'with 501 requests for its accounts',
      () => ({ accounts: { execute: Array.from({ length: 501 }, () => step) } }),
      /^accounts.execute: has 501 entries/,
    ],
    [
      'with 501 names to store, over two requests',
      () => ({ execute: [stores(300, 'a'), stores(201, 'b')] }),
      /^execute: stores 501 names with a person; use at most 500/,
    ],
    [
      'with a text of 70,000',
      () => ({ execute: [{ ...step, data: ['x'.repeat(70_000)] }] }),
      /^execute: has a text of 70000 characters \("x+…\); use at most 65536/,
    ],
  ])(
    '%s is refused as a whole where it is too much, before anything else is said of it',
    (_, make, said) => {
      const made = make();
      const checked = checkManifest(typeof made === 'string' ? made : JSON.stringify(made));
      const errors = checked.ok ? [] : checked.errors.map(problemText);
      expect(errors).toEqual([expect.stringMatching(said)]);
      expect(errorsOf(made)).toEqual(errors);
    },
  );

  it('has a thousand of its problems named, and the others counted', () => {
    const empty = Array.from({ length: 500 }, () => ({}));
    const fields = { form: empty, extra_user_info: empty, initial_data_form: empty };
    const checked = checkManifest(JSON.stringify({ ...fields, execute: [step] }));
    const errors = checked.ok ? [] : checked.errors.map(problemText);
    expect(errors).toHaveLength(1001);
    expect(errors.at(-1)).toMatch(/^and \d+ more, shown when these are fixed$/);
  });
});

describe('parseManifest', () => {
  it('loads the three manifests of the format without an error', () => {
    for (const name of ['manifest.json', 'import_user_manifest.json', 'sync_user_manifest.json']) {
      expect(checkManifest(fixture(name))).toMatchObject({ ok: true });
    }
  });

  it('applies the defaults and normalises', () => {
    const manifest = parsed({
      execute: [{ ...step, method: 'patch', status_code: [200, '204'] }, step],
      exists: { ...step, expected: true },
      post_execute_notification: { type: 'text', to: '{{email}}', message: 'Hi' },
      initial_data_form: [
        { id: 'P', name: 'generate' },
        { id: 'Q', name: 'Q', secret: false },
      ],
      form: [{ id: 'T', name: 'Team', type: 'choice', choice_id: 'gid', items: [] }],
    });
    expect(manifest.kind).toBe('provision');
    expect(manifest.execute).toMatchObject([
      { method: 'PATCH', statusCode: [200, 204] },
      { method: 'POST', statusCode: [] },
    ]);
    expect(manifest.exists).toMatchObject({ expected: 'true', failWhen4xx: true });
    expect(manifest.notifications).toEqual([{ type: 'text', to: '{{email}}', message: 'Hi' }]);
    expect(manifest.initialDataForm).toMatchObject([
      { generate: true, secret: true },
      { generate: false, secret: false },
    ]);
    expect(manifest.form).toMatchObject([
      { required: true, choiceValue: 'gid', choiceName: 'name' },
    ]);
  });

  it('takes the older import_users as a sync that creates', () => {
    const manifest = parsed({
      type: 'import_users',
      execute: [step],
      data_structure: { email: 'mail' },
    });
    expect(manifest).toMatchObject({ kind: 'sync', action: 'create', pages: 5 });
  });

  it('names the place and the cure of every error at once', () => {
    expect(
      errorsOf({
        exeucte: [],
        execute: [{ url: 'ftp://x.io' }, { ...step, method: 'FETCH' }],
        form: [{ name: 'Team', type: 'choice' }],
        oauth: 3,
      }),
    ).toEqual(
      expect.arrayContaining([
        'execute[1].method: "FETCH" is not a request method; use GET, POST, PUT, PATCH, DELETE or HEAD',
        'exeucte: is not a key of a manifest; did you mean "execute"?',
        expect.stringMatching(
          /^execute\[0\]\.url: "ftp:\/\/x\.io" is not an address; begin it with/,
        ),
        expect.stringMatching(/^form\[0\]\.id: is missing; give/),
        expect.stringMatching(
          /^form\[0\]: has no options to choose from; give it "items" or a "url"/,
        ),
        expect.stringMatching(/^oauth: must be an object .* but is 3/),
      ]),
    );
  });

  it('gives line and column of broken JSON', () => {
    expect(errorsOf('{\n"execute": [\n}')).toEqual([
      expect.stringMatching(/^line 3, column 1: not valid JSON: /),
    ]);
  });

  it.each(['', ' \n', '5', '[]', 'type: sync', '\uFEFF'])(
    'says of %j, which is no object, how one looks',
    (text) => {
      const [error = '', ...others] = errorsOf(text);
      expect(others).toEqual([]);
      const [, example = ''] = /; write one JSON object, like (\{.*\})$/.exec(error) ?? [];
      expect(errorsOf(example)).toEqual([]);
    },
  );

  it('warns of unknown keys below the top level and loads all the same', () => {
    const manifest = {
      execute: [{ ...step, methd: 'GET', polling: { interval: 1, amount: 2, x: 1 } }],
    };
    expect(errorsOf(manifest)).toEqual([]);
    expect(warningsOf(manifest)).toEqual([
      expect.stringMatching(/^execute\[0\]\.methd: .*did you mean "method"\?/),
      expect.stringMatching(/^execute\[0\]\.polling\.x: /),
    ]);
  });

  it('takes nothing from a key that is not known at its place, also where another place or the engine has such a key', () => {
    const stray = { continue_if: 'ok', polling: 'often', statusCode: 'all', schedule: 1 };
    const withKeys = (more: object) =>
      parsed({
        initial_data_form: [{ id: 'TOKEN', name: 'Token', ...more }],
        extra_user_info: [{ id: 'LOGIN', name: 'Login', ...more }],
        oauth: {
          authenticate_url: 'https://app.example/allow',
          access_token: { ...step, ...more },
          ...more,
        },
        exists: { ...step, expected: 'a', ...more },
        execute: [{ ...step, continue_if: { response_notation: 'ok', value: true, ...more } }],
        revoke: [{ ...step, ...more }],
        accounts: {
          execute: [step],
          data_structure: { email: 'mail' },
          skip_if: [{ response_notation: 'bot', value: true, ...more }],
          ...more,
        },
      });
    expect(withKeys(stray)).toEqual(withKeys({}));
  });

  it('knows what a key is called elsewhere', () => {
    expect(errorsOf({ grant: [step] })).toEqual([
      'grant: is not a key of a manifest; did you mean "execute"?',
    ]);
    expect(warningsOf({ execute: [{ ...step, body: {}, params: {}, query: '{ me }' }] })).toEqual([
      'execute[0].body: is not a known key here and has no effect; did you mean "data"?',
      'execute[0].params: is not a known key here and has no effect; write it into url, such as ?name=value',
      'execute[0].query: is not a known key here and has no effect; write it into url, such as ?name=value, or a query of GraphQL into data',
    ]);
  });

  it('shows a list as a list', () => {
    expect(errorsOf({ execute: [{ ...step, status_code: 204 }] })).toEqual([
      'execute[0].status_code: must be a list of status codes such as [200, "204"], but is 204',
    ]);
  });

  it('refuses what only the steps of a run do in a sync, since it would do nothing', () => {
    const keys = {
      continue_if: { response_notation: 'ready', value: true },
      polling: { interval: 1, amount: 2 },
      store_data: { ID: 'id' },
      save_as_file: 'people',
      files: { f: 'people' },
    };
    for (const [key, value] of Object.entries(keys)) {
      const sync = { action: 'create', data_structure: { email: 'e' } };
      expect(errorsOf({ ...sync, execute: [{ ...step, [key]: value }] })).toContainEqual(
        expect.stringMatching(
          new RegExp(`^execute\\[0\\]\\.${key}: does nothing in a sync; remove it`),
        ),
      );
    }
  });

  it('refuses an update without a schedule, a broken schedule and pages below one', () => {
    const sync = { action: 'update', execute: [step], data_structure: { email: 'e', a: 'b' } };
    expect(errorsOf(sync)).toEqual([expect.stringMatching(/^schedule: is missing/)]);
    expect(errorsOf({ ...sync, schedule: 'hourly' })).toEqual([
      expect.stringMatching(/^schedule: /),
    ]);
    expect(errorsOf({ ...sync, schedule: '0 0 30 2 *' })).toEqual([
      expect.stringMatching(/^schedule: .*never comes/),
    ]);
    expect(errorsOf({ ...sync, schedule: '* 1 * * * *' })).toEqual([]);
    expect(errorsOf({ ...sync, schedule: '0 * * * *', amount_pages_to_fetch: 0 })).toEqual([
      expect.stringMatching(/^amount_pages_to_fetch: /),
    ]);
  });

  it('keeps the digits of big integers in data', () => {
    const result = parseManifest(
      '{"execute": [{"url": "https://x.io", "data": {"id": 12345678901234567890}}]}',
    );
    expect(result.ok && result.manifest.execute[0]?.data).toEqual({ id: 12345678901234567890n });
  });

  it('never throws, whatever the JSON or text', () => {
    const keys = fc.constantFrom(
      'execute',
      'form',
      'exists',
      'headers',
      'oauth',
      'url',
      'data',
      '__proto__',
      'polling',
      'id',
      'schedule',
      'type',
      'items',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, '', '{{#a}}', '{{', 'https://x', 'choice'),
        fc.array(tie('value')),
        fc.dictionary(keys, tie('value')),
      ),
    }));
    const judged = (text: string): unknown =>
      expect(checkManifest(text).warnings).toBeInstanceOf(Array);
    fc.assert(
      fc.property(value, (json) => void judged(JSON.stringify(json))),
      { seed: 29 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => void judged(text)),
      { seed: 29 },
    );
  });
});
