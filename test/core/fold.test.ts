import { describe, expect, test } from 'vitest';
import { factKey, foldedWords, hasWords, isSameName } from '../../src/core/fold.ts';

describe('hasWords', () => {
  test('finds every word in any case, order and accent', () => {
    expect(hasWords('Équipe Réseau', 'reseau EQUI')).toBe(true);
  });

  test('fails where one word is not there', () => {
    expect(hasWords('Équipe Réseau', 'reseau lyon')).toBe(false);
  });

  test.each(['', '  '])('takes every text where nothing was typed: "%s"', (typed) => {
    expect(hasWords('Zoom', typed)).toBe(true);
  });
});

test('splits what was typed at white space', () => {
  expect(foldedWords('  Café\tÖl ')).toEqual(['cafe', 'ol']);
});

test('names are the same but for case, accents and the space around them', () => {
  expect(isSameName(' Équipe', 'EQUIPE ')).toBe(true);
  expect(isSameName('Equipe', 'Equipes')).toBe(false);
});

test('facts are the same in any case, and differ by an accent', () => {
  expect(factKey(' Ann.Cole ')).toBe(factKey('ann.cole'));
  expect(factKey('josé')).not.toBe(factKey('jose'));
});
