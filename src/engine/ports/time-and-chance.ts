/** The engine gets time and randomness as arguments and never reads them from the machine, so that tests control both. */

export type Clock = () => Date;

/** The passing of time. */
export interface Time {
  readonly now: Clock;
  /** Resolves after that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** A new UUIDv7. */
export type NewId = () => string;

/** Cryptographic randomness. */
export type RandomBytes = (size: number) => Uint8Array;
