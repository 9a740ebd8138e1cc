import { expect, test } from 'vitest';
import { onceFor, onceForText } from '../../src/core/once-for.ts';

test('what is made for an object is made once, also where it is nothing', () => {
  const asked: object[] = [];
  const made = onceFor((key: object) => {
    asked.push(key);
    return undefined;
  });
  const [one, other] = [{}, {}];
  made(one);
  made(other);
  made(one);
  expect(asked).toEqual([one, other]);
});

test('what is made for a text is kept for so many texts that were asked for last, and is right for all', () => {
  const asked: string[] = [];
  const made = onceForText(2, (text) => {
    asked.push(text);
    return text.length;
  });
  const all = ['a', 'bb', 'ccc', 'dddd', 'ccc', 'dddd', 'eeeee', 'dddd', 'eeeee', 'a'];
  expect(all.map(made)).toEqual(all.map(({ length }) => length));
  expect(asked).toEqual(['a', 'bb', 'ccc', 'dddd', 'eeeee', 'a']);
});
