import { expect, test } from 'vitest';
import { codeOf } from '../../src/core/error-code.ts';

test.each([
  ['of Node.js', Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
  ['without a code', new Error('no'), undefined],
  ['with a number for it', Object.assign(new Error('no'), { code: 7 }), undefined],
  ['that is no error', { code: 'ENOENT' }, undefined],
])('the code of an error %s', (_what, error, code) => {
  expect(codeOf(error)).toBe(code);
});
