/** What a lease is, and what follows from it alone. What workers do with leases is in `leased.ts`. */

/** Until then only this worker works on the item. */
export interface Lease {
  readonly workerId: string;
  readonly leasedUntil: Date;
}

interface Waiting {
  /** A worker may take the item from then on. */
  readonly dueAt: Date;
}

/** In the states in which a worker holds it. */
export type Held<T> = Extract<T, Lease>;
/** In the states in which a worker may take it, now or later. */
export type Open<T> = Extract<T, Waiting> | Held<T>;

export const isHeld = <T extends object>(item: T): item is Held<T> => 'leasedUntil' in item;

export const isOpen = <T extends object>(item: T): item is Open<T> =>
  'dueAt' in item || isHeld(item);

/** When a worker may take it at the earliest. */
export const dueOf = (open: Waiting | Lease): Date =>
  'leasedUntil' in open ? open.leasedUntil : open.dueAt;

/** Whether a worker may take it now: its time has come, or the lease on it has run out. */
export const isDue = <T extends object>(item: T, now: Date): item is Open<T> =>
  isOpen(item) && dueOf(item) <= now;

/** @param ms longer than whatever happens between two renewals */
export const leaseFor = (workerId: string, now: Date, ms: number): Lease => ({
  workerId,
  leasedUntil: new Date(now.getTime() + ms),
});

/** Its worker is dead, or gives it back: any worker may take it at once, and goes on where it stands. */
export const loseLease = <H extends Lease>(held: H, now: Date): H => ({
  ...held,
  leasedUntil: now,
});
