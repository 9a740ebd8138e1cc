/**
 * Work that is taken up in its order: so much of it at once, so much more waits in the *line*, and what comes when that is
 * full is turned away at once, by whoever can say so. Work that piles up without an end makes everybody wait, and in the
 * end for nothing.
 */

export interface WorkLineOptions {
  /** How much is under way at once. */
  readonly atOnce: number;
  /** How much more may wait. */
  readonly waiting: number;
}

export class WorkLine {
  readonly #options: WorkLineOptions;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(options: WorkLineOptions) {
    this.#options = options;
  }

  /**
   * Does the work when it is its turn.
   * @returns what the work gives, or undefined at once where the line is full; rejects with what the work throws
   */
  enter<T>(work: () => Promise<T>): Promise<T> | undefined {
    const { atOnce, waiting } = this.#options;
    if (this.#underWay < atOnce) {
      this.#underWay += 1;
      return this.#do(work);
    }
    if (this.#waiting.length >= waiting) return undefined;
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#do(work));
  }

  /** The place that it leaves is the next one's. */
  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#underWay -= 1;
    }
  }
}
