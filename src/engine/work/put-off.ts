/**
 * Writes that a transaction puts off (`tx.putOff`), because nothing in it reads them or waits for their outcome: jobs that it pushes,
 * and occurrences that it claims. They go to the database together with its last writes.
 */
import { together } from '../../core/together.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

/** Stores what the transaction has put off so far. It does so by itself at its end. @throws {StaleWrite} */
export async function storePutOff({ putOff }: Pick<Transaction, 'putOff'>): Promise<void> {
  const writes = [...putOff.values()];
  putOff.clear();
  await together(writes.map((write) => write()));
}
