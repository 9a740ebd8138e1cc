/** Time and chance as the engine knows them: arguments, never a look at the machine. */

/** Now. */
export type Clock = () => Date;

/** A new UUIDv7. */
export type NewId = () => string;

/** Cryptographic randomness. */
export type RandomBytes = (size: number) => Uint8Array;
