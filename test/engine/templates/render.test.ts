import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, parseJson, stringifyJson } from '../../../src/core/json.ts';
import { readNotation } from '../../../src/engine/templates/notation.ts';
import {
  renderHeaders,
  renderJson,
  renderText,
  scopeOf,
  warningsOf,
} from '../../../src/engine/templates/render.ts';
import { renderUrl } from '../../../src/engine/templates/render-url.ts';
import { parseTemplate } from '../../../src/engine/templates/template.ts';
import type { Variables } from '../../../src/engine/templates/variables.ts';
import { anyCharacter } from '../../support/any-character.ts';

const text = (template: string, variables: Variables) => renderText(template, scopeOf(variables));
const json = (value: Json, variables: Variables) => renderJson(value, scopeOf(variables));
const url = (template: string, variables: Variables, method: 'GET' | 'DELETE' = 'GET') =>
  renderUrl(template, scopeOf(variables), method);
const ok = <T>(value: T) => ({ ok: true, value });

/** As UTF-8 carries it: a lone surrogate becomes U+FFFD. */
const wellFormed = (value: string): string => Buffer.from(value, 'utf8').toString('utf8');

/** Texts full of what means something in JSON, templates and addresses. */
const nasty = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '\n',
      '{',
      '}',
      '{{',
      '}}',
      '/',
      '?',
      '#',
      '&',
      '=',
      '.',
      '%',
      '@',
      ':',
      ' ',
      'a',
      'é',
    ),
  }),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom('{{SECRET}}', '","admin":true,"x":"', '../..', '.', '__proto__', '\uD800'),
);

describe('renderText', () => {
  it('escapes nothing, and renders scalars, nothing, lists and objects', () => {
    expect(
      text('{{a}}|{{b}}|{{c}}|{{d}}|{{e}}|{{f}}', {
        a: '<&>',
        b: null,
        c: true,
        d: ['x', 1],
        e: { k: 1 },
        f: 12345678901234567890n,
      }),
    ).toEqual(ok('<&>||true|x,1|{"k":1}|12345678901234567890'));
  });

  it('sees own properties only', () => {
    const names = ['constructor', 'toString', 'a.constructor', 'list.length', 'text.length', '.'];
    const template = names.map((name) => `{{${name}}}`).join('');
    expect(text(template, { a: {}, list: [1], text: 'x' })).toEqual(ok(''));
  });

  it('knows sections, inverted ones and lists', () => {
    const variables = {
      on: true,
      off: false,
      none: null,
      list: [{ n: 'a' }, { n: 'b' }],
      empty: [],
    };
    expect(
      text(
        '{{#on}}1{{/on}}{{#off}}2{{/off}}{{^none}}3{{/none}}{{#list}}[{{n}}]{{/list}}{{^empty}}4{{/empty}}',
        variables,
      ),
    ).toEqual(ok('13[a][b]4'));
  });

  it('warns of each variable without a value once, and not of a section that asks for one', () => {
    const scope = scopeOf({ manager: undefined, known: null });
    renderText('{{manager}}{{manager}}{{nobody}}{{known}}{{#phone}}x{{/phone}}', scope);
    expect(warningsOf(scope)).toEqual([
      expect.stringContaining('{{manager}}'),
      expect.stringContaining('{{nobody}}'),
    ]);
  });

  it('never renders a value again', () => {
    fc.assert(
      fc.property(nasty, (value) => {
        expect(text('<{{v}}>', { v: value, SECRET: 'revealed' })).toEqual(ok(`<${value}>`));
      }),
      { seed: 29 },
    );
  });

  it('says what is wrong with a template instead of throwing', () => {
    fc.assert(
      fc.property(nasty, nasty, (a, b) => {
        const result = text(`{{#${a}}}${b}{{/x}}`, {});
        expect(typeof (result.ok ? result.value : result.error)).toBe('string');
      }),
      { seed: 29 },
    );
    const endless = '{{#l}}'.repeat(20) + '{{/l}}'.repeat(20);
    expect(text(endless, { l: Array.from({ length: 100 }, () => 1) }).ok).toBe(false);
  });
});

