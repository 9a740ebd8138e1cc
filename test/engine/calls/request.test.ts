import { describe, expect, it } from 'vitest';
import { type DescribeOptions, describeRequest } from '../../../src/engine/calls/request.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import type { Variables } from '../../../src/engine/templates/variables.ts';
import { ok, present } from '../../support/given/outcomes.ts';

/** Describes the first `execute` of a manifest that has these headers. */
function described(
  request: object,
  headers: object = {},
  variables: Variables = {},
  options: Partial<DescribeOptions> = {},
) {
  const parsed = parseManifest(
    JSON.stringify({ headers, execute: [{ url: 'https://x.io/', ...request }] }),
  );
  const step = parsed.ok ? parsed.manifest.execute[0] : undefined;
  if (!parsed.ok || !step) throw new Error(JSON.stringify(parsed));
  const result = describeRequest(step, variables, { ...parsed, ...options });
  return result.ok ? result.request : result.error;
}

describe('describeRequest', () => {
  it('sends data as JSON, big integers with all their digits', () => {
    expect(
      described(
        { data: { id: '{{id}}', list: '{{l}}' } },
        {},
        { id: 1n, l: [12345678901234567890n] },
      ),
    ).toEqual({
      method: 'POST',
      url: 'https://x.io/',
      headers: { 'content-type': 'application/json' },
      body: { kind: 'json', text: '{"id":"1","list":[12345678901234567890]}' },
    });
  });

  it('has no body without data', () => {
    expect(described({ method: 'get' })).toEqual({
      method: 'GET',
      url: 'https://x.io/',
      headers: {},
    });
  });

  it("lets a request's own headers replace the manifest's, unless they are empty", () => {
    const manifest = { Accept: 'application/json', Authorization: 'Bearer {{T}}' };
    expect(described({ headers: { 'X-A': '1' } }, manifest)).toMatchObject({
      headers: { 'x-a': '1' },
    });
    expect(described({ headers: {} }, manifest, { T: 't' })).toMatchObject({
      headers: { accept: 'application/json', authorization: 'Bearer t' },
    });
  });

  it('encodes Basic credentials that have a colon, and leaves encoded ones', () => {
    const basic = (value: string) => described({}, { Authorization: value }, { K: 'clé' });
    const base64 = Buffer.from('clé:x', 'utf8').toString('base64');
    expect(basic('Basic {{K}}:x')).toMatchObject({ headers: { authorization: `Basic ${base64}` } });
    expect(basic(`Basic ${base64}`)).toMatchObject({
      headers: { authorization: `Basic ${base64}` },
    });
  });

  it('sends a form for cast_data_to_json and for a form header in any case', () => {
    const body = {
      kind: 'form',
      fields: [
        ['a', 'x&y'],
        ['l', '1'],
        ['l', '2'],
      ],
    };
    const data = { a: '{{v}}', l: ['1', '2'] };
    const variables = { v: 'x&y' };
    expect(
      described(
        { data, cast_data_to_json: true },
        { 'content-TYPE': 'application/json' },
        variables,
      ),
    ).toMatchObject({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    const header = { 'CONTENT-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    expect(described({ data }, header, variables)).toMatchObject({
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body,
    });
    expect(described({ data: 'a={{v}}&b=1' }, header, variables)).toMatchObject({
      body: {
        kind: 'form',
        fields: [
          ['a', 'x&y'],
          ['b', '1'],
        ],
      },
    });
  });

  it.each(['text/xml; charset=utf-8', 'application/soap+xml', 'Application/XML'])(
    'sends a text as XML for the Content-Type %s, and no value can add to it',
    (type) => {
      const data = '<a m="{{email}}">{{{name}}}</a>';
      const values = { email: '"x', name: "</a><b>&'\u0001" };
      expect(described({ data }, { 'Content-Type': type }, values)).toMatchObject({
        headers: { 'content-type': type },
        body: { kind: 'xml', text: '<a m="&quot;x">&lt;/a&gt;&lt;b&gt;&amp;&apos;</a>' },
      });
    },
  );

  it('sends a text as JSON where the Content-Type is not XML', () => {
    for (const headers of [{}, { 'Content-Type': 'text/plain; a=/xml' }])
      expect(described({ data: '<a/>' }, headers)).toMatchObject({
        body: { kind: 'json', text: '"<a/>"' },
      });
  });

  it('sends a token request as a form unless its headers say JSON', () => {
    const options = { dataAs: 'form' } as const;
    expect(described({ data: { a: 1 } }, {}, {}, options)).toMatchObject({
      body: { kind: 'form' },
    });
    const json = { 'Content-Type': 'application/json' };
    expect(described({ data: { a: 1 }, headers: json }, {}, {}, options)).toMatchObject({
      body: { kind: 'json' },
    });
  });

  it('sends saved files as multipart without the JSON Content-Type, and names one that nobody saved', () => {
    const request = { files: { upload: 'a.png' }, data: { n: 1 } };
    const json = { 'Content-Type': 'application/json' };
    expect(described(request, json, {}, { savedFiles: new Set(['a.png']) })).toEqual({
      method: 'POST',
      url: 'https://x.io/',
      headers: {},
      body: {
        kind: 'multipart',
        fields: [['n', '1']],
        files: [{ field: 'upload', file: 'a.png' }],
      },
    });
    expect(described(request, json)).toMatch(/No earlier request has saved a file named "a\.png"/);
  });

  it('names a missing variable as a warning', () => {
    const parsed = ok(parseManifest('{"execute": [{"url": "https://x.io/?a={{gone}}"}]}'));
    const step = present(parsed.ok ? parsed.manifest.execute[0] : undefined);
    expect(describeRequest(step, {}, parsed).warnings).toEqual([
      expect.stringContaining('{{gone}}'),
    ]);
  });
});
