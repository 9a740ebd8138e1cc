import { sample, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clientOf,
  parseProxyRange,
  trustedProxies,
} from '../../../src/core/network/client-address.ts';
import { anyCharacter } from '../../support/any-character.ts';

const proxies = trustedProxies(
  ['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.7'].map((text) => {
    const range = parseProxyRange(text);
    if (!range) throw new Error(`${text} is no range`);
    return range;
  }),
);
const nobody = trustedProxies([]);
const from = (remoteAddress: string | undefined, forwarded?: string, trusted = proxies): string =>
  clientOf(
    {
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    },
    trusted,
  );

describe('the client of a request', () => {
  test('is who is connected, where no proxy is trusted, whatever the header says', () => {
    expect(from('203.0.113.9', '198.51.100.1', nobody)).toBe('203.0.113.9');
    expect(from('10.0.0.1', '198.51.100.1', nobody)).toBe('10.0.0.1');
  });

  test('is the peer’s, for a client that comes past the proxy', () => {
    expect(from('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
  });

  test('is whom the proxy names, and not whom that one claims to be', () => {
    expect(from('10.0.0.1', '1.1.1.1, 198.51.100.1')).toBe('198.51.100.1');
  });

  test('is the last that is no proxy, of several in a row', () => {
    expect(from('10.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.9.9, 192.0.2.7')).toBe('198.51.100.1');
  });

  test('is the proxy itself, where it names nobody', () => {
    expect(from('10.0.0.1')).toBe('10.0.0.1');
    expect(from('10.0.0.1', '')).toBe('10.0.0.1');
    expect(from('10.0.0.1', 'unknown')).toBe('10.0.0.1');
    expect(from('10.0.0.1', '198.51.100.1, _hidden')).toBe('10.0.0.1');
  });

  test.each([
    ['a port', '198.51.100.1:4711', '198.51.100.1'],
    ['brackets', '[2001:db8:1:2:3::4]', '2001:db8:1:2::/64'],
    ['brackets and a port', '[2001:db8:1:2:3::4]:4711', '2001:db8:1:2::/64'],
    ['IPv6 around it', '::ffff:198.51.100.1', '198.51.100.1'],
  ])('is read with %s', (_what, hop, client) => {
    expect(from('10.0.0.1', hop)).toBe(client);
  });

  test('is known behind a socket that takes both kinds of address', () => {
    expect(from('::ffff:10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
    expect(from('2001:db8:ffff::1', '198.51.100.1')).toBe('198.51.100.1');
  });

  test.each([
    ['2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2::198.51.100.1', '2001:db8:1:2::/64'],
  ])('with IPv6 is its network: %s', (address, network) => {
    expect(from(address)).toBe(network);
  });

  test('has a short name whatever was sent', () => {
    for (const header of sample(string({ unit: anyCharacter, maxLength: 200 }), {
      numRuns: 500,
      seed: 1,
    }))
      expect(from('10.0.0.1', header).length).toBeLessThan(50);
    expect(from('10.0.0.1', Array(9_999).fill('10.0.0.2').join())).toBe('10.0.0.2');
    expect(from(undefined)).toBe('');
  });
});

describe('a range of proxies', () => {
  test.each([
    ['10.1.2.3', { address: '10.1.2.3', prefixBits: 32 }],
    ['10.0.0.0/8', { address: '10.0.0.0', prefixBits: 8 }],
    ['fd00::/8', { address: 'fd00::', prefixBits: 8 }],
    ['::1', { address: '::1', prefixBits: 128 }],
  ])('is an address or a CIDR: %s', (text, range) => {
    expect(parseProxyRange(text)).toEqual(range);
  });

  test.each([
    'proxy.example.com',
    '10.0.0.0/33',
    '10.0.0/8',
    '',
    '/8',
    '10.0.0.0/',
    'fe80::1%eth0',
    '::/129',
  ])('is not %j', (text) => expect(parseProxyRange(text)).toBeUndefined());

  test.each(['0.0.0.0/0', '::/0'])('is not everybody: %s', (text) => {
    expect(parseProxyRange(text)).toBeUndefined();
  });
});
