/**
 * Work that is taken up in its order: so much of it at once, so much more waits in the *line*, for so long. Whoever has waited
 * for too long is turned away and can be told, and so is whoever waits longest when the line is full: work that piles up
 * without an end makes everybody wait, and in the end for nothing. So does a line that is as long as what is under way:
 * there whoever came last is next, for where more comes than can be done some are turned away in any order, and in this one
 * the others don't wait as long as those. What one person wants is done in their order in either case.
 */

export interface WorkQueueOptions {
  /** How much is under way at once, to begin with. */
  readonly atOnce: number;
  /** How much more may wait. */
  readonly waiting: number;
  /** How long it may wait. Left out: until it is its turn. */
  readonly timeout?: {
    readonly ms: number;
    /** Calls `work` after so long, unless what it gives back is called before. */
    readonly later: (ms: number, work: () => void) => () => void;
  };
}

interface Waiting {
  readonly who: string;
  /** Tells them whether it is their turn. */
  readonly tell: (isTurn: boolean) => void;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** The first to come first. */
  readonly #waiting: Waiting[] = [];
  #atOnce: number;
  #underWay = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#atOnce = options.atOnce;
  }

  /** How much is under way at once from now on. What is under way already goes on. */
  set atOnce(atOnce: number) {
    this.#atOnce = atOnce;
    this.#fill();
  }

  /**
   * Does the work when it is its turn. Rejects with what the work throws.
   * @param who whose work it is
   * @param turnedAway what comes of it where its turn never comes: nothing of the work is begun then
   */
  async enter<T>(
    who: string,
    work: () => Promise<T>,
    turnedAway: () => T | Promise<T>,
  ): Promise<T> {
    if (this.#underWay < this.#atOnce) this.#underWay += 1;
    else if (!(await this.#turn(who))) return turnedAway();
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      this.#fill();
    }
  }

  #turn(who: string): Promise<boolean> {
    const { waiting, timeout: patience } = this.#options;
    if (waiting === 0) return Promise.resolve(false);
    const [longest] = this.#waiting;
    if (this.#waiting.length >= waiting) longest?.tell(false);
    return new Promise((resolve) => {
      const stop = patience?.later(patience.ms, () => mine.tell(false));
      const mine: Waiting = {
        who,
        tell: (isTurn) => {
          stop?.();
          this.#waiting.splice(this.#waiting.indexOf(mine), 1);
          resolve(isTurn);
        },
      };
      this.#waiting.push(mine);
    });
  }

  #fill(): void {
    while (this.#underWay < this.#atOnce) {
      const next = this.#next();
      if (!next) return;
      this.#underWay += 1; // Theirs from now on, before anybody else comes.
      next.tell(true);
    }
  }

  #next(): Waiting | undefined {
    const last = this.#waiting.length > this.#atOnce ? this.#waiting.at(-1) : undefined;
    return last ? this.#waiting.find(({ who }) => who === last.who) : this.#waiting[0];
  }
}
