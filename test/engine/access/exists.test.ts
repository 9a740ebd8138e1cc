import { describe, expect, it, vi } from 'vitest';
import { containsExpected, judgeExists } from '../../../src/engine/access/exists.ts';
import type { HttpAnswer } from '../../../src/engine/ports/http.ts';

const answer = (status: number, text = ''): HttpAnswer => ({
  kind: 'answer',
  status,
  headers: {},
  text,
});
const judge = (
  answered: HttpAnswer,
  spec: {
    expected?: string;
    responseNotation?: string;
    statusCode?: number[];
    failWhen4xx?: boolean;
  } = {},
  more: Readonly<Record<string, string>> = {},
) =>
  judgeExists({ statusCode: [], failWhen4xx: true, ...spec }, answered, {
    variables: { email: 'ann@x.io', nothing: '', ...more },
    app: 'Fernboard',
  });

describe('judgeExists', () => {
  it.each([
    ['an object', '{"users":{"active":true},"company":{"active":false}}', 'has'],
    ['a list', '{"users":[{"active":true},{"active":false}],"company":{}}', 'has'],
    ['a list without it', '{"users":[{"active":false}],"company":{"active":true}}', 'none'],
    ['nothing', '{"company":{"active":true}}', 'unknown'],
  ])('looks for what is expected only at response_notation: %s', (_, text, state) => {
    const spec = { expected: '"active" : true', responseNotation: 'users' };
    expect(judge(answer(200, text), spec)).toMatchObject({ state });
  });

  it('reads an answer once', () => {
    const text = '{"users":["bob@x.io"]}';
    const parse = vi.spyOn(JSON, 'parse');
    try {
      expect(judge(answer(200, text), { expected: 'ann@x.io' })).toMatchObject({ state: 'none' });
      expect(parse.mock.calls.filter(([each]) => each === text)).toHaveLength(1);
    } finally {
      parse.mockRestore();
    }
  });

  it('calls a failed request, a 5xx and by default a 4xx unknown, and says why', () => {
    const failure: HttpAnswer = {
      kind: 'failed',
      code: 'timeout',
      message: 'It took too long.',
      maySent: true,
    };
    expect(judge(failure)).toEqual({
      state: 'unknown',
      reason: 'Fernboard took too long to answer. Try again later.',
    });
    const refused = { ...failure, code: 'bad-certificate', message: 'It has expired.' } as const;
    expect(judge(refused).reason).toMatch(/its certificate isn't valid\..*\nIt has expired\.$/);
    expect(judge(answer(500))).toMatchObject({ state: 'unknown' });
    expect(judge(answer(500), { failWhen4xx: false })).toMatchObject({ state: 'unknown' });
    const notFound = judge(answer(404));
    expect(notFound.state).toBe('unknown');
    expect(notFound.reason).toMatch(
      /^Fernboard gave no clear answer\.\nIt answered 404.*fail_when_4xx_response_code to false/,
    );
  });

  it('with fail_when_4xx_response_code off: 404 and 410 are none, another 4xx is searched', () => {
    const off = { failWhen4xx: false, expected: '{{email}}' };
    expect(judge(answer(404, 'ann@x.io'), off).state).toBe('none');
    expect(judge(answer(410), off).state).toBe('none');
    expect(judge(answer(409, 'ann@x.io'), off).state).toBe('has');
    expect(judge(answer(409, 'bob@x.io'), off).state).toBe('none');
  });

  it('calls an answer that breaks off unknown, unless it names the person before', () => {
    const spec = { expected: '{{email}}' };
    expect(judge(answer(200, '{"users":[{"email":"bob@x.io"},{"ema'), spec)).toEqual({
      state: 'unknown',
      reason: 'Fernboard gave no clear answer.\nThe answer breaks off.',
    });
    expect(judge(answer(200, ' [{"email":"ann@x.io"},{"ema'), spec).state).toBe('has');
    for (const whole of [
      '{"users":[]} \n',
      `{"users":[]}${' '.repeat(201)}`,
      '{"email":"bob@x.io"}\n{"email":"cy@x.io"}',
      '',
      'no',
    ])
      expect(judge(answer(200, whole), spec).state).toBe('none');
  });

  it.each([
    ['XML', '<users><id>4e7310</id><id>3e999a00</id><email>bo@x.io</email></users>'],
    ['a table', '4e7310,bo@x.io\n3e999,cy@x.io\n'],
    ['a text with a long line', `1${'-'.repeat(500)}\nbo@x.io`],
  ])('no limit of JSON counts in %s', (_, text) => {
    const spec = { expected: '{{email}}' };
    expect(judge(answer(200, text), spec).state).toBe('none');
    expect(judge(answer(200, text), spec, { email: 'bo@x.io' }).state).toBe('has');
  });

  it('calls JSON that exceeds what Latchkey reads unknown, unless its text names the person', () => {
    const large = (email: string) => answer(200, `{"n":1e999,"email":"${email}"}`);
    for (const more of [{}, { responseNotation: 'email' }])
      expect(judge(large('\\u0061nn@x.io'), { expected: '{{email}}', ...more })).toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining('a number beyond 1.8e308') as string,
      });
    expect(judge(large('ann@x.io'), { expected: '{{email}}' }).state).toBe('has');
  });

  it.each([401, 402, 403, 407, 408, 421, 425])(
    'takes no %i for a proof that the person is not there',
    (status) => {
      const off = { failWhen4xx: false, expected: '{{email}}' };
      expect(judge(answer(status, 'no'), off)).toMatchObject({ state: 'none', isRefusal: true });
    },
  );

  it('calls a rate limit unknown, also with fail_when_4xx_response_code off, and no wrong token', () => {
    const left = { 'x-ratelimit-remaining': '0' };
    const limited = { kind: 'answer', status: 403, headers: left, text: 'no' } as const;
    for (const answered of [limited, { ...limited, status: 429 }])
      for (const spec of [
        {},
        { failWhen4xx: false },
        { failWhen4xx: false, expected: '{{email}}' },
      ])
        expect(judge(answered, spec)).toEqual({
          state: 'unknown',
          reason: `Fernboard is getting too many requests. Try again later.\nIt answered ${answered.status}.`,
        });
    expect(judge(answer(429), { statusCode: [429] }).state).toBe('has');
  });

  it('takes success as has where nothing is expected, and status_code where it is given', () => {
    expect(judge(answer(204)).state).toBe('has');
    expect(judge(answer(404), { statusCode: [404] }).state).toBe('has');
    expect(judge(answer(204), { statusCode: [200] }).state).toBe('unknown');
  });

  it('calls an expected that is too long to look for unknown', () => {
    const expected = `${'a'.repeat(300_000)}@x.io`;
    expect(judge(answer(200), { expected }).state).toBe('unknown');
    expect(containsExpected('', expected)).toBe(false);
  });

  it('calls an answer of errors without data unknown, as GraphQL has it with status 200, also where an error names the person', () => {
    const refused = answer(200, '{"errors":[{"message":"ann@x.io may not see this"}]}');
    expect(judge(refused, { expected: '{{email}}' })).toEqual({
      state: 'unknown',
      reason:
        'Fernboard gave no clear answer.\nIt answered 200 with errors and without data, so the access is not confirmed: ann@x.io may not see this',
    });
    expect(judge(refused).state).toBe('unknown');
    const broken = answer(200, '{"data":null,"errors":[{"code":7}]}');
    expect(judge(broken, { expected: '{{email}}' })).toEqual({
      state: 'unknown',
      reason:
        'Fernboard gave no clear answer.\nIt answered 200 with errors and without data, so the access is not confirmed. Check the request and the credentials.',
    });
  });

  const fault = (words: string): string =>
    `<?xml version="1.0"?>\n<soap:Envelope xmlns:soap="x"><soap:Body>\n<soap:Fault>${words}</soap:Fault></soap:Body></soap:Envelope>`;

  it.each([
    fault('<faultcode>soap:Client</faultcode><faultstring>ann@x.io may not see this</faultstring>'),
    fault(
      '<soap:Reason><soap:Text xml:lang="en">ann@x.io may not see this</soap:Text></soap:Reason>',
    ),
  ])('calls a fault of SOAP with status 200 unknown, and says its words: %s', (text) => {
    for (const spec of [{ expected: '{{email}}' }, {}])
      expect(judge(answer(200, text), spec)).toEqual({
        state: 'unknown',
        reason:
          'Fernboard gave no clear answer.\nIt answered 200 with errors and without data, so the access is not confirmed: ann@x.io may not see this',
      });
  });

  it('takes a fault of SOAP that knows no such person for a look-up that found nobody', () => {
    const text = fault('<faultstring>User not found</faultstring>');
    expect(judge(answer(200, text))).toMatchObject({ state: 'none', byStatus: true });
  });

  it('takes the word of a fault with status 500, and calls no other 500 an answer', () => {
    const nobody = fault('<faultstring>User not found</faultstring>');
    expect(judge(answer(500, nobody))).toMatchObject({ state: 'none', byStatus: true });
    const other = fault('<faultstring>ann@x.io may not be seen</faultstring>');
    expect(judge(answer(500, other), { expected: '{{email}}' })).toEqual({
      state: 'unknown',
      reason: expect.stringMatching(
        /^Fernboard gave no clear answer\.[^]*: ann@x.io may not be seen$/,
      ) as string,
    });
    expect(judge(answer(500, '<html>User not found</html>')).reason).toContain('on its side');
  });

  it('takes no fault that an answer only tells of for a refusal', () => {
    const log = '<Envelope><Body><Faults>0</Faults><Log>Fault</Log>ann@x.io</Body></Envelope>';
    expect(judge(answer(200, log), { expected: '{{email}}' }).state).toBe('has');
  });

  it.each([
    ['in a log', '<answer><log><![CDATA[<Envelope><Body><Fault>]]></log>ann@x.io</answer>'],
    [
      'in the answer of another service',
      '<Envelope><Body><Got><Envelope><Body><Fault>x</Fault></Body></Envelope></Got>ann@x.io</Body></Envelope>',
    ],
  ])('takes no fault %s for a refusal', (_where, text) => {
    expect(judge(answer(200, text), { expected: '{{email}}' }).state).toBe('has');
    expect(judge(answer(200, text)).state).toBe('has');
  });

  it('reads the words of a fault behind comments and inside CDATA', () => {
    const text = fault('<faultstring><![CDATA[User not found]]></faultstring>').replace(
      '\n<soap:Envelope',
      '\n<!-- gateway 7 -->\n<soap:Envelope',
    );
    expect(judge(answer(200, text))).toMatchObject({ state: 'none', byStatus: true });
  });

  it('says that a 404 which status_code lists tells nothing beyond its status', () => {
    const spec = { expected: '{{email}}', statusCode: [200, 404] };
    expect(judge(answer(404, '{"code":2100}'), spec)).toMatchObject({
      state: 'none',
      byStatus: true,
    });
    expect(judge(answer(200, '{"users":[]}'), spec)).not.toHaveProperty('byStatus');
  });

  it.each([
    '{"data":{"user":null},"errors":[{"message":"Not authenticated"}]}',
    '{"data":{"users":{"nodes":[null]}},"errors":[{"message":"Forbidden"}]}',
    '{"data":{},"errors":[{"message":"Not found"}]}',
    '{"data":{"user":null},"errors":[{"message":"User not found"},{"message":"Forbidden"}]}',
  ])('calls %s unknown, since nothing is in its data', (text) => {
    expect(judge(answer(200, text), { expected: '{{email}}' }).state).toBe('unknown');
    expect(judge(answer(200, text)).state).toBe('unknown');
  });

  it.each(['User not found', "Could not resolve to a User with the login of 'ann'."])(
    'takes an empty field of GraphQL with the only error %j for a look-up that found nobody',
    (message) => {
      const text = JSON.stringify({ data: { user: null }, errors: [{ message }] });
      expect(judge(answer(200, text), { expected: '{{email}}' })).toMatchObject({
        state: 'none',
        byStatus: true,
      });
    },
  );

  it.each([
    ['{"ok":false,"error":"invalid_auth"}', 'invalid_auth'],
    ['{"ok":false,"error":{"message":"No scope"}}', 'No scope'],
    ['{"ok":false,"error_code":401,"description":"Unauthorized"}', 'Unauthorized'],
    ['{"ok":false}', 'Check the request'],
  ])('calls %s with status 200 unknown, as Slack refuses', (text, says) => {
    for (const spec of [{ expected: '{{email}}' }, {}])
      expect(judge(answer(200, text), spec)).toEqual({
        state: 'unknown',
        reason: expect.stringContaining(says) as string,
      });
  });

  it.each([
    'users_not_found',
    'user_not_found',
    'userNotFound',
    'no_such_user',
    'Unknown member',
    'Unknown user: U1',
    'User was not found.',
    'The user could not be found',
    'Member cannot be found',
  ])('takes "ok": false with %j for a look-up that found nobody, as a 404', (error) => {
    const text = JSON.stringify({ ok: false, error });
    expect(judge(answer(200, text), { expected: '{{email}}' })).toMatchObject({
      state: 'none',
      byStatus: true,
    });
  });

  it.each([
    'account_not_found',
    'Unknown account',
    'user_group_not_found',
    'no_such_user_group',
    'Unknown user agent',
    'Unknown email domain',
    'API user not found',
    'User not found for this key',
    'Authentication failed: user not found',
  ])('takes no "ok": false with %j for it, since that may be about something else', (error) => {
    const text = JSON.stringify({ ok: false, error });
    expect(judge(answer(200, text), { expected: '{{email}}' }).state).toBe('unknown');
  });

  it('leaves "ok": false to a manifest that looks for it, or finds the person beside it', () => {
    expect(judge(answer(200, '{"ok":false}'), { expected: '"ok":true' })).toMatchObject({
      state: 'none',
    });
    const taken = answer(200, '{"ok":false,"error":"exists","email":"ann@x.io"}');
    expect(judge(taken, { expected: '{{email}}' }).state).toBe('has');
  });

  it('searches an answer that has data beside errors, or an empty list of them', () => {
    const found = { expected: '{{email}}' };
    const partly = answer(200, '{"data":{"users":["jo@x.io"]},"errors":[{"message":"Slow"}]}');
    expect(judge(partly, found).state).toBe('none');
    expect(judge(answer(200, '{"errors":[],"users":[]}'), found).state).toBe('none');
    expect(judge(answer(200, '{"errors":[],"users":["ann@x.io"]}'), found).state).toBe('has');
  });

  it.each(['{{USERNAME}}', '"{{USERNAME}}"', '{{#ID}}{{ID}}{{/ID}}{{^ID}}"{{USERNAME}}"{{/ID}}'])(
    'finds the value of %s in the case in which the app writes it',
    (expected) => {
      const found = answer(200, '[{"username":"Ann.Lee"}]');
      expect(judge(found, { expected }, { USERNAME: 'ann.lee' }).state).toBe('has');
    },
  );

  it('looks for other text as it is written', () => {
    const found = answer(200, '[{"username":"Ann.Lee","state":"blocked"}]');
    const expected = '"{{USERNAME}}","state":"Blocked"';
    expect(judge(found, { expected }, { USERNAME: 'Ann.Lee' }).state).toBe('none');
  });

  it.each([
    ['"active":true', '{\n  "users": [{ "active" : true }]\n}'],
    ['"active": true', '{"users":[{"active":true}]}'],
    ['"name": "Ann: Lee"', '{"name":"Ann: Lee"}'],
  ])('finds the key and value %s in JSON that is written with other spaces', (expected, text) => {
    expect(judge(answer(200, text), { expected }).state).toBe('has');
  });

  it('takes no other value for it', () => {
    expect(judge(answer(200, '{ "active": false }'), { expected: '"active":true' }).state).toBe(
      'none',
    );
  });

  it('calls an expected that renders to nothing unknown', () => {
    expect(judge(answer(200), { expected: ' {{nothing}} ' }).state).toBe('unknown');
  });
});

