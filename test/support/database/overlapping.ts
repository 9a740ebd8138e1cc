/** Two transactions of PostgreSQL in the same moment. */
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import type { TestPostgres } from '../peers/postgres.ts';
import { untilOneWaits } from './lock-waits.ts';

/**
 * Does `first`, and before it commits does `second` on another connection, until that has ended or waits for `first`.
 * @param now the clock of both
 * @returns what both gave
 */
export async function overlapping<A, B>(
  { db, connect, vault, transact }: TestPostgres,
  [first, second]: readonly [(tx: Transaction) => Promise<A>, (tx: Transaction) => Promise<B>],
  now: () => Date,
): Promise<readonly [A, B]> {
  const elsewhere = unitOfWork(connect(), vault, { now });
  let later: Promise<B> | undefined;
  const one = await transact(async (tx) => {
    const result = await first(tx);
    later ??= elsewhere(second);
    await Promise.race([untilOneWaits(db), later]);
    return result;
  });
  if (!later) throw new Error('The second was not begun');
  return [one, await later];
}
