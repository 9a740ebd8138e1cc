/** Mistakes that load, and then do something else than their author means: each is named with its place and the cure. */
import { expect, test } from 'vitest';
import { checkManifest } from '../../../src/engine/manifest/lint.ts';
import { problemText } from '../../../src/engine/manifest/problem.ts';

const step = { url: 'https://x.io/a' };
const read = { url: 'https://x.io/people', method: 'GET' };
const checkText = (text: string) => {
  const result = checkManifest(text);
  return {
    errors: result.ok ? [] : result.errors.map(problemText),
    warnings: result.warnings.map(problemText),
  };
};
const check = (value: unknown) => checkText(JSON.stringify(value));
const sync = (more: object) =>
  check({ action: 'create', execute: [read], data_structure: { email: 'mail' }, ...more });

test('a check that can never answer "no access" is named', () => {
  const exists = (more: object) => check({ exists: { ...read, ...more } }).warnings;
  expect(exists({})).toEqual([expect.stringMatching(/^exists: never says .*give it "expected"/)]);
  expect(exists({ status_code: [200, 404] })).toHaveLength(1);
  expect(exists({ expected: '{{email}}' })).toEqual([]);
  expect(exists({ fail_when_4xx_response_code: false })).toEqual([]);
});

test('a token that no request sends is named', () => {
  const oauth = {
    authenticate_url: '{{redirect_url}}',
    access_token: { url: 'https://x.io/token' },
  };
  expect(check({ oauth, execute: [step] }).warnings).toEqual([
    expect.stringMatching(/^oauth: gets a token that no request sends/),
  ]);
  const headers = { Authorization: 'Bearer {{oauth.access_token}}' };
  expect(check({ oauth, execute: [step], headers }).warnings).toEqual([]);
  expect(check({ oauth, execute: [{ ...step, headers }] }).warnings).toEqual([]);
});

test('a text that would be sent in quotes is named', () => {
  const warnings = (request: object, headers = {}) =>
    check({ execute: [{ ...step, ...request }], headers }).warnings;
  const xml = { data: '<a xmlns="urn:a"/>' };
  expect(warnings(xml)).toEqual([
    expect.stringMatching(/^execute\[0\]\.data: is a text, .* "text\/xml" to headers$/),
  ]);
  expect(warnings(xml, { 'Content-Type': 'application/json' })).toHaveLength(1);
  expect(
    warnings({ ...xml, headers: { Accept: '*/*' } }, { 'Content-Type': 'text/xml' }),
  ).toHaveLength(1);
  expect(warnings(xml, { 'content-type': 'application/soap+xml; charset=utf-8' })).toEqual([]);
  expect(warnings({ data: 'a=1&b={{email}}', cast_data_to_json: true })).toEqual([]);
  expect(warnings({ data: 'a=1&b={{email}}' })).toEqual([
    expect.stringContaining('for a form "cast_data_to_json": true'),
  ]);
  expect(warnings({ data: '{{email}}' })).toEqual([]);
});

test('a form that is no object is an error', () => {
  const errors = (request: object, more = {}) =>
    check({ execute: [{ ...step, ...request }], ...more }).errors;
  const wrong =
    'execute[0].data: is sent as a form, so it must be an object of fields and values such as {"name": "value"}, but is ';
  const form = { cast_data_to_json: true };
  expect(errors({ ...form, data: ['a'] })).toEqual([expect.stringContaining(wrong)]);
  expect(errors({ ...form, data: '<a/>' })).toEqual([expect.stringContaining(wrong)]);
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  expect(errors({ data: 7 }, { headers })).toEqual([`${wrong}7`]);
  for (const data of [{ a: 1 }, 'a=1', '{{email}}']) expect(errors({ ...form, data })).toEqual([]);
  const token = (data: unknown, more = {}) =>
    check({
      execute: [step],
      oauth: {
        authenticate_url: '{{redirect_url}}',
        access_token: { url: 'https://x.io/token', data, ...more },
      },
    }).errors;
  expect(token([])).toEqual([
    expect.stringMatching(/^oauth\.access_token\.data: is sent as a form/),
  ]);
  expect(token([], { headers: { 'Content-Type': 'application/json' } })).toEqual([]);
  expect(token({ a: '{{code}}' })).toEqual([]);
});

test.each(['', ' '])('an expected text that is %j is named', (expected) => {
  const exists = { ...read, expected };
  const execute = [{ ...step, expected }];
  expect(check({ exists, execute, revoke: [step, { ...step, expected }] }).warnings).toEqual([
    'exists.expected: is empty, so no check confirms anything; give it a text of the answer, such as "{{email}}", or remove it',
    'execute[0].expected: is empty, so nothing is looked for; give it a text of the answer, such as "{{email}}", or remove it',
    'revoke[1].expected: is empty, so nothing is looked for; give it a text of the answer, such as "{{email}}", or remove it',
  ]);
});

