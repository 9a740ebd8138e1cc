/**
 * How much one asker may do: a *bucket* holds so many *turns*, each thing that is done takes one, and they come back at a
 * steady pace. Kept by each process for itself, in a bounded memory.
 */

import { createHash } from 'node:crypto';

export interface RateLimitOptions {
  /** Turns that may be taken at once. */
  readonly burst: number;
  /** How many come back. */
  readonly perSecond: number;
  /** Milliseconds that only go forwards. */
  readonly now: () => number;
}

export type RateLimitResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Milliseconds until there is a turn again. */
      readonly afterMs: number;
      /** Whether it is the first refusal since the last turn that was had: said once, and not for each. */
      readonly isFirst: boolean;
    };

interface Bucket {
  readonly turns: number;
  readonly at: number;
  readonly wasRefused: boolean;
}

/** More askers than a process meets within a minute; of those beyond, who was idle longest is forgotten, and full again. */
const MAX_BUCKETS = 10_000;

/**
 * As long for every name, and nothing of it is kept: V8 keeps a text of which a piece is kept, so that the piece of an address
 * would hold all of the request's.
 */
const keyOf = (asker: string): string => createHash('sha256').update(asker).digest('base64');

export class RateLimit {
  readonly #options: RateLimitOptions;
  /** By the hash of the asker's name; whoever asked last is the last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** How many askers are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a turn of that asker, where there is one. @param asker of any length */
  take(asker: string): RateLimitResult {
    const { burst, perSecond, now } = this.#options;
    const at = now();
    const key = keyOf(asker);
    const before = this.#buckets.get(key) ?? { turns: burst, at, wasRefused: false };
    const seconds = Math.max(0, at - before.at) / 1000;
    const turns = Math.min(burst, before.turns + seconds * perSecond);
    const isRefused = turns < 1;
    this.#keep(key, { turns: isRefused ? turns : turns - 1, at, wasRefused: isRefused });
    if (!isRefused) return { ok: true };
    const afterMs = Math.ceil(((1 - turns) / perSecond) * 1000);
    return { ok: false, afterMs, isFirst: !before.wasRefused };
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [idlest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_BUCKETS && idlest !== undefined) this.#buckets.delete(idlest);
  }
}
