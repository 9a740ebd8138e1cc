import { EDIT_PAUSE_MS } from './limits.ts';

const MINUTE_MS = 60_000;

/** All edits of this process share one rate limit. Each message also has its own pause between edits. */
export class EditBudget {
  readonly #perMinute: number;
  readonly #processes: () => number;
  readonly #now: () => number;
  /** When edits of the last minute were made, oldest first. */
  #recent: { readonly at: number; readonly message: string }[] = [];

  /**
   * @param perMinute Slack's limit for all processes of this kind together
   * @param processes how many of them run now; each gets an equal part
   * @param now gives milliseconds
   */
  constructor(perMinute: number, processes: () => number, now: () => number) {
    this.#perMinute = perMinute;
    this.#processes = processes;
    this.#now = now;
  }

  /** Milliseconds to wait before `message` may be edited; 0 where it may be now. */
  waitFor(message: string): number {
    this.#forgetOld();
    const now = this.#now();
    const last = this.#recent.findLast((edit) => edit.message === message);
    const part = Math.max(1, Math.floor(this.#perMinute / this.#processes()));
    const blocking = this.#recent.at(-part); // Undefined while there are fewer.
    return Math.max(
      0,
      last ? last.at + EDIT_PAUSE_MS - now : 0,
      blocking ? blocking.at + MINUTE_MS - now : 0,
    );
  }

  /** Counts an edit even when the limit is reached, since a person may wait for it. */
  spend(message: string): void {
    this.#forgetOld();
    this.#recent.push({ at: this.#now(), message });
  }

  #forgetOld(): void {
    const since = this.#now() - MINUTE_MS;
    this.#recent = this.#recent.filter(({ at }) => at > since);
  }
}
