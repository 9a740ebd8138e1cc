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
