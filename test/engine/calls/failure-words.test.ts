import { expect, test } from 'vitest';
import { failureWords, whatFailed } from '../../../src/engine/calls/failure-words.ts';

const code = 'circuit-open';

test('an app that gets a break can be tried again in a minute; a run says itself when it goes on', () => {
  expect(failureWords({ code }, 'Fernboard')).toBe(
    'Fernboard failed several times in a row, so Latchkey is giving it a break. Try again in a minute.',
  );
  expect(whatFailed({ code }, 'Fernboard')).toBe(
    'Fernboard failed several times in a row, so Latchkey is giving it a break.',
  );
});

test('an app whose certificate is wrong is not to be waited for', () => {
  const sentence =
    "Latchkey couldn't connect to Fernboard securely: its certificate isn't valid. A Latchkey admin has to look into it.";
  expect(failureWords({ code: 'bad-certificate' }, 'Fernboard')).toBe(sentence);
  expect(whatFailed({ code: 'bad-certificate' }, 'Fernboard')).toBe(sentence);
});
