import { describe, expect, test } from 'vitest';
import { showDay, showEnd } from '../../../src/bots/view/dates.ts';
import { inLocale } from '../../../src/core/translate.ts';

const style = { timeZone: 'UTC', now: () => new Date('2026-11-25T09:00:00Z') };
const end = (at: string) => showEnd(new Date(at), style);

describe('when something ends', () => {
  test('says that it is today, also to who reads it in a list', () => {
    expect(end('2026-11-25T18:40:00Z')).toBe('today, 18:40');
  });

  test('has its day where it is read later, too', () => {
    expect(showEnd(new Date('2026-11-25T18:40:00Z'), { ...style, dated: true })).toBe(
      '25 Nov 2026, 18:40',
    );
  });

  test('has its time within two days', () => {
    expect(end('2026-11-26T02:40:00Z')).toBe('26 Nov 2026, 02:40');
  });

  test('is a day where it is further away', () => {
    expect(end('2026-12-03T02:40:00Z')).toBe('3 Dec 2026');
  });

  test('is said in German', () => {
    expect(inLocale('de', () => end('2026-11-25T18:40:00Z'))).toBe('heute, 18:40');
  });
});

test('a day is written in the language of its reader', () => {
  expect(inLocale('de', () => showDay('2026-11-30'))).toBe('30. Nov. 2026');
});
