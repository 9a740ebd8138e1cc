/** One request to a token endpoint: what it holds, and how often it is sent. */
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Http, HttpAnswer, HttpFailure, HttpRequest } from '../ports/http.ts';
import type { Time } from '../ports/time-and-chance.ts';
import { repeatAfter } from '../runs/step-outcome.ts';
import { buildVariables } from '../templates/variables.ts';
import { BUSY_PAUSE_MS } from './limits.ts';
import { describeRequest } from './request.ts';

/**
 * Longer than the minute that gateways wait for an app: an app that replaces refresh tokens has done so when it answers late, and an
 * answer that no one waits for ends the connection.
 */
const TOKEN_LIMITS = { timeoutMs: 75_000, maxBytes: 1024 * 1024 };
/** The last repeat of a token request leaves this long after the first one, so that its answer comes within the lease. */
const SEND_WINDOW_MS = 10_000;

/** Whether the manifest itself uses the code. */
export const usesCode = ({ url, headers, data }: ManifestRequest): boolean =>
  /\{\{\{?\s*[#^&]?\s*code\s*\}?\}\}/.test(JSON.stringify([url, headers, data], bigAsText));

const bigAsText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

export function inAddress(
  request: HttpRequest,
  parameters: Readonly<Record<string, string>>,
): HttpRequest {
  const pairs = Object.entries(parameters).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  if (pairs.length === 0) return request;
  const [address = '', ...fragment] = request.url.split('#');
  const joint = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?';
  return { ...request, url: [`${address}${joint}${pairs.join('&')}`, ...fragment].join('#') };
}

/** Token requests send only their own headers, and their data as a form. */
export const describeTokenRequest = (
  spec: ManifestRequest,
  manifest: Manifest,
  sources: Pick<Parameters<typeof buildVariables>[0], 'secrets' | 'oauth' | 'redirectUrl' | 'code'>,
) =>
  describeRequest(spec, buildVariables(sources), {
    manifest,
    dataAs: 'form',
    ownHeadersOnly: true,
  });

export interface TokenSender extends Time {
  readonly http: Http;
}

/** Sends a token request. It repeats it when that is safe, as for every request, and waits while the host is busy. */
export async function sendTokenRequest(
  request: HttpRequest,
  { http, now, pause }: TokenSender,
): Promise<HttpAnswer> {
  const startedAt = now();
  let tries = 0;
  for (;;) {
    const answer = await http.send(request, TOKEN_LIMITS);
    const isBusy = answer.kind === 'failed' && answer.code === 'host-busy';
    if (!isBusy) tries += 1; // While a host is busy nothing was sent.
    const wait = isBusy
      ? busyPause(answer, startedAt, now())
      : repeatAfter({
          answer,
          method: request.method,
          step: { tries, startedAt },
          now: now(),
          windowMs: SEND_WINDOW_MS,
        });
    if (wait === undefined) return answer;
    await pause(wait);
  }
}

function busyPause(
  { retryAfterMs = BUSY_PAUSE_MS }: HttpFailure,
  startedAt: Date,
  now: Date,
): number | undefined {
  return now.getTime() - startedAt.getTime() + retryAfterMs <= SEND_WINDOW_MS
    ? retryAfterMs
    : undefined;
}
