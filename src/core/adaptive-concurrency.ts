/**
 * How much a process takes up at once, by how late it is: a process whose timers are late has more to do than it can, and
 * whatever comes in (a click that a platform waits to hear of, a new connection, of which Node takes one in each turn of its
 * event loop) waits behind all of it. So it does less at once then, and more again when it is in time: additive increase,
 * multiplicative decrease, as TCP does (RFC 5681).
 */
export interface ConcurrencyOptions {
  readonly fewest: number;
  readonly most: number;
  /** From how many milliseconds on it is late. */
  readonly lateMs: number;
}

/** Of what is under way, as much as stays when it is late; RFC 5681 halves, and for every round trip. */
const SLOWER = 0.75;
/** How much of the way from the fewest to the most is won back each time that it is in time. */
const FASTER = 1 / 16;

export class AdaptiveConcurrency {
  readonly #options: ConcurrencyOptions;
  #atOnce: number;

  constructor(options: ConcurrencyOptions) {
    this.#options = options;
    this.#atOnce = options.most;
  }

  /** @param lateBy milliseconds @returns how much to take up at once from now on, a whole number */
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
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls `work` every so often, as far as the process gets round to it. @returns what ends that */
  readonly every: (ms: number, work: () => void) => () => void;
}

/** Long enough for a turn of the event loop that is only busy, short enough to answer within a second. */
const JUDGE_EVERY_MS = 100;

/** Has `line` take up less at once while this process is late. @returns what ends that */
export function adaptConcurrency(
  line: { atOnce: number },
  options: ConcurrencyOptions,
  { now, every }: ConcurrencyClock,
): () => void {
  const concurrency = new AdaptiveConcurrency(options);
  let due = now() + JUDGE_EVERY_MS;
  return every(JUDGE_EVERY_MS, () => {
    const at = now();
    line.atOnce = concurrency.judge(at - due);
    due = at + JUDGE_EVERY_MS;
  });
}