describe('a rendering', () => {
  it('gives up what would be larger than any service takes', () => {
    const scope = scopeOf({ big: 'x'.repeat(1_000_000) });
    const data = Array.from({ length: 100_000 }, () => '{{big}}');
    const rendered = renderJson(data, scope);
    expect(rendered.ok ? '' : rendered.error).toMatch(/would be larger than 10 MB/);
  });

  it('gives up an address that no service takes', () => {
    const scope = scopeOf({
      big: 'a:'.repeat(1_000_000),
      l: Array.from({ length: 9999 }, () => 1),
    });
    for (const address of ['https://a/{{big}}', '{{{big}}}', 'https://a/?{{#l}}{{.}}{{/l}}']) {
      const rendered = renderUrl(address, scope, 'GET');
      expect(rendered.ok ? '' : rendered.error).toMatch(/would have more than 32000 characters/);
    }
  });

  it.each([
    ['200 blanks in a tag', `{{a${' '.repeat(200)}}}`, 'too-many'],
    ['5,001 tags', '{{a}}'.repeat(5001), 'too-many'],
    ['40,000 sections, each in the one before', '{{#a}}'.repeat(40_000), 'too-deep'],
    ['40,000 tags without an end', '{{a'.repeat(40_000), 'unclosed-tag'],
  ])('does not begin with a template of %s', (_, template, kind) => {
    expect(parseTemplate(template)).toMatchObject({ ok: false, what: { kind } });
  });

  it('takes 200 blanks beside a tag', () => {
    const blanks = ' '.repeat(200);
    expect(renderText(`${blanks}{{a}}${blanks}`, scopeOf({ a: 1 }))).toEqual({
      ok: true,
      value: `${blanks}1${blanks}`,
    });
  });
});

