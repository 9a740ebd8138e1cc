/** Sentences that were stored in one language, read in another. */
import { expect, test } from 'vitest';
import { explained, readExplained, sayStored } from '../../src/core/stored-sentence.ts';
import { inLocale, t } from '../../src/core/translate.ts';

const german = <T>(work: () => T): T => inLocale('de-DE', work);
const english = <T>(work: () => T): T => inLocale('en-GB', work);

const why = () => t`It was marked as done, but ${'Fernboard'} still shows the access.`;
const gone = () => t`The access has expired.`;

test('a stored sentence is read in the language of its reader, with what was filled in', () => {
  expect(german(() => sayStored(english(why)))).toBe(german(why));
  expect(english(() => sayStored(german(why)))).toBe(english(why));
  expect(english(() => sayStored(english(gone)))).toBe(english(gone));
});

test('so are several in a row, and a sentence that another one has in it', () => {
  const all = () => `${gone()} ${why()}`;
  expect(german(() => sayStored(english(all)))).toBe(german(all));
  const healed = () =>
    t`${why()} No other answer has worked for a day, so the token may also have lost its rights.`;
  expect(german(() => sayStored(english(healed)))).toBe(german(healed));
});

test('the detail of an explanation is one as well, for those who read it', () => {
  const both = () => explained(t`${'Fernboard'} reports no such account.`, t`It answered ${404}.`);
  const stored = english(both);
  expect(german(() => readExplained(stored, { seesDetail: true }))).toBe(
    german(() => both().replace('\n', ' ')),
  );
});

test('what no sentence of Latchkey is stays as it was written', () => {
  const written = 'Needs it for the audit. Ask Ann!\nNo e-mail, please.';
  expect(german(() => sayStored(written))).toBe(written);
  expect(german(() => sayStored(''))).toBe('');
});

test('of a text with many sentences nothing is looked for', () => {
  const answer = 'It answered 404. '.repeat(100).trim();
  expect(german(() => sayStored(answer))).toBe(answer);
});
