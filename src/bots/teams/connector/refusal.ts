/** Turns what the Bot Connector refuses into our errors. They hold no request: it has our token and the card. */
import { PlatformError } from '../../view/platform.ts';
import { BACK_OFF_STATUSES } from '../limits.ts';

interface ConnectorRefusal {
  readonly status: number;
  /** The API's own code, such as `ConversationNotFound`. */
  readonly code: unknown;
  /** The `Retry-After` header. */
  readonly retryAfter: unknown;
}

export function refusalOf({ status, code, retryAfter }: ConnectorRefusal): PlatformError {
  const known = codeIn(code);
  const message = `The Bot Connector answered ${status}${known === undefined ? '' : ` (${known})`}`;
  if (BACK_OFF_STATUSES.has(status)) {
    const retryAfterMs = msIn(retryAfter);
    return new PlatformError(
      'rate-limited',
      message,
      retryAfterMs === undefined ? {} : { retryAfterMs },
    );
  }
  if (status === 404) return new PlatformError('gone', message);
  // 403: the bot was removed, blocked or never installed there.
  return new PlatformError(status === 403 || status >= 500 ? 'unreachable' : 'refused', message);
}

export const notReached = (why: string): PlatformError =>
  new PlatformError('unreachable', `The Bot Connector could not be reached (${why})`);

/** A short word. A longer text could repeat what we sent. */
export const codeIn = (code: unknown): string | undefined =>
  typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : undefined;

/** A longer wait is not for a chat. */
const LONGEST_WAIT_SECONDS = 3600;

function msIn(retryAfter: unknown): number | undefined {
  if (typeof retryAfter !== 'string' || !/^\d{1,10}(\.\d+)?$/.test(retryAfter)) return undefined;
  return Math.min(Number(retryAfter), LONGEST_WAIT_SECONDS) * 1000;
}
