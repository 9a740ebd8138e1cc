/** Where a request may go: by the manifest and its admin, and by nobody else. */
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { describeRequest } from '../../../src/engine/calls/request.ts';
import { checkManifest } from '../../../src/engine/manifest/lint.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import { problemText } from '../../../src/engine/manifest/problem.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { buildVariables } from '../../../src/engine/templates/variables.ts';

const EVIL = 'evil.example';
const ann: Person = {
  id: '1',
  version: 1,
  email: 'ann@evil.example',
  firstName: EVIL,
  lastName: 'B',
  role: 'other',
  active: true,
  position: EVIL,
  stored: {
    STORED_HOST: EVIL,
    STORED_URL: 'https://api.good.example',
    STORED_EVIL: `https://${EVIL}`,
  },
};
const asked = {
  initial_data_form: [
    { id: 'BASE_URL', name: 'Base' },
    { id: 'SITE', name: 'Site' },
    { id: 'SCHEME', name: 'Scheme' },
    { id: 'KEY', name: 'Key' },
  ],
  form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
  extra_user_info: [{ id: 'FACT', name: 'Fact' }],
  headers: { Authorization: 'Bearer {{KEY}}' },
};
const manifestOf = (url: string, more: object = {}): string =>
  JSON.stringify({ ...asked, execute: [{ url, method: 'GET' }], ...more });

/** The last request of `execute`: its address, or why it is not sent. */
function sent(url: string, more: object = {}, values: Readonly<Record<string, Json>> = {}): string {
  const parsed = parseManifest(manifestOf(url, more));
  const step = parsed.ok ? parsed.manifest.execute.at(-1) : undefined;
  if (!parsed.ok || !step) throw new Error(JSON.stringify(parsed));
  const variables = buildVariables({
    person: ann,
    form: { TEAM: EVIL, FACT: EVIL },
    secrets: { BASE_URL: 'https://api.good.example', SITE: 'good', SCHEME: 'https', KEY: 'k' },
    responses: [
      { url: 'https://api.good.example/7', evil: `https://${EVIL}/7`, BASE_URL: `https://${EVIL}` },
    ],
    oauth: { instance: `https://${EVIL}` },
    redirectUrl: 'https://latchkey.example.com/oauth/1/callback',
  });
  const described = describeRequest(step, { ...variables, ...values }, parsed);
  return described.ok ? described.request.url : described.error;
}

const errorsOf = (
  url: string,
  more: object = {},
  stored: readonly string[] = [],
): readonly string[] => {
  const checked = checkManifest(manifestOf(url, more), stored);
  return checked.ok ? [] : checked.errors.map(problemText);
};

describe('an address of the manifest, or of what an admin typed for it, is asked', () => {
  test.each([
    ['https://api.good.example/u/{{email}}', 'https://api.good.example/u/ann%40evil.example'],
    ['https://api.good.example?u={{TEAM}}', 'https://api.good.example?u=evil.example'],
    ['{{BASE_URL}}/u/{{TEAM}}', 'https://api.good.example/u/evil.example'],
    ['https://{{SITE}}.example/{{position}}', 'https://good.example/evil.example'],
    ['{{SCHEME}}://{{SITE}}.example/{{TEAM}}', 'https://good.example/evil.example'],
    [
      'https://{{email}}:{{KEY}}@api.good.example/{{TEAM}}',
      'https://ann%40evil.example:k@api.good.example/evil.example',
    ],
    ['https://{{{TEAM}}}:{{KEY}}@api.good.example/', 'https://evil.example:k@api.good.example/'],
    [
      '{{#SITE}}https://{{SITE}}.example{{/SITE}}{{^SITE}}https://api.good.example{{/SITE}}/{{TEAM}}',
      'https://good.example/evil.example',
    ],
    [
      '{{#TEAM}}https://eu.good.example{{/TEAM}}{{^TEAM}}https://us.good.example{{/TEAM}}/{{TEAM}}',
      'https://eu.good.example/evil.example',
    ],
    ['{{redirect_url}}', 'https://latchkey.example.com/oauth/1/callback'],
  ])('%s', (url, address) => {
    expect(errorsOf(url)).toEqual([]);
    expect(sent(url)).toBe(address);
  });
});

