import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isForwarded } from '../core/forwarding.ts';
import { isLoopbackAddress } from '../core/loopback.ts';

/**
 * Whether the request comes from an operator, who may see details: from this machine without a proxy, or with the token.
 * @param token `METRICS_TOKEN`; without it only this machine counts
 */
export function isInsider(request: IncomingMessage, token: string | undefined): boolean {
  return isLocal(request) || (token !== undefined && bearsToken(request, token));
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  return !isForwarded(headers) && isLoopbackAddress(socket.remoteAddress ?? '');
}

function bearsToken({ headers }: IncomingMessage, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  // Digests have one length, so the comparison always takes the same time.
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
