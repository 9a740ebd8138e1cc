/**
 * Outbound HTTP behind the engine's `Http` port. An *exchange* is everything from a request to its answer. It has one or
 * more *hops*, one for each redirect. We follow redirects ourselves: every hop's address must be checked, and got would
 * send headers and bodies to other hosts.
 */
import { randomUUID } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import type {
  BodySink,
  Http,
  HttpAnswer,
  HttpBody,
  HttpFailure,
  HttpLimits,
  HttpRequest,
  HttpStreams,
} from '../engine/ports/http.ts';
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
import { type MultipartFile, multipartBody } from './multipart.ts';
import type { Proxy } from './proxy.ts';
import { followRedirect, type Hop } from './redirect.ts';
import { type Agents, type HopResult, keptAgents, sendHop } from './send-hop.ts';
import { type StreamWatch, watchStreams } from './streams.ts';
import { readTarget } from './target.ts';

export interface HttpOptions {
  /** Private addresses that may be called nevertheless. */
  readonly allowPrivateHosts: AllowList;
  /** Sent unless the request has its own. */
  readonly userAgent: string;
  /** The proxy for every request, except its exceptions. The address is checked first. */
  readonly proxy?: Proxy;
  /**
   * The proxy gets names, and looks them up itself. Only for hosts that no stranger names: their addresses aren't checked
   * then.
   */
  readonly proxyLooksUp?: boolean;
  /**
   * Writes go over kept connections, too. Only for hosts that keep an idle connection for longer than we do (`KEPT_MS`): where one
   * is closed at that moment, nobody knows whether the write arrived.
   */
  readonly keepsWrites?: boolean;
  /** Turns names into addresses. Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Milliseconds for the lookup, the connection and TLS. */
  readonly connectTimeoutMs?: number;
}

/** A working app accepts a connection in well under a second. A dead address never does. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Similar products follow as many. More is a loop. */
const MAX_REDIRECTS = 10;

/** @returns an `Http` that sends once, follows redirects and refuses private addresses */
export function createHttp(given: HttpOptions): Http {
  const options: Options = { ...given, kept: keptAgents() };
  return {
    async send(request, limits, streams = {}) {
      const watch = watchStreams();
      const { sink } = streams;
      const hop = await firstHop(request, streams, watch);
      const answer = await (hop.kind === 'failed'
        ? hop
        : exchange(hop.hop, { sink: sink && watch.sink(sink), ...limits }, options));
      watch.rethrow();
      return answer;
    },
  };
}

type Options = HttpOptions & { readonly kept: Agents };
type Limits = HttpLimits & { readonly sink?: BodySink };

async function exchange(first: Hop, limits: Limits, options: Options): Promise<HttpAnswer> {
  const { timeoutMs } = limits;
  const send = hopSender(limits, options);
  let hop = first;
  let redirectedBy: number | undefined;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const sentBefore = redirects > 0;
    if (isRefusedLiteral(hop.url, options.allowPrivateHosts))
      return refusedAddress(hop.url, sentBefore);
    const result = await send(hop);
    if (result.kind !== 'redirect') {
      const answer = answerFrom(result, { url: hop.url, timeoutMs, sentBefore });
      return answer.kind === 'answer' && redirectedBy !== undefined
        ? { ...answer, redirectedBy }
        : answer;
    }
    if (limits.followsRedirects === false)
      return failure(
        'bad-redirect',
        t`${hop.url.host} redirected the request, which Latchkey doesn't follow here.`,
        true,
      );
    const next = followRedirect(hop, result.status, result.location);
    if (next.kind === 'refuse') return failure('bad-redirect', next.message, true);
    if (next.hop.method !== hop.method) redirectedBy = result.status;
    hop = next.hop;
  }
  return failure(
    'bad-redirect',
    t`${hop.url.host} redirected more than ${MAX_REDIRECTS} times. Check the URL.`,
    true,
  );
}

