/**
 * Work that is due at a time. Words: a *source* computes from the database what is due. An *occurrence* is one thing that is due
 * at one time. A *tick* is one check of all sources. The transaction of an occurrence's effect also claims it, by subject and
 * time. So it takes effect once, whichever process checks, and if that process dies halfway, the next tick does it.
 */
import type { Database, Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

export interface Occurrence {
  /** What it is about: ids only, unique within its source. */
  readonly subject: string;
  /** When it is due. Each computation has to give the same time, or it would fire again. */
  readonly at: Date;
}

/** For sources that are due by the day: they need a time zone to know when a day begins. */
export interface Zoned {
  /** IANA name. The installation's, for people without one. */
  readonly timeZone: string;
}

export interface Source {
  /** Never change it: occurrences are claimed under this name. */
  readonly name: string;
  /**
   * Everything with `at <= now` that has not happened yet, the longest due first. Includes what became due while Latchkey was
   * down. An occurrence that has fired already does no harm, but costs a query at each tick.
   */
  due(stores: Stores, now: Date): AsyncIterable<Occurrence>;
  /**
   * Its effect, in one transaction with the claim. No network, and long work as a job. If it throws, the next tick retries.
   * @returns 'not-yet' where it waits for something: nothing is stored, and the next tick looks again
   */
  fire(tx: Transaction, occurrence: Occurrence, now: Date): Promise<void | 'not-yet'>;
}

export interface DueDeps {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly sources: readonly Source[];
  readonly onError: (error: unknown, where: string) => void;
}

/** Per source and tick, so that a backlog of days doesn't delay other sources and clicks. */
const MAX_OCCURRENCES = 500;

/**
 * One tick. An occurrence that fails is reported, is tried again at the next tick, and doesn't stop others.
 * @returns how many fired
 */
export async function fireDue(deps: DueDeps, now: Date): Promise<number> {
  let fired = 0;
  for (const source of deps.sources) {
    try {
      fired += await fireSource(source, deps, now);
    } catch (error) {
      deps.onError(error, `due ${source.name}`);
    }
  }
  return fired;
}

async function fireSource(source: Source, deps: DueDeps, now: Date): Promise<number> {
  const before = failed.get(source) ?? new Set();
  const left = new Set(before);
  const again: Occurrence[] = [];
  let fired = 0;
  let tried = 0;
  const attempt = async (occurrence: Occurrence) => {
    tried += 1;
    left.delete(keyAt(occurrence));
    try {
      if (await claimAndFire(source, occurrence, { ...deps, now })) fired += 1;
    } catch (error) {
      left.add(keyAt(occurrence));
      deps.onError(error, `occurrence ${source.name}`);
    }
  };
  for await (const occurrence of source.due(deps.stores, now)) {
    if (await deps.stores.occurrences.isClaimed(keyOf(source, occurrence), occurrence.at)) continue;
    if (tried === MAX_OCCURRENCES) break; // The next tick does the rest.
    if (before.has(keyAt(occurrence))) again.push(occurrence);
    else await attempt(occurrence);
  }
  const due = new Map(again.map((occurrence) => [keyAt(occurrence), occurrence]));
  for (const key of before) {
    const occurrence = due.get(key);
    if (tried === MAX_OCCURRENCES) break;
    if (occurrence) await attempt(occurrence);
    else left.delete(key); // It is over.
  }
  failed.set(source, left);
  return fired;
}

/**
 * What failed at its last try in this process, the longest ago first. It comes after what has not failed: where very much fails each
 * time, the others would never have their turn.
 */
const failed = new WeakMap<Source, Set<string>>();

const keyAt = ({ subject, at }: Occurrence): string => `${at.getTime()}:${subject}`;

class NotYet extends Error {}

/** @returns false when another process has claimed it, or it waits for something */
async function claimAndFire(
  source: Source,
  occurrence: Occurrence,
  { transact, now }: Pick<DueDeps, 'transact'> & { readonly now: Date },
): Promise<boolean> {
  return transact(async (tx) => {
    if (!(await tx.occurrences.claim(keyOf(source, occurrence), occurrence.at))) return false;
    if ((await source.fire(tx, occurrence, now)) === 'not-yet') throw new NotYet();
    return true;
  }).catch((error: unknown) => {
    if (error instanceof NotYet) return false;
    throw error;
  });
}

/** Under which an occurrence is claimed. */
export const keyOf = (
  { name }: Pick<Source, 'name'>,
  { subject }: Pick<Occurrence, 'subject'>,
): string => `${name}:${subject}`;

/** Makes the function of a tick. A tick that comes while another runs joins it instead of starting a second one. */
export function ticker(deps: DueDeps & Database): () => Promise<void> {
  let working: Promise<void> | undefined;
  const tick = async () => {
    try {
      await fireDue(deps, deps.now());
    } finally {
      working = undefined;
    }
  };
  return () => {
    working ??= tick();
    return working;
  };
}
