import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginningOfJson,
  type Json,
  JsonSyntaxError,
  MAX_JSON_DEPTH,
  MAX_JSON_VALUES,
  parseJson,
  readJson,
  stringifyJson,
} from '../../src/core/json.ts';

const syntaxErrorOf = (text: string): JsonSyntaxError => {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error('It was parsed');
};

const outcomeOf = (text: string): string => {
  try {
    parseJson(text);
    return 'parsed';
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
};

describe('beginningOfJson', () => {
  it('is what the whole begins with, or the whole', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(60), (value, characters) => {
        const whole = stringifyJson(value as Json);
        const beginning = beginningOfJson(value as Json, characters);
        expect(whole.slice(0, characters)).toBe(beginning.slice(0, characters));
        expect(beginningOfJson(value as Json, 1e9)).toBe(whole);
      }),
      { seed: 29 },
    );
  });

  it('does not write the rest of a long list', () => {
    expect(beginningOfJson(Array(1_000_000).fill('x'), 10).length).toBeLessThan(20);
  });
});

describe('parseJson', () => {
  it('reads what JSON.parse reads, except for big integers', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
      { seed: 29 },
    );
  });

  it('keeps every digit of an integer that a double can not hold', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(stringifyJson(parseJson(`[${value}]`))).toBe(`[${value}]`);
      }),
      { seed: 29 },
    );
    expect(stringifyJson(parseJson('1000000000000000000000'))).toBe('1000000000000000000000');
  });

  it('gives back the same value after stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = stringifyJson(value as Json);
        expect(stringifyJson(parseJson(text))).toBe(text);
      }),
      { seed: 29 },
    );
  });

  it('keeps __proto__ as a key like any other', () => {
    for (const digits of ['1', '12345678901234567890']) {
      const value = parseJson(`{"__proto__": {"admin": true}, "n": ${digits}}`) as object;
      expect(Object.hasOwn(value, '__proto__')).toBe(true);
      expect('admin' in value).toBe(false);
    }
  });

  it('lets the last of two equal keys count', () => {
    expect(parseJson('{"a": 1, "a": 2}')).toEqual({ a: 2 });
    expect(parseJson('{"a": 12345678901234567890, "a": 2}')).toEqual({ a: 2 });
  });

  it('names line and column of what is wrong', () => {
    const error = syntaxErrorOf('{\n  "a": 1,\n  "b" 2\n}');
    expect(error).toMatchObject({ line: 3, column: 7, code: 'json-syntax' });
    expect(error.message).toMatch(/^line 3, column 7: Colon ':' expected/);
  });

  it.each([
    ['{\n  // a note\n}', 'JSON has no comments, so remove it'],
    ['{\n  # a note\n}', 'JSON has no comments, so remove it'],
    ['{ "a": [1, 2, ] }', 'remove the comma before it'],
    ['{ "a": 1,\n}', 'remove the comma before it'],
    ["{ 'a': 1 }", 'write "straight double quotes"'],
    ['{ “a”: 1 }', 'write "straight double quotes"'],
    ['{ "a": "b\nc" }', 'write a line break in a text as \\n'],
    ['{ "a": [1 ', 'a brace, a bracket or a quotation mark is not closed'],
  ])('says what to do about %j', (text, cure) => {
    const { detail } = syntaxErrorOf(text);
    expect(detail.endsWith(`; ${cure}`)).toBe(true);
    expect(detail).not.toContain('\n');
  });

  it('throws JsonSyntaxError and nothing else, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\u12e-+.tn \n')) }),
        (text) => {
          expect(outcomeOf(text)).toMatch(/^(parsed|JsonSyntaxError)$/);
        },
      ),
      { seed: 29 },
    );
  });

  it('refuses nesting that would exhaust the stack', () => {
    const deep = '['.repeat(100_000);
    expect(syntaxErrorOf(deep).message).toContain('deep');
    const allowed = '['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH);
    expect(() => parseJson(allowed)).not.toThrow();
    expect(parseJson(JSON.stringify('['.repeat(1000)))).toBe('['.repeat(1000));
  });

  it('refuses more values, and longer numbers, than it is worth to build', () => {
    expect(syntaxErrorOf(`[${'[],'.repeat(MAX_JSON_VALUES)}1]`).message).toMatch(/1000000 values/);
    expect(syntaxErrorOf('9'.repeat(1_000_000)).message).toMatch(/number of more than 400 digits/);
    expect(parseJson(`"${','.repeat(2_000_000)}"`)).toHaveLength(2_000_000);
    expect(readJson(`[${'{},'.repeat(5)}1]`, { depth: 9, values: 8 })).toMatchObject({
      exceeds: 'values',
    });
  });

  it('refuses a number that would become infinite, and so null when it is written', () => {
    for (const number of [
      '1e999',
      '-1E+999',
      '0.1e400',
      `${'9'.repeat(310)}.5`,
      `${'9'.repeat(300)}e99`,
    ]) {
      expect(readJson(`{"n":[${number}]}`)).toMatchObject({ exceeds: 'size' });
      expect(syntaxErrorOf(number).message).toMatch(/A number beyond 1\.8e308$/);
    }
    for (const number of ['1e308', '1e-999', `${'9'.repeat(310)}e-9`, '"1e999"'])
      expect(outcomeOf(number)).toBe('parsed');
  });

  it('keeps the digits of more big integers than are joined at a time', () => {
    const text = `[${Array.from({ length: 5000 }, (_, n) => `-123456789012345678${n},"${n}"`).join(',')}]`;
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it('keeps the digits of big integers and nothing else, wherever they stand', () => {
    const text =
      '{"a":[-12345678901234567890,"12345678901234567890",0.12345678901234567890,1234567890123456789e2],"__proto__":98765432109876543210}';
    const value = parseJson(text) as { a: Json[] };
    expect(value.a).toEqual([
      -12345678901234567890n,
      '12345678901234567890',
      0.12345678901234568,
      Number('1234567890123456789e2'),
    ]);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toBe(98765432109876543210n);
  });

  it('skips a byte order mark', () => {
    expect(parseJson('\uFEFF{"a": 1}')).toEqual({ a: 1 });
  });
});
