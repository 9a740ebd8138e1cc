/** How apps report a rate limit, and when a request may be repeated. Pure. */
import { instantIn } from '../../core/day.ts';
import { MINUTE_MS } from '../../core/hours.ts';
import { isJsonObject, jsonIn } from '../../core/json.ts';
import type { HttpAnswer } from '../ports/http.ts';

type Answered = Extract<HttpAnswer, { kind: 'answer' }>;

/**
 * A 429, or a 403 of GitHub's kind: with `Retry-After`, with no requests left in this hour, or with a message about its secondary
 * limit. If such a 403 counted as a token without rights, an admin would replace a good token.
 */
export function isRateLimited(answer: Answered): boolean {
  if (answer.status === 429) return true;
  if (answer.status !== 403) return false;
  const { headers } = answer;
  return headers['retry-after'] !== undefined || left(answer) === 0 || namesSecondary(answer.text);
}

/** @returns milliseconds until the next request may be sent; undefined when the app doesn't say */
export function pauseNamed(answer: Answered, now: Date): number | undefined {
  const { headers } = answer;
  const named = retryAfter(headers['retry-after'], now);
  if (named !== undefined) return named;
  if (!isRateLimited(answer)) return undefined;
  const rest = left(answer);
  const isSecondary = answer.status === 403 && rest !== 0;
  if (isSecondary) return SECONDARY_PAUSE_MS;
  // When requests are left, the reset belongs to another limit.
  if (rest !== undefined && rest > 0) return undefined;
  return retryAfter(headers['x-ratelimit-reset'] ?? headers['x-rate-limit-reset'], now);
}

/** GitHub requires at least a minute when its secondary limit names no time. */
const SECONDARY_PAUSE_MS = MINUTE_MS;

/** How many requests are left. Okta's header has one dash more. */
function left({ headers }: Answered): number | undefined {
  const text = headers['x-ratelimit-remaining'] ?? headers['x-rate-limit-remaining'];
  return text !== undefined && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** GitHub's refusals are a few lines long, so a longer answer is none of them. */
const MAX_REFUSAL_CHARACTERS = 5000;

function namesSecondary(text: string): boolean {
  const body = text.length <= MAX_REFUSAL_CHARACTERS ? jsonIn(text) : undefined;
  const message = isJsonObject(body) ? body['message'] : undefined;
  return typeof message === 'string' && /secondary rate limit/i.test(message);
}

/** Reads `Retry-After`: seconds, an HTTP date, or seconds since 1970. @returns milliseconds from now. */
export function retryAfter(header: string | undefined, now: Date): number | undefined {
  if (!header) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    const epoch = seconds > 1_000_000_000; // As a pause that would be thirty years.
    return Math.max(0, epoch ? seconds * 1000 - now.getTime() : seconds * 1000);
  }
  if (!/[a-z]/i.test(text)) return undefined; // Of other numbers, like -5, JavaScript makes a day in 2001.
  const at = instantIn(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
