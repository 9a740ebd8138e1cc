import { EDIT_PAUSE_MS, EDITS_PER_MINUTE } from './limits.ts';

const MINUTE_MS = 60_000;

/** All edits of a workspace's messages share one allowance; each message has a pause of its own. */
export class EditBudget {
  readonly #now: () => number;
  /** When edits of the last minute were made, oldest first. */
  #recent: { readonly at: number; readonly message: string }[] = [];

  /** `now` gives milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds to wait before `message` may be edited; 0 takes the edit out of the allowance. */
  take(message: string): number {
    this.#forgetOld();
    const now = this.#now();
    const last = this.#recent.findLast((edit) => edit.message === message);
    const blocking = this.#recent.at(-EDITS_PER_MINUTE); // Undefined while there are fewer.
    const wait = Math.max(
      last ? last.at + EDIT_PAUSE_MS - now : 0,
      blocking ? blocking.at + MINUTE_MS - now : 0,
    );
    if (wait > 0) return wait;
    this.spend(message);
    return 0;
  }

  /** Counts an edit that a person waits for, and that is made whatever the allowance says. */
  spend(message: string): void {
    this.#forgetOld();
    this.#recent.push({ at: this.#now(), message });
  }

  #forgetOld(): void {
    const since = this.#now() - MINUTE_MS;
    this.#recent = this.#recent.filter(({ at }) => at > since);
  }
}