describe('renderJson', () => {
  it('keeps the type of a list or object in a leaf that is one value, and makes scalars strings', () => {
    expect(
      json(
        { a: '{{l}}', b: '{{ n }}', c: 'x{{l}}', d: 7, e: '{{o}}', f: '{{{l}}}' },
        { l: ['1', '2'], n: 5, o: { k: true } },
      ),
    ).toEqual(ok({ a: ['1', '2'], b: '5', c: 'x1,2', d: 7, e: { k: true }, f: ['1', '2'] }));
  });

  it('sends a number or a yes and no where the manifest says so, and null where there is no value', () => {
    expect(
      json(
        {
          a: { $number: '{{n}}' },
          b: [{ $number: '{{id}}' }],
          c: { $boolean: '{{yes}}' },
          d: { $number: '{{none}}' },
          e: { $number: '{{n}}', other: 1 },
        },
        { n: '30', id: 12345678901234567890n, yes: 'true', none: '' },
      ),
    ).toEqual(
      ok({
        a: 30,
        b: [12345678901234567890n],
        c: true,
        d: null,
        e: { $number: '30', other: 1 },
      }),
    );
  });

  it('sends each value of a list in its type', () => {
    const data = {
      a: { $number: '{{ids}}' },
      b: { $boolean: '{{answers}}' },
      c: { $number: '{{none}}' },
    };
    expect(json(data, { ids: ['7'], answers: ['true', 'false'], none: [] })).toEqual(
      ok({ a: [7], b: [true, false], c: [] }),
    );
    expect(json(data, { ids: ['7', 'x'] })).toMatchObject({ ok: false });
  });

  it.each([
    ['-12', '-12'],
    ['1.50', '1.5'],
    ['1e3', '1000'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['9007199254740993', '9007199254740993'],
  ])('sends the number %s as %s', (value, sent) => {
    const rendered = json({ $number: '{{n}}' }, { n: value });
    expect(rendered.ok && stringifyJson(rendered.value)).toBe(sent);
  });

  it.each([
    ['$number', '30 days'],
    ['$number', '007'],
    ['$number', '1,5'],
    ['$number', '9007199254740993.0'],
    ['$number', '1e-400'],
    ['$number', '{"a":1}'],
    ['$number', '1e999'],
    ['$number', '[30]'],
    ['$number', 'true'],
    ['$boolean', 'yes'],
    ['$boolean', '1'],
  ])('sends nothing where %s is %s, and names the variable and not its value', (type, value) => {
    const rendered = json({ [type]: '{{VALUE}}' }, { VALUE: value });
    expect(rendered.ok ? rendered.value : rendered.error).toContain('{{VALUE}}');
    expect(JSON.stringify(rendered)).not.toContain(value);
  });

  it('renders keys too, and fails rather than losing one of two that become the same', () => {
    expect(json({ '{{k}}': 1 }, { k: '__proto__' })).toEqual(
      ok(Object.fromEntries([['__proto__', 1]])),
    );
    expect(json({ '{{k}}': 1, role: 2 }, { k: 'role' }).ok).toBe(false);
  });

  it('is never broken by a value, nor does one add a key', () => {
    fc.assert(
      fc.property(nasty, nasty, (key, value) => {
        fc.pre(key !== 'fixed');
        const rendered = json(
          { '{{key}}': ['{{value}}', 'a {{value}}'], fixed: true },
          { key, value },
        );
        if (!rendered.ok) throw new Error(rendered.error);
        const sent = parseJson(stringifyJson(rendered.value));
        expect(sent).toEqual(
          Object.fromEntries([
            [key, [value, `a ${value}`]],
            ['fixed', true],
          ]),
        );
      }),
      { seed: 29 },
    );
  });
});

describe('renderHeaders', () => {
  it('gives lower-case names, and refuses line breaks', () => {
    expect(renderHeaders({ 'X-{{n}}': 'a {{v}}' }, scopeOf({ n: 'Team', v: 'b' }))).toEqual(
      ok({ 'x-team': 'a b' }),
    );
    for (const v of ['a\r\nEvil: 1', 'a\n', '\u0000']) {
      expect(renderHeaders({ X: '{{v}}' }, scopeOf({ v })).ok).toBe(false);
    }
    expect(renderHeaders({ '{{v}}': 'x' }, scopeOf({ v: 'a: b' })).ok).toBe(false);
  });
});

describe('renderUrl', () => {
  it('encodes for the path and the query, and leaves a base address and {{{raw}}} as they are', () => {
    const variables = { BASE: 'https://x.io/api', v: 'a/b c&d+e', raw: 'a/b' };
    expect(url('{{BASE}}/u/{{v}}?q={{v}}', variables)).toEqual(
      ok('https://x.io/api/u/a%2Fb%20c%26d%2Be?q=a%2Fb%20c%26d%2Be'),
    );
    expect(url('https://x.io/{{{raw}}}', variables)).toEqual(ok('https://x.io/a/b'));
  });

  it('takes a host[:port] in the host, and nothing else', () => {
    expect(url('https://{{h}}/a', { h: 'x.io:8080' })).toEqual(ok('https://x.io:8080/a'));
    expect(url('https://{{h}}.x.io/a', { h: 'acme' })).toEqual(ok('https://acme.x.io/a'));
    for (const h of [
      'evil.io/',
      'a@evil.io',
      'evil.io#',
      'evil.io?',
      '',
      'evil.io\\',
      'a b',
      'x:1:2',
    ]) {
      expect(url('https://{{h}}.x.io/a', { h }).ok).toBe(false);
    }
  });

  it('encodes credentials before an @', () => {
    expect(url('https://{{u}}:{{p}}@x.io/', { u: 'a@b', p: 'p/w' })).toEqual(
      ok('https://a%40b:p%2Fw@x.io/'),
    );
  });

  it('refuses . and .. in the path, and an empty value for a write', () => {
    for (const v of ['.', '..']) {
      expect(url('https://x.io/u/{{v}}', { v }).ok).toBe(false);
      expect(url('https://x.io/u?q={{v}}', { v }).ok).toBe(true);
    }
    expect(url('https://x.io/u/{{a}}{{b}}', { a: '', b: '..' }).ok).toBe(false);
    expect(url('https://x.io/u/.{{a}}', { a: '' }).ok).toBe(false);
    expect(url('https://x.io/u/{{v}}', { v: '' }, 'DELETE').ok).toBe(false);
    expect(url('https://x.io/u/{{v}}', { v: '' }, 'GET')).toEqual(ok('https://x.io/u/'));
    expect(url('https://x.io/u?q={{v}}', { v: '' }, 'DELETE').ok).toBe(true);
  });

  it('keeps every value in its segment, its query value and its host', () => {
    fc.assert(
      fc.property(nasty, nasty, (a, b) => {
        const rendered = url('https://x.io/u/{{a}}/end?q={{b}}&z=1#f', { a, b });
        fc.pre(a !== '.' && a !== '..');
        if (!rendered.ok) throw new Error(rendered.error);
        const address = new URL(rendered.value);
        expect(address.host).toBe('x.io');
        const segments = address.pathname.split('/').map(decodeURIComponent);
        expect(segments).toEqual(['', 'u', wellFormed(a), 'end']);
        expect([...address.searchParams]).toEqual([
          ['q', wellFormed(b)],
          ['z', '1'],
        ]);
        expect(address.hash).toBe('#f');
      }),
      { seed: 29 },
    );
  });

  it('lets no value in the host name another host', () => {
    fc.assert(
      fc.property(nasty, (h) => {
        const rendered = url('https://{{h}}.x.io/a?b#c', { h });
        const host = rendered.ok ? new URL(rendered.value).host : 'refused.x.io';
        expect(host.endsWith('.x.io')).toBe(true);
      }),
      { seed: 29 },
    );
  });

  it('refuses what is no http address', () => {
    expect(url('{{b}}/a', { b: 'file:///etc' }).ok).toBe(false);
    expect(url('{{b}}/a', { b: '' }).ok).toBe(false);
    expect(url('{{b}}/a', { b: 'x.io' }).ok).toBe(false);
  });
});

describe('readNotation', () => {
  it('follows own keys and indexes, the empty notation being the whole value', () => {
    const value: Json = { data: { items: [{ id: null }] } };
    expect(readNotation(value, 'data.items.0.id')).toEqual({ found: true, value: null });
    expect(readNotation(value, '')).toEqual({ found: true, value });
    for (const path of [
      'data.items.1',
      'data.items.length',
      'constructor',
      'data.items.0.id.x',
      '.',
    ]) {
      expect(readNotation(value, path)).toEqual({ found: false });
    }
  });

  it('finds the first of a list by what it says', () => {
    const relations: Json[] = [
      'text',
      { type: 'assistant' },
      { type: 'manager', value: 1 },
      { type: 'manager', value: 2 },
    ];
    const value: Json = { relations, emails: [{ primary: true, address: 'a@x.io' }] };
    expect(readNotation(value, 'relations.[type=manager].value')).toEqual({
      found: true,
      value: 1,
    });
    expect(readNotation(value, 'emails.[primary=true].address')).toMatchObject({ value: 'a@x.io' });
    for (const path of [
      'relations.[type=boss].value',
      'relations.[toString=manager]',
      'relations.[type]',
    ])
      expect(readNotation(value, path)).toEqual({ found: false });
  });

  it('finds an entry of a list by the texts of variables, and by what is null', () => {
    const nodes: Json = [
      { id: 'a', email: 'bob@example.com', ended: null },
      { id: 'b', email: 'ann@example.com', ended: '2026-11-20' },
      { id: 'c', email: 'Ann@Example.com', ended: null },
      { id: 'd', email: '', ended: null, name: 'Lee, Ann' },
      { id: 'e', ended: 'null', name: 'a,b=c', price: '$5' },
    ];
    const variables = {
      email: 'ann@example.com',
      EMPTY: '',
      'own.id': 'b',
      responses: [{ nodes, found: { id: 'c' } }],
    };
    const read = (path: string) =>
      renderText(`{{responses.0.nodes.${path}.id}}`, scopeOf(variables));
    for (const [path, id] of [
      ['[email=$email]', 'b'],
      ['[email=$email,ended=null]', 'c'],
      ['[ended=null]', 'a'],
      ['[name=Lee, Ann]', 'd'],
      ['[name=a,b=c]', ''],
      ["[name='a,b=c']", 'e'],
      ["[price='$5',name='a,b=c']", 'e'],
      ['[price=$5]', ''],
      ["[ended='null']", 'e'],
      ["[email='$email']", ''],
      ['[email=$EMPTY]', ''],
      ['[email=$UNKNOWN]', ''],
      ['[id=$email]', ''],
      ['[id=$responses.0.found.id]', 'c'],
      ['[id=$responses.0.nodes]', ''],
      ['[id=$own.id]', 'b'],
    ])
      expect([path, read(path ?? '')]).toEqual([path, { ok: true, value: id }]);
  });

  it('takes a $ for a text outside of templates', () => {
    const value: Json = [{ kind: '$us', id: 'a' }];
    expect(readNotation(value, '[kind=$us].id')).toEqual({ found: true, value: 'a' });
  });

  it('takes no condition from the text of a variable', () => {
    const nodes: Json = [{ id: 'boss', email: 'x', ended: null }];
    const variables = { NAME: 'x,ended=null', LAST_NAME: 'null', responses: [{ nodes }] };
    for (const condition of ['[email=$NAME]', '[ended=$LAST_NAME]'])
      expect(renderText(`{{responses.0.nodes.${condition}.id}}`, scopeOf(variables))).toEqual({
        ok: true,
        value: '',
      });
  });

  it('finds a key that has dots in its own name, where no shorter one is there', () => {
    const urn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const value: Json = { '@odata.nextLink': '/p2', [urn]: { number: 7 }, a: { b: 1 }, 'a.b': 2 };
    expect(readNotation(value, '@odata.nextLink')).toEqual({ found: true, value: '/p2' });
    expect(readNotation(value, `${urn}.number`)).toEqual({ found: true, value: 7 });
    expect(readNotation(value, 'a.b')).toEqual({ found: true, value: 1 });
    for (const path of ['@odata', '@odata.nextLink.x', 'nextLink', 'a.c'])
      expect(readNotation(value, path)).toEqual({ found: false });
    const scope = scopeOf({ responses: [value] });
    expect(
      renderText(`{{responses.0.${urn}.number}} {{responses.0.@odata.nextLink}}`, scope),
    ).toEqual({ ok: true, value: '7 /p2' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, path) => {
        expect(readNotation(value as Json, path)).toHaveProperty('found');
      }),
      { seed: 29 },
    );
  });
});

