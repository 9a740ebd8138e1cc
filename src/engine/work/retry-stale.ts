import { StaleWrite } from '../ports/store.ts';

/** More than ever change the same row at once; beyond it something writes without end. */
const MOST_TRIES = 20;

/**
 * Does `work` again, from its beginning, where somebody else changed one of its rows meanwhile. It is one transaction, or
 * one reading and saving in it, and reads by itself whatever it changes.
 * @throws {StaleWrite} where that never ends
 */
export async function retryStale<T>(work: () => Promise<T>): Promise<T> {
  for (let left = MOST_TRIES - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleWrite) || left === 0) throw error;
    }
  }
}
