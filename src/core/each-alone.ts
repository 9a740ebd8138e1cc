/**
 * Does `work` for one after the other, also behind one for whom it fails: what is wrong with one person's data stops nobody
 * else's. Said at the end, so that it is logged, and tried again where it is a job.
 * @throws the first failure, when everybody has had their turn
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