describe('a value in quotes', () => {
  const variables = { NAME: `O'Neil "Ann" \\`, LIST: ["a'b", 'c'] };

  it('is escaped as JSON has it', () => {
    const query = 'user(name: "{{#$json}}{{NAME}}{{/$json}}") { id }';
    expect(text(query, variables)).toEqual(ok('user(name: "O\'Neil \\"Ann\\" \\\\") { id }'));
  });

  it('has its apostrophes doubled as OData has it, and is encoded in an address', () => {
    expect(
      url("https://a.example/u?$filter=n%20eq%20'{{#$odata}}{{NAME}}{{/$odata}}'", variables),
    ).toEqual(ok("https://a.example/u?$filter=n%20eq%20'O''Neil%20%22Ann%22%20%5C'"));
  });

  it('is escaped in sections inside, each item of a list, and the text between them is not', () => {
    const template = "{{#$odata}}'{{#LIST}}{{.}};{{/LIST}}'{{/$odata}} {{#LIST}}{{.}}{{/LIST}}";
    expect(text(template, variables)).toEqual(ok("'a''b;c;' a'bc"));
  });

  it('is read back as it was, whatever it is', () => {
    fc.assert(
      fc.property(nasty, (NAME) => {
        const rendered = text('"{{#$json}}{{NAME}}{{/$json}}"', { NAME });
        expect(rendered.ok && JSON.parse(rendered.value)).toBe(NAME);
      }),
      { seed: 29 },
    );
  });
});
