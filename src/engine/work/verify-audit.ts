/**
 * Finds what was changed in the sealed audit log since it was sealed: entries that were edited, dropped, inserted or moved, and
 * an end that was cut off. The last is found against a head that was kept elsewhere, since someone who may write to the database
 * can also remove its newest entries with their links.
 */
import { HOUR_MS } from '../../core/hours.ts';
import { isJsonObject, jsonIn } from '../../core/json.ts';
import type { AuditChainStore } from '../ports/upkeep-stores.ts';
import {
  AUDIT_PURGED,
  CHAIN_START,
  contentHashOf,
  deletionText,
  entryHashOf,
  type Link,
  type LinkedEntry,
  linkHashOf,
  type Range,
  readPlaces,
  type StoredEntry,
} from './audit-chain.ts';
import { type Head, isHeadOf, isSigned } from './audit-head.ts';

export type ChangeKind =
  | 'edited'
  | 'dropped'
  | 'inserted'
  | 'moved'
  /** Its row of the chain was changed, or one before it was replaced. */
  | 'relinked'
  /** Its row of the chain is missing. */
  | 'unlinked'
  /** The chain ends before the head. */
  | 'cut-off'
  /** The chain differs from the head: its past was rewritten. */
  | 'rewritten'
  /** It was written far later than it says. */
  | 'backdated'
  /** Its content was deleted, and no entry says so. */
  | 'emptied'
  /** It was erased or purged, and is here again. */
  | 'back'
  /** The head isn't signed with the key. */
  | 'unsigned-head';

export interface Change {
  readonly kind: ChangeKind;
  /** The place in the chain. */
  readonly seq: number;
  readonly entry?: Pick<StoredEntry, 'id' | 'at' | 'what'>;
}

export interface Verified {
  /** By place, the first ones. Empty: all is as it was sealed. */
  readonly changes: readonly Change[];
  /** How many entries are sealed. */
  readonly sealed: number;
  /** Of these: those without their content, and those that were deleted, as entries say. */
  readonly erased: number;
  readonly purged: number;
  /** Not sealed yet, so outside of the promise. */
  readonly unsealed: number;
}

/** Nobody reads more. */
const MAX_CHANGES = 20;
const AT_ONCE = 500;
/** No transaction is open for so long before it stores its entries. */
const LATEST_MS = HOUR_MS;

export interface KeptElsewhere {
  /** Each of them has to be part of the chain. */
  readonly heads?: readonly Head[] | undefined;
  /** The public key that signs heads. Default: the database's own. */
  readonly key?: string | undefined;
}

export async function verifyAudit(
  chain: AuditChainStore,
  { heads = [], key }: KeptElsewhere = {},
): Promise<Verified> {
  const ourKey = key ?? (await chain.publicKey());
  const judge = new ChainJudge(await readDeletions(chain, ourKey));
  let changes: Change[] = [];
  const found = (change: Change): void => {
    changes.push(change);
  };
  for (const head of heads)
    if (!isHeadOf(head, ourKey)) found({ kind: 'unsigned-head', seq: head.seq });
  const isRewritten = differingFrom(heads);
  let isWhole = false;
  for (;;) {
    const links = await chain.links(judge.last.seq, AT_ONCE);
    const before = changes.length;
    for (const link of links) {
      judge.next(link, found);
      if (isRewritten(link)) found({ kind: 'rewritten', seq: link.seq, entry: link.entry });
    }
    if (changes.slice(before).some(wasPerhapsDeleted)) {
      judge.deleted = await readDeletions(chain, ourKey);
      changes = changes.filter((change) => !judge.wasDeletedMeanwhile(change));
    }
    isWhole = links.length < AT_ONCE;
    if (isWhole || changes.length > MAX_CHANGES) break;
  }
  if (isWhole && heads.some(({ seq }) => seq > judge.last.seq))
    found({ kind: 'cut-off', seq: judge.last.seq + 1 });
  for (const entry of await chain.strays(MAX_CHANGES))
    found({ kind: 'inserted', seq: entry.seq ?? 0, entry });
  const { count, oldest } = await chain.unsealed();
  // The sealer takes the oldest first: this one came later than it says. A clock that ran ahead is not what it is held against.
  if (oldest && oldest.at < Math.min(judge.newestAt, judge.sealedAt) - LATEST_MS)
    found({ kind: 'inserted', seq: judge.last.seq + 1, entry: oldest });
  return {
    changes: changes.toSorted((a, b) => a.seq - b.seq).slice(0, MAX_CHANGES),
    sealed: judge.sealed,
    erased: judge.erased,
    purged: judge.purged,
    unsealed: count,
  };
}

/** Whether a head of the same place says something else than this link. */
export function differingFrom(heads: readonly Head[]): (link: Link) => boolean {
  const kept = new Map<number, Set<string>>();
  for (const { seq, link } of heads) kept.set(seq, (kept.get(seq) ?? new Set()).add(link));
  return ({ seq, link }) => {
    const wanted = kept.get(seq);
    return wanted !== undefined && (wanted.size > 1 || !wanted.has(link));
  };
}

