/** All rows of a list that is read page by page. @param idOf of the row after which the next page begins; at first that is '' */
export async function* paged<T>(
  next: (afterId: string) => Promise<readonly T[]>,
  idOf: (row: T) => string,
): AsyncIterable<T> {
  for (let after = ''; ; ) {
    const found = await next(after);
    yield* found;
    const last = found.at(-1);
    if (last === undefined) return;
    after = idOf(last);
  }
}

/**
 * Everything that is due, page by page. What fails, waits or can't be read (undefined) stays in its page and is passed over; the others
 * leave theirs, so that the next ones move up.
 */
export async function* everyDue<T extends object>(
  page: (offset: number) => Promise<readonly (T | undefined)[]>,
  idOf: (one: T) => string,
): AsyncIterable<T> {
  const seen = new Set<string>();
  for (let offset = 0; ; ) {
    const some = await page(offset);
    if (some.length === 0) return;
    const others = some.filter((one): one is T => one !== undefined && !seen.has(idOf(one)));
    for (const one of others) seen.add(idOf(one));
    yield* others;
    offset += some.length - others.length;
  }
}
