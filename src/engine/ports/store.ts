/** What stores have in common. */
import type { Held, Open } from '../work/lease.ts';

/** Thrown by `save` when the row has changed since it was read. */
export class StaleWrite extends Error {
  readonly code = 'stale-write';
  /** The row with the version that was read. Undefined when that is not known. */
  readonly row: string | undefined;

  /** @param version the version that was read */
  constructor(what: string, id: string, version?: number) {
    super(`${what} ${id} has changed since it was read`);
    this.name = 'StaleWrite';
    this.row = version === undefined ? undefined : `${what} ${id} ${version}`;
  }
}

/** What is stored is damaged, or its key is lost. It is so with the next try, too. */
export abstract class Unreadable extends Error {}

/** @returns `instead` where what `work` reads can't be read */
export const unlessUnreadable = <T, I>(work: Promise<T>, instead: I): Promise<T | I> =>
  work.catch((error: unknown) => {
    if (error instanceof Unreadable) return instead;
    throw error;
  });

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** Where a page ended in a list that has the newest first. What is new moves nothing after it. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

/** What someone sees who doesn't see everything: what is about them or their reports, and what is at these apps. */
export interface SeenBy {
  readonly readerId: string;
  readonly appIds: readonly string[];
}

/** Of what several may change at once. */
export interface VersionedStore<T> {
  /** Also one that was deleted, where its row stays. */
  find(id: string): Promise<T | undefined>;
  /** Compare-and-set on its version; gives it back with the next version. @throws {StaleWrite} */
  save(item: T): Promise<T>;
}

/** Of what admins name: rules, bundles and sequences. Names differ by more than case and accents. */
export interface NamedStore<T> extends VersionedStore<T> {
  /** @returns 'taken' when another one has that name */
  insert(item: T): Promise<'inserted' | 'taken'>;
  /** Also deleted ones. */
  findMany(ids: readonly string[]): Promise<readonly T[]>;
  /** Never a deleted one. */
  findByName(name: string): Promise<T | undefined>;
  /** Those that are not deleted and that every word of `text` is in, by name. */
  list(text: string, page: Page): Promise<{ readonly items: readonly T[]; readonly total: number }>;
}

/** For work that workers lease: see `work/leased.ts`. */
export interface LeasedStore<T> extends VersionedStore<T> {
  save<R extends T>(item: R): Promise<R>;
  leasedBy(workerId: string): Promise<readonly Held<T>[]>;
  /** Items due before this whose wake-up was lost or whose lease ran out. The longest due first, at most 100. */
  overdue(before: Date): Promise<readonly Open<T>[]>;
}
