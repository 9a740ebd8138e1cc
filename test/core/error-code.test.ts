import { expect, test } from 'vitest';
import { codeOf, Overtaken, RepeatedErrors } from '../../src/core/error-code.ts';

test.each([
  ['of Node.js', Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
  ['without a code', new Error('no'), undefined],
  ['with a number for it', Object.assign(new Error('no'), { code: 7 }), undefined],
  ['that is no error', { code: 'ENOENT' }, undefined],
])('the code of an error %s', (_what, error, code) => {
  expect(codeOf(error)).toBe(code);
});

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

test('that someone is faster is endless at the third time of the same within ten minutes, and said once in them', () => {
  let now = 0;
  const overtaken = new Overtaken(() => now);
  const saidAt = (minutes: number, what = 'request r1 has changed') => {
    now = minutes * MINUTE_MS;
    return overtaken.isEndless('press', new Error(what));
  };
  expect([0, 1, 2, 3].map((at) => saidAt(at))).toEqual([false, false, true, false]);
  expect([4, 5].map((at) => saidAt(at, 'request r2 has changed'))).toEqual([false, false]);
  expect([10, 11, 12].map((at) => saidAt(at))).toEqual([false, false, true]);
});
