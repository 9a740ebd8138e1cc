/**
 * Slack's rate limits (docs.slack.dev/apis/web-api/rate-limits): so many calls a minute for each method, and one message a second
 * in each conversation, with short bursts. Slack tolerates more, but promises none.
 */

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
/** Messages at once; Slack names no number. */
const SHORT_BURST = 3;

/** Calls a minute, by the tier that each method's page under reference/methods names. */
const PER_MINUTE: Readonly<Record<string, number>> = {
  'chat.update': 50,
  'chat.unfurl': 50,
  'conversations.open': 50,
  'users.lookupByEmail': 50,
  'chat.postEphemeral': 100,
  'files.info': 100,
  'users.info': 100,
  'views.open': 100,
  'views.publish': 100,
  'views.push': 100,
  'views.update': 100,
};

export class RateLimits {
  readonly #now: () => number;
  /** When each method was called within the last minute. */
  readonly #calls = new Map<string, readonly number[]>();
  /** Until when the messages of each conversation last, one a second. */
  readonly #lasting = new Map<string, number>();

  /** @param now gives milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns after how many seconds Slack would take this call; 0 where it takes it now, which counts */
  wait(method: string, conversation: string): number {
    if (method === 'chat.postMessage') return this.#waitToPost(conversation);
    const limit = PER_MINUTE[method];
    if (limit === undefined) return 0;
    const now = this.#now();
    const recent = (this.#calls.get(method) ?? []).filter((at) => at > now - MINUTE_MS);
    const blocking = recent.at(-limit);
    this.#calls.set(method, blocking === undefined ? [...recent, now] : recent);
    return blocking === undefined ? 0 : Math.ceil((blocking + MINUTE_MS - now) / SECOND_MS);
  }

  #waitToPost(conversation: string): number {
    const now = this.#now();
    const until = Math.max(this.#lasting.get(conversation) ?? 0, now);
    const tooManyMs = until - now - (SHORT_BURST - 1) * SECOND_MS;
    if (tooManyMs > 0) return Math.ceil(tooManyMs / SECOND_MS);
    this.#lasting.set(conversation, until + SECOND_MS);
    return 0;
  }
}
