/**
 * Counts hook calls that were refused before the caller was proven. Anyone can send one, so a call costs no transaction: the
 * counts are kept in memory, and stored together a moment later.
 */
import type { Database } from '../../ports/unit-of-work.ts';
import { invalidate, sequenceStartsTopic } from '../../work/topics.ts';

interface RefusalDeps extends Pick<Database, 'transact' | 'now'> {
  /** Calls `work` once after `ms`, if the process still runs. A shutdown calls `store` first. */
  readonly later: (ms: number, work: () => void) => void;
  readonly onError: (error: unknown, where: string) => void;
}

interface CountedRefusals {
  readonly count: number;
  readonly last: { readonly at: Date; readonly why: string };
}

/** Someone who sets up a caller sees its refusals on the card within this time. */
const STORED_AFTER_MS = 5000;

export class HookRefusals {
  readonly #deps: RefusalDeps;
  /** By the id of a hook that exists, so there are no more than hooks. */
  #counted = new Map<string, CountedRefusals>();
  #isPlanned = false;
  #stored = Promise.resolve();

  constructor(deps: RefusalDeps) {
    this.#deps = deps;
  }

  /** @param why a sentence for people */
  note(hookId: string, why: string): void {
    const count = (this.#counted.get(hookId)?.count ?? 0) + 1;
    this.#counted.set(hookId, { count, last: { at: this.#deps.now(), why } });
    this.#plan();
  }

  /** Stores the counts, after a store that is running. Counts that can't be stored are kept and tried again later. */
  store(): Promise<void> {
    this.#isPlanned = false;
    this.#stored = this.#stored.then(() => this.#storeAll());
    return this.#stored;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#deps.later(STORED_AFTER_MS, () => void this.store());
  }

  async #storeAll(): Promise<void> {
    const counted = this.#counted;
    this.#counted = new Map();
    const failures: unknown[] = [];
    for (const [hookId, each] of counted)
      await this.#add(hookId, each).catch((error: unknown) => {
        failures.push(error);
        this.#countOn(hookId, each);
      });
    if (failures.length === 0) return;
    // One error for all: most likely the database is down.
    this.#deps.onError(failures[0], 'refused calls of webhooks');
    this.#plan();
  }

  /** More may have been counted since. */
  #countOn(hookId: string, { count, last }: CountedRefusals): void {
    const since = this.#counted.get(hookId);
    this.#counted.set(hookId, { last: since?.last ?? last, count: count + (since?.count ?? 0) });
  }

  async #add(hookId: string, { count, last }: CountedRefusals): Promise<void> {
    await this.#deps.transact(async (tx) => {
      const hook = await tx.hooks.find(hookId);
      if (!hook || hook.deletedAt) return;
      await tx.hooks.save({ ...hook, refusals: hook.refusals + count, lastRefusal: last });
      await invalidate(tx, sequenceStartsTopic(hook.sequenceId));
    });
  }
}
