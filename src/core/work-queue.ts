/**
 * A bounded work queue: a limited amount of work runs at once, and a limited amount waits, for a limited time. Work that has waited
 * too long is rejected, so that its caller can say so.
 *
 * People take turns, as in start-time fair queueing: whatever someone adds comes a turn after what they added before, so many
 * clicks of one person wait behind one click of another. The work of one person always keeps its order. Among people with the
 * same turn the first to come is next. When more work waits than may run at once, it is the last to come: under overload some
 * work is rejected in any order, and in this one the rest waits less.
 *
 * When the queue is full, the person with the most waiting loses what has waited longest: an endless queue would make everybody
 * wait, in the end for nothing.
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
  readonly turn: number;
  /** True: it is their turn. False: they are rejected. */
  readonly settle: (isTurn: boolean) => void;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** The first to come first. */
  readonly #waiting: Waiting[] = [];
  #atOnce: number;
  #underWay = 0;
  /** Of the work that began last. */
  #turn = 0;
  /** The turn of what each person added last, since the queue was idle. */
  readonly #turns = new Map<string, number>();

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
    const turn = this.#nextTurn(who);
    if (this.#underWay < this.#atOnce) this.#begin(turn);
    else if (!(await this.#wait(who, turn))) return turnedAway();
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      this.#fill();
      if (this.#underWay === 0) this.#turns.clear();
    }
  }

  #nextTurn(who: string): number {
    const turn = Math.max(this.#turn, (this.#turns.get(who) ?? -1) + 1);
    this.#turns.set(who, turn);
    return turn;
  }

  #begin(turn: number): void {
    this.#underWay += 1;
    this.#turn = Math.max(this.#turn, turn);
  }

  #wait(who: string, turn: number): Promise<boolean> {
    const { waiting, timeout } = this.#options;
    if (waiting === 0) return Promise.resolve(false);
    if (this.#waiting.length >= waiting) this.#surplus()?.settle(false);
    return new Promise((resolve) => {
      const stop = timeout?.later(timeout.ms, () => mine.settle(false));
      const mine: Waiting = {
        who,
        turn,
        settle: (isTurn) => {
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
      this.#begin(next.turn); // Reserved before anyone else comes.
      next.settle(true);
    }
  }

  #next(): Waiting | undefined {
    const earliest = Math.min(...this.#waiting.map(({ turn }) => turn));
    const isNext = ({ turn }: Waiting) => turn === earliest;
    return this.#waiting.length > this.#atOnce
      ? this.#waiting.findLast(isNext)
      : this.#waiting.find(isNext);
  }

  /** What has waited longest of the person with the most waiting. */
  #surplus(): Waiting | undefined {
    const counts = new Map<string, number>();
    for (const { who } of this.#waiting) counts.set(who, (counts.get(who) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return this.#waiting.find(({ who }) => counts.get(who) === most);
  }
}
