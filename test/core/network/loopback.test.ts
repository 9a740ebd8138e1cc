import { expect, test } from 'vitest';
import { isLoopbackAddress } from '../../../src/core/network/loopback.ts';

test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:127.9.9.9'])(
  '%s is this machine itself',
  (address) => expect(isLoopbackAddress(address)).toBe(true),
);

test.each(['', '10.0.0.1', '::', '::ffff:10.0.0.1', '127.0.0.1.evil', '0.0.0.0'])(
  '%j is not only this machine itself',
  (address) => expect(isLoopbackAddress(address)).toBe(false),
);
