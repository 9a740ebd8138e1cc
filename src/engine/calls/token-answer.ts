/** Reads the answer of an app's token endpoint, and says which part is kept. Pure. */
import { instantIn } from '../../core/day.ts';
import { isJsonObject, type Json, type JsonObject, jsonIn } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { HttpAnswer } from '../ports/http.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import { toText } from '../templates/render.ts';
import { MAX_TOKEN_CHARACTERS, tokenSecrets } from '../templates/token-secrets.ts';
import { failureWords } from './failure-words.ts';

export type TokenAnswer =
  | { readonly ok: true; readonly answer: JsonObject }
  | {
      readonly ok: false;
      /** For the admin who connects the app: what happened, and what to do. */
      readonly why: string;
      /** The status, and what the app said, redacted, for Technical details. Left out where `why` says everything. */
      readonly detail?: string;
      /** Whether the app no longer accepts the code or refresh token, so that a repeat is of no use. */
      readonly invalidGrant: boolean;
    };

/** How much of the app's error description is quoted. */
const QUOTED_CHARACTERS = 200;
const LOOKED_AT_CHARACTERS = 20_000;

/**
 * A token answer is 2xx, JSON and without `error`.
 * @param app the app's name
 * @param redact runs before a quotation is cut, because half of a secret would not be found
 */
export function readTokenAnswer(
  answer: HttpAnswer,
  redact: (text: string) => string,
  app: string,
): TokenAnswer {
  if (answer.kind === 'failed') return refused(failureWords(answer, app), answer.message);
  const { status } = answer;
  const body = jsonIn(answer.text);
  const error = isJsonObject(body) ? body['error'] : undefined;
  if (isJsonObject(body) && isSaid(error))
    return {
      ...refused(
        whyRefused(status),
        t`The app answered with status ${status}: ${quote(body, redact)}.`,
      ),
      invalidGrant: error === 'invalid_grant',
    };
  if (status < 200 || status > 299)
    return refused(whyRefused(status), t`The app answered with status ${status}.`);
  if (!isJsonObject(body))
    return refused(
      t`The answer isn't a JSON object. Apps that answer with a form often send JSON if the request has the header Accept: application/json.`,
    );
  return hasLongToken(body)
    ? refused(
        t`The answer has a token of more than ${MAX_TOKEN_CHARACTERS / 1024} KB, which Latchkey doesn't accept.`,
      )
    : { ok: true, answer: body };
}

const hasLongToken = (body: JsonObject): boolean =>
  Object.values(tokenSecrets(body)).some((token) => token.length > MAX_TOKEN_CHARACTERS);

const refused = (why: string, detail?: string): TokenAnswer & { readonly ok: false } => ({
  ok: false,
  why,
  detail,
  invalidGrant: false,
});

const whyRefused = (status: number): string =>
  status >= 500
    ? t`It has a problem of its own. Press Connect again later.`
    : t`It doesn't accept this sign-in. Press Connect again; if that doesn't help, check its client ID, its secret and the callback address there.`;

const isSaid = (error: Json | undefined): boolean =>
  error !== undefined && error !== null && error !== false && error !== '';

function quote(body: JsonObject, redact: (text: string) => string): string {
  const error = body['error'];
  // Some apps nest it: {"error": {"message": "…"}}.
  const [name, description] = isJsonObject(error)
    ? [error['code'] ?? error['type'], error['message']]
    : [error, body['error_description']];
  const text = [name, description].filter(isSaid).map(toText).join(', ') || t`an error`;
  // Redacts more than is shown, so that a secret at the cut is found as a whole.
  const characters = Array.from(
    redact(text.slice(0, LOOKED_AT_CHARACTERS)).replaceAll(/\s+/g, ' '),
  );
  return characters.length <= QUOTED_CHARACTERS
    ? characters.join('').replace(/\.$/, '')
    : `${characters.slice(0, QUOTED_CHARACTERS).join('')}…`;
}

/**
 * The newer answer replaces the older. A refresh without a `refresh_token` keeps the old one. The older expiry is never kept,
 * because it belongs to the older token.
 */
function mergeTokenAnswers(older: JsonObject, newer: JsonObject): JsonObject {
  const { expires_at: _, ...kept } = older;
  const merged = { ...kept, ...newer };
  return isSaid(newer['refresh_token']) || !isSaid(older['refresh_token'])
    ? merged
    : { ...merged, refresh_token: older['refresh_token'] ?? null };
}

/** A larger number is milliseconds: as seconds it would be the year 5138. */
const MAX_EPOCH_SECONDS = 100_000_000_000;

/** @param at when the answer came @returns undefined when the answer names no time; then the token is used until it is refused */
function expiryOf(answer: JsonObject, at: Date): Date | undefined {
  return timeNamed(answer['expires_at']) ?? timeAfter(answer['expires_in'], at);
}

function timeNamed(value: Json | undefined): Date | undefined {
  const number = numberOf(value);
  if (number !== undefined) return validTime(number > MAX_EPOCH_SECONDS ? number : number * 1000);
  return typeof value === 'string' ? validTime(instantIn(value)) : undefined;
}

/** Some apps send 0 for a token that never expires. */
function timeAfter(seconds: Json | undefined, at: Date): Date | undefined {
  const number = numberOf(seconds);
  return number !== undefined && number > 0 ? validTime(at.getTime() + number * 1000) : undefined;
}

function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

const validTime = (ms: number): Date | undefined =>
  Number.isNaN(new Date(ms).getTime()) ? undefined : new Date(ms);

/** The token of an integration that was just connected, or that is set up from a saved token answer. */
export function firstToken(integrationId: string, answer: JsonObject, now: Date): OAuthToken {
  const expiresAt = expiryOf(answer, now);
  return {
    integrationId,
    version: 1,
    generation: 1,
    answer,
    state: 'connected',
    refreshedAt: now,
    expiresAt,
  };
}

/** The token after a refresh. Its earlier failure and the lease are gone. */
export function refreshedToken(before: OAuthToken, newer: JsonObject, now: Date): OAuthToken {
  const answer = mergeTokenAnswers(before.answer, newer);
  const { version, generation } = before;
  return { ...firstToken(before.integrationId, answer, now), version, generation: generation + 1 };
}
