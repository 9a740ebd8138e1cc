/**
 * Does many things with few calls. What comes while a batch is under way shares the next one, so that a single thing
 * never waits, and many cost little more than one.
 */
export interface BatchesOptions<Item, Result> {
  /** @returns a result for each, in their order */
  readonly work: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** How many are done at once. */
  readonly max: number;
  /** Waited for before each batch, for work that is in no haste. */
  readonly pause?: () => Promise<void>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class Batches<Item, Result> {
  readonly #options: BatchesOptions<Item, Result>;
  readonly #waiting: Waiting<Item, Result>[] = [];
  #underWay: Promise<void> | undefined;

  constructor(options: BatchesOptions<Item, Result>) {
    this.#options = options;
  }

  /** Rejects with what its batch rejects with. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#underWay ??= this.#run();
    });
  }

  /** Settles when nothing waits any more. */
  async done(): Promise<void> {
    await this.#underWay;
  }

  async #run(): Promise<void> {
    const { work, max, pause } = this.#options;
    await Promise.resolve(); // What comes in the same turn shares the first batch.
    while (this.#waiting.length > 0) {
      await pause?.();
      const batch = this.#waiting.splice(0, max);
      try {
        const results = await work(batch.map(({ item }) => item));
        for (const [n, { resolve }] of batch.entries()) resolve(results[n] as Result); // One for each.
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#underWay = undefined;
  }
}

/** The list in parts of at most this many, for what takes so many at once. */
export function* chunksOf<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
