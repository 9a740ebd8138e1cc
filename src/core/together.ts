type Ends<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> };

/**
 * Like `Promise.all`, but it ends when all have ended, also where one fails. So nothing that was begun in a transaction goes on
 * after it. What a transaction asks and writes together goes to its database at once: don't give it a write that needs another of
 * them first.
 *
 * Forty of these are in a run, so it makes no more promises than it is given; `Promise.allSettled` makes twice as many.
 */
export const together = <const T extends readonly unknown[]>(asked: T): Promise<Ends<T>> =>
  new Promise((resolve, reject) => {
    const results: unknown[] = [...asked];
    const failures: { readonly at: number; readonly why: unknown }[] = [];
    let left = 1;
    const end = (): void => {
      left -= 1;
      if (left > 0) return;
      const [first] = failures.toSorted((a, b) => a.at - b.at);
      if (first) reject(first.why);
      else resolve(results as Ends<T>); // Each in its place.
    };
    const succeed = (at: number, value: unknown): void => {
      results[at] = value;
      end();
    };
    const fail = (at: number, why: unknown): void => {
      failures.push({ at, why });
      end();
    };
    for (const [at, each] of asked.entries()) {
      if (!isThenable(each)) continue;
      left += 1;
      each.then(
        (value) => succeed(at, value),
        (why: unknown) => fail(at, why),
      );
    }
    end();
  });

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';
