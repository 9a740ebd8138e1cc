/**
 * Which addresses manifests may call. A manifest is untrusted text, and Latchkey inside a company's network must not give
 * access to internal services. So we call only public unicast addresses.
 *
 * Words: a *literal* is a URL whose host is an address (`10.0.0.5`, `[::1]`). A *name* is any other host. An *allow rule*
 * is one entry of `ALLOW_PRIVATE_HOSTS`. To *unwrap* is to take the IPv4 addresses out of an IPv6 address that only
 * carries them (IPv4-mapped, 6to4, Teredo, NAT64).
 */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** One exception: a name, or a range of addresses (one address is a range too). Without a port it covers every port. */
export type AllowRule =
  | { readonly kind: 'name'; readonly host: string; readonly port?: number }
  | {
      readonly kind: 'range';
      readonly first: Address;
      readonly prefixBits: number;
      readonly port?: number;
    };
export type AllowList = readonly AllowRule[];

/** All addresses of a name. @throws an error with the resolver's `code`, such as `ENOTFOUND` */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** The error of a connection when a name leads to a refused address. */
export class RefusedAddress extends Error {
  readonly code = 'refused-address';
  constructor() {
    super('the name leads to an address that may not be called');
    this.name = 'RefusedAddress';
  }
}

/** The operating system's resolver, which every other program on the machine uses. */
export const resolveBySystem: Resolve = (host) => lookup(host, { all: true });

/**
 * Parses `ALLOW_PRIVATE_HOSTS`: hosts, `host:port` or CIDRs, separated by commas or spaces.
 * @returns the rules, or a sentence that names the first unreadable entry and shows a correct one
 */
export function parseAllowList(
  text: string,
):
  | { readonly ok: true; readonly list: AllowList }
  | { readonly ok: false; readonly error: string } {
  const rules: AllowRule[] = [];
  for (const entry of text.split(/[\s,]+/).filter(Boolean)) {
    const rule = entry.includes('/') ? parseCidr(entry) : parseHost(entry);
    if (!rule) {
      return {
        ok: false,
        error:
          `"${entry}" is not a host, host:port or CIDR. ` +
          'Write it like intranet.example.com, intranet.example.com:8443, [fd00::1]:8443 or 10.0.0.0/8.',
      };
    }
    rules.push(rule);
  }
  return { ok: true, list: rules };
}

/** True when the URL's host is an address that we refuse. `guardedLookup` checks names. */
export function isRefusedLiteral(url: URL, allow: AllowList): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && !mayCall(ipaddr.parse(host), portOf(url), allow);
}

/** True when a rule covers the URL's host: the host as written, or its address. */
export function isListed(url: URL, allow: AllowList): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = portOf(url);
  if (isIP(host) !== 0) return inAllowedRange(ipaddr.parse(host), port, allow);
  return allow.some((rule) => rule.kind === 'name' && namesHost(rule, host, port));
}

/**
 * A `lookup` for a socket to `url`. It returns exactly the addresses that it checked, so a name that changes between the
 * check and the connection has no effect. Unless an allow rule names the host, one refused address refuses the whole
 * name, since the connection may take any address.
 */
export function guardedLookup(url: URL, allow: AllowList, resolve: Resolve): LookupFunction {
  const port = portOf(url);

  async function judged(host: string): Promise<readonly LookupAddress[]> {
    const addresses = await resolve(host);
    if (allow.some((rule) => rule.kind === 'name' && namesHost(rule, host, port))) return addresses;
    for (const { address } of addresses) {
      const isReadable = ipaddr.isValid(address);
      if (!isReadable || !mayCall(ipaddr.parse(address), port, allow)) throw new RefusedAddress();
    }
    return addresses;
  }

  return (host, options, callback) => {
    const give = async (): Promise<void> => {
      let usable: readonly LookupAddress[];
      try {
        usable = ofFamily(await judged(host), options.family);
      } catch (error) {
        callback(error as NodeJS.ErrnoException, '');
        return;
      }
      const [first] = usable;
      if (!first) callback(notFound(host), '');
      else if (options.all === true) callback(null, [...usable]);
      else callback(null, first.address, first.family);
    };
    void give();
  };
}