test('a recipient whom no message can reach is named', () => {
  const warnings = (type: string, to: string) =>
    check({
      execute: [step],
      post_execute_notification: { type, to, subject: 'Hello', message: 'Done' },
    }).warnings;
  for (const type of ['email', 'text', 'chat'])
    expect(warnings(type, 'x')).toEqual([
      expect.stringContaining(
        `post_execute_notification.to: "x" can't get a message of type "${type}"`,
      ),
    ]);
  expect(warnings('email', 'notices')).toHaveLength(1);
  for (const [type, to] of [
    ['email', 'ann@x.io'],
    ['email', '{{manager_email}}'],
    ['text', '+32 470 12 34 56'],
    ['text', 'ann@x.io'],
    ['chat', 'ann@x.io'],
    ['chat', 'notices'],
    ['chat', '#general'],
    ['chat', 'C0123456789'],
  ] as const)
    expect(warnings(type, to)).toEqual([]);
});

test('an import says which keys of access have no effect in it', () => {
  const { errors, warnings } = sync({
    exists: { ...read, expected: 'x' },
    revoke: [step],
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    post_execute_notification: { type: 'chat', to: 'notices', message: 'Done' },
  });
  expect(errors).toEqual([]);
  expect(warnings.map((warning) => warning.split(' in an import')[0])).toEqual(
    ['form', 'exists', 'revoke', 'post_execute_notification'].map((key) => `${key}: has no effect`),
  );
});

test('an import looks for no text in its answers', () => {
  expect(sync({ execute: [{ ...read, expected: 'ok' }] })).toEqual({
    errors: [],
    warnings: [
      'execute[0].expected: has no effect in an import; let status_code say which answers are good',
    ],
  });
});

test('a value whose type has no effect is named', () => {
  const warnings = (data: unknown) => check({ execute: [{ ...step, data }] }).warnings;
  const cure =
    'and is sent as it stands; write { "$number": "{{variable}}" } with nothing beside it, or the value itself';
  expect(warnings({ users: [{ 'a b': { $number: 7 } }] })).toEqual([
    `execute[0].data.users[0]["a b"]: holds "$number" ${cure}`,
  ]);
  expect(warnings({ $number: '{{email}}', other: 1 })).toEqual([
    `execute[0].data: holds "$number" ${cure}`,
  ]);
  expect(warnings({ a: { $number: '{{email}}' }, b: { $boolean: '{{email}}' } })).toEqual([]);
});

test('an import is about no person', () => {
  const execute = [{ url: 'https://x.io/people?mail={{email}}', method: 'GET' }];
  expect(sync({ execute }).warnings).toEqual([
    'execute[0].url: {{email}} has no value here, since an import is about no person',
  ]);
});

test('{{SINCE}} without "since" names the key that is missing', () => {
  const execute = [{ url: 'https://x.io/people?since={{SINCE}}', method: 'GET' }];
  expect(sync({ execute }).warnings).toEqual([
    'execute[0].url: {{SINCE}} has a value only in an import with "since"; add that to the manifest',
  ]);
  expect(sync({ execute, since: true }).warnings).toEqual([]);
});

test('an address of the next page that is always the same is named', () => {
  const pages = { next_page: 'https://x.io/people?page=2', next_page_token_from: 'next' };
  expect(sync(pages).warnings).toEqual([expect.stringMatching(/^next_page: .*NEXT_PAGE_TOKEN/)]);
  const accounts = { execute: [read], data_structure: { email: 'mail' }, ...pages };
  expect(check({ execute: [step], accounts }).warnings).toEqual([
    expect.stringMatching(/^accounts\.next_page: .*NEXT_PAGE_TOKEN/),
  ]);
});

test('of two ways to the next page, the one without effect is named', () => {
  const next_page = 'https://x.io/people?page={{NEXT_PAGE_NUMBER}}';
  expect(sync({ next_page, next_page_from: 'Link' }).warnings).toEqual([
    'next_page_from: has no effect beside next_page; remove one of the two',
  ]);
});

test.each([
  ['{{ user.id }}', 'user.id'],
  ['$.user.id', 'user.id'],
  ['users[0].id', 'users.0.id'],
  ["$['user'].id", 'user.id'],
  ["$['tag']", 'tag'],
  ['$.users[*]', 'users'],
  ['users[]', 'users'],
])('a place in an answer that is written as %s is named with the right one', (given, right) => {
  expect(check({ execute: [{ ...step, store_data: { ID: given } }] }).warnings).toEqual([
    `execute[0].store_data.ID: ${JSON.stringify(given)} is no path of this format; write "${right}"`,
  ]);
});

test('a key that begins with a dot, as Dropbox has them, is a place', () => {
  const store_data = { ID: 'complete.0..tag', KIND: '.tag', WHY: '.tag.reason' };
  expect(check({ execute: [{ ...step, store_data }] }).warnings).toEqual([]);
});

