/** Types and pure functions of leases. What workers do with them is in `leased.ts`. */

/** Only this worker may work on the item until `leasedUntil`. */
export interface Lease {
  readonly workerId: string;
  readonly leasedUntil: Date;
}

interface Waiting {
  /** Any worker may take the item from then on. */
  readonly dueAt: Date;
}

/** In the states in which a worker holds it. */
export type Held<T> = Extract<T, Lease>;
/** In the states in which a worker may take it, now or later. */
export type Open<T> = Extract<T, Waiting> | Held<T>;

export const isHeld = <T extends object>(item: T): item is Held<T> => 'leasedUntil' in item;

export const isOpen = <T extends object>(item: T): item is Open<T> =>
  'dueAt' in item || isHeld(item);

/** The earliest time at which a worker may take it. */
export const dueOf = (open: Waiting | Lease): Date =>
  'leasedUntil' in open ? open.leasedUntil : open.dueAt;

/** @param ms longer than any work between two renewals */
export const leaseFor = (workerId: string, now: Date, ms: number): Lease => ({
  workerId,
  leasedUntil: new Date(now.getTime() + ms),
});

/** Its worker is dead or gives it back. Any worker may take it at once, and continues where it stopped. */
export const loseLease = <H extends Lease>(held: H, now: Date): H => ({
  ...held,
  leasedUntil: now,
});

type KeyOf<T> = T extends unknown ? keyof T : never;

/**
 * Takes the facts out of an item, for its next state.
 * @param added what only some states have. The compiler asks for each, so nothing of a state stays behind
 */
export const factsWithout =
  <T extends object, Facts extends object>(
    added: Readonly<Record<Exclude<KeyOf<T>, keyof Facts>, true>>,
  ) =>
  (item: T | Facts): Facts =>
    Object.fromEntries(Object.entries(item).filter(([key]) => !Object.hasOwn(added, key))) as Facts;
