import { describe, expect, test } from 'vitest';
import {
  factKey,
  fold,
  hasWords,
  isSameName,
  keysOf,
  spellingsOf,
  typedWords,
} from '../../src/core/fold.ts';

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

test('splits what was typed at white space, each word once', () => {
  expect(typedWords('  Café\tÖl Café ')).toEqual([['cafe'], ['ol', 'oel']]);
});

/** As two people write one name; both ways round. */
const SAME = [
  ['Jörg Müller', 'Joerg Mueller'],
  ['Jörg Mueller', 'Joerg Müller'],
  ['Jörg', 'jorg'],
  ['Weiß', 'WEISS'],
  ['Søren', 'Soeren'],
  ['Søren', 'Soren'],
  ['Åse Ågård', 'Aase Aagaard'],
  ['Åse', 'Ase'],
  ['Łukasz', 'Lukasz'],
  ['Đorđe', 'Dorde'],
  ['Sæther', 'Saether'],
  ['Þór', 'Thor'],
  ['Işık', 'Isik'],
  ['José Núñez', 'jose nunez'],
  ['Jose\u0301', 'José'],
  ['O’Neil', "O'Neil"],
] as const;

describe('spellings', () => {
  test.each(SAME)('%s is %s', (one, other) => {
    expect([isSameName(one, other), isSameName(other, one)]).toEqual([true, true]);
    expect([hasWords(`x ${one}`, other), hasWords(`x ${other}`, one)]).toEqual([true, true]);
  });

  test.each([
    ['Joe', 'Jo'],
    ['Sue', 'Su'],
    ['Michael', 'Michal'],
    ['Jon', 'Joan'],
  ])('%s is not %s', (one, other) => {
    expect([isSameName(one, other), isSameName(other, one)]).toEqual([false, false]);
  });

  test('the folded one comes first, as lists are ordered by it', () => {
    expect(spellingsOf('Jörg Weiß')).toEqual(['jorg weiß', 'jorg weiss', 'joerg weiss']);
    expect(spellingsOf('Ann')).toEqual(['ann']);
  });
});

describe('keysOf', () => {
  test.each([
    ['Bueroschluessel', 'Büroschlüssel'],
    ['Boeing Buero', 'Boeing Büro'],
    ['Zoe Aerzte', 'Zoe Ärzte'],
    ['Strasse Nord', 'Straße Nord'],
    ['Class Massband', 'Class Maßband'],
    ['Soeren', 'Søren'],
    ['Saether', 'Sæther'],
    ['Aase', 'Åse'],
    ['Bjork', 'Bjørk'],
    ['Ostfold', 'Østfold'],
    ['Smorrebrod', 'Smørrebrød'],
    ['Lodz', 'Łódź'],
    ['Coeur', 'Cœur'],
    ['Thorr', 'Þórr'],
    ['Doma', 'Đoma'],
    ['Isik', 'Isık'],
  ])('%s finds what is stored of %s', (typed, stored) => {
    expect(keysOf(typed)).toContain(fold(stored));
  });

  test('has few of a text that is nothing else', () => {
    expect(keysOf('oe'.repeat(100)).length).toBeLessThanOrEqual(24);
  });
});

test('names are the same but for case, accents and the space around them', () => {
  expect(isSameName(' Équipe', 'EQUIPE ')).toBe(true);
  expect(isSameName('Equipe', 'Equipes')).toBe(false);
});

test('facts are the same in any case, and differ by an accent', () => {
  expect(factKey(' Ann.Cole ')).toBe(factKey('ann.cole'));
  expect(factKey('josé')).not.toBe(factKey('jose'));
});
