/**
 * Writes that a transaction puts off, because nothing in it reads them or waits for their outcome: jobs that it pushes, and occurrences
 * that it claims. They go to the database together with its last writes.
 */
import { together } from '../../core/together.ts';

export class PutOff {
  readonly #writes = new Map<string, () => Promise<void>>();
  #isOver = false;

  /** @param what it is; the same once more replaces it. @throws {TransactionOver} */
  add(what: string, write: () => Promise<void>): void {
    if (this.#isOver) throw new TransactionOver(what);
    this.#writes.set(what, write);
  }

  has(what: string): boolean {
    return this.#writes.has(what);
  }

  /** Stores what was put off so far. The transaction also does so at its end. @throws {StaleWrite} */
  async store(): Promise<void> {
    if (this.#writes.size === 0) return;
    const writes = [...this.#writes.values()];
    this.#writes.clear();
    await together(writes.map((write) => write()));
  }

  /** The same, at the end of the transaction: nothing would store what is put off later. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.store();
  }
}

/** Something that the transaction began goes on after it. It was not awaited. */
class TransactionOver extends Error {
  readonly code = 'transaction-over';
  constructor(what: string) {
    super(`The transaction has ended, so nothing stores these any more: ${what}`);
    this.name = 'TransactionOver';
  }
}
