/** Computes the next request after a redirect. A pure function of the request and the answer. */
import { headersForOtherOrigin } from '../core/network/other-origin.ts';
import { t } from '../core/translate.ts';
import type { Method } from '../engine/ports/http.ts';
import { readTarget } from './target.ts';

/** A body that is written in pieces. */
export interface StreamedBody {
  /** In bytes. */
  readonly size: number;
  /** Each call begins at the start. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** One request to one address. `body` is ready to be written. */
export interface Hop {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | StreamedBody;
}

export type NextHop =
  | { readonly kind: 'follow'; readonly hop: Hop }
  | { readonly kind: 'refuse'; readonly message: string };

/** True for the statuses of redirects. With 300 and 304 the answer itself counts. */
export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** @param location the `Location` header as Node gives it: one character for each byte */
export function followRedirect(hop: Hop, status: number, location: string): NextHop {
  const target = Buffer.from(location, 'latin1').toString('utf8');
  if (!URL.canParse(target, hop.url.href)) {
    return refuse(t`${hop.url.host} redirected to something that is not a web address.`);
  }
  const read = readTarget(new URL(target, hop.url).href);
  if (!read.ok)
    return refuse(
      t`${hop.url.host} redirected to an address that Latchkey can't call. ${read.message}`,
    );

  const next = { ...afterStatus(hop, status), url: read.url };
  if (next.url.origin === hop.url.origin) return { kind: 'follow', hop: next };
  if (next.body !== undefined) {
    return refuse(
      t`${hop.url.host} redirected the request to ${next.url.host}, and Latchkey doesn't send its data to another host. If ${next.url.host} is right, use it in the manifest's URL.`,
    );
  }
  return { kind: 'follow', hop: { ...next, headers: headersForOtherOrigin(next.headers) } };
}

/** As browsers do: 303 always becomes a GET, 301 and 302 only from a POST, 307 and 308 never. */
function afterStatus(hop: Hop, status: number): Hop {
  const becomesGet =
    status === 303
      ? hop.method !== 'HEAD'
      : (status === 301 || status === 302) && hop.method === 'POST';
  if (!becomesGet) return hop;
  const { 'content-type': _, ...headers } = hop.headers;
  return { method: 'GET', url: hop.url, headers };
}

const refuse = (message: string): NextHop => ({ kind: 'refuse', message });
