/**
 * The sealed audit log: what is hashed, and how.
 *
 * Words. The *content* of an entry is its detail, which may name people; its hash is salted, so that without the salt nobody
 * can guess it. The *frame* is the rest of the entry: time, action and ids. An entry is *sealed* when it has a place in the
 * *chain*. Its *link* is the hash of its place and of the link before it, so the newest link stands for every entry. A *head*
 * (`audit-head.ts`) is that link with a signature. `seal-audit.ts` seals, and `verify-audit.ts` finds what was changed.
 *
 * | entry    | what is stored                               | what ends it                             |
 * |----------|----------------------------------------------|------------------------------------------|
 * | unsealed | the entry, its salt and the hash of content  | the sealer, within seconds               |
 * | sealed   | the same, and its row of the chain           | erasure of a person in it, or its age    |
 * | erased   | its frame, and the hash of the content       | its age                                  |
 * | purged   | its row of the chain                         | nothing                                  |
 *
 * Erased and purged entries are named by entries of their own (`AUDIT_ERASED`, `AUDIT_PURGED`), which are never purged. Texts
 * are hashed as they are stored. The number in each hashed text is the version of its form.
 */
import { z } from 'zod';
import { sha256 } from '../../core/sha256.ts';

const maybeText = z.string().nullable();
/** An entry as it is stored: `actor` and `detail` are JSON texts. */
export const storedEntry = z.object({
  id: z.string(),
  /** Milliseconds UTC. */
  at: z.number(),
  actor: z.string(),
  actorPersonId: maybeText,
  what: z.string(),
  personId: maybeText,
  integrationId: maybeText,
  runId: maybeText,
  detail: maybeText,
  /** Null when the content was erased. */
  salt: maybeText,
  contentHash: maybeText,
  /** Null: not sealed yet. */
  seq: z.number().int().nullable(),
});
export type StoredEntry = Readonly<z.output<typeof storedEntry>>;

/** One place in the chain. */
export interface Link {
  /** 1, 2, 3 … */
  readonly seq: number;
  readonly entryId: string;
  /** Of the entry. */
  readonly hash: string;
  /** Milliseconds UTC. */
  readonly sealedAt: number;
  readonly link: string;
}

/** A place in the chain, and its entry. Undefined: there is no such entry. */
export interface LinkedEntry extends Link {
  readonly entry: StoredEntry | undefined;
}

/** Bytes of a salt. */
export const SALT_BYTES = 16;
/** What the first link follows. */
export const CHAIN_START = { seq: 0, link: '' } as const;

const hashOf = (...parts: readonly (string | number | null)[]): string =>
  sha256(JSON.stringify(parts));

export const contentHashOf = (detail: string | null, salt: string): string =>
  hashOf('latchkey-content', 1, salt, detail);

export const entryHashOf = (
  entry: Omit<StoredEntry, 'seq' | 'salt' | 'detail' | 'contentHash'>,
  contentHash: string,
): string =>
  hashOf(
    'latchkey-entry',
    1,
    entry.id,
    entry.at,
    entry.actor,
    entry.actorPersonId,
    entry.what,
    entry.personId,
    entry.integrationId,
    entry.runId,
    contentHash,
  );

export const linkHashOf = (
  before: string,
  { seq, entryId, hash, sealedAt }: Omit<Link, 'link'>,
): string => hashOf('latchkey-link', 1, before, seq, entryId, hash, sealedAt);

/** Names sealed entries whose content was erased: `entries` in its detail, as `places` writes them. */
export const AUDIT_ERASED = 'audit.erased';
/** Names sealed entries that were deleted because of their age. */
export const AUDIT_PURGED = 'audit.purged';

/** What is signed of such an entry, as `signature` in its detail: else someone who may write to the database could name anything. */
export const deletionText = (what: string, entries: string): string =>
  `latchkey-deletion.1.${what}.${entries}`;

/** A few hundred places never need more, and a detail stays short. */
export const PLACES_AT_ONCE = 250;

/** `3, 7-9`. @param seqs in any order */
export function places(seqs: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const seq of seqs.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && seq === last.to + 1) last.to = seq;
    else ranges.push({ from: seq, to: seq });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What `places` wrote. A text of another form names no place. */
export function readPlaces(text: string): readonly Range[] {
  return text.split(', ').flatMap((part) => {
    const { from, to = from } = /^(?<from>\d{1,15})(?:-(?<to>\d{1,15}))?$/.exec(part)?.groups ?? {};
    return from === undefined ? [] : [{ from: Number(from), to: Number(to) }];
  });
}