const wasPerhapsDeleted = ({ kind }: Change): boolean => kind === 'dropped' || kind === 'emptied';

/** Which sealed entries were erased and purged, by the signed entries that say so. */
export interface Deletions {
  readonly erased: Places;
  readonly purged: Places;
}

async function readDeletions(
  chain: Pick<AuditChainStore, 'deletions'>,
  key: string,
): Promise<Deletions> {
  const [erased, purged] = [new Places(), new Places()];
  for (let after = ''; ; ) {
    const entries = await chain.deletions(after, AT_ONCE);
    for (const entry of entries) {
      const ranges = readPlaces(placesIn(entry, key));
      (entry.what === AUDIT_PURGED ? purged : erased).add(ranges);
      after = entry.id;
    }
    if (entries.length < AT_ONCE) return { erased, purged };
  }
}

/** Empty where Latchkey didn't sign it. */
function placesIn({ what, detail }: StoredEntry, key: string): string {
  const parsed = jsonIn(detail ?? '');
  if (!isJsonObject(parsed)) return ''; // It was edited, which is found at its place.
  const { entries, signature } = parsed;
  if (typeof entries !== 'string' || typeof signature !== 'string') return '';
  return isSigned(deletionText(what, entries), signature, key) ? entries : '';
}

/** A set of places, as ranges. */
class Places {
  #ranges: Range[] = [];
  #isSorted = true;

  add(ranges: readonly Range[]): void {
    this.#ranges.push(...ranges);
    this.#isSorted = false;
  }

  has(seq: number): boolean {
    if (!this.#isSorted) this.#sort();
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.to ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return (this.#ranges[low]?.from ?? Number.POSITIVE_INFINITY) <= seq;
  }

  /** In order, and joined where they overlap. */
  #sort(): void {
    const joined: { from: number; to: number }[] = [];
    for (const { from, to } of this.#ranges.toSorted((a, b) => a.from - b.from)) {
      const last = joined.at(-1);
      if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
      else joined.push({ from, to });
    }
    this.#ranges = joined;
    this.#isSorted = true;
  }
}

/** Of a pack: it may lack entries, and what says why. */
export const NOTHING_DELETED: Deletions = { erased: new Places(), purged: new Places() };

/** Judges links one after the other. After a change it goes on from what is stored, so that one change is found once. */
export class ChainJudge {
  deleted: Deletions;
  /** Entries that a pack leaves out are no change. */
  readonly #isPart: boolean;
  last: Pick<Link, 'seq' | 'link'>;
  newestAt = 0;
  /** When the last link was made. */
  sealedAt = 0;
  sealed = 0;
  erased = 0;
  purged = 0;

  constructor(deleted: Deletions, part?: Pick<Link, 'seq' | 'link'>) {
    this.deleted = deleted;
    this.#isPart = part !== undefined;
    this.last = part ?? CHAIN_START;
  }

  next(link: LinkedEntry, found: (change: Change) => void): void {
    const { seq, entry } = link;
    const isNext = seq === this.last.seq + 1;
    if (!isNext) found({ kind: 'unlinked', seq: this.last.seq + 1 });
    else if (linkHashOf(this.last.link, link) !== link.link)
      found({ kind: 'relinked', seq, entry });
    this.last = link;
    this.sealedAt = link.sealedAt;
    this.sealed += 1;
    const kind = entry ? this.#judged(link, entry) : this.#missing(seq);
    if (kind) found({ kind, seq, entry });
  }

  /** By an erasure or a purge that came after the log was begun to be read. */
  wasDeletedMeanwhile({ kind, seq }: Change): boolean {
    const isPurged = kind === 'dropped' && this.deleted.purged.has(seq);
    if (isPurged) this.purged += 1;
    return isPurged || (kind === 'emptied' && this.deleted.erased.has(seq));
  }

  #missing(seq: number): ChangeKind | undefined {
    if (this.#isPart) return undefined;
    if (!this.deleted.purged.has(seq)) return 'dropped';
    this.purged += 1;
    return undefined;
  }

  #judged({ seq, hash, sealedAt }: Link, entry: StoredEntry): ChangeKind | undefined {
    // The sealer takes the oldest first, within seconds. After a pause of the worker entries are late, but in their order.
    const isBackdated = entry.at < Math.min(this.newestAt, sealedAt) - LATEST_MS;
    this.newestAt = Math.max(this.newestAt, entry.at);
    if (entry.seq !== seq) return 'moved';
    if (this.deleted.purged.has(seq)) return 'back';
    const isErased = this.deleted.erased.has(seq);
    const { salt, contentHash } = entry;
    if (contentHash === null || entryHashOf(entry, contentHash) !== hash) return 'edited';
    if (salt === null) {
      if (entry.detail !== null) return 'edited';
      this.erased += 1;
      if (!isErased && !this.#isPart) return 'emptied';
    } else {
      if (contentHashOf(entry.detail, salt) !== contentHash) return 'edited';
      if (isErased) return 'back';
    }
    return isBackdated ? 'backdated' : undefined;
  }
}
