import { expect, test } from 'vitest';
import { ByTexts } from '../../src/store/by-texts.ts';

test('a list of texts has a place of its own', () => {
  const places = new ByTexts<string>(100);
  const lists = [[], ['a'], ['a', 'b'], ['b', 'a'], ['ab'], ['a', '', 'b']];
  for (const list of lists) places.at(list).value = JSON.stringify(list);
  for (const list of lists) expect(places.at([...list]).value).toBe(JSON.stringify(list));
});

test('with more places than it may have, it starts over', () => {
  const places = new ByTexts<number>(3);
  for (const text of ['a', 'b', 'c']) places.at([text]).value = 1;
  expect(places.at(['d']).value).toBeUndefined();
  expect(places.at(['a']).value).toBeUndefined();
});

test('a place from before it started over is found no more', () => {
  const places = new ByTexts<number>(3);
  const place = places.at(['a']);
  places.clear();
  place.value = 1;
  expect(places.at(['a']).value).toBeUndefined();
});
