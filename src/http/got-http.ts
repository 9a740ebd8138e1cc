/**
 * Outbound HTTP behind the engine's `Http` port. An *exchange* is everything from a request to its answer; it
 * has one or more *hops*, one per redirect. Redirects are followed here and not by got, since every hop's
 * address has to be judged and got would carry headers and bodies to strangers.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { unreachable } from '../core/unreachable.ts';
import type { Http, HttpAnswer, HttpLimits, HttpRequest } from '../engine/ports.ts';
import {
  type AllowList,
  guardedLookup,
  isRefusedLiteral,
  type Resolve,
  resolveBySystem,
} from './address-guard.ts';
import { decodeText, encodeBody } from './body.ts';
import {
  failure,
  networkFailure,
  noAnswerInTime,
  noConnectionInTime,
  refusedAddress,
  tooLarge,
} from './failure.ts';
import { followRedirect, type Hop } from './redirect.ts';
import { type HopResult, sendHop } from './send-hop.ts';
import { readTarget } from './target.ts';

export interface HttpOptions {
  /** Private addresses that may be called all the same. */
  readonly allowPrivateHosts: AllowList;
  /** Sent unless the request has its own. */
  readonly userAgent: string;
  /** How names become addresses; the system's resolver unless given. */
  readonly resolve?: Resolve;
  /** Milliseconds to look up, connect and agree on TLS. */
  readonly connectTimeoutMs?: number;
}

/** A service that is up answers a connection in well under a second; a dead address never does. */
const CONNECT_TIMEOUT_MS = 10_000;

/** As many as the products around us follow; more is a loop. */
const MAX_REDIRECTS = 10;

/** @returns an `Http` that sends once, follows redirects and refuses private addresses */
export function createHttp(options: HttpOptions): Http {
  return { send: (request, limits) => exchange(request, limits, options) };
}

async function exchange(
  request: HttpRequest,
  limits: HttpLimits,
  options: HttpOptions,
): Promise<HttpAnswer> {
  const first = firstHop(request);
  if (first.kind === 'failed') return first;
  const deadline = AbortSignal.timeout(limits.timeoutMs);

  let hop = first.hop;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const sentBefore = redirects > 0;
    if (isRefusedLiteral(hop.url, options.allowPrivateHosts))
      return refusedAddress(hop.url, sentBefore);
    const result = await sendOverGuardedConnection(hop, limits, deadline, options);
    if (result.kind !== 'redirect') return answerFrom(result, hop.url, limits, sentBefore);
    const next = followRedirect(hop, result.status, result.location);
    if (next.kind === 'refuse') return failure('bad-redirect', next.message, true);
    hop = next.hop;
  }
  return failure(
    'bad-redirect',
    `${hop.url.host} redirected more than ${MAX_REDIRECTS} times. Check the URL.`,
    true,
  );
}

function sendOverGuardedConnection(
  hop: Hop,
  { maxBytes }: HttpLimits,
  deadline: AbortSignal,
  { allowPrivateHosts, resolve, userAgent, connectTimeoutMs }: HttpOptions,
): Promise<HopResult> {
  return sendHop(
    { ...hop, headers: { 'user-agent': userAgent, ...hop.headers } },
    {
      lookup: guardedLookup(hop.url, allowPrivateHosts, resolve ?? resolveBySystem),
      maxBytes,
      connectTimeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      deadline,
    },
  );
}

function answerFrom(
  result: Exclude<HopResult, { kind: 'redirect' }>,
  url: URL,
  limits: HttpLimits,
  sentBefore: boolean,
): HttpAnswer {
  switch (result.kind) {
    case 'answer': {
      const { status, headers, bytes } = result;
      return { kind: 'answer', status, headers, text: decodeText(bytes, headers['content-type']) };
    }
    case 'too-large':
      return tooLarge(url, limits.maxBytes);
    case 'failed':
      return failureFrom(result, url, limits, sentBefore);
    default:
      return unreachable(result);
  }
}

function failureFrom(
  { reason, error, connected }: Extract<HopResult, { kind: 'failed' }>,
  url: URL,
  limits: HttpLimits,
  sentBefore: boolean,
): HttpAnswer {
  switch (reason) {
    case 'deadline':
      return noAnswerInTime(url, limits.timeoutMs, sentBefore || connected);
    case 'connect-timeout':
      return noConnectionInTime(url, sentBefore);
    case 'error':
      return networkFailure(error, url, connected, sentBefore);
    default:
      return unreachable(reason);
  }
}

type FirstHop =
  | { readonly kind: 'hop'; readonly hop: Hop }
  | Extract<HttpAnswer, { kind: 'failed' }>;

function firstHop(request: HttpRequest): FirstHop {
  const target = readTarget(request.url);
  if (!target.ok) return failure('bad-url', target.message, false);
  const headers = ownHeaders(request.headers);
  const wrong = Object.entries(headers).find(([name, value]) => !canBeSent(name, value));
  if (wrong) {
    return failure(
      'bad-url',
      `The header "${wrong[0]}" holds a character that headers can't carry, so nothing was sent. Take it out or encode it.`,
      false,
    );
  }
  const hop: Hop = { method: request.method, url: target.url, headers };
  // A HEAD never has a body, whatever a manifest says.
  if (!request.body || request.method === 'HEAD') return { kind: 'hop', hop };
  if (request.body.kind === 'multipart') {
    const message = 'Saved files can not be sent yet. Take "files" out of the manifest.';
    return failure('bad-url', message, false);
  }
  const { text, contentType } = encodeBody(request.body);
  return {
    kind: 'hop',
    hop: { ...hop, headers: { 'content-type': contentType, ...headers }, body: text },
  };
}

/** How the body is framed is ours to say: a wrong length would cut it or hang the other side. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection']);

function ownHeaders(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !FRAMING.has(name)));
}

function canBeSent(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
