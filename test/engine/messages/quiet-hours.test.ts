import { expect, test } from 'vitest';
import { quietUntil } from '../../../src/engine/messages/quiet-hours.ts';

const night = { from: '20:00', until: '08:00' };
const noon = { from: '12:00', until: '13:30' };

test.each([
  ['over midnight, in the evening', night, 'UTC', '2026-11-24T20:00:00Z', '2026-11-25T08:00:00Z'],
  ['over midnight, in the morning', night, 'UTC', '2026-11-25T07:59:59Z', '2026-11-25T08:00:00Z'],
  ['at their end', night, 'UTC', '2026-11-25T08:00:00Z', undefined],
  ['before they begin', night, 'UTC', '2026-11-24T19:59:59Z', undefined],
  ['within a day', noon, 'UTC', '2026-11-24T12:15:00Z', '2026-11-24T13:30:00Z'],
  ['outside of those', noon, 'UTC', '2026-11-24T13:30:00Z', undefined],
  ['by their clock', night, 'Asia/Tokyo', '2026-11-24T12:00:00Z', '2026-11-24T23:00:00Z'],
  ['when it is day there', night, 'America/New_York', '2026-11-24T20:00:00Z', undefined],
  // In Berlin clocks go back on 25 October and forward on 29 March at night: eight is eight.
  ['in a longer night', night, 'Europe/Berlin', '2026-10-24T19:00:00Z', '2026-10-25T07:00:00Z'],
  ['in a shorter night', night, 'Europe/Berlin', '2027-03-27T20:00:00Z', '2027-03-28T06:00:00Z'],
  [
    'that end in the hour that is skipped',
    { from: '22:00', until: '02:30' },
    'Europe/Berlin',
    '2027-03-27T22:00:00Z',
    '2027-03-28T01:30:00Z',
  ],
  [
    'whose end the clock shows twice, after the first one',
    { from: '22:00', until: '02:30' },
    'Europe/Berlin',
    '2026-10-25T01:15:00Z',
    undefined,
  ],
  [
    'whose end the clock shows twice, before the first one',
    { from: '22:00', until: '02:30' },
    'Europe/Berlin',
    '2026-10-25T00:15:00Z',
    '2026-10-25T00:30:00Z',
  ],
] as const)('quiet hours %s', (_what, hours, zone, now, until) => {
  expect(quietUntil(hours, zone, new Date(now))?.toISOString()).toBe(until?.replace('Z', '.000Z'));
});
