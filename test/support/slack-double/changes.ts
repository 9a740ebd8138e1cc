/** Lets a test wait for what will be there, without sleeping. */

/** Less than a test may take, so that it says what it waited for. */
const TIMEOUT_MS = 180_000;

export class Changes {
  readonly #waiting = new Set<() => void>();

  happened(): void {
    for (const look of this.#waiting) look();
  }

  /** What `find` gives as soon as it gives something. Rejects, naming `what`, when that takes too long. */
  until<T>(find: () => T | undefined, what: () => string): Promise<T> {
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise<T>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = () => {
        const now = find();
        if (now === undefined) return;
        done();
        resolve(now);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`Slack's double waited in vain: ${what()}`));
      }, TIMEOUT_MS);
      this.#waiting.add(look);
    });
  }
}
