/**
 * Which job takes its worker down? Of all that were at work when one died, nobody knows. Words: a *death* is a worker that
 * died with the job; a job with one is on *trial* when it is begun again. Trials begin one after the other, so that at the
 * next death there is one job to blame: it has its second, and is given up instead of being begun a third time.
 */

/** Written before the job is begun again: a worker that dies writes nothing. Whatever ends well takes it back. */
export const ON_TRIAL = 2;
/** Written before it is given up: where even that takes the worker down, it is not tried again. */
export const GIVING_UP = 3;

/** What crashes does so at once, and what blocks its process lets no later trial begin. */
const TRIAL_MS = 1000;

interface Trial {
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
  readonly acquit: () => Promise<void>;
}

export class Trials {
  readonly #pause: (ms: number) => Promise<unknown>;
  #last: Trial | undefined;

  constructor(pause: (ms: number) => Promise<unknown>) {
    this.#pause = pause;
  }

  /**
   * Begins the job when the trial before it is over: when that job has ended, or after a moment, in which it would have
   * crashed; that one is acquitted then.
   */
  async hold(begin: () => Promise<void>, acquit: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const [begun, ended] = [deferred(), deferred()];
    const trial: Trial = { begun: begun.promise, ended: ended.promise, acquit };
    this.#last = trial;
    try {
      if (before) await this.#isOver(before);
      begun.resolve();
      await begin();
    } finally {
      begun.resolve();
      ended.resolve();
      if (this.#last === trial) this.#last = undefined;
    }
  }

  async #isOver({ begun, ended, acquit }: Trial): Promise<void> {
    await begun;
    const goesOn = this.#pause(TRIAL_MS).then(() => true);
    if (await Promise.race([ended.then(() => false), goesOn])) await acquit();
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Why a job is given up that has taken its worker down twice. */
export class KillsItsWorker extends Error {
  readonly code = 'kills-its-worker';
  constructor() {
    super('Its worker died twice while it was at work; it is given up');
    this.name = 'KillsItsWorker';
  }
}