test('a path of several values is named without a guess', () => {
  const field = { id: 'A', name: 'A', type: 'choice', ...read };
  for (const choice_name of ['{{first}} {{last}}', 'names[*].first'])
    expect(check({ execute: [step], form: [{ ...field, choice_name }] }).warnings).toEqual([
      expect.stringMatching(/^form\[0\]\.choice_name: .*; name the place of one value$/),
    ]);
});

test('paths of this format are taken as they are', () => {
  const places = ['', 'a.0.b', '@odata.nextLink', 'relations.[type=manager].value', '/root/email'];
  for (const place of places)
    expect(sync({ data_structure: { email: 'mail', PLACE: place } }).warnings).toEqual([]);
});

test('a path that finds an entry of a list is taken, and its variable has to be one', () => {
  const found = (path: string) =>
    check({ execute: [step, { ...step, data: { id: `{{responses.0.nodes.${path}.id}}` } }] });
  expect(found('[email=$email,acceptedAt=null]')).toMatchObject({ errors: [], warnings: [] });
  expect(found('[email=$emial]').warnings).toEqual([
    expect.stringMatching(/^execute\[1\]\.data\.id: .*\{\{emial\}\}/),
  ]);
  expect(found("[price='$5',name='a,b=c']")).toMatchObject({ errors: [], warnings: [] });
  expect(found('[price=$5]').warnings).toEqual([
    expect.stringMatching(/^execute\[1\]\.data\.id: .*\{\{5\}\}.*'\$5'/),
  ]);
  expect(found('[code=$2fa_code]').warnings).toEqual([
    expect.stringContaining('{{2fa_code}} is defined nowhere in this manifest; add it to'),
  ]);
  expect(found('[id=$responses.1.id]').warnings).toEqual([
    expect.stringContaining("{{responses.1.id}} isn't there yet"),
  ]);
  expect(found('[host=a.example.com,email=$emial]').warnings).toEqual([
    expect.stringContaining('{{emial}}'),
  ]);
  expect(found('[0]').errors).toEqual([expect.stringContaining('another template engine')]);
});

test('a name in single braces is named, and braces of a query are none', () => {
  const warnings = (data: string) => check({ execute: [{ ...step, data: { data } }] }).warnings;
  expect(warnings('{email}')).toEqual([
    'execute[0].data.data: {email} is sent as it stands; did you mean {{email}}?',
  ]);
  expect(warnings('${email}')).toHaveLength(1);
  expect(warnings('{ users {email} }')).toEqual([]);
  expect(check({ execute: [{ url: 'https://x.io/{email}' }] }).warnings).toHaveLength(1);
});

test('an answer without its number is named', () => {
  const data = { a: '{{responses.id}}', b: '{{response.0.id}}', c: '{{response.id}}' };
  expect(check({ execute: [step, { ...step, data }] }).warnings).toEqual([
    'execute[1].data.a: {{responses.id}} names no answer; say which, counted from 0, such as {{responses.0.id}}',
    expect.stringContaining('did you mean {{responses.0.id}}?'),
    expect.stringContaining('did you mean {{responses.id}}?'),
  ]);
});

test('a key that stands twice is named, also deep inside', () => {
  const text = `{ "execute": [{ "url": "https://x.io/a", "data": { "a": [1, { "b": 1, "b": 2 }], "b": 3 } }],
    "execute": [{ "url": "https://x.io/a", "data": { "a": [1, { "b": 1, "b": 2 }], "b": 3 } }] }`;
  const twice = 'stands here twice, and only the last one counts; keep one';
  expect(checkText(text).warnings).toEqual([
    `execute[0].data.a[1].b: ${twice}`,
    `execute: ${twice}`,
    `execute[0].data.a[1].b: ${twice}`,
  ]);
});

test.each(['https://api example.com/a', 'https:///a', 'https://x.io:99999/a'])(
  'the host of %s is an error before a request needs it',
  (url) => {
    expect(check({ execute: [{ url }] }).errors).toEqual([
      expect.stringMatching(/^execute\[0\]\.url: has no valid host/),
    ]);
  },
);

test('a host that an admin enters is not judged before', () => {
  const initial_data_form = [{ id: 'HOST', name: 'Host', secret: false }];
  const execute = [{ url: 'https://{{HOST}}:8443/a' }];
  expect(check({ execute, initial_data_form })).toEqual({ errors: [], warnings: [] });
});

test('headers that no request can carry are errors', () => {
  const headers = { 'Bad Name': 'x', 'X-Text': 'a\nb' };
  expect(check({ execute: [step], headers }).errors).toEqual([
    'headers["Bad Name"]: is no name of a header; use letters, digits and dashes',
    'headers.X-Text: has a line break, which no header can; remove it',
  ]);
  expect(check({ execute: [{ ...step, headers }] }).errors).toHaveLength(2);
});
