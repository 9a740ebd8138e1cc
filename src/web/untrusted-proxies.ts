/**
 * Tells an operator about a proxy that `TRUST_PROXY` doesn't name. Everyone behind it counts as one client for the rate
 * limits, which people notice only when they must wait.
 */
import type { RequestHandler } from 'express';
import { isProxy, plainAddress, type TrustedProxies } from '../core/client-address.ts';

/** Anyone can send such a header from many addresses, and the log must not contain all of them. */
const MAX_TOLD = 10;

/** @param tell called once for each address, with a sentence for the log */
export function noteUntrustedProxies(
  proxies: TrustedProxies,
  tell: (sentence: string) => void,
): RequestHandler {
  const told = new Set<string>();
  return ({ headers, socket }, _response, next) => {
    const peer = plainAddress(socket.remoteAddress ?? '');
    const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
    if (isForwarded && told.size < MAX_TOLD && !told.has(peer) && !isProxy(peer, proxies)) {
      told.add(peer);
      tell(
        `${peer} forwards requests and is not in TRUST_PROXY, so rate limits take everyone behind it for one client. If it is your proxy, set TRUST_PROXY=${peer} and start Latchkey again.`,
      );
    }
    next();
  };
}
