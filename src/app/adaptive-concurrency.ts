/**
 * Limits how much a process does at once, by how late its timers are. A process whose timers are late has too much work, and
 * everything new waits behind that work: clicks, for which a platform expects a quick answer, and connections, of which Node
 * accepts one in each turn of its event loop. So the process then does less at once, and more again when its timers are on
 * time: additive increase, multiplicative decrease, as in TCP (RFC 5681).
 */
export interface ConcurrencyOptions {
  readonly fewest: number;
  readonly most: number;
  /** A timer that is this many milliseconds late counts as late. */
  readonly lateMs: number;
}

/** The limit is multiplied by this when the process is late. RFC 5681 halves it, but once per round trip. */
const SLOWER = 0.75;
/** The part of the range from minimum to maximum that is added each time that the process is on time. */
const FASTER = 1 / 16;

export class AdaptiveConcurrency {
  readonly #options: ConcurrencyOptions;
  #atOnce: number;

  constructor(options: ConcurrencyOptions) {
    this.#options = options;
    this.#atOnce = options.most;
  }

  /** @param lateBy milliseconds @returns how much to do at once from now on, a whole number */
  judge(lateBy: number): number {
    const { fewest, most, lateMs } = this.#options;
    this.#atOnce =
      lateBy > lateMs
        ? Math.max(fewest, this.#atOnce * SLOWER)
        : Math.min(most, this.#atOnce + (most - fewest) * FASTER);
    return Math.floor(this.#atOnce);
  }
}

export interface ConcurrencyClock {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Calls `work` at this interval, or later when the process is busy. @returns a function that stops it */
  readonly every: (ms: number, work: () => void) => () => void;
}

/** Longer than one busy turn of the event loop, and short enough to react within a second. */
const JUDGE_EVERY_MS = 100;

/** Lowers `queue.atOnce` while this process is late. @returns a function that stops it */
export function adaptConcurrency(
  queue: { atOnce: number },
  options: ConcurrencyOptions,
  { now, every }: ConcurrencyClock,
): () => void {
  const concurrency = new AdaptiveConcurrency(options);
  let due = now() + JUDGE_EVERY_MS;
  return every(JUDGE_EVERY_MS, () => {
    const at = now();
    queue.atOnce = concurrency.judge(at - due);
    due = at + JUDGE_EVERY_MS;
  });
}
