import { MINUTE_MS } from './hours.ts';

/** The code of an error of Node.js or of a library, such as `ENOENT`; undefined where it has none. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

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

/** Someone else may be faster twice in a row by chance. */
const ENDLESS = 3;
const MAX_KNOWN = 1000;

/**
 * Tells where a change is refused again and again because someone else was faster. Once or twice that is no failure. More often no one
 * was: something that is stored can't be changed, and the log must say so.
 */
export class Overtaken {
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly since: number; times: number }>();

  /** @param now in milliseconds, from any start */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** True at the third time of the same at one place within ten minutes, and only then. */
  isEndless(where: string, { message }: Error): boolean {
    const key = `${where} ${message}`;
    const before = this.#seen.get(key);
    if (before && this.#now() - before.since < QUIET_MS) {
      before.times += 1;
      return before.times === ENDLESS;
    }
    if (this.#seen.size >= MAX_KNOWN) this.#seen.clear();
    this.#seen.set(key, { since: this.#now(), times: 1 });
    return false;
  }
}
