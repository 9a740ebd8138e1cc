/**
 * The client of a request, for rate limits: the nearest address on the request's way that isn't one of our own proxies. A *trusted
 * proxy* is an address that `TRUST_PROXY` lists. Only what a trusted proxy wrote into `X-Forwarded-For` counts.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export interface TrustedProxies {
  includes(address: string): boolean;
}

/** An address or a range of them (a single address has all its bits). */
export interface ProxyRange {
  readonly address: string;
  readonly prefixBits: number;
}

/** @returns the range; undefined when the text is neither an address nor a CIDR, or when it would trust every address */
export function parseProxyRange(text: string): ProxyRange | undefined {
  const { address = '', bits } =
    /^(?<address>[^/]*)(\/(?<bits>\d{1,3}))?$/.exec(text)?.groups ?? {};
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return undefined;
  const allBits = family === 4 ? 32 : 128;
  const prefixBits = bits === undefined ? allBits : Number(bits);
  return prefixBits >= 1 && prefixBits <= allBits ? { address, prefixBits } : undefined;
}

export function trustedProxies(ranges: readonly ProxyRange[]): TrustedProxies {
  const list = new BlockList();
  for (const { address, prefixBits } of ranges)
    list.addSubnet(address, prefixBits, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return { includes: (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') };
}

/** Longer than any chain of proxies. */
const MAX_HOPS = 20;

/**
 * The address that counts for rate limits: an IPv4 address, or the /64 of an IPv6 address, since a subscriber has at least that.
 * A client that doesn't come through our proxy is the peer of the socket, whatever its `X-Forwarded-For` says.
 */
export function clientOf(
  {
    socket,
    headers,
  }: Pick<IncomingMessage, 'headers'> & {
    readonly socket: { readonly remoteAddress?: string };
  },
  proxies: TrustedProxies,
): string {
  let client = plainAddress(socket.remoteAddress ?? '');
  // Each proxy adds the address that called it, at the end. Node joins several such headers in their order.
  const hops = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .slice(-MAX_HOPS);
  while (isIP(client) !== 0 && proxies.includes(client)) {
    const before = plainAddress(withoutPort((hops.pop() ?? '').trim()));
    if (isIP(before) === 0) break; // The chain ends, or this is not an address: use the nearest known one.
    client = before;
  }
  return isIP(client) === 6 ? networkOf(client) : client;
}

/** Whether the address is one of our own proxies. @param address as a socket reports it */
export const isProxy = (address: string, proxies: TrustedProxies): boolean =>
  isIP(plainAddress(address)) !== 0 && proxies.includes(plainAddress(address));

/** Strips what sockets and some proxies add: the prefix of `::ffff:192.0.2.1`, and the name of the interface. */
export const plainAddress = (address: string): string =>
  address.replace(/%.*$/s, '').replace(/^::ffff:(?=\d+\.)/i, '');

/** Some proxies add the client's port. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(hop)?.[1];
  return bracketed ?? hop.replace(/^([\d.]+):\d+$/, '$1');
}

/** `2001:db8:1:2::/64` */
function networkOf(address: string): string {
  // The URL parser normalises every notation of an address, with at most one `::` and no dots.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): readonly string[] => (text ? text.split(':') : []);
  const gap = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(gap).fill('0'), ...groups(tail)];
  return `${all.slice(0, 4).join(':')}::/64`;
}
