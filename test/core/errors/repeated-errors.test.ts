import { expect, test } from 'vitest';
import { RepeatedErrors } from '../../../src/core/errors/repeated-errors.ts';

const MINUTE_MS = 60_000;
const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const starting = Object.assign(new Error('starting'), { code: '57P03' });

test('an error that comes again is new after ten minutes', () => {
  let now = 0;
  const errors = new RepeatedErrors(() => now);
  const saidAt = (minutes: number) => {
    now = minutes * MINUTE_MS;
    return errors.isNew('sweep', refused);
  };
  expect([0, 1, 9, 10, 11, 19, 20].map(saidAt)).toEqual([
    true,
    false,
    false,
    true,
    false,
    false,
    true,
  ]);
});

test('another reason is new, and so is the same one at other work', () => {
  const errors = new RepeatedErrors(() => 0);
  const said = [
    errors.isNew('sweep', refused),
    errors.isNew('sweep', starting),
    errors.isNew('sweep', refused),
    errors.isNew('tick', refused),
  ];
  expect(said).toEqual([true, true, false, true]);
});

test('once the work went well, its errors are new', () => {
  const errors = new RepeatedErrors(() => 0);
  errors.isNew('sweep', refused);
  errors.wentWell('sweep');
  expect(errors.isNew('sweep', refused)).toBe(true);
});
