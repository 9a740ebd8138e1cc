import { describe, expect, test } from 'vitest';
import { type ChatFile, readFiles, readFileText } from '../../../src/bots/view/file.ts';
import { sizeOf } from '../../../src/bots/view/file-size.ts';
import type { Fields } from '../../../src/bots/view/form.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);

describe('the text of a file', () => {
  test('is UTF-8, with or without a byte order mark', () => {
    expect(readFileText('a', bytes('Åsa 🙂'))).toBe('Åsa 🙂');
    expect(readFileText('a', bytes('\uFEFFÅsa'))).toBe('Åsa');
    expect(readFileText('a', bytes(''))).toBe('');
  });

  test.each([
    ['UTF-16, little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), bytes('a', 'utf16le')])],
    ['UTF-16, big end first', Buffer.from([0xfe, 0xff, 0, 0x61])],
    ['UTF-16 without its mark', bytes('name', 'utf16le')],
    ['an archive', Buffer.from([0x50, 0x4b, 3, 4, 0, 0])],
    ['Latin 1', bytes('Åsa', 'latin1')],
    ['cut in a character', bytes('Å').subarray(0, 1)],
  ])('is refused when it is %s', (_, given) => {
    const read = readFileText('people.csv', given);
    expect(typeof read === 'string' ? read : read.refused).toMatch(
      /^"people\.csv" is (UTF-16 text|not a text file|not UTF-8 text)\. S/,
    );
  });
});

test.each([
  [999, '999 bytes'],
  [64 * 1024, '64 KB'],
  [10 * 1024 * 1024, '10 MB'],
])('%i bytes are %s', (count, says) => {
  expect(sizeOf(count)).toBe(says);
});

describe('the files of a form', () => {
  const fields: Fields = {
    list: { kind: 'file', label: 'List', endings: ['csv', '.txt'], maxBytes: 10 },
    name: { kind: 'text', label: 'Name' },
  };
  const fetched: string[] = [];
  const file = (name: string, text: string): ChatFile => ({
    name,
    async text(maxBytes) {
      fetched.push(`${name} up to ${maxBytes}`);
      return text;
    },
  });

  test('are fetched where they were asked for, up to what is taken', async () => {
    const { raw, errors } = await readFiles(fields, {
      list: file('A.CSV', 'x'),
      name: file('b.csv', 'y'),
      other: file('c.csv', 'z'),
      __proto__: file('d.csv', 'z'),
    });
    expect([raw, errors]).toEqual([{ list: 'x' }, {}]);
    expect(fetched).toEqual(['A.CSV up to 10']);
  });

  test.each([
    [file('a.exe', 'x'), '"a.exe" is not a .csv or .txt file. Choose one that is.'],
    [file('a.txt', '\n'), '"a.txt" is empty. Choose another file.'],
    [{ name: 'a.txt', text: async () => ({ refused: 'Gone.' }) }, 'Gone.'],
  ])('that are not what was asked for are errors', async (given, says) => {
    expect(await readFiles(fields, { list: given })).toEqual({ raw: {}, errors: { list: says } });
  });
});
