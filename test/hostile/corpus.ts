/**
 * Hostile inputs: valid ones that were damaged somewhere, and values that someone made to break things. The same seed makes the
 * same inputs.
 */
import * as fc from 'fast-check';
import { type Json, stringifyJson } from '../../src/core/json.ts';
import { unreachable } from '../../src/core/unreachable.ts';
import { anyCharacter } from '../support/any-character.ts';

/** Stands in secrets of what is tried; nothing that Latchkey says may hold it. */
export const SECRET = 'sk-live-HOSTILE-7f3a9c';

const texts = fc.constantFrom(
  '',
  ' ',
  '\u0000',
  '\uD800',
  '\u202Egnp.exe',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; drop table people; --",
  '<!channel> <@U0> <https://evil.example|Approve>',
  '[a](javascript:alert(1)) **b** `c`',
  '{{constructor.constructor}} {{{x}}} {{#a}}',
  '{{=<% %>=}} <%x%>',
  '../../../../etc/passwd',
  '%00%0d%0aSet-Cookie: a=b',
  'line\r\nX-Injected: yes',
  '__proto__',
  'constructor',
  'http://169.254.169.254/latest/meta-data/',
  'http://[::ffff:127.0.0.1]:22/',
  'javascript:alert(1)',
  '=cmd|calc!A1',
  '-1',
  '1e999',
  'NaN',
  '99999999999999999999999999',
  'null',
  '[]',
  '{}',
  'ǅ İ ß ﷽ 👩‍👩‍👧‍👦',
);
const long = fc
  .tuple(fc.constantFrom('a', '🙂', '\\', '"', '{{', '<', '%2e', '\n'), fc.nat({ max: 4000 }))
  .map(([unit, times]) => unit.repeat(times));
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: texts },
  { weight: 3, arbitrary: fc.string({ unit: anyCharacter, maxLength: 80 }) },
  { weight: 1, arbitrary: long },
);

const deep = fc.nat({ max: 700 }).map((depth) => {
  let value: Json = 'deep';
  for (let n = 0; n < depth; n += 1) value = n % 2 === 0 ? [value] : { a: value };
  return value;
});
const wide = fc.nat({ max: 2000 }).map((size) => Array.from({ length: size }, (_, n) => n));
const scalars = fc.constantFrom<Json>(
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  2n ** 64n,
  [],
  {},
);
/** `__proto__` as a key of its own, as JSON has it. */
const poisoned = fc
  .constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'then', 'length')
  .map((key): Json => Object.fromEntries([[key, { polluted: 'yes' }]]));
export const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: hostileText },
  { weight: 5, arbitrary: scalars },
  { weight: 2, arbitrary: poisoned },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: wide },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json> },
);

interface Damage {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add' | 'wrap';
  readonly value: Json;
  readonly key: string;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat({ max: 10_000 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'wrap'),
  value: hostileValue,
  key: hostileText,
});

/** One of the templates, damaged in one to four places. */
export const damaged = (templates: readonly Json[]): fc.Arbitrary<Json> =>
  fc
    .tuple(fc.constantFrom(...templates), fc.array(damage, { minLength: 1, maxLength: 4 }))
    .map(([template, damages]) => damages.reduce(inflict, template));

/** The same as text; sometimes what is not even JSON. */
export const damagedText = (templates: readonly Json[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 9, arbitrary: damaged(templates).map((value) => stringifyJson(value)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(damaged(templates), fc.nat({ max: 500 }), hostileText)
        .map(([value, cut, text]) => stringifyJson(value).slice(0, cut) + text),
    },
  );

function inflict(value: Json, damaging: Damage): Json {
  const places = countPlaces(value);
  const [result] = change(value, damaging.at % places, damaging);
  return result;
}

function countPlaces(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  let places = 1;
  for (const each of Object.values(value) as readonly Json[]) places += countPlaces(each);
  return places;
}

const GONE = Symbol('gone');

/** @returns the changed value and how many places are still to be passed, below 0 when it was done */
function change(value: Json, at: number, damaging: Damage): [Json, number] {
  if (at === 0) {
    const inflicted = inflictHere(value, damaging);
    return [inflicted === GONE ? null : inflicted, -1];
  }
  let left = at - 1;
  const visit = (each: Json): Json | typeof GONE => {
    if (left < 0) return each;
    if (left === 0 && damaging.how === 'remove') {
      left = -1;
      return GONE;
    }
    const [changed, rest] = change(each, left, damaging);
    left = rest;
    return changed;
  };
  if (Array.isArray(value)) {
    const items = value.map(visit).filter((each): each is Json => each !== GONE);
    return [items, left];
  }
  if (typeof value !== 'object' || value === null) return [value, left];
  const entries = Object.entries(value).flatMap(([key, each]) => {
    const visited = visit(each);
    return visited === GONE ? [] : [[key, visited] as const];
  });
  return [Object.fromEntries(entries), left];
}

function inflictHere(value: Json, { how, value: bad, key }: Damage): Json | typeof GONE {
  switch (how) {
    case 'remove':
      return GONE;
    case 'wrap':
      return [value];
    case 'add':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries([...Object.entries(value), [key, bad]])
        : bad;
    case 'replace':
      return bad;
    default:
      return unreachable(how);
  }
}

/** So many of them, the same for the same seed. */
export const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): readonly T[] =>
  fc.sample(arbitrary, { numRuns: count, seed });