describe('a host that someone else would say is an error of the manifest, and is not asked', () => {
  test.each([
    ['an answer of the form', 'https://{{TEAM}}/u', 'TEAM'],
    ['an answer behind the host', 'https://api.good.example{{TEAM}}', 'TEAM'],
    ['an answer within it', 'https://{{SITE}}.{{TEAM}}/u', 'TEAM'],
    ['an answer as the port', 'https://api.good.example:{{TEAM}}/u', 'TEAM'],
    ['an answer behind a base address', '{{BASE_URL}}{{TEAM}}/u', 'TEAM'],
    ['an answer at the start', '{{TEAM}}/u', 'TEAM'],
    ['an answer, raw', 'https://{{{TEAM}}}/u', 'TEAM'],
    ['an answer behind three slashes', 'https:///{{TEAM}}/u', 'TEAM'],
    ['an answer behind backslashes', String.raw`{{SCHEME}}:\\{{TEAM}}/u`, 'TEAM'],
    ['an answer behind one slash', '{{SCHEME}}:/{{TEAM}}/u', 'TEAM'],
    ['an answer behind none', '{{SCHEME}}:{{TEAM}}/u', 'TEAM'],
    ['an answer behind a user', 'https://{{KEY}}@{{TEAM}}/u', 'TEAM'],
    ['an answer in a section', 'https://{{#SITE}}{{TEAM}}{{/SITE}}/u', 'TEAM'],
    ['an answer in a section of itself', 'https://{{#TEAM}}{{.}}{{/TEAM}}/u', '.'],
    [
      'an answer where a section may be empty',
      'https://api.good.example{{^SITE}}/{{/SITE}}{{TEAM}}',
      'TEAM',
    ],
    ['a fact that is asked', 'https://{{FACT}}/u', 'FACT'],
    ['a fact about the person', 'https://{{first_name}}/u', 'first_name'],
    ['what nobody defines', 'https://{{NOTHING}}/u', 'NOTHING'],
  ])('%s', (_what, url, name) => {
    expect(errorsOf(url)).toContain(
      `execute[0].url: {{${name}}} would decide which host gets the request and its secrets; write the host out, or ask for it in initial_data_form. If it is a path, put a / before it`,
    );
    expect(sent(url, {}, { NOTHING: EVIL })).not.toMatch(/^https?:/);
  });

  test('and the sentence of the run names the variable and not its value', () => {
    expect(sent('https://{{TEAM}}/u')).toBe(
      '{{TEAM}} would choose where this request and its secrets go, so nothing was sent. In the manifest, write the host out or ask for it in initial_data_form.',
    );
  });

  test.each([
    ['exists', { exists: { url: 'https://{{TEAM}}/u' } }],
    ['revoke[0]', { revoke: [{ url: 'https://{{TEAM}}/u' }] }],
    ['form[0]', { form: [{ id: 'TEAM', name: 'T', type: 'choice', url: 'https://{{TEAM}}/u' }] }],
    [
      'oauth.access_token',
      {
        oauth: {
          authenticate_url: 'https://good.example/',
          access_token: { url: 'https://{{code}}/u' },
        },
      },
    ],
  ])('in %s as well', (place, more) => {
    expect(errorsOf('https://api.good.example/', more)).toEqual([
      expect.stringContaining(`${place}.url: {{`),
    ]);
  });
});

describe('what an app answered, or is stored with a person', () => {
  const STORED = ['STORED_URL', 'STORED_HOST', 'STORED_EVIL'];

  test.each(['{{responses.0.url}}/members', '{{STORED_URL}}/members'])(
    'may lead to an origin that the manifest names itself: %s',
    (url) => {
      const execute = [{ url: 'https://api.good.example/start' }, { url, method: 'GET' }];
      expect(errorsOf('', { execute }, STORED)).toEqual([]);
      expect(sent('', { execute })).toMatch(/^https:\/\/api\.good\.example\/.*members$/);
      const bySetting = [{ url: '{{BASE_URL}}/start' }, { url, method: 'GET' }];
      expect(sent('', { execute: bySetting })).toMatch(/^https:\/\/api\.good\.example\/.*members$/);
    },
  );

  test.each([
    '{{responses.0.evil}}/members',
    '{{STORED_EVIL}}/members',
    'https://{{STORED_HOST}}/members',
    '{{oauth.instance}}/members',
  ])('leads nowhere else: %s', (url) => {
    const execute = [{ url: 'https://api.good.example/start' }, { url, method: 'GET' }];
    const oauth = {
      authenticate_url: 'https://good.example/',
      access_token: { url: 'https://good.example/t' },
    };
    expect(errorsOf('', { execute, oauth }, STORED)).toEqual([]);
    expect(sent('', { execute, oauth })).toContain(
      "leads to an address that the manifest doesn't name",
    );
  });

  test("doesn't stand in for a setting inside a section", () => {
    const url = '{{#responses.0}}{{BASE_URL}}{{/responses.0}}/u';
    expect(errorsOf(url)).toEqual([expect.stringContaining('{{BASE_URL}} would decide')]);
    expect(sent(url)).toContain("leads to an address that the manifest doesn't name");
  });
});

