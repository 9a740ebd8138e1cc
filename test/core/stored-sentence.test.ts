/** Sentences that were stored in one language, read in another. */
import { expect, test } from 'vitest';
import {
  explained,
  readExplained,
  sayOwnParagraphs,
  sayStored,
} from '../../src/core/stored-sentence.ts';
import { fillIn, inLocale, t, textsIn } from '../../src/core/translate.ts';
import { withoutIt } from '../../src/engine/imports/people-csv.ts';

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

test('a name that is also a label of Latchkey stays a name', () => {
  const said = () => t`${'Timeline'} reports no such account.`;
  expect(german(() => sayStored(english(said)))).toBe(german(said));
  expect(german(() => sayStored('Undecided'))).toBe('Undecided');
});

test('a paragraph in which someone else says something stays as it is written', () => {
  const written = 'Ask Ann Lee for the badge. It expires on Friday.';
  const stored = english(() => `${gone()} ${why()}\n\n${written}`);
  expect(german(() => sayOwnParagraphs(stored))).toBe(
    german(() => `${gone()} ${why()}\n\n${written}`),
  );
});

test('a sentence whose parts could be exchanged stays as it is', () => {
  const stored =
    "There's already an open request for Zoom for Teams for Ann. It must be answered or withdrawn first.";
  expect(german(() => sayStored(stored))).toBe(stored);
});

test('a text without a gap is found before one that could also have it in its gap', () => {
  const nobody = () =>
    t`No one can request it any more. Open requests go on, and what was granted stays.`;
  expect(german(() => sayStored(english(nobody)))).toBe(german(nobody));
  expect(english(() => sayStored(german(nobody)))).toBe(english(nobody));
});

test('a short sentence about a person is found', () => {
  const left = () => t`${'Ann Lee'} has left.`;
  expect(german(() => sayStored(english(left)))).toBe(german(left));
});

/** None of them is stored: two are alike in German, and between the values of the others is nothing but a space. */
const OTHERS = [
  'Leer lassen für alle.',
  'Die Person ist nicht mehr im Verzeichnis.',
  'You approve for {0} {1}.',
  'Sie vertreten {0} {1}.',
  '{0} {1}-mal abgefragt.',
  '{0} {1} Press Connect on its card in chat to try again.',
  '{0} {1} Drücken Sie auf der Karte im Chat noch einmal „Verbinden“.',
];

test('each sentence of ours is found with its own values in both directions, but for a few', () => {
  const values = ['Fernboard', 'Ann Lee', '25 Nov', 'Tea', 'Zed', 'Yot', 'Kim'];
  const others: string[] = [];
  for (const [source, translation] of textsIn('de')) {
    if (!/[.!?]$/.test(source) || source.length < 20) continue;
    const [inEnglish, inGerman] = [fillIn(source, values), fillIn(translation, values)];
    if (german(() => sayStored(inEnglish)) !== inGerman) others.push(source);
    if (english(() => sayStored(inGerman)) !== inEnglish) others.push(translation);
  }
  expect(others).toEqual(OTHERS);
});

test('a sentence that goes on after a gap has no other sentence in that gap', () => {
  const offboarded = () => t`${'Bo Boss'} is already being offboarded.`;
  const planned = () => t`${'bo@example.com'}: no last day was planned. ${offboarded()}`;
  expect(german(() => sayStored(english(planned)))).toBe(german(planned));
  const nobody = () =>
    t`No one in the directory or in the file has the manager's address, ${'zoe@example.com'}.`;
  const without = () => t`${nobody()} The row is imported without it.`;
  expect(german(() => sayStored(english(without)))).toBe(german(without));
  const inc = () => t`${'Acme Inc. Mail'} reports no such account.`;
  expect(german(() => sayStored(english(inc)))).toBe(german(inc));
  const quoted = () => t`"${'Next Monday. Or Tuesday'}" isn't a date; use one like 2026-11-24`;
  expect(german(() => sayStored(english(quoted)))).toBe(german(quoted));
});

test('what stands before a sentence, such as its line or its column, leaves it one of ours', () => {
  const day = () => t`"${'tomorrow'}" isn't a date; use one like 2026-11-24`;
  const column = () => `start: ${day()}.`;
  expect(german(() => sayStored(english(column)))).toBe(german(column));
  const line = () => t`Line ${6}: ${withoutIt(t`${'bo@example.com'} can't be their own buddy.`)}`;
  expect(german(() => sayStored(english(line)))).toBe(german(line));
  expect(german(() => sayStored('Please note: Bo has two accounts.'))).toBe(
    'Please note: Bo has two accounts.',
  );
});