/** True for public or listed addresses. An address that carries others is checked by all of them. */
function mayCall(address: Address, port: number, allow: AllowList): boolean {
  if (inAllowedRange(address, port, allow)) return true;
  return unwrap(address).every((inner) => isPublic(inner) || inAllowedRange(inner, port, allow));
}

function inAllowedRange(address: Address, port: number, allow: AllowList): boolean {
  return allow.some(
    (rule) =>
      rule.kind === 'range' &&
      (rule.port ?? port) === port &&
      rule.first.kind() === address.kind() &&
      address.match(rule.first, rule.prefixBits),
  );
}

function namesHost(rule: AllowRule & { kind: 'name' }, host: string, port: number): boolean {
  return rule.host === withoutFinalDot(host.toLowerCase()) && (rule.port ?? port) === port;
}

/** All of today's public IPv6 unicast. The rest is reserved, whatever a library says. */
const PUBLIC_IPV6 = ipaddr.IPv6.parse('2000::');
const PUBLIC_IPV6_BITS = 3;

/**
 * Azure's platform service. It has a public address and answers every virtual machine there with certificates and
 * settings of the machine. The metadata services of other clouds have private addresses.
 */
const AZURE_PLATFORM = '168.63.129.16';

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || address.toString() === AZURE_PLATFORM) return false;
  return address.kind() === 'ipv4' || address.match(PUBLIC_IPV6, PUBLIC_IPV6_BITS);
}

function unwrap(address: Address): readonly Address[] {
  if (!(address instanceof ipaddr.IPv6)) return [address];
  const bytes = address.toByteArray();
  const ipv4At = (offset: number): Address => new ipaddr.IPv4(bytes.slice(offset, offset + 4));
  const range = address.range();
  if (range === 'ipv4Mapped' || range === 'rfc6145') return [ipv4At(12)];
  // We refuse NAT64's other prefix, 64:ff9b:1::/48, since it is for a network's own use.
  if (address.match(WELL_KNOWN_NAT64, WELL_KNOWN_NAT64_BITS)) return [ipv4At(12)];
  if (range === '6to4') return [ipv4At(2)];
  // Teredo: the server's address in clear, then the client's with every bit flipped.
  if (range === 'teredo') {
    return [ipv4At(4), new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))];
  }
  return [address];
}

const WELL_KNOWN_NAT64 = ipaddr.IPv6.parse('64:ff9b::');
const WELL_KNOWN_NAT64_BITS = 96;

function parseCidr(entry: string): AllowRule | undefined {
  if (!ipaddr.isValidCIDR(entry)) return undefined;
  const [first, prefixBits] = ipaddr.parseCIDR(entry);
  return { kind: 'range', first, prefixBits };
}

function parseHost(entry: string): AllowRule | undefined {
  const isBareIPv6 = isIP(entry) === 6;
  // The URL parser reads unusual notations of an address as it does in a manifest's URL.
  const url = parseUrl(`http://${isBareIPv6 ? `[${entry}]` : entry}`);
  if (!url || url.username !== '' || url.pathname !== '/' || /[?#@\\*]/.test(entry))
    return undefined;
  // The parser drops a written `:80`, the default of http.
  const written = isBareIPv6 ? undefined : /:(\d+)$/.exec(entry)?.[1];
  const port = written === undefined ? {} : { port: Number(written) };
  if (port.port === 0) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const first = isIP(host) === 0 ? undefined : ipaddr.parse(host);
  if (!first) return { kind: 'name', host: withoutFinalDot(host), ...port };
  return { kind: 'range', first, prefixBits: first.kind() === 'ipv4' ? 32 : 128, ...port };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function ofFamily(
  addresses: readonly LookupAddress[],
  family: number | string | undefined,
): readonly LookupAddress[] {
  const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family;
  return addresses.filter((each) => !wanted || each.family === wanted);
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND' });
}

const withoutFinalDot = (host: string): string => host.replace(/\.$/, '');
