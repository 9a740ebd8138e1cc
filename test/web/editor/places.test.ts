import { describe, expect, test } from 'vitest';
import { MAX_MANIFEST_CHARACTERS } from '../../../src/engine/manifest/parse.ts';
import { placesIn } from '../../../src/web/editor/places.ts';

const text = `{
  "execute": [
    { "url": "https://a.example.com" },
    { "method": "FETCH", "headers": { "X Team": "a\\"b" } }
  ],
  "form": []
}`;
const marked = (place: string, of = text): string => {
  const { from, to } = placesIn(of).rangeOf(place);
  return of.slice(from, to);
};

test.each([
  ['execute[1].method', '"FETCH"'],
  ['execute[1].headers["X Team"]', '"a\\"b"'],
  ['execute[1].headers', '"headers"'],
  ['execute', '"execute"'],
])('%s is its value, or the key of a list or an object', (place, shown) => {
  expect(marked(place)).toBe(shown);
});

test('what is missing is marked at what it is missing in', () => {
  expect(marked('form[0].id')).toBe('"form"');
  expect(placesIn(text).rangeOf('execute[0].method').from).toBe(text.indexOf('{ "url"'));
  expect(placesIn(text).rangeOf('schedule')).toEqual({ from: 0, to: 1 });
});

describe('a line and a column', () => {
  test('are marked with one sign', () => {
    expect(marked('line 4, column 7', text)).toBe('"');
    const places = placesIn(text);
    expect(places.lineOf(places.rangeOf('line 4, column 7'))).toBe(4);
  });
  test('at the end mark what stands before them', () => {
    expect(marked('line 1, column 9', '{"a": 1,')).toBe(',');
  });
  test('are counted the same with the line breaks of Windows', () => {
    expect(marked('line 2, column 1', '{\r\n!')).toBe('!');
  });
});

test('of a key that comes twice the last one is marked, which is the one that counts', () => {
  const twice = '{"a": 1, "a": 2}';
  expect(marked('a', twice)).toBe('2');
});

test('broken and empty texts have a place, too', () => {
  for (const broken of ['', '{', '{"a', '[1,', '{"a": }', 'nonsense']) {
    const { from, to } = placesIn(broken).rangeOf('execute[0].url');
    expect(from).toBeLessThanOrEqual(to);
    expect(to).toBeLessThanOrEqual(broken.length);
  }
});

test('many places in a long text are found without reading it again for each', () => {
  const count = 5000;
  const long = JSON.stringify(
    { execute: Array.from({ length: count }, () => ({ method: 'FETCH' })) },
    null,
    1,
  );
  const { rangeOf, lineOf } = placesIn(long);
  const lines = Array.from({ length: count }, (_, at) => lineOf(rangeOf(`execute[${at}].method`)));
  expect([lines[0], lines.at(-1)]).toEqual([4, 3 * count + 1]);
});

test('of quotes that end nothing, none is read again for each before it', () => {
  const long = `${'['.repeat(30)}"${String.raw`\"`.repeat(MAX_MANIFEST_CHARACTERS / 2)}`;
  const before = process.cpuUsage();
  expect(placesIn(long).rangeOf('execute')).toEqual({ from: 0, to: 1 });
  // Reading it once takes a few milliseconds, and once for each quote most of a minute.
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});