describe('containsExpected', () => {
  it.each([
    ['jos\u00e9@x.io', '{"email":"jose\u0301@x.io"}'],
    ['jose\u0301@x.io', '{"email":"Jos\u00e9@x.io"}'],
    ['jos\u00e9@x.io', '{"email":"jose\\u0301@x.io"}'],
  ])('finds %j with its accent apart or composed in %s', (expected, text) => {
    expect(containsExpected(text, expected)).toBe(true);
  });

  it.each([
    '{"email":"Ann@X.io"}',
    '<ann@x.io>',
    "'ann@x.io'",
    'mailto:ann@x.io?subject=a',
    'bob@x.io,ann@x.io.',
    '["\\u0061nn@x.io"]',
    '{"a":[{"ANN\\u0040X.IO":1}]}',
  ])('finds the address in %s', (text) => {
    expect(containsExpected(text, 'ann@x.io')).toBe(true);
  });

  it.each([
    'joann@x.io',
    'jo.ann@x.io',
    'jo+ann@x.io',
    "o'ann@x.io",
    'ann@x.io.evil.com',
    'ann@x.iot',
    'ann@x-io',
    '["jo\\u0061nn@x.io"]',
    '',
  ])('does not find it in %s', (text) => {
    expect(containsExpected(text, 'ann@x.io')).toBe(false);
  });

  it.each([
    ["o'neil@x.io", '<Email>o&apos;neil@x.io</Email>'],
    ["<Email>o'neil@x.io</Email>", '<a><Email>O&#39;Neil@x.io</Email></a>'],
    ['<Team>R&D</Team>', '<Team>R&amp;D</Team>'],
    ['<Team>R&amp;D</Team>', '<Team>R&amp;D</Team>'],
    ['Zoë Müller', '<Name>Zo&#xEB; M&#252;ller</Name>'],
  ])('finds %j in XML that writes it as %s', (expected, text) => {
    expect(containsExpected(text, expected)).toBe(true);
  });

  it.each([
    ['neil@x.io', '<Email>o&apos;neil@x.io</Email>'],
    ['d@x.io', '<Email>r&#38;d@x.io</Email>'],
    ['ller@x.io', '<Email>m&#xFC;ller@x.io</Email>'],
    ['<Email>ann@x.io</Email>', '<Bio>&lt;Email&gt;ann@x.io&#60;/Email&#62;</Bio>'],
    ['a', '<b>&#9999999;</b>'],
  ])('does not find %j in the XML %s', (expected, text) => {
    expect(containsExpected(text, expected)).toBe(false);
  });

  it('compares everything beside the addresses exactly', () => {
    expect(containsExpected('{"user":"ANN@x.io (Active)"}', 'ann@x.io (Active)')).toBe(true);
    expect(containsExpected('{"user":"ANN@x.io (active)"}', 'ann@x.io (Active)')).toBe(false);
    expect(containsExpected('a.b', 'a?b')).toBe(false);
  });
});
