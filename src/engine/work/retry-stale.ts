import { StaleWrite } from '../ports/store.ts';

/** More than ever change the same row at once. More tries would mean that something writes without end. */
const MAX_TRIES = 20;

/**
 * Runs `work` again from its beginning when a row changed after `work` had read it. `transact` calls it for every transaction.
 * Use it inside a transaction for a row that workers change many times a second: then only that part runs again.
 * @throws {StaleWrite} when the same row at the same version fails twice, because then `work` doesn't read that row itself;
 * and after `MAX_TRIES`
 */
export async function retryStale<T>(work: () => Promise<T>): Promise<T> {
  let stale: string | undefined;
  for (let left = MAX_TRIES - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleWrite) || left === 0) throw error;
      if (error.row !== undefined && error.row === stale) throw error;
      stale = error.row;
    }
  }
}
