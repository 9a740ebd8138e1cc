/**
 * Finds the job that kills its worker. When a worker dies, any of its jobs may be the cause. Words: a *death* is a worker
 * that died with the job. A job with one death is on *trial* when it begins again. Trials begin one after another, so the
 * next death has one suspect. That job then has two deaths, and we give it up instead of beginning it a third time.
 */

/** Stored before the job begins again, since a dead worker can't store anything. A good end removes it. */
export const ON_TRIAL = 2;
/** Stored before we give the job up. When even that kills the worker, we don't try it again. */
export const GIVING_UP = 3;

/** A job that crashes does so at once. A job that blocks its process lets no later trial begin. */
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
   * Begins the job when the trial before it is over: when that job has ended, or after a moment. A job that hasn't
   * crashed by then is acquitted.
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

/** The error of a job that has killed its worker twice. */
export class KillsItsWorker extends Error {
  readonly code = 'kills-its-worker';
  constructor() {
    super('Its worker died twice while it was at work; it is given up');
    this.name = 'KillsItsWorker';
  }
}
