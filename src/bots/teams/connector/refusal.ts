/** Turns what the Bot Connector refuses into our errors. They hold no request: it has our token and the card. */
import { PlatformError } from '../../view/platform.ts';
import { BACK_OFF_STATUSES } from '../limits.ts';

interface ConnectorRefusal {
  readonly status: number;
  /** The API's own code, such as `ConversationNotFound`. */
  readonly code: unknown;
  readonly retryAfter: unknown;
}

/** The bot isn't in the conversation, as where it was taken out of a team. */
const ABSENT = 'BotNotInConversationRoster';

/**
 * Nothing reaches a conversation until someone lets the bot in: they never installed it, removed or blocked it, or an admin
 * did. A retry is of no use (Teams docs, "Status codes from bot conversational APIs").
 */
export class ConversationClosed extends PlatformError {
  constructor(code: 'gone' | 'refused', message: string) {
    super(code, message);
    this.name = 'ConversationClosed';
  }
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
  // Without a code it isn't Teams that answers, but a firewall or a proxy.
  if (status === 403 && known !== undefined)
    return new ConversationClosed(known === ABSENT ? 'gone' : 'refused', message);
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
