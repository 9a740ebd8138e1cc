import type { LookupAddress } from 'node:dns';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  guardedLookup,
  isRefusedLiteral,
  parseAllowList,
  type Resolve,
} from '../../src/http/address-guard.ts';
import { allowList, answered, failed, send, serve } from './support.ts';

const isRefused = (host: string, allow = ''): boolean =>
  isRefusedLiteral(new URL(`http://${host}/`), allowList(allow));

const resolvingTo =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map(asLookupAddress));

const asLookupAddress = (address: string): LookupAddress => ({
  address,
  family: address.includes(':') ? 6 : 4,
});

test.each([
  ['this network', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['carrier NAT', '100.64.0.1'],
  ['link-local (metadata of AWS, Azure, Google and others)', '169.254.169.254'],
  ['link-local (credentials of AWS containers)', '169.254.170.2'],
  ["Azure's platform", '168.63.129.16'],
  ["carrier NAT (Alibaba's metadata)", '100.100.100.200'],
  ["protocol assignments (Oracle's metadata)", '192.0.0.192'],
  ['protocol assignments', '192.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['benchmarks', '198.18.0.1'],
  ['6to4 relays', '192.88.99.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '[::]'],
  ['loopback', '[::1]'],
  ['IPv4-compatible', '[::7f00:1]'],
  ['unique local', '[fc00::1]'],
  ['unique local', '[fd12:3456::1]'],
  ['link-local', '[fe80::1]'],
  ['site-local', '[fec0::1]'],
  ['multicast', '[ff02::1]'],
  ['documentation', '[2001:db8::1]'],
  ['documentation', '[3fff::1]'],
  ['discard', '[100::1]'],
  ['segment routing', '[5f00::1]'],
  ['unassigned', '[4000::1]'],
  ['ORCHID', '[2001:20::1]'],
  ['IPv4-mapped loopback', '[::ffff:127.0.0.1]'],
  ['IPv4-mapped private', '[::ffff:a00:1]'],
  ['IPv4-translated private', '[::ffff:0:10.0.0.1]'],
  ['NAT64 of a private', '[64:ff9b::10.0.0.1]'],
  ['NAT64 of loopback', '[64:ff9b::7f00:1]'],
  ['local NAT64', '[64:ff9b:1::808:808]'],
  ['6to4 of a private', '[2002:a00:1::1]'],
  ['Teredo with a private server', '[2001:0:a00:1::f7f7:f7f7]'],
  ['Teredo with a private client', '[2001:0:808:808::f5ff:fffe]'],
])('%s %s is refused', (_, host) => {
  expect(isRefused(host)).toBe(true);
});

test.each([
  '8.8.8.8',
  '172.15.255.255',
  '172.32.0.1',
  '100.128.0.1',
  '[2606:4700::1111]',
  '[::ffff:8.8.8.8]',
  '[64:ff9b::8.8.8.8]',
  '[2002:808:808::1]',
  '[2001:0:808:808::f7f7:f7f7]',
])('the public address %s may be called', (host) => {
  expect(isRefused(host)).toBe(false);
});

test.each([
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '127.1',
  '127.0.0.1.',
  '0',
  '%31%32%37.0.0.1',
  '１２７.０.０.１',
  '[0:0:0:0:0:ffff:7f00:1]',
])('the notation %s does not hide loopback', (host) => {
  expect(isRefused(host)).toBe(true);
});

test('no notation of a private IPv4 address passes', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const privateIPv4 = fc.oneof(
    fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  );
  fc.assert(
    fc.property(privateIPv4, ([a, b, c, d]) => {
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
      const notations = [
        `${a}.${b}.${c}.${d}`,
        `${number}`,
        `0x${number.toString(16)}`,
        `0${number.toString(8)}`,
        `${a}.${(b * 256 + c) * 256 + d}`,
        `[::ffff:${high}:${low}]`,
        `[::${high}:${low}]`,
        `[64:ff9b::${high}:${low}]`,
        `[2002:${high}:${low}::1]`,
      ];
      expect(notations.filter((host) => !isRefused(host))).toEqual([]);
    }),
    { seed: 29 },
  );
});

test('a literal is refused before anything is sent, with the cure', async () => {
  const server = await serve((_, response) => response.end());

  const answer = await failed(send({ method: 'POST', url: server.url }, { allow: '' }));

  expect(answer).toMatchObject({ code: 'private-address', maySent: false });
  expect(answer.message).toContain(`add 127.0.0.1:${server.port} to ALLOW_PRIVATE_HOSTS`);
  expect(server.received).toEqual([]);
});

test('localhost is refused', async () => {
  const server = await serve((_, response) => response.end());

  const answer = await failed(send({ url: `http://localhost:${server.port}` }, { allow: '' }));

  expect(answer).toMatchObject({ code: 'private-address', maySent: false });
  expect(server.received).toEqual([]);
});

test('a name is refused when only one of its addresses is private', async () => {
  const resolve = resolvingTo('8.8.8.8', '10.0.0.5');

  const answer = await failed(send({ method: 'POST', url: 'http://mixed.example' }, { resolve }));

  expect(answer).toMatchObject({ code: 'private-address', maySent: false });
});

test('a name is refused when its address cannot be read', async () => {
  const answer = await failed(
    send({ url: 'http://odd.example' }, { resolve: resolvingTo('nonsense') }),
  );

  expect(answer.code).toBe('private-address');
});

test('a name without addresses is unknown', async () => {
  const answer = await failed(send({ url: 'http://empty.example' }, { resolve: resolvingTo() }));

  expect(answer.code).toBe('unknown-host');
});

test('the connection goes to the address that was judged, though the name has moved since', async () => {
  const server = await serve((_, response) => response.end('there'));
  let asked = 0;
  const rebinding: Resolve = () => {
    asked += 1;
    return Promise.resolve([asLookupAddress(asked === 1 ? '127.0.0.1' : '10.0.0.5')]);
  };

  const answer = await answered(
    send({ url: `http://moving.example:${server.port}` }, { resolve: rebinding }),
  );

  expect(answer.text).toBe('there');
  expect(asked).toBe(1);
});

test('a name that moves to a private address is refused at the next connection', async () => {
  const addresses = ['127.0.0.1', '10.0.0.5'];
  const resolve: Resolve = () => Promise.resolve([asLookupAddress(addresses.shift() ?? '')]);
  const server = await serve((_, response) =>
    response.writeHead(307, { location: `http://moving.example:${server.port}/again` }).end(),
  );

  const answer = await failed(
    send({ method: 'POST', url: `http://moving.example:${server.port}` }, { resolve }),
  );

  expect(answer.code).toBe('bad-redirect');
  expect(server.received).toHaveLength(1);
});

test.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.1:8080', true],
  ['127.0.0.1:8080', '127.0.0.1:8080', true],
  ['127.0.0.1:8080', '127.0.0.1:8081', false],
  ['127.0.0.1:80', '127.0.0.1', true],
  ['127.0.0.1:443', '127.0.0.1', false],
  ['127.0.0.1', '127.0.0.2', false],
  ['10.0.0.0/8', '10.9.8.7', true],
  ['10.0.0.0/8', '11.0.0.1', true],
  ['10.0.0.0/8', '192.168.0.1', false],
  ['10.0.0.0/8', '[::ffff:10.0.0.1]', true],
  ['[::1]:8080', '[::1]:8080', true],
  ['[::1]:8080', '[::1]', false],
  ['::1', '[::1]', true],
  ['fd00::/8', '[fd00::5]', true],
  ['fd00::/8', '[fe80::5]', false],
  [' a.example , 10.0.0.0/8\n127.0.0.1 ', '127.0.0.1', true],
])('with ALLOW_PRIVATE_HOSTS "%s", whether %s may be called is %s', (allow, host, may) => {
  expect(isRefused(host, allow)).toBe(!may);
});

