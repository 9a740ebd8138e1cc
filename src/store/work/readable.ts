import { unlessUnreadable } from '../../engine/ports/store.ts';

/**
 * Reads what falls due. A row that is damaged, or whose key is lost, must not keep the others from their time. `latchkey doctor` finds
 * it.
 * @returns undefined in the place of such a row
 */
export const eachReadable = <R, T>(
  rows: readonly R[],
  read: (row: R) => T | Promise<T>,
): Promise<readonly (T | undefined)[]> =>
  Promise.all(rows.map((row) => unlessUnreadable((async () => read(row))(), undefined)));

/** The same without the others. */
export async function readable<R, T>(
  rows: readonly R[],
  read: (row: R) => T | Promise<T>,
): Promise<readonly T[]> {
  return (await eachReadable(rows, read)).flatMap((one) => (one === undefined ? [] : [one]));
}

/** At least this many, where there are: those that can't be read must not take their place each time. */
export async function firstReadable<R, T>(
  limit: number,
  page: (offset: number) => PromiseLike<readonly R[]>,
  read: (row: R) => T | Promise<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let offset = 0; found.length < limit; offset += limit) {
    const rows = await page(offset);
    found.push(...(await readable(rows, read)));
    if (rows.length < limit) break;
  }
  return found;
}
