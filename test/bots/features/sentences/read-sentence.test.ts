import { describe, expect, test } from 'vitest';
import { readSentence } from '../../../../src/bots/features/sentences/read-sentence.ts';
import { plainOf, sentenceLanguages } from '../../../../src/bots/features/sentences/words.ts';
import { words } from '../../../../src/bots/view/command.ts';

const MONDAY = { today: '2026-11-30', weekend: [6, 7] };

const endOf = (sentence: string, present = MONDAY) =>
  readSentence(words(sentence), sentenceLanguages('en-GB'), present)[0]?.end;

test.each([
  ['I need Figma until Friday', { until: '2026-12-04' }],
  ['I need Figma till Fri', { until: '2026-12-04' }],
  ['I need Figma until this Sunday', { until: '2026-12-06' }],
  ['I need Figma until tomorrow', { until: '2026-12-01' }],
  ['I need Figma tomorrow', { until: '2026-12-01' }],
  ['I need Figma for today', { until: '2026-11-30' }],
  ['I need Figma from today until Friday', { until: '2026-12-04' }],
  ['I need Figma until 12 Dec', { until: '2026-12-12' }],
  ['I need Figma until the 12th of December', { until: '2026-12-12' }],
  ['I need Figma until December 12, 2026', { until: '2026-12-12' }],
  ['I need Figma until Sat 12 December', { until: '2026-12-12' }],
  ['I need Figma until the 12th', { until: '2026-12-12' }],
  ['I need Figma until 3 Jan', { until: '2027-01-03' }],
  ['I need Figma until 2027-01-31', { until: '2027-01-31' }],
  ['I need Figma until 25/12', { until: '2026-12-25' }],
  ['I need Figma until 12/25/2026', { until: '2026-12-25' }],
  ['I need Figma until 12/12', { until: '2026-12-12' }],
  ['I need Figma until the end of December', { until: '2026-12-31' }],
  ['I need Figma until the end of the month', { until: '2026-11-30' }],
  ['I need Figma until end of year', { until: '2026-12-31' }],
  ['Until Friday I need Figma', { until: '2026-12-04' }],
  ['I need Figma for 3 days', { hours: 72 }],
  ['I need Figma for a week', { hours: 168 }],
  ['I need Figma for the next two weeks', { hours: 336 }],
  ['I need Figma for 4h', { hours: 4 }],
  ['I need Figma for an hour', { hours: 1 }],
  ['I need Figma for 3 more days', { hours: 72 }],
  ['I need Figma for a month', { until: '2026-12-30' }],
  ['Ich brauche Figma bis Freitag', { until: '2026-12-04' }],
  ['Bis Freitag brauche ich Figma', { until: '2026-12-04' }],
  ['Ich brauche Figma bis zum 12. Dezember', { until: '2026-12-12' }],
  ['Ich brauche Figma bis 12.12.', { until: '2026-12-12' }],
  ['Ich brauche Figma bis 6.12.2026', { until: '2026-12-06' }],
  ['Ich brauche Figma bis Ende März', { until: '2027-03-31' }],
  ['Ich brauche Figma bis Monatsende', { until: '2026-11-30' }],
  ['Ich brauche Figma bis übermorgen', { until: '2026-12-02' }],
  ['Ich brauche Figma heute', { until: '2026-11-30' }],
  ['Ich brauche ab sofort bis Freitag Figma', { until: '2026-12-04' }],
  ['Ich brauche Figma für 3 Tage', { hours: 72 }],
  ['Ich brauche Figma fuer eine Woche', { hours: 168 }],
  ['Ich brauche für die nächsten zwei Wochen Figma', { hours: 336 }],
  ['Ich brauche Figma zwei Wochen lang', { hours: 336 }],
  ['Ich brauche Figma bis Freitag, den 4. Dezember', { until: '2026-12-04' }],
  ['I need Figma for 3 days, since we meet on Wednesday', { hours: 72 }],
  ['I start on Monday and need Figma for 3 days', { hours: 72 }],
])('%s: %o', (sentence, end) => {
  expect(endOf(sentence)).toEqual(end);
});

