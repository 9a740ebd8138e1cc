import { expect, test } from 'vitest';
import { diffLines } from '../../../src/web/editor/diff-lines.ts';

test('a changed line is shown before and after, with numbers and the lines around it', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].join('\n');
  const { hunks, added, removed } = diffLines(before, before.replace('5', 'five'));
  expect([added, removed]).toEqual([1, 1]);
  expect(hunks).toHaveLength(1);
  expect(hunks[0]?.lines.map(({ text }) => text)).toEqual('2 3 4 5 five 6 7 8'.split(' '));
  expect(hunks[0]?.lines.filter(({ kind }) => kind !== 'same')).toEqual([
    { kind: 'removed', before: 5, text: '5' },
    { kind: 'added', after: 5, text: 'five' },
  ]);
});

test('far changes are apart', () => {
  const lines = Array.from({ length: 40 }, (_, index) => String(index));
  const changed = lines.with(1, 'a').with(30, 'b');
  expect(diffLines(lines.join('\n'), changed.join('\n')).hunks).toHaveLength(2);
});

test('the same text has no changes, with or without a line break at its end', () => {
  expect(diffLines('a\nb', 'a\nb\n')).toEqual({ hunks: [], added: 0, removed: 0 });
});

test('line breaks of another kind are no change', () => {
  expect(diffLines('a\r\nb\r\n', 'a\nb\n').hunks).toEqual([]);
});

test('two texts that share nothing are compared all the same', () => {
  const lines = (word: string) =>
    Array.from({ length: 9000 }, (_, index) => `${word} ${index}`).join('\n');
  const { added, removed } = diffLines(lines('old'), lines('new'));
  expect([added, removed]).toEqual([9000, 9000]);
});
