/** What would let a test pass today and fail tomorrow, as far as its text shows it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'repeatable.test.ts')
  .map((name) => join('test', name))
  .map((name) => ({ name, text: readFileSync(name, 'utf8') }));

/** The calls that begin so, whole. */
function calls(text: string, begins: RegExp): readonly string[] {
  return [...text.matchAll(begins)].map(({ index }) => {
    let open = 0;
    let end = text.indexOf('(', index);
    do {
      if (text[end] === '(') open += 1;
      if (text[end] === ')') open -= 1;
      end += 1;
    } while (open > 0 && end < text.length);
    return text.slice(index, end);
  });
}

/** The calls of fast-check without a seed, of their own or in the file's `RUNS`. */
const unseeded = (text: string): readonly string[] =>
  calls(text, /\bfc\.(?:assert|check|sample)\(/g).filter(
    (call) =>
      !/\bseed\b/.test(call) && !(/\bRUNS\b/.test(call) && /RUNS = \{[^}]*\bseed\b/.test(text)),
  );

test('random cases have a seed, so that a rare one fails at once or never', () => {
  expect(unseeded('fc.assert(fc.property(a, f))')).toHaveLength(1);
  expect(unseeded('fc.assert(fc.property(a, f), RUNS)')).toHaveLength(1);
  const found = files.flatMap(({ name, text }) =>
    unseeded(text).map((call) => `${name}: ${call.slice(0, 100)}`),
  );
  expect(found).toEqual([]);
});

/** What holds ids, tokens or sealed contents: any five signs of base64 may stand there by chance. */
const HOLDS_CHANCE =
  /JSON\.stringify|stringifyJson|\brows?\b|[bB]ytes|\bcontent\b|\.log\(\)|std(?:out|err)/;
const ABSENT = /expect\(((?:(?!expect\()[^;])*)\)\s*\.not\.toContain\(\s*(['"`])([\w-]{1,5})\2/g;

const shortWords = (text: string): readonly string[] =>
  [...text.matchAll(ABSENT)]
    .filter(([, subject = '']) => HOLDS_CHANCE.test(subject))
    .map(([, , , word = '']) => word);

test('what must not be stored or shown is looked for by more than a few letters, which chance writes, too', () => {
  const bad = ['expect(JSON.stringify(row))', ".not.toContain('core')"].join('');
  expect(shortWords(bad)).toEqual(['core']);
  const found = files.flatMap(({ name, text }) =>
    shortWords(text).map((word) => `${name}: ${word}`),
  );
  expect(found).toEqual([]);
});