test.each([
  'I need Figma until 12/6',
  'I need Figma until 6/12/2026',
  'I need Figma until Monday', // Today, or in a week.
  'I need Figma until next Friday',
  'I need Figma until next week',
  'I need Figma until Friday noon',
  'I need Figma until 17:00',
  'I need Figma until 30 Feb',
  'I need Figma until 1 Jan 2020',
  'I need Figma until 31 Dec 2199',
  'I need Figma for 900 days',
  'I need Figma for the weekend',
  'I need Figma until the project ends',
  'I need Figma by Friday',
  'I need Figma no later than Friday',
  'I need Figma for -3 days',
  'I need Figma for 1.5 days',
  'I need Figma for 2-3 days',
  'I need Figma for half a day',
  'I need Figma for a day or two',
  'I need Figma for a fortnight',
  'I need Figma between Monday and Friday',
  'I need Figma for 3 days starting tomorrow',
  'I need Figma on Friday',
  'I need Figma from tomorrow',
  'I need Figma from Wednesday until Friday',
  'I need Figma next week',
  'Ich brauche Figma bis 17 Uhr',
  'Ich brauche Figma bis nächsten Freitag',
  'Ich brauche Figma ab Mittwoch',
  'Ich brauche Figma nächste Woche',
  'Ich brauche Figma bis auf Weiteres',
  'Ich brauche Figma für anderthalb Tage',
  'Ich brauche Figma für einen halben Tag',
  'Ich brauche Figma für 2,5 Tage',
  'Ich brauche Figma spätestens Freitag',
  'Ich brauche Figma ab Montag für eine Woche',
])('%s: the end is not guessed', (sentence) => {
  expect(endOf(sentence)).toEqual({ unclear: true });
});

test.each([
  'I need Figma',
  'I need Figma for my team',
  'I need Figma for Ann',
  'Ich brauche Figma',
])('%s: has no end', (sentence) => expect(endOf(sentence)).toBeUndefined());

describe('the end of the week is its last working day', () => {
  const END = 'I need Figma until the end of the week';
  const on = (today: string, weekend = [6, 7]) => endOf(END, { today, weekend });

  test.each([
    END,
    'I need Figma till end of week',
    'I need Figma until the end of this week',
    'Ich brauche Figma bis Ende der Woche',
    'Ich brauche Figma bis zum Ende dieser Woche',
  ])('%s', (sentence) => expect(endOf(sentence)).toEqual({ until: '2026-12-04' }));

  test('by the weekend of the workspace', () => {
    expect(on('2026-11-30', [5, 6])).toEqual({ until: '2026-12-03' });
    expect(on('2026-11-29', [5, 6])).toEqual({ until: '2026-12-03' });
    expect(on('2026-11-30', [7])).toEqual({ until: '2026-12-05' });
    expect(on('2026-11-30', [])).toEqual({ until: '2026-12-06' });
  });

  test('which is today on that day, and not clear on the weekend', () => {
    expect(on('2026-12-04')).toEqual({ until: '2026-12-04' });
    expect(on('2026-12-05')).toEqual({ unclear: true });
    expect(on('2026-12-06')).toEqual({ unclear: true });
  });

  test.each([
    'I need Figma until the end of next week',
    'I need Figma until the weekend',
    'Ich brauche Figma bis zum Wochenende',
    'Ich brauche Figma bis Ende nächster Woche',
  ])('%s is not clear', (sentence) => expect(endOf(sentence)).toEqual({ unclear: true }));

  test.each([
    'I need Figma until the end of the month',
    'Ich brauche Figma bis Ende des Monats',
    'Ich brauche Figma bis zum Monatsende',
  ])('%s: its last day', (sentence) => {
    const present = { today: '2026-12-02', weekend: [6, 7] };
    expect(endOf(sentence, present)).toEqual({ until: '2026-12-31' });
  });
});

test('what is behind 300 characters is not read', () => {
  const [reading] = readSentence(
    words(`I need Figma because ${'x '.repeat(200)} until Friday`),
    sentenceLanguages('en'),
    MONDAY,
  );
  expect(reading?.intent).toBe('want');
  expect(reading?.end).toBeUndefined();
  expect(plainOf(reading?.app ?? []).length).toBeLessThan(300);
});
