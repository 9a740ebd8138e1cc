import { MINUTE_MS } from '../hours.ts';

/** Someone else may be faster twice in a row by chance. */
const ENDLESS = 3;
const MAX_KNOWN = 1000;
const FORGOTTEN_MS = 10 * MINUTE_MS;

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
    if (before && this.#now() - before.since < FORGOTTEN_MS) {
      before.times += 1;
      return before.times === ENDLESS;
    }
    if (this.#seen.size >= MAX_KNOWN) this.#seen.clear();
    this.#seen.set(key, { since: this.#now(), times: 1 });
    return false;
  }
}
