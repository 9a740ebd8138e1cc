/** Slack takes about one message a second in each conversation, Teams two. A few more at once are fine with both. */
const PAUSE_MS = 1000;
const AT_ONCE = 3;

interface Pace {
  /** Until then the messages so far would last, one a second. */
  readonly sentUntil: number;
  /** The first moment that nobody was told. */
  readonly free: number;
}

/** How fast one person is sent messages. Each message that has to wait is told a moment of its own, so that it waits once. */
export class SendPace {
  readonly #ticks: () => number;
  readonly #people = new Map<string, Pace>();

  /** @param ticks milliseconds since any fixed moment */
  constructor(ticks: () => number) {
    this.#ticks = ticks;
  }

  /** @returns 0 where that person may be sent a message now, which counts; else in how many milliseconds */
  waitFor(personId: string): number {
    const now = this.#ticks();
    this.#forgetOld(now);
    const { sentUntil, free } = this.#people.get(personId) ?? { sentUntil: now, free: now };
    const next = sentUntil - (AT_ONCE - 1) * PAUSE_MS;
    if (next <= now) {
      this.#people.set(personId, { sentUntil: Math.max(sentUntil, now) + PAUSE_MS, free });
      return 0;
    }
    const at = Math.max(next, free);
    this.#people.set(personId, { sentUntil, free: at + PAUSE_MS });
    return at - now;
  }

  #forgetOld(now: number): void {
    for (const [personId, { sentUntil, free }] of this.#people)
      if (Math.max(sentUntil, free) <= now) this.#people.delete(personId);
  }
}
