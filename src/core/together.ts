/**
 * Like `Promise.all`, but it ends when all have ended, also where one fails. So nothing that was begun in a transaction goes on
 * after it. What a transaction asks and writes together goes to its database at once: don't give it a write that needs another of
 * them first.
 */
export async function together<const T extends readonly unknown[]>(
  asked: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const ends = await Promise.allSettled(asked);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  }) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
