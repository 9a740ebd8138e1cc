/**
 * What an unsigned activity must be to be taken, when `TEAMS_LOCAL` is on: from the local client on this machine and
 * nobody else. A web page in a browser here sends an Origin; a proxy in front sends a forwarding header.
 */
import type { IncomingMessage } from 'node:http';
import { isForwarded } from '../../core/forwarding.ts';
import { isLoopbackAddress, isLoopbackHost } from '../../core/loopback.ts';

/** Why a request is refused, before its body is read; undefined when it is not. */
export function refusesRequest(request: IncomingMessage): string | undefined {
  const { headers, socket } = request;
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    return 'The content type is not application/json';
  if (!isLoopbackAddress(socket.remoteAddress ?? '')) return 'It comes from another machine';
  if (!isLoopbackAddress(socket.localAddress ?? ''))
    return 'It came in at an address that others can reach';
  if (headers.origin !== undefined) return 'It comes from a web page';
  if (isForwarded(headers)) return 'It came through a proxy';
  return undefined;
}

/** Why an activity is refused; undefined when it is not. */
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