/** Sends the hops of one exchange over guarded connections. They share its deadline, which begins now. */
function hopSender(
  { timeoutMs, maxBytes, sink }: Limits,
  options: Options,
): (hop: Hop) => Promise<HopResult> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const { allowPrivateHosts, resolve, userAgent, proxy, connectTimeoutMs, kept } = options;
  return (hop) =>
    sendHop(
      { ...hop, headers: { 'user-agent': userAgent, ...hop.headers } },
      {
        lookup: guardedLookup(hop.url, allowPrivateHosts, resolve ?? resolveBySystem),
        proxy: proxy?.except(hop.url) ? undefined : proxy?.url,
        proxyLooksUp: options.proxyLooksUp ?? false,
        maxBytes,
        sink,
        connectTimeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        deadline,
        kept,
        keepsWrites: options.keepsWrites ?? false,
      },
    );
}

/** Where a hop went. */
interface HopAt {
  readonly url: URL;
  readonly timeoutMs: number;
  /** Whether an earlier hop of the same exchange was sent. */
  readonly sentBefore: boolean;
}

function answerFrom(result: Exclude<HopResult, { kind: 'redirect' }>, at: HopAt): HttpAnswer {
  switch (result.kind) {
    case 'answer': {
      const { status, headers, bytes } = result;
      return { kind: 'answer', status, headers, text: decodeText(bytes, headers['content-type']) };
    }
    case 'too-large':
      return tooLarge(at.url, result.maxBytes);
    case 'failed': {
      const { begun } = result;
      // Behind a redirect it says nothing of the write.
      const isOfWrite = begun !== undefined && !at.sentBefore;
      return { ...failureFrom(result, at), ...(isOfWrite && { begun }) };
    }
    default:
      return unreachable(result);
  }
}

function failureFrom(
  { reason, error, connected }: Extract<HopResult, { kind: 'failed' }>,
  { url, timeoutMs, sentBefore }: HopAt,
): HttpFailure {
  switch (reason) {
    case 'deadline':
      return noAnswerInTime(url, timeoutMs, sentBefore || connected);
    case 'connect-timeout':
      return noConnectionInTime(url, sentBefore);
    case 'error':
      return networkFailure(error, { url, connected, sentBefore });
    default:
      return unreachable(reason);
  }
}

type FirstHop =
  | { readonly kind: 'hop'; readonly hop: Hop }
  | Extract<HttpAnswer, { kind: 'failed' }>;

async function firstHop(
  request: HttpRequest,
  { fileNamed }: HttpStreams,
  watch: StreamWatch,
): Promise<FirstHop> {
  const target = readTarget(request.url);
  if (!target.ok) return failure('bad-url', target.message, false);
  const headers = ownHeaders(request.headers);
  const wrong = Object.entries(headers).find(([name, value]) => !canBeSent(name, value));
  if (wrong) {
    return failure(
      'bad-url',
      t`The header "${wrong[0]}" contains a character that headers can't have, so nothing was sent. Remove or encode it.`,
      false,
    );
  }
  const hop: Hop = { method: request.method, url: target.url, headers };
  // A HEAD request never has a body, even if a manifest has one.
  if (!request.body || request.method === 'HEAD') return { kind: 'hop', hop };
  if (request.body.kind === 'multipart') {
    const { contentType, ...body } = await openMultipart(request.body, fileNamed);
    return {
      kind: 'hop',
      hop: { ...hop, headers: { ...headers, 'content-type': contentType }, body: watch.body(body) },
    };
  }
  const { text, contentType } = encodeBody(request.body);
  return {
    kind: 'hop',
    hop: { body: text, ...hop, headers: { 'content-type': contentType, ...headers } },
  };
}

async function openMultipart(
  { fields, files }: Extract<HttpBody, { kind: 'multipart' }>,
  fileNamed: HttpStreams['fileNamed'],
) {
  if (!fileNamed) throw new Error('A multipart body needs someone who opens its files');
  const opened: MultipartFile[] = [];
  for (const { field, file } of files)
    opened.push({ ...(await fileNamed(file)), field, name: file });
  return multipartBody(fields, opened, `latchkey-${randomUUID()}`);
}

/** We set the body's framing ourselves: a wrong length would cut the body or block the server. */
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
