/**
 * Dry runs that admins page through and search: everyone is evaluated once, not for each page. They are kept in memory, by one
 * process, and for a few minutes: a page that another process shows is evaluated there.
 */
import { MINUTE_MS } from '../../core/hours.ts';
import { sha256 } from '../../core/sha256.ts';
import type { Database } from '../ports/unit-of-work.ts';
import type { Zoned } from '../work/due.ts';
import { type Impact, impactOf, type RuleChanging } from './impact.ts';

export interface DryRun extends Impact {
  /** When people were evaluated. */
  readonly at: Date;
}

/** Long enough to read some pages. Who waits longer wants to know what is true then. */
const KEPT_MS = 10 * MINUTE_MS;
/** Of 50,000 people each takes about 20 MB. */
const MAX_KEPT = 3;

export class DryRuns {
  readonly #deps: Pick<Database, 'stores' | 'now'> & Zoned;
  /** By what they are about, the oldest first. A promise, so that two clicks at once evaluate once. */
  readonly #kept = new Map<string, { readonly at: Date; readonly run: Promise<DryRun> }>();

  constructor(deps: Pick<Database, 'stores' | 'now'> & Zoned) {
    this.#deps = deps;
  }

  /** Of everyone as they are now: for a form with the button that lets it count. */
  fresh(changing: readonly RuleChanging[]): Promise<DryRun> {
    const { stores, now, timeZone } = this.#deps;
    const [key, at] = [keyOf(changing), now()];
    const run = impactOf(stores, changing, { now: at, timeZone }).then((impact) => ({
      ...impact,
      at,
    }));
    this.#kept.delete(key);
    this.#kept.set(key, { at, run });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    // One that failed is tried again at the next click.
    run.catch(() => this.#kept.get(key)?.run === run && this.#kept.delete(key));
    return run;
  }

  /** The same, or what was evaluated for the same change some minutes ago. */
  recent(changing: readonly RuleChanging[]): Promise<DryRun> {
    const kept = this.#kept.get(keyOf(changing));
    const isRecent = kept && this.#deps.now().getTime() - kept.at.getTime() < KEPT_MS;
    return isRecent ? kept.run : this.fresh(changing);
  }
}

/** What the rules are, and what they would be. */
const keyOf = (changing: readonly RuleChanging[]): string =>
  sha256(
    JSON.stringify(changing.map(({ rule: { id, version }, next }) => [id, version, next ?? null])),
  );
