import { BlockList, isIP, isIPv6 } from 'node:net';
import { onceForText } from '../once-for.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Every request asks, mostly about the same few proxies. */
const MAX_KNOWN = 100;

/** True for an address of this machine itself (`127.0.0.1`, `::1`, `::ffff:127.0.0.1`), as a socket reports it. */
export const isLoopbackAddress = onceForText(MAX_KNOWN, (address): boolean => {
  if (isIP(address) === 0) return false;
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
});

/** True for the host of a URL (`url.hostname`) that is this machine itself. It makes no DNS query. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isLoopbackAddress(name.replace(/^\[|\]$/g, ''));
}
