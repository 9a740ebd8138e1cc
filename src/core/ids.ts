import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;
/** Getting random bytes from the system takes longer than what is done with a few of them, so they are fetched for many pieces at once. */
const PIECES_AT_ONCE = 256;

const nextBytes = randomPieces(RANDOM_BYTES);
let [msecs, seq] = [0, 0];

/**
 * Makes the identity of a new row (UUIDv7, so rows sort by age). The application makes ids, not the
 * database, so that a secret's identity exists before its row and can be bound into its ciphertext.
 */
export function newId(): string {
  const bytes = nextBytes();
  const now = Date.now();
  // Ids of the same millisecond, or after the clock went back, count on from the last id. 31 bits are enough for that.
  [msecs, seq] =
    now > msecs
      ? [now, new DataView(bytes.buffer, bytes.byteOffset).getUint32(6) >>> 1]
      : [msecs, seq + 1];
  return v7({ msecs, seq, random: bytes });
}

/**
 * @param size bytes of each piece
 * @returns a function that gives the next piece; read it before you ask for another
 */
export function randomPieces(size: number): () => Buffer {
  const random = Buffer.alloc(size * PIECES_AT_ONCE);
  let used = random.length;
  return () => {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    used += size;
    return random.subarray(used - size, used);
  };
}

/** Looks things up by their id. */
export const byId = <T extends { readonly id: string }>(
  all: readonly T[],
): ReadonlyMap<string, T> => new Map(all.map((each) => [each.id, each]));
