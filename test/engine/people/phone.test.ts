import { expect, test } from 'vitest';
import { readPhone } from '../../../src/engine/people/phone.ts';

test.each([
  ['+32470123456', '+32470123456'],
  [' +32 (470) 12.34.56 ', '+32470123456'],
  ['0032 470 12-34-56', '+32470123456'],
  ['+1 415 555 0100', '+14155550100'],
  ['0470 12 34 56', undefined],
  ['+0470123456', undefined],
  ['+32', undefined],
  ['+1234567890123456', undefined],
  ['+32470CALLME', undefined],
  ['', undefined],
])('%s', (written, number) => {
  expect(readPhone(written)).toBe(number);
});
