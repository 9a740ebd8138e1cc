import { expect, test } from 'vitest';
import type { Fields } from '../../../src/bots/view/form.ts';
import { asOfNow, leftAlone } from '../../../src/bots/view/left-alone.ts';

const options = ['a', 'b', 'c'].map((value) => ({ value, label: value.toUpperCase() }));
const fields = (text: string, one: string, many: readonly string[]) =>
  ({
    text: { kind: 'text', label: 'Text', initial: text },
    empty: { kind: 'text', label: 'Empty', optional: true },
    one: { kind: 'choice', label: 'One', options, initial: one },
    many: { kind: 'choices', label: 'Many', options, initial: many },
  }) satisfies Fields;

const shown = fields('old', 'a', ['a', 'b']);

test('a field is left alone where its answer is what it opened with, in any order', () => {
  const same = { text: 'old', empty: undefined, one: 'a', many: ['b', 'a'] };
  expect([...leftAlone(same, shown)]).toEqual(['text', 'empty', 'one', 'many']);
  const other = { text: 'new', empty: 'x', one: 'b', many: ['a'] };
  expect([...leftAlone(other, shown)]).toEqual([]);
});

test('a choice that opened with what is no option opened empty', () => {
  expect([...leftAlone({ one: undefined }, { one: fields('', 'gone', []).one })]).toEqual(['one']);
});

test('of a form that nobody knows any more every answer counts', () => {
  expect([...leftAlone({ text: 'old' }, {})]).toEqual([]);
});

test('what was left alone is as it is now, and what was changed as it was answered', () => {
  const sent = { text: 'mine', empty: undefined, one: 'a', many: ['a', 'b'] };
  expect(asOfNow(sent, shown, fields('theirs', 'c', ['c']))).toEqual({
    text: 'mine',
    empty: undefined,
    one: 'c',
    many: ['c'],
  });
});

test('two who each leave out another value of a list that needs one leave the later answer', () => {
  const sent = { many: ['b'] };
  expect(asOfNow(sent, shown, fields('old', 'a', ['a']))).toEqual({ many: ['b'] });
});