test('the number and the words of a text lead nowhere', () => {
  const execute = [{ url: 'https://{{to}}/u', data: { message: '{{message}}' } }];
  const text = { type: 'send_text', execute, form: undefined, extra_user_info: undefined };
  expect(errorsOf('', text)).toEqual([
    expect.stringContaining('execute[0].url: {{to}} would decide'),
  ]);
  expect(sent('', text, { to: EVIL, message: 'x' })).toContain('nothing was sent');
});

test('an address of very many tags is judged, and quickly', () => {
  for (const each of [
    '{{TEAM}}',
    '{{NOTHING}}',
    '{{#SITE}}{{TEAM}}{{/SITE}}',
    '{{#A}}x{{/A}}',
    'https:',
  ])
    expect(errorsOf(each.repeat(20_000)).length).toBeLessThan(20);
  expect(sent(`https://${'x'.repeat(60_000)}/{{TEAM}}`)).not.toContain('x/');
  expect(sent(`https://${'{{NOTHING}}'.repeat(5000)}{{TEAM}}/`)).not.toMatch(/^https?:/);
});

describe('the ways through the sections of an address', () => {
  const name = (n: number): string => n.toString(36);
  const sections = (count: number): string =>
    Array.from({ length: count }, (_, n) => `{{#${name(n)}}}x{{/${name(n)}}}`).join('');
  const choices = (count: number): string =>
    Array.from({ length: count }, (_, n) => `{{#s${n}}}${name(n)}{{/s${n}}}`).join('');
  const problemsOf = (urls: readonly string[]): readonly string[] =>
    errorsOf('', { execute: urls.map((url) => ({ url })) });

  test('are one where they say the same: many sections before the host are judged', () => {
    expect(problemsOf([`https://${sections(60)}.good.example/`])).toEqual([]);
    expect(problemsOf([`https://${sections(60)}{{TEAM}}.good.example/`])).toEqual([
      expect.stringContaining('execute[0].url: {{TEAM}} would decide'),
    ]);
  });

  test('may be too many to follow, and then the address is refused', () => {
    expect(problemsOf([`https://${choices(40)}.good.example/`])).toEqual([
      "execute[0].url: has too many sections before the end of its host, or the addresses before it have, so its host can't be known; write the host out, and put sections after it",
    ]);
  });

  test('are counted for all addresses of a manifest together', () => {
    const url = `https://${sections(50)}`;
    expect(problemsOf([url, url])).toEqual([]);
    expect(problemsOf(Array.from({ length: 66 }, () => url))).toEqual([
      expect.stringContaining('has too many sections'),
    ]);
  });

  test('end with the host: sections behind it are as many as anyone likes', () => {
    const url = `https://api.good.example/${choices(250)}{{TEAM}}`;
    expect(problemsOf(Array.from({ length: 40 }, () => url))).toEqual([]);
  });

  test('know what a section of the same name said before', () => {
    const url = '{{#A}}https://api.good.example/{{/A}}{{^A}}https://b.good.example/{{/A}}{{TEAM}}';
    expect(problemsOf([url])).toEqual([]);
  });
});

test('an address that a long list of an answer makes too long is none that the manifest names', () => {
  const long = '{{BASE_URL}}{{#responses.0.many}}{{/responses.0.many}}/';
  const execute = [{ url: long }, { url: '{{STORED_URL}}/members', method: 'GET' }];
  const answer = (many: number): Json => [{ many: Array.from({ length: many }, () => 'x') }];
  expect(sent('', { execute }, { responses: answer(9) })).toMatch(/members$/);
  expect(sent('', { execute }, { responses: answer(9000) })).toContain('nothing was sent');
});
