/**
 * A bounded work queue: a limited amount of work runs at once, and a limited amount waits, for a limited time. Work that has waited
 * too long is rejected, so that its caller can say so. When the queue is full, the work that has waited longest is rejected: an
 * endless queue would make everybody wait, in the end for nothing. Normally the first to come is next. When more work
 * waits than may run at once, the last to come is next: under overload some work is rejected in any order, and in this one the
 * rest waits less. The work of one person always keeps its order.
 */

export interface WorkQueueOptions {
  /** How much runs at once, at the start. */
  readonly atOnce: number;
  /** How much more may wait. */
  readonly waiting: number;
  /** How long work may wait. Left out: until it is its turn. */
  readonly timeout?: {
    readonly ms: number;
    /** Calls `work` after this time. @returns a function that cancels it */
    readonly later: (ms: number, work: () => void) => () => void;
  };
}

interface Waiting {
  readonly who: string;
  /** True: it is their turn. False: they are rejected. */
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

  /** Whether new work would run at once. */
  get isFree(): boolean {
    return this.#underWay < this.#atOnce;
  }

  /** How much runs at once from now on. Work that runs already continues. */
  set atOnce(atOnce: number) {
    this.#atOnce = atOnce;
    this.#fill();
  }

  /**
   * Does the work when it is its turn. Rejects with what the work throws.
   * @param who whose work it is
   * @param turnedAway gives the result when its turn never comes; the work is then never started
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
    const { waiting, timeout } = this.#options;
    if (waiting === 0) return Promise.resolve(false);
    const [longest] = this.#waiting;
    if (this.#waiting.length >= waiting) longest?.tell(false);
    return new Promise((resolve) => {
      const stop = timeout?.later(timeout.ms, () => mine.tell(false));
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
      this.#underWay += 1; // Reserved before anyone else comes.
      next.tell(true);
    }
  }

  #next(): Waiting | undefined {
    const last = this.#waiting.length > this.#atOnce ? this.#waiting.at(-1) : undefined;
    return last ? this.#waiting.find(({ who }) => who === last.who) : this.#waiting[0];
  }
}
