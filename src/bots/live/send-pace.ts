/** Slack takes about one message a second in each conversation, Teams two. A few more at once are fine with both. */
const PAUSE_MS = 1000;
const AT_ONCE = 3;
/** Clocks differ: a job may start so much before the moment that it was told. */
const EARLY_MS = 100;

/** Other names that are kept, those that were used last: more than have a message on its way. */
const MAX_NAMES = 10_000;

interface Pace {
  /** Until then the messages so far would last, one a second. */
  readonly sentUntil: number;
  /** The first moment that nobody was told. */
  readonly free: number;
}

/** How fast messages go to one conversation. Each that has to wait is told a moment of its own, so that it waits once. */
export class SendPace {
  readonly #ticks: () => number;
  readonly #conversations = new Map<string, Pace>();
  /** By another name of it, the latest last. */
  readonly #ids = new Map<string, string>();

  /** @param ticks milliseconds since any fixed moment */
  constructor(ticks: () => number) {
    this.#ticks = ticks;
  }

  /**
   * @param name the id of a person for their direct conversation, else the key of its address
   * @returns 0 where a message may go there now, which counts; else in how many milliseconds
   */
  waitFor(name: string): number {
    const conversation = this.#ids.get(name) ?? name;
    const now = this.#ticks();
    this.#forgetOld(now);
    const { sentUntil, free } = this.#conversations.get(conversation) ?? {
      sentUntil: now,
      free: now,
    };
    const next = sentUntil - (AT_ONCE - 1) * PAUSE_MS;
    if (next <= now + EARLY_MS) {
      this.#conversations.set(conversation, {
        sentUntil: Math.max(sentUntil, now) + PAUSE_MS,
        free,
      });
      return 0;
    }
    const at = Math.max(next, free);
    this.#conversations.set(conversation, { sentUntil, free: at + PAUSE_MS });
    return at - now;
  }

  /** What was sent to this name has gone to that conversation: from now on they count as one. */
  isAlso(name: string, conversation: string): void {
    if (name === conversation) return;
    this.#ids.delete(name); // It becomes the last.
    this.#ids.set(name, conversation);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MAX_NAMES && oldest !== undefined) this.#ids.delete(oldest);
  }

  #forgetOld(now: number): void {
    for (const [conversation, { sentUntil, free }] of this.#conversations)
      if (Math.max(sentUntil, free) <= now) this.#conversations.delete(conversation);
  }
}
