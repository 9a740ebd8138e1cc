/**
 * What happens because its time has come. Words: a *source* knows what is due; a *firing* is one thing that is due at one
 * time; a *tick* is one look at all sources. What is due is computed from the database, and a firing is claimed under its
 * subject and time in the transaction of its effect: it happens once, whichever process looks, and a process that is
 * killed in the middle leaves it to the next tick.
 */

import type { Clock } from '../ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

export interface Occurrence {
  /** What it is about, unique within its source: ids only. */
  readonly subject: string;
  /** When it fell due. The same each time that it is computed, or it would fire again. */
  readonly at: Date;
}

/** What is due by the day needs to know in which zone days begin. */
export interface Zoned {
  /** The installation's, for people of whom none is known; an IANA name. */
  readonly timeZone: string;
}

export interface Source {
  /** Never changed: firings are remembered under it. */
  readonly name: string;
  /**
   * Everything with `at <= now` that has not happened yet, the longest due first: also what fell due while nobody
   * looked. Giving something that has fired already does no harm, but costs a look at each tick.
   */
  due(stores: Stores, now: Date): AsyncIterable<Occurrence>;
  /** Its effect, in one transaction with the claim: no network, and long work as a job. Throwing leaves it to the next tick. */
  fire(tx: Transaction, firing: Occurrence, now: Date): Promise<void>;
}

export interface DueDeps {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly sources: readonly Source[];
  readonly onError: (error: unknown, where: string) => void;
}

/** Of one source in one tick, so that a backlog of days doesn't keep the other sources, and clicks, waiting. */
const MAX_FIRINGS = 500;

/**
 * One tick. A firing that fails is told and tried again at the next, and keeps no other from firing.
 * @returns how many fired, by whomever they were not claimed before
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
  let fired = 0;
  let tried = 0;
  for await (const firing of source.due(deps.stores, now)) {
    if (await deps.stores.firings.isClaimed(keyOf(source, firing), firing.at)) continue;
    if (tried === MAX_FIRINGS) break; // The rest at the next tick.
    tried += 1;
    try {
      if (await claimAndFire(source, firing, deps, now)) fired += 1;
    } catch (error) {
      deps.onError(error, `firing ${source.name}`);
    }
  }
  return fired;
}

/** @returns false where somebody else has claimed it meanwhile. */
async function claimAndFire(
  source: Source,
  firing: Occurrence,
  { transact }: DueDeps,
  now: Date,
): Promise<boolean> {
  return transact(async (tx) => {
    if (!(await tx.firings.claim(keyOf(source, firing), firing.at))) return false;
    await source.fire(tx, firing, now);
    return true;
  });
}

const keyOf = ({ name }: Source, { subject }: Occurrence): string => `${name}:${subject}`;

/** Makes what happens at each tick. One that comes while the one before is at work ends with that one, which does its work. */
export function ticker(deps: DueDeps & { readonly now: Clock }): () => Promise<void> {
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
