/** The numbers of which a person picks the one that their browser shows. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LinkIn } from '../../../src/engine/links/link.ts';
import { choicesFor } from '../../../src/engine/links/links.ts';

const opened = (browser: string, code: string): LinkIn<'opened'> => ({
  id: 'link-1',
  version: 1,
  purpose: 'secrets',
  subject: 'fernboard',
  personId: 'ann',
  createdAt: new Date('2026-11-24T09:00:00.000Z'),
  expiresAt: new Date('2026-11-24T09:15:00.000Z'),
  openings: 1,
  state: 'opened',
  browser,
  openedAt: new Date('2026-11-24T09:01:00.000Z'),
  code,
});
const code = fc.nat({ max: 9999 }).map((n) => String(n).padStart(4, '0'));
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

test('are three different ones of four digits, the right one among them, sorted', () =>
  fc.assert(
    fc.property(hash, code, (browser, right) => {
      const choices = choicesFor(opened(browser, right));
      expect(new Set(choices).size).toBe(3);
      expect(choices).toContain(right);
      expect(choices.every((each) => /^\d{4}$/.test(each))).toBe(true);
      expect(choices.toSorted()).toEqual(choices);
    }),
    { seed: 29 },
  ));

test('are the same each time that the card is drawn', () =>
  fc.assert(
    fc.property(hash, code, (browser, right) => {
      const link = opened(browser, right);
      expect(choicesFor(link)).toEqual(choicesFor(link));
    }),
    { seed: 29 },
  ));

test('do not follow from the right one, so that nothing tells it from the others', () => {
  const others = new Set(
    Array.from({ length: 200 }, (_, n) =>
      choicesFor(opened(`browser-${n}`, '4711'))
        .filter((each) => each !== '4711')
        .join(),
    ),
  );
  expect(others.size).toBeGreaterThan(190);
});

test('have the right one in each place about as often', () => {
  const places = [0, 0, 0];
  for (let n = 0; n < 3000; n += 1) {
    const right = String((n * 7919) % 10_000).padStart(4, '0');
    const place = choicesFor(opened(`browser-${n}`, right)).indexOf(right);
    places[place] = (places[place] ?? 0) + 1;
  }
  expect(Math.min(...places)).toBeGreaterThan(850);
});