test.each([
  ['intranet.example', true],
  ['INTRANET.example.', true],
  ['intranet.example:80', true],
  ['intranet.example:8080', false],
  ['other.example', false],
  ['example', false],
  ['10.0.0.5', true],
  ['10.0.0.0/24', true],
  ['10.0.1.0/24', false],
])(
  'with ALLOW_PRIVATE_HOSTS "%s", whether a listed name may be private is %s',
  async (allow, may) => {
    const url = new URL('http://intranet.example/');

    const outcome = await lookUp(url, allow, resolvingTo('10.0.0.5'));

    expect(outcome).toBe(may ? '"10.0.0.5"' : 'refused-address');
  },
);

test('an empty list allows nothing and is no error', () => {
  expect(parseAllowList(' , ')).toEqual({ ok: true, list: [] });
});

test.each([
  'http://intranet.example',
  '*.example.com',
  '10.0.0.0/40',
  'intranet.example:99999',
  'intranet.example:0',
  'user@intranet.example',
  'a:b:c',
  '[::1',
])('the entry "%s" is named with a right example', (entry) => {
  const parsed = parseAllowList(`127.0.0.1, ${entry}`);

  expect(parsed).toMatchObject({ ok: false });
  expect(parsed.ok ? '' : parsed.error).toContain(`"${entry}" is not a host`);
});

test('a socket that asks for one family gets that family only', async () => {
  const resolve = resolvingTo('8.8.8.8', '2606:4700::1111');

  expect(await lookUp(new URL('http://both.example'), '', resolve, 6)).toBe('"2606:4700::1111"');
});

function lookUp(url: URL, allow: string, resolve: Resolve, family = 0): Promise<string> {
  const lookup = guardedLookup(url, allowList(allow), resolve);
  return new Promise((settle) => {
    lookup(url.hostname, { family }, (error, address) =>
      settle(error?.code ?? JSON.stringify(address)),
    );
  });
}
