/**
 * With `TEAMS_LOCAL` we take unsigned activities, but only from the local client on this machine. A web page in a local
 * browser sends an Origin, and a proxy sends a forwarding header.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isForwarded } from '../../core/network/forwarding.ts';
import { isLoopbackAddress, isLoopbackHost } from '../../core/network/loopback.ts';

/**
 * Why we refuse a request, before we read its body. Undefined when we take it.
 * @param secret the `?secret=` in the local client's address; the client can send nothing else
 */
export function refusesRequest(request: IncomingMessage, secret?: string): string | undefined {
  const { headers, socket } = request;
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    return 'The content type is not application/json';
  if (!isLoopbackAddress(socket.remoteAddress ?? '')) return 'It comes from another machine';
  if (!isLoopbackAddress(socket.localAddress ?? ''))
    return 'It came in at an address that others can reach';
  if (headers.origin !== undefined) return 'It comes from a web page';
  if (isForwarded(request)) return 'It came through a proxy';
  if (secret !== undefined && !isSame(secretOf(request), secret))
    return 'It lacks the secret of the local client';
  return undefined;
}

const secretOf = ({ url = '' }: IncomingMessage): string =>
  new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('secret') ?? '';

/** Takes the same time for every text. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** Why we refuse an activity. Undefined when we take it. */
export function refusesActivity(body: unknown): string | undefined {
  const serviceUrl =
    typeof body === 'object' && body !== null && 'serviceUrl' in body ? body.serviceUrl : undefined;
  return typeof serviceUrl === 'string' && isLoopbackUrl(serviceUrl)
    ? undefined
    : 'Its serviceUrl is not on this machine';
}

function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username } = new URL(text);
  return protocol === 'http:' && username === '' && isLoopbackHost(hostname);
}
