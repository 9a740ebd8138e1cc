import { MINUTE_MS } from '../../core/hours.ts';
import type { EditUrgency } from '../view/platform.ts';
import { EDIT_PAUSE_MS, EDITS_AT_ONCE, ONE_EDIT_MS } from './limits.ts';

/**
 * What part of the budget edits of this urgency, and of lower ones, may use together. So half of it is always there for the
 * cards that their readers have just acted on, however many others change.
 */
const SHARE: Readonly<Record<EditUrgency, number>> = { now: 1, soon: 0.75, later: 0.5 };
const LOWEST_FIRST: readonly EditUrgency[] = ['later', 'soon', 'now'];

interface Edit {
  readonly at: number;
  readonly message: string;
  readonly urgency: EditUrgency;
  /** Each edit of a message takes a pause; until then they are taken. */
  readonly takenUntil: number;
}

/** All edits of this process share one rate limit. Each message also has its own pause between edits. */
export class EditBudget {
  readonly #perMinute: number;
  readonly #processes: () => number;
  readonly #now: () => number;
  /** The edits of the last minute, oldest first. */
  #recent: Edit[] = [];

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
  waitFor(message: string, urgency: EditUrgency = 'now'): number {
    this.#forgetOld();
    const now = this.#now();
    const part = Math.max(1, Math.floor(this.#perMinute / this.#processes()));
    // It counts in the share of its own urgency, and in that of each higher one.
    const shares = LOWEST_FIRST.slice(LOWEST_FIRST.indexOf(urgency)).map((highest) => {
      const theirs = this.#recent.filter((edit) => !isHigher(edit.urgency, highest));
      return untilFewer(theirs, Math.max(1, Math.floor(part * SHARE[highest]))) - now;
    });
    return Math.max(0, this.#nextOf(message) - now, ...shares);
  }

  /** Counts an edit even when the limit is reached, since a person may wait for it. */
  spend(message: string, urgency: EditUrgency = 'now'): void {
    this.#forgetOld();
    const at = this.#now();
    const before = Math.max(this.#lastOf(message)?.takenUntil ?? 0, at);
    // A person who presses again and again makes no debt.
    const takenUntil = Math.min(before + EDIT_PAUSE_MS, at + EDITS_AT_ONCE * EDIT_PAUSE_MS);
    this.#recent.push({ at, message, urgency, takenUntil });
  }

  /** When this message may be edited again, whatever the others do: as long as no more pauses than allowed at once lie ahead. */
  #nextOf(message: string): number {
    const last = this.#lastOf(message);
    if (!last) return 0;
    return Math.max(last.at + ONE_EDIT_MS, last.takenUntil - (EDITS_AT_ONCE - 1) * EDIT_PAUSE_MS);
  }

  #lastOf(message: string): Edit | undefined {
    return this.#recent.findLast((edit) => edit.message === message);
  }

  #forgetOld(): void {
    const since = this.#now() - MINUTE_MS;
    this.#recent = this.#recent.filter(({ at }) => at > since);
  }
}

const isHigher = (one: EditUrgency, other: EditUrgency): boolean =>
  LOWEST_FIRST.indexOf(one) > LOWEST_FIRST.indexOf(other);

/** When fewer than `limit` of them are in the last minute; 0 where there are fewer already. */
function untilFewer(edits: readonly Edit[], limit: number): number {
  const blocking = edits.at(-limit);
  return blocking ? blocking.at + MINUTE_MS : 0;
}
