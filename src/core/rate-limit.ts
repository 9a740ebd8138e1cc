/**
 * A token bucket per client. A *bucket* holds a number of *turns*. Each action takes one, and they come back at a steady rate.
 * Each process counts for itself, in bounded memory.
 */
import { createHash } from 'node:crypto';

export interface RateLimitOptions {
  /** Turns that may be taken at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

export type RateLimitResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Milliseconds until the next turn. */
      readonly afterMs: number;
      /** Whether it is the first refusal since the last turn that was taken, so that the caller can report it once. */
      readonly isFirst: boolean;
    };

interface Bucket {
  readonly turns: number;
  readonly at: number;
  readonly wasRefused: boolean;
}

/** More clients than a process serves within a minute. Above that, the longest idle client is dropped and gets a full bucket. */
const MAX_BUCKETS = 10_000;

/**
 * A hash has the same length for every name and shares no memory with it. V8 keeps a whole text in memory while a piece of it is
 * in use, so a piece of an address would keep the whole request.
 */
const keyOf = (asker: string): string => createHash('sha256').update(asker).digest('base64');

export class RateLimit {
  readonly #options: RateLimitOptions;
  /** By the hash of the client's name, the most recent last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** How many clients have a bucket. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes turns of that client, if there are so many. @param asker of any length @param count at most the burst */
  take(asker: string, count = 1): RateLimitResult {
    const { burst, perSecond, now } = this.#options;
    const at = now();
    const key = keyOf(asker);
    const before = this.#buckets.get(key) ?? { turns: burst, at, wasRefused: false };
    const seconds = Math.max(0, at - before.at) / 1000;
    const turns = Math.min(burst, before.turns + seconds * perSecond);
    const isRefused = turns < count;
    this.#keep(key, { turns: isRefused ? turns : turns - count, at, wasRefused: isRefused });
    if (!isRefused) return { ok: true };
    const afterMs = Math.ceil(((count - turns) / perSecond) * 1000);
    return { ok: false, afterMs, isFirst: !before.wasRefused };
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [idlest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_BUCKETS && idlest !== undefined) this.#buckets.delete(idlest);
  }
}
