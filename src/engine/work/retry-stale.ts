import { StaleWrite } from '../ports/store.ts';

/** More than ever change the same row at once; beyond it something writes without end. */
const MAX_TRIES = 20;

/**
 * Does `work` again, from its beginning, where a row was changed after `work` had read it. Every transaction does so by itself; inside
 * one it is for a row that workers change many times a second, so that not all of the transaction begins anew.
 *
 * Work that comes with a row which was read before it began can't read that one anew: it fails twice with the same row, and that is the
 * end.
 * @throws {StaleWrite} then, and where it never ends
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
