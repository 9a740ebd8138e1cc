import { describe, expect, it } from 'vitest';
import { checkManifest } from '../../../src/engine/manifest/lint.ts';
import { problemText } from '../../../src/engine/manifest/problem.ts';

const step = { url: 'https://x.io/a' };
const check = (value: unknown) => {
  const result = checkManifest(JSON.stringify(value));
  return {
    errors: result.ok ? [] : result.errors.map(problemText),
    warnings: result.warnings.map(problemText),
  };
};

describe('checkManifest', () => {
  it('warns of a value in quotes, where one in the value would end them, and says what escapes it', () => {
    const execute = [{ url: 'https://x.io/graphql', data: { query: 'u(id: "{{email}}") { id }' } }];
    const found = { expected: '{{email}}', fail_when_4xx_response_code: false };
    const asked = (url: string) =>
      check({ exists: { url, method: 'GET', ...found }, execute }).warnings;
    const query =
      'execute[0].data.query: {{email}} is in quotes, and a quote in its value would end them; write {{#$json}}{{email}}{{/$json}} between them';
    expect(asked("https://x.io/u?f=mail%20eq%20'{{email}}'")).toEqual([
      'exists.url: {{email}} is in quotes, and a quote in its value would end them; write {{#$odata}}{{email}}{{/$odata}} between them',
      query,
    ]);
    expect(asked("https://x.io/u?f=mail%20eq%20'{{#$odata}}{{email}}{{/$odata}}'")).toEqual([
      query,
    ]);
    expect(asked('https://x.io/u?f=mail%20eq%20{{email}}')).toEqual([query]);
  });

  it('takes a next_page that counts without a place of a token, and has counters nowhere else', () => {
    const sync = (next_page: string, url = 'https://x.io/a') =>
      check({
        action: 'create',
        execute: [{ url, method: 'GET' }],
        data_structure: { email: 'mail' },
        next_page,
      });
    const nothing = { errors: [], warnings: [] };
    expect(sync('https://x.io/a?page={{NEXT_PAGE_NUMBER}}')).toEqual(nothing);
    expect(sync('https://x.io/a?offset={{NEXT_PAGE_OFFSET}}')).toEqual(nothing);
    expect(sync('https://x.io/a?page={{NEXT_PAGE_TOKEN}}').errors).toEqual([
      'next_page_token_from: is missing; next_page needs to know where the token is, or counts with {{NEXT_PAGE_NUMBER}} or {{NEXT_PAGE_OFFSET}}',
    ]);
    expect(
      sync('https://x.io/a?p={{NEXT_PAGE_NUMBER}}', 'https://x.io/a?p={{NEXT_PAGE_NUMBER}}')
        .warnings,
    ).toEqual(['execute[0].url: {{NEXT_PAGE_NUMBER}} has a value in next_page only']);
  });

  it('takes a first_page of 0 or 1 where next_page counts, and says where it has no effect', () => {
    const read = { url: 'https://x.io/users', method: 'GET' };
    const sync = (more: object) =>
      check({ action: 'create', execute: [read], data_structure: { email: 'mail' }, ...more });
    const list = (more: object) =>
      check({
        execute: [step],
        accounts: { execute: [read], data_structure: { email: 'mail' }, ...more },
      });
    const counted = { next_page: 'https://x.io/a?page={{NEXT_PAGE_NUMBER}}', first_page: 0 };
    expect(sync(counted)).toEqual({ errors: [], warnings: [] });
    expect(list(counted)).toEqual({ errors: [], warnings: [] });
    expect(list({ ...counted, first_page: 2 }).errors).toEqual([
      expect.stringMatching(/^accounts\.first_page: .*0 or 1/),
    ]);
    const linked = { next_page_from: 'next', first_page: 1 };
    const without = /^(accounts\.)?first_page: has no effect/;
    expect(sync(linked).warnings).toEqual([expect.stringMatching(without)]);
    expect(list(linked).warnings).toEqual([expect.stringMatching(without)]);
    expect(check({ execute: [step], first_page: 0 }).warnings).toEqual([
      expect.stringMatching(without),
    ]);
  });

  it('takes a list of accounts, and says what it lacks or misspells', () => {
    const list = (accounts: unknown, more = {}) => check({ execute: [step], accounts, ...more });
    const read = { url: 'https://x.io/users', method: 'GET' };
    const good = { execute: [read], data_structure: { email: 'mail', last_login: 'seen' } };
    expect(list(good)).toEqual({ errors: [], warnings: [] });
    expect(list({ execute: [read], data_structure: { login: 'l' }, match: 'login' })).toEqual({
      errors: [],
      warnings: [],
    });
    expect(list({ data_structure: { name: 'n' } }).errors).toEqual([
      'accounts.execute: is missing; give it the request that lists the accounts',
      'accounts.data_structure.email: is missing; say where in an account its email address is, or name another fact in match',
    ]);
    expect(list({ ...good, match: 'logn', data_structure: { login: 'l' } }).errors).toEqual([
      'accounts.match: "logn" is not a name in data_structure; did you mean "login"?',
    ]);
    expect(list({ ...good, data_structure: { email: 'e', lastLogin: 'l' } }).warnings).toEqual([
      expect.stringMatching(/^accounts\.data_structure\.lastLogin: .*did you mean "last_login"\?$/),
    ]);
    expect(list({ ...good, dataStructure: {} }).warnings).toEqual([
      expect.stringMatching(/^accounts\.dataStructure: .*did you mean "data_structure"\?$/),
    ]);
    const paged = 'https://x.io/users?after={{NEXT_PAGE_TOKEN}}';
    expect(list({ ...good, next_page: paged }).errors).toEqual([
      expect.stringMatching(/^accounts\.next_page_token_from: is missing/),
    ]);
    expect(list({ ...good, next_page: paged, next_page_token_from: 'next' }).warnings).toEqual([]);
    const about = { ...good, execute: [{ ...read, url: 'https://x.io/{{email}}' }] };
    expect(list(about).warnings).toEqual([
      'accounts.execute[0].url: {{email}} has no value here, since the list of accounts is about no person',
    ]);
    const polled = { ...good, execute: [{ ...read, store_data: { a: 'b' } }] };
    expect(list(polled).errors).toEqual([
      'accounts.execute[0].store_data: does nothing in a list; remove it, and say in data_structure what to read of each account',
    ]);
    const sync = { action: 'create', data_structure: { email: 'mail' } };
    expect(list(good, sync).errors).toEqual([
      'accounts: is for a manifest that grants access; this one grants none, so remove it',
    ]);
    const host = { ...good, execute: [{ ...read, url: 'https://{{first_name}}/users' }] };
    expect(list(host).errors).toEqual([expect.stringMatching(/^accounts\.execute\[0\]\.url: /)]);
  });

  it('refuses an id or key that repeats a reserved name', () => {
    const { errors } = check({
      form: [{ id: 'email', name: 'E', type: 'input' }],
      extra_user_info: [{ id: 'start', name: 'S' }],
      initial_data_form: [{ id: 'oauth', name: 'O' }],
      execute: [{ ...step, store_data: { code: 'a' } }],
    });
    expect(errors.map((error) => error.split(':')[0])).toEqual(
      expect.arrayContaining([
        'form[0].id',
        'extra_user_info[0].id',
        'initial_data_form[0].id',
        'execute[0].store_data.code',
      ]),
    );
    const sync = { action: 'update', schedule: '0 * * * *', execute: [step] };
    expect(check({ ...sync, data_structure: { email: 'e', manager: 'm' } }).errors).toEqual([
      expect.stringMatching(/^data_structure\.manager: /),
    ]);
  });

  it('knows what a manifest that sends texts gets, and refuses what it can not do', () => {
    const text = { url: 'https://x.io/sms', data: { To: '{{to}}', Body: '{{message}}' } };
    const good = { type: 'send_text', execute: [text] };
    expect(check(good)).toEqual({ errors: [], warnings: [] });
    expect(check({ ...good, execute: [text, text], exists: step }).errors).toEqual([
      'exists: is not for a manifest of type "send_text"; remove it',
      'execute: has to be exactly one request: one that is interrupted is not sent again',
    ]);
    expect(check({ ...good, execute: [step] }).errors).toEqual([
      'execute: does not use {{to}} and {{message}}; a text message needs its number and its words',
    ]);
    const own = { initial_data_form: [{ id: 'to', name: 'To' }] };
    expect(check({ ...good, ...own }).errors).toEqual([
      'initial_data_form[0].id: "to" is a reserved name; choose another',
    ]);
    const aboutPerson = { ...text, headers: { 'X-Who': '{{email}}' } };
    expect(check({ ...good, execute: [aboutPerson] }).warnings).toEqual([
      expect.stringMatching(/^execute\[0\]\.headers\.X-Who: \{\{email\}\} has no value in a text/),
    ]);
    // Elsewhere they are names like any other.
    const form = [{ id: 'to', name: 'To', type: 'input' }];
    expect(check({ form, execute: [{ ...step, data: { to: '{{to}}' } }] }).errors).toEqual([]);
  });

  it("refuses a name that repeats a secret's id", () => {
    const secrets = { initial_data_form: [{ id: 'TOKEN', name: 'T' }] };
    expect(
      check({ ...secrets, execute: [{ ...step, store_data: { TOKEN: 'a' } }] }).errors,
    ).toEqual([expect.stringMatching(/^execute\[0\]\.store_data\.TOKEN: /)]);
  });

  describe('an option that needs approval', () => {
    const marked = (option: object) =>
      check({
        form: [
          { id: 'ROLE', name: 'Role', type: 'choice', items: [{ id: 'a', name: 'A', ...option }] },
        ],
        execute: [{ ...step, data: '{{ROLE}}' }],
      });

    it('says so with true, and may say false', () => {
      const nothing = { errors: [], warnings: [] };
      expect(marked({ needs_approval: true })).toEqual(nothing);
      expect(marked({ needs_approval: false })).toEqual(nothing);
    });

    it('is refused where it says anything else, so that no mark is lost', () => {
      expect(marked({ needs_approval: 'yes' }).errors).toEqual([
        'form[0].items[0].needs_approval: must be true or false (whether an approver has to agree), but is "yes"',
      ]);
    });

    it('is warned of where its key is misspelt', () => {
      expect(marked({ needsApproval: true }).warnings).toEqual([
        'form[0].items[0].needsApproval: has no effect; an option that only an approver may give has "needs_approval": true',
      ]);
    });
  });

  describe('gone_if', () => {
    const lookUp = { url: 'https://x.io/users/{{email}}', method: 'GET' };
    const remove = { url: 'https://x.io/users/{{email}}', method: 'DELETE' };
    const gone = (...gone_if: readonly object[]) => check({ revoke: [lookUp, remove], gone_if });

    it('takes a status, a value, and both', () => {
      expect(
        gone(
          { step: 0, status: [404, '410'] },
          { step: 0, response_notation: 'total', value: 0 },
          { step: 0, value: [] },
          { step: 0, status: [404], response_notation: 'error.code', value: 'NotFound' },
        ),
      ).toEqual({ errors: [], warnings: [] });
    });

    it('has objects refused where it needs numbers, also such as no text can be made of', () => {
      const odd = { toString: 1, valueOf: 1 };
      expect(gone({ step: odd, status: [odd] }).errors).toEqual([
        expect.stringMatching(/^gone_if\[0\]\.step: /),
        expect.stringMatching(/^gone_if\[0\]\.status\[0\]: /),
      ]);
    });

    it.each([
      [
        'a request that is not there',
        { step: 2, status: [404] },
        'gone_if[0].step: is 2, but revoke has 2 requests, from 0 to 1',
      ],
      [
        'a request that changes something',
        { step: 1, status: [404] },
        'gone_if[0].step: is about revoke[1], a DELETE, which is no look-up; let its status_code accept the answer',
      ],
      [
        'every answer',
        { step: 0 },
        'gone_if[0]: would accept every answer; give it status, or response_notation and value',
      ],
      [
        'no status',
        { step: 0, status: [] },
        'gone_if[0]: would accept every answer; give it status, or response_notation and value',
      ],
      [
        'a place without a value',
        { step: 0, response_notation: 'id' },
        'gone_if[0].value: is missing; give the value that says that the person has no account',
      ],
      [
        'a refusal',
        { step: 0, status: [404, 403] },
        "gone_if[0].status: has 403, which doesn't say that the person has no account; apps answer 404, 410 or nothing then",
      ],
      [
        'an outage',
        { step: 0, status: ['502'] },
        "gone_if[0].status: has 502, which doesn't say that the person has no account; apps answer 404, 410 or nothing then",
      ],
      [
        'a variable',
        { step: 0, response_notation: 'a', value: '{{email}}' },
        "gone_if[0].value: is compared as written; it can't use {{variables}}",
      ],
      [
        'no step',
        { status: [404] },
        'gone_if[0].step: is missing; give which request of revoke it is about, counted from 0',
      ],
    ])('refuses %s', (_, item, error) => {
      expect(gone(item).errors).toEqual([error]);
    });

    it('needs a revoke, and warns of a key that it does not know', () => {
      expect(check({ exists: lookUp, gone_if: [{ step: 0, status: [404] }] }).errors).toEqual([
        'gone_if[0]: has no revoke beside it; it is about the answers to that',
      ]);
      expect(gone({ step: 0, status: [404], statuses: [] }).warnings).toEqual([
        expect.stringContaining('gone_if[0].statuses: is not a known key here'),
      ]);
    });
  });

  describe('revoke_note', () => {
    const noted = (revoke_note: unknown) =>
      check({
        form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
        extra_user_info: [{ id: 'LOGIN', name: 'Login' }],
        initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
        execute: [{ ...step, headers: { Authorization: 'Bearer {{TOKEN}}' } }],
        revoke_note,
      });

    it('takes facts about the person', () => {
      const text = 'Give the files of {{email}} ({{LOGIN}}) to {{manager}}.';
      expect(noted(text)).toEqual({ errors: [], warnings: [] });
    });

    it('warns of a variable that nothing defines, and of an answer of the form', () => {
      expect(noted('{{LOGINN}} {{TEAM}}').warnings).toEqual([
        expect.stringContaining('revoke_note: {{LOGINN}} is defined nowhere'),
        expect.stringContaining('revoke_note: {{TEAM}} is an answer of the form'),
      ]);
    });

    it.each([
      [
        'a secret',
        '{{TOKEN}}',
        "can't show {{TOKEN}}; use facts about the person, such as {{email}}",
      ],
      [
        'an answer of the app',
        '{{responses.0.id}}',
        "can't show {{responses}}; use facts about the person, such as {{email}}",
      ],
      [
        'more than a task shows',
        'a'.repeat(1001),
        'has 1001 characters; at most 1000 are shown in a task',
      ],
      ['an open tag', 'a {{b', 'has a {{ without its }}'],
    ])('refuses %s', (_, text, error) => {
      expect(noted(text).errors).toEqual([`revoke_note: ${error}`]);
    });
  });

  it('refuses polling without continue_if and a file that is used before it is saved', () => {
    const { errors } = check({
      execute: [
        { ...step, polling: { interval: 1, amount: 2 } },
        { ...step, files: { f: 'a.png' } },
        { ...step, save_as_file: 'a.png' },
        { ...step, files: { f: 'a.png' } },
      ],
    });
    expect(errors).toEqual([
      expect.stringMatching(/^execute\[0\]\.polling: .*continue_if/),
      expect.stringMatching(/^execute\[1\]\.files\.f: no earlier request saves "a\.png"/),
    ]);
  });

  it('warns of an answer of the form where nobody has been asked yet', () => {
    const form = [
      { id: 'TEAM', name: 'T', type: 'input' },
      { id: 'ROLE', name: 'R', type: 'choice', url: 'https://x.io/roles?team={{TEAM}}' },
    ];
    const uses = { url: 'https://x.io/{{TEAM}}', data: { role: '{{ROLE}}' } };
    const exists = { ...uses, expected: 'member' };
    const empty = (place: string, name: string) =>
      `${place}: {{${name}}} is an answer of the form, which only execute and revoke have; it will be empty here. Ask it in extra_user_info, which is kept with the person, or keep it from an answer with store_data`;
    const warningsOf = (more: object) => check({ form, exists, revoke: [uses], ...more }).warnings;
    expect(warningsOf({ execute: [uses] })).toEqual([
      empty('form[1].url', 'TEAM'),
      empty('exists.url', 'TEAM'),
      empty('exists.data.role', 'ROLE'),
    ]);
    const keeps = { ...uses, store_data: { TEAM: 'team', ROLE: 'role' } };
    expect(warningsOf({ execute: [keeps] })).toEqual([]);
  });

  it('refuses items that are no options, which nobody could choose', () => {
    const field = { id: 'A', name: 'A', type: 'choice' };
    const errorsOf = (more: object) =>
      check({ execute: [step], form: [{ ...field, ...more }] }).errors;
    expect(
      errorsOf({ items: ['Sales', { id: '1', name: 'HR' }, { id: null, name: 'IT' }] }),
    ).toEqual([
      'form[0].items[0]: must be an option such as {"id": "233", "name": "Option 1"}, but is "Sales"',
      'form[0].items[2]: must be an option such as {"id": "233", "name": "Option 1"}, but is {"id":null,"name":"IT"}',
    ]);
    expect(errorsOf({ items: [] })).toEqual([
      'form[0].items: is empty; add the options to choose from',
    ]);
    for (const fine of [
      { items: [{ id: 1, name: 'HR' }] },
      { items: [{ key: 'hr', title: 'HR' }], choice_value: 'key', choice_name: 'title' },
      { items: [{ id: 'hr', name: 'HR' }], choice_value: 'key' },
      { items: [], url: 'https://x.io/options' },
      { items: [], type: 'input' },
    ])
      expect(errorsOf(fine)).toEqual([]);
  });

  it.each([
    '{{x|lower}}',
    '{{@index}}',
    '{{x:fallback}}',
    '{{responses.0.x|lower}}',
    '{{responses.0.items[0]}}',
    '{{x.y()}}',
    '{% if x %}',
    '{{>part}}',
    '{{=<% %>=}}',
    '{{#x}}',
    '{{x',
    '{{#if x}}y{{/if x}}',
  ])('refuses the template %s', (template) => {
    expect(check({ execute: [{ ...step, data: { a: template } }] }).errors).toEqual([
      expect.stringMatching(/^execute\[0\]\.data\.a: /),
    ]);
  });

  it.each(['@odata.id', 'urn:ietf:params:scim:schemas:core:2.0:User.id', '$ref', 'a.b.'])(
    'takes a path into an answer whose key is %s',
    (key) => {
      const asks = { ...step, method: 'GET' };
      const uses = { ...step, data: { a: `{{responses.0.${key}}}` } };
      expect(check({ execute: [asks, uses] })).toEqual({ errors: [], warnings: [] });
    },
  );

  it('knows where an import of changes begins, and refuses one that never says so', () => {
    const sync = { action: 'create', data_structure: { email: 'e' } };
    const asks = { url: 'https://x.io/a?{{#SINCE}}after={{SINCE}}{{/SINCE}}', method: 'GET' };
    for (const since of ['meta.mark', true])
      expect(check({ ...sync, execute: [asks], since })).toEqual({ errors: [], warnings: [] });
    expect(check({ ...sync, execute: [step], since: true }).errors).toEqual([
      'since: does nothing without {{SINCE}}; put that into the request that reads the people',
    ]);
    expect(check({ ...sync, execute: [asks], since: false }).errors).toEqual([
      expect.stringMatching(/^since: must be true, or where in the response/),
    ]);
    expect(check({ ...sync, execute: [asks] }).warnings).toContainEqual(
      expect.stringContaining('{{SINCE}} has a value only in an import with "since"'),
    );
    expect(check({ execute: [step], since: true }).warnings).toContainEqual(
      expect.stringMatching(/^since: has no effect/),
    );
  });

  it('finds its errors together with those of the schema', () => {
    const { errors } = check({ execute: [{ url: 'https://x.io/{{a|b}}', method: 'FETCH' }] });
    expect(errors).toHaveLength(2);
  });

  it("warns of a variable that nothing defines, and of an answer that isn't there yet", () => {
    const { warnings } = check({
      form: [{ id: 'TEAM', name: 'T', type: 'input' }],
      execute: [
        { ...step, store_data: { KEPT: 'a' }, data: { a: '{{TEAM}} {{TAEM}} {{responses.0.a}}' } },
        {
          ...step,
          data: ['{{KEPT}} {{responses.0.a}} {{#TEAM}}{{inner}}{{/TEAM}} {{first_name}}'],
        },
      ],
    });
    expect(warnings).toEqual([
      expect.stringMatching(/\{\{TAEM\}\} is defined nowhere.*did you mean \{\{TEAM\}\}\?/),
      expect.stringMatching(/\{\{responses\.0\.a\}\} isn't there yet/),
    ]);
  });

  it('says where a variable that nothing defines can be defined', () => {
    const headers = { Authorization: 'Bearer {{TOKEN}}' };
    expect(check({ headers, execute: [step] }).warnings).toEqual([
      'headers.Authorization: {{TOKEN}} is defined nowhere in this manifest; add it to initial_data_form, form or extra_user_info. Else it will be empty unless another integration stores it with the person',
    ]);
    const people = { action: 'create', data_structure: { email: 'mail' } };
    expect(check({ headers, execute: [step], ...people }).warnings).toEqual([
      'headers.Authorization: {{TOKEN}} is defined nowhere in this manifest; add it to initial_data_form. Else it will be empty',
    ]);
  });

  it('warns of secrets in the manifest, http:// to a public host and a schedule below an hour', () => {
    const { warnings } = check({
      headers: { Authorization: 'Bearer 0123456789abcdef' },
      execute: [{ url: 'http://api.example.com/a' }],
      action: 'create',
      data_structure: { email: 'e' },
      schedule: '*/30 * * * *',
    });
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual([
      'headers.Authorization',
      'execute[0].url',
      'schedule',
    ]);
  });

  it('is silent about an http:// that is sent and not sent to', () => {
    const data = { url: 'http://handbook.example.com' };
    expect(check({ execute: [{ url: 'https://api.example.com', data }] }).warnings).toEqual([]);
  });

  it('is silent about secrets in variables, private hosts and hourly schedules', () => {
    const { warnings } = check({
      headers: { Authorization: 'Bearer {{TOKEN}}' },
      initial_data_form: [{ id: 'TOKEN', name: 'T' }],
      execute: [{ url: 'http://127.0.0.1:3000/a' }, { url: 'http://localhost/a' }],
      action: 'create',
      data_structure: { email: 'e' },
      schedule: '0 * * * *',
    });
    expect(warnings).toEqual([]);
  });

  it('takes a stored name with a space in it for what it is', () => {
    const stored = { ...step, store_data: { 'Employee ID': 'id' } };
    const used = { ...step, data: { id: '{{Employee ID}}' } };
    expect(check({ execute: [stored, used] })).toEqual({ errors: [], warnings: [] });
    expect(check({ execute: [used] }).errors).not.toEqual([]);
    expect(checkManifest(JSON.stringify({ execute: [used] }), ['Employee ID']).ok).toBe(true);
  });

  it('warns of answers that are not there in exists, revoke and options', () => {
    const { warnings } = check({
      form: [{ id: 'F', name: 'F', type: 'choice', url: 'https://x.io/{{responses.0.a}}' }],
      exists: { url: 'https://x.io/{{responses.0.a}}' },
      execute: [step],
      revoke: [
        { ...step, data: '{{responses.0.a}}' },
        { ...step, data: '{{responses.0.a}}' },
      ],
    });
    const places = warnings.filter((warning) => warning.includes('there yet'));
    expect(places.map((warning) => warning.split(':')[0])).toEqual([
      'form[0].url',
      'exists.url',
      'revoke[0].data',
    ]);
  });
});
