/** Sends one request outside of a run, such as `exists`. It uses a fresh token, and repeats the request after a 401. */
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Http, HttpAnswer, HttpLimits, HttpRequest } from '../ports/http.ts';
import type { Variables } from '../templates/variables.ts';
import type { Context } from './context.ts';
import type { Fresh, Tokens } from './oauth.ts';
import { isSuccess } from './outcome.ts';
import { describeRequest } from './request.ts';

export interface AskDeps {
  readonly http: Http;
  readonly tokens: Tokens;
  /** For a write: the same key each time that the same thing is sent. */
  readonly idempotencyKey?: string;
}

export type AskResult =
  | {
      readonly kind: 'asked';
      readonly answer: HttpAnswer;
      /** With the token that was used last. */
      readonly context: Context;
      readonly variables: Variables;
    }
  /** A sentence for people, redacted: why nothing was sent. */
  | { readonly kind: 'not-asked'; readonly why: string };

export async function ask(
  spec: ManifestRequest,
  context: Context,
  { limits, ...deps }: AskDeps & { readonly limits: HttpLimits },
): Promise<AskResult> {
  const fresh = await deps.tokens.fresh(context);
  if (!fresh.ok) return notAsked(fresh, context);
  return onceMoreAfter401(fresh.context, (known) => sendOnce(spec, known, { ...deps, limits }), {
    ...deps,
    isRefused: (asked) => asked.kind === 'asked' && wasRefused(spec, asked.answer),
  });
}

/** While another call renews the token, this one is queued like one to a host that is busy. */
const notAsked = ({ why, busy }: Fresh & { readonly ok: false }, context: Context): AskResult =>
  busy
    ? { kind: 'asked', answer: busy, context, variables: context.variables([]) }
    : { kind: 'not-asked', why };

/**
 * Sends a request, and repeats it with a newer token when the app refuses the first, because an app may revoke a token early.
 * @param context with a fresh token (`Tokens.fresh`)
 * @param send uses the token of its context; the second call also gets the refused result of the first
 */
export async function onceMoreAfter401<S>(
  context: Context,
  send: (context: Context, refused?: S) => Promise<S>,
  { tokens, isRefused }: Pick<AskDeps, 'tokens'> & { readonly isRefused: (sent: S) => boolean },
): Promise<S> {
  const first = await send(context);
  const renewed = isRefused(first) ? await tokens.renewed(context) : undefined;
  return renewed ? send(renewed, first) : first;
}

/**
 * Whether the app refuses the token. A 401 that the manifest counts as success says nothing about the token, nor does one of the
 * page behind a redirect that took the write.
 */
export const wasRefused = (spec: ManifestRequest, answer: HttpAnswer): boolean =>
  answer.kind === 'answer' &&
  answer.status === 401 &&
  answer.redirectedBy === undefined &&
  !isSuccess(spec, answer.status);

/**
 * A refusal whose body broke off is an answer where its status says enough. A success stays lost, because an app may refuse in its body.
 */
export function asRefusal(
  spec: ManifestRequest,
  came: HttpAnswer,
  saysEnough: (status: number) => boolean,
): HttpAnswer {
  if (came.kind === 'answer' || came.begun === undefined) return came;
  const { status } = came.begun;
  return saysEnough(status) && !isSuccess(spec, status)
    ? { kind: 'answer', ...came.begun, text: '' }
    : came;
}

/** They are about the token, or the host. Another one may say in its body whether there is such a person. */
const SAY_ENOUGH = new Set([401, 429, 503]);

/** Adds the key, unless the manifest sets its own. */
export function withIdempotencyKey(request: HttpRequest, key: string | undefined): HttpRequest {
  return key === undefined || 'idempotency-key' in request.headers
    ? request
    : { ...request, headers: { ...request.headers, 'idempotency-key': key } };
}

async function sendOnce(
  spec: ManifestRequest,
  context: Context,
  { limits, http, idempotencyKey }: AskDeps & { readonly limits: HttpLimits },
): Promise<AskResult> {
  const variables = context.variables([]);
  const described = describeRequest(spec, variables, context);
  if (!described.ok) return { kind: 'not-asked', why: context.redact(described.error) };
  const request = withIdempotencyKey(described.request, idempotencyKey);
  const came = await http.send(request, limits);
  const answer = asRefusal(spec, came, (status) => SAY_ENOUGH.has(status));
  return { kind: 'asked', answer, context, variables };
}
