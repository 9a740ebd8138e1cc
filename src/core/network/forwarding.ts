/** Whether a request came through a proxy or a tunnel. Its client is then not the peer of its socket. */
import type { IncomingMessage } from 'node:http';
import { isLoopbackHost } from './loopback.ts';

/** Headers that proxies add. */
const FORWARDING_HEADER =
  /^(forwarded|via|x-forwarded(-.+)?|x-original-.+|x-real-ip|x-client-ip|cf-connecting-ip|true-client-ip)$/;

/**
 * Whether something shows that a request was forwarded to this machine. A tunnel or a proxy that adds no header mostly passes on
 * the name that its client asked for. nginx replaces it by ours, but speaks HTTP/1.0, which nothing on this machine does.
 */
export const isForwarded = ({
  headers,
  httpVersion,
}: Pick<IncomingMessage, 'headers' | 'httpVersion'>): boolean =>
  Object.keys(headers).some((name) => FORWARDING_HEADER.test(name)) ||
  httpVersion === '1.0' ||
  !isForThisMachine(headers.host ?? '');

function isForThisMachine(host: string): boolean {
  const address = `http://${host}`;
  return URL.canParse(address) && isLoopbackHost(new URL(address).hostname);
}
