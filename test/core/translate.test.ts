import { expect, test } from 'vitest';
import {
  inEachLanguage,
  inLocale,
  languageOf,
  locale,
  plural,
  sayNumber,
  sayText,
  sentences,
  t,
} from '../../src/core/translate.ts';

test('a text is English where nobody is known to read', () => {
  expect(locale()).toBe('en-GB');
  expect(t`I don't know "${'x'}"`).toBe('I don\'t know "x"');
});

test('a text is in the language of its reader, with the values in their places', () => {
  expect(inLocale('de-AT', () => t`I don't know "${'{0} x'}"`)).toBe('„{0} x“ kenne ich nicht');
});

test('all that work awaits is for the same reader, and what comes after it is not', async () => {
  const title = await inLocale('de', async () => {
    await Promise.resolve();
    return t`This form has expired`;
  });
  expect([title, t`This form has expired`]).toEqual([
    'Dieses Formular ist abgelaufen',
    'This form has expired',
  ]);
});

test('a table of texts is made once for each language, and read by each reader in theirs', () => {
  let made = 0;
  const table = inEachLanguage(() => {
    made += 1;
    return { expired: t`This form has expired` };
  });
  const read = () => table().expired;
  for (let n = 0; n < 2; n += 1) {
    expect(read()).toBe('This form has expired');
    for (const reader of ['de', 'de-AT'])
      expect(inLocale(reader, read)).toBe('Dieses Formular ist abgelaufen');
    expect(inLocale('fr', read)).toBe('This form has expired');
  }
  expect(made).toBe(2);
});

test('a language without texts is spoken to in English, with its own numbers', () => {
  expect(inLocale('fr', () => t`This form has expired`)).toBe('This form has expired');
  expect(inLocale('sv-SE', () => sayNumber(1234567))).toBe('1\u00a0234\u00a0567');
  expect(inLocale('de', () => sayNumber(1234567))).toBe('1.234.567');
});

test('a text without a translation is said in English rather than not at all', () => {
  expect(inLocale('de', () => sayText('Nobody has ever said this.'))).toBe(
    'Nobody has ever said this.',
  );
});

test.each([
  ['de', 'de'],
  ['de-CH', 'de'],
  ['DE', 'de'],
  ['en-US', 'en'],
  ['fr', 'en'],
  ['', 'en'],
])('who reads %j is spoken to in %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language);
});

test.each([
  ['en-GB', 0, 'many'],
  ['en-GB', 1, 'one'],
  ['en-GB', 2, 'many'],
  ['de-AT', 1, 'one'],
  ['fr', 0, 'many'], // Spoken to in English, so by the rules of English.
])('in %s the form for %i is the one for %s', (tag, count, form) => {
  expect(inLocale(tag, () => plural(count, { one: 'one', other: 'many' }))).toBe(form);
});

test('sentences stand one after the other, without those that are not said', () => {
  expect(sentences('It failed.', false, undefined, '', 'Try again.')).toBe('It failed. Try again.');
});
