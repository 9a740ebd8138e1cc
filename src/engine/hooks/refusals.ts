/**
 * Calls of hooks that were refused before anybody was known to have made them. Anyone can send one, so it costs no transaction:
 * they are counted in memory, and stored together a moment later.
 */
import type { Clock } from '../ports/time-and-chance.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { retryStale } from '../retry-stale.ts';
import { sequenceStartsSubject, touch } from '../subjects.ts';

interface RefusalDeps {
  readonly transact: UnitOfWork;
  readonly now: Clock;
  /** Calls `work` once, after so long; what is counted until the process ends may be lost. */
  readonly later: (ms: number, work: () => void) => void;
  readonly onError: (error: unknown, where: string) => void;
}

interface Counted {
  readonly count: number;
  readonly last: { readonly at: Date; readonly why: string };
}

/** Whoever sets a caller up waits no longer than this to see its refusals on the card. */
const STORED_AFTER_MS = 5000;

export class HookRefusals {
  readonly #deps: RefusalDeps;
  /** By the id of a hook that exists, so there are no more than hooks. */
  #counted = new Map<string, Counted>();
  #isPlanned = false;

  constructor(deps: RefusalDeps) {
    this.#deps = deps;
  }

  /** @param why a sentence for people */
  note(hookId: string, why: string): void {
    const { now, later, onError } = this.#deps;
    const count = (this.#counted.get(hookId)?.count ?? 0) + 1;
    this.#counted.set(hookId, { count, last: { at: now(), why } });
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    later(STORED_AFTER_MS, () => {
      this.store().catch((error: unknown) => onError(error, 'refused calls of webhooks'));
    });
  }

  /** Stores what was counted so far. */
  async store(): Promise<void> {
    const counted = this.#counted;
    this.#counted = new Map();
    this.#isPlanned = false;
    for (const [hookId, each] of counted) await this.#add(hookId, each);
  }

  async #add(hookId: string, { count, last }: Counted): Promise<void> {
    await retryStale(() =>
      this.#deps.transact(async (tx) => {
        const hook = await tx.hooks.find(hookId);
        if (!hook || hook.deletedAt) return;
        await tx.hooks.save({ ...hook, refusals: hook.refusals + count, lastRefusal: last });
        await touch(tx, sequenceStartsSubject(hook.sequenceId));
      }),
    );
  }
}
