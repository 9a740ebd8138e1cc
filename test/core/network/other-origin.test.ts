import { expect, test } from 'vitest';
import { headersForOtherOrigin } from '../../../src/core/network/other-origin.ts';

test('only headers that say nothing about the sender go to another origin', () => {
  const headers = {
    accept: 'application/json',
    authorization: 'Bearer secret',
    cookie: 'session=1',
    'content-type': 'text/plain',
    'x-acme-key': 'secret',
  };
  expect(headersForOtherOrigin(headers)).toEqual({
    accept: 'application/json',
    'content-type': 'text/plain',
  });
});
