import { codeOf } from '../error-code.ts';
import { MINUTE_MS } from '../hours.ts';

/** An error that comes again and again gets one line of the log in this time. */
const QUIET_MS = 10 * MINUTE_MS;

/** Tells errors that are new from those that come again and again, as in an outage of the database. */
export class RepeatedErrors {
  readonly #now: () => number;
  /** By the work, then by the error's code. */
  readonly #saidAt = new Map<string, Map<string, number>>();

  /** @param now in milliseconds, from any start */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether none with its code has come since that work last went well, or for ten minutes. */
  isNew(work: string, error: unknown): boolean {
    const code = codeOf(error) ?? '';
    const said = this.#saidAt.get(work) ?? new Map<string, number>();
    this.#saidAt.set(work, said);
    const before = said.get(code);
    if (before !== undefined && this.#now() - before < QUIET_MS) return false;
    said.set(code, this.#now());
    return true;
  }

  wentWell(work: string): void {
    this.#saidAt.delete(work);
  }
}
