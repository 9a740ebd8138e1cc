/**
 * Work that is taken up in its order: so much of it at once, so much more waits in the *line*, for so long. Whoever comes
 * when that is full, or has waited for too long, is turned away and can be told: work that piles up without an end makes
 * everybody wait, and in the end for nothing. So does a line that is as long as what is under way: there whoever came last
 * is taken first, for where more comes than can be done some are turned away in any order, and in this one the others
 * don't wait as long as those.
 */

export interface WorkLineOptions {
  /** How much is under way at once, to begin with. */
  readonly atOnce: number;
  /** How much more may wait. */
  readonly waiting: number;
  /** How long it may wait. Left out: until it is its turn. */
  readonly patience?: {
    readonly ms: number;
    /** Calls `work` after so long, unless what it gives back is called before. */
    readonly later: (ms: number, work: () => void) => () => void;
  };
}

export class WorkLine {
  readonly #options: WorkLineOptions;
  /** Those who wait, the first to come first; each is told when it is their turn. */
  readonly #waiting: (() => void)[] = [];
  #atOnce: number;
  #underWay = 0;

  constructor(options: WorkLineOptions) {
    this.#options = options;
    this.#atOnce = options.atOnce;
  }

  /** How much is under way at once from now on. What is under way already goes on. */
  set atOnce(atOnce: number) {
    this.#atOnce = atOnce;
    this.#fill();
  }

  /**
   * Does the work when it is its turn.
   * @returns false where it was turned away, and nothing of it begun; rejects with what the work throws
   */
  async enter(work: () => Promise<void>): Promise<boolean> {
    if (this.#underWay < this.#atOnce) this.#underWay += 1;
    else if (!(await this.#turn())) return false;
    try {
      await work();
    } finally {
      this.#underWay -= 1;
      this.#fill();
    }
    return true;
  }

  #turn(): Promise<boolean> {
    const { waiting, patience } = this.#options;
    if (this.#waiting.length >= waiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const stop = patience?.later(patience.ms, () => {
        this.#waiting.splice(this.#waiting.indexOf(tell), 1);
        resolve(false);
      });
      const tell = () => {
        stop?.();
        resolve(true);
      };
      this.#waiting.push(tell);
    });
  }

  #fill(): void {
    while (this.#underWay < this.#atOnce) {
      const isLong = this.#waiting.length > this.#atOnce;
      const tell = isLong ? this.#waiting.pop() : this.#waiting.shift();
      if (!tell) return;
      this.#underWay += 1; // Theirs from now on, before anybody else comes.
      tell();
    }
  }
}
