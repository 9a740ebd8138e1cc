/**
 * Does `work` for one after the other, and continues after a failure, so that one person's bad data doesn't stop the others.
 * @throws the first failure at the end, so that it is logged, and a job is retried
 */
export async function eachAlone<T>(
  all: Iterable<T> | AsyncIterable<T>,
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  for await (const one of all) {
    try {
      await work(one);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
