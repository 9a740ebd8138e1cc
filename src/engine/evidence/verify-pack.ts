/** Finds what was changed in a pack since Latchkey made it, with the first place. It needs the pack and a key, and no database. */
import { z } from 'zod';
import { MINUTE_MS } from '../../core/hours.ts';
import { fileInZip, namesInZip, sealOf } from '../../core/zip.ts';
import { CHAIN_START, type Link, storedEntry } from '../work/audit-chain.ts';
import { type Head, isHeadOf, isSigned, readHead, readKey } from '../work/audit-head.ts';
import {
  ChainJudge,
  type Change,
  differingFrom,
  type KeptElsewhere,
  NOTHING_DELETED,
} from '../work/verify-audit.ts';
import { digestOf, digestOfLine, linesOf, readDigests } from './digests.ts';
import { PACK_FILES, SEAL_LENGTH, SEAL_PREFIX } from './evidence.ts';

export type PackChange =
  /** A line of one of its files, from 1. */
  | { readonly kind: 'line'; readonly file: string; readonly line: number }
  /** A file is missing, was added, or can't be read. */
  | { readonly kind: 'file'; readonly file: string; readonly why: 'missing' | 'added' | 'damaged' }
  /** An entry of the audit log. */
  | { readonly kind: 'entry'; readonly change: Change }
  /** The signature of the digests or of the whole file is not by this key. */
  | { readonly kind: 'signature'; readonly file: string }
  /** Nothing in it, but the ZIP file around it. */
  | { readonly kind: 'container' }
  /** It is no pack. */
  | { readonly kind: 'no-pack' };

export interface VerifiedPack {
  /** The first ones, in the order of the files. Empty: it is as Latchkey made it. */
  readonly changes: readonly PackChange[];
  /** The key in the pack. Someone who makes a pack of their own puts in their own. */
  readonly key: string | undefined;
  /** Lines of each file. */
  readonly lines: Readonly<Record<string, number>>;
}

/** The first one has only these: it is the place before the first. */
const linkSchema = z.object({
  seq: z.number().int(),
  link: z.string(),
  entryId: z.string().default(''),
  hash: z.string().default(''),
  sealedAt: z.number().default(0),
});
/** In bytes, of one file in a pack. */
const MAX_FILE = 1024 ** 3;
/** A pack has about a dozen. One that says thousands would be read for minutes. */
const MAX_FILES = 100;
const MAX_CHANGES = 20;

export function verifyPack(zip: Uint8Array, kept: KeptElsewhere = {}): VerifiedPack {
  const files = new Map<string, string | undefined>();
  try {
    for (const name of namesInZip(zip, MAX_FILES)) files.set(name, readable(zip, name));
  } catch {
    return { changes: [{ kind: 'no-pack' }], key: undefined, lines: {} };
  }
  const own = readKey(files.get(PACK_FILES.about) ?? '');
  const key = kept.key ?? own ?? '';
  const changes: PackChange[] = [...changedLines(files, key)];
  if (changes.length === 0) {
    try {
      changes.push(...changedEntries(files, { ...kept, key }));
    } catch {
      changes.push({ kind: 'no-pack' }); // Signed, by whatever key, and yet not of our form.
    }
  }
  if (changes.length === 0 && !isSealed(zip, key)) changes.push({ kind: 'container' });
  const counts = [...files].map(([name, text]) => [name, linesOf(text ?? '').length] as const);
  return {
    changes: changes.slice(0, MAX_CHANGES),
    key: own,
    lines: Object.fromEntries(counts),
  };
}

function readable(zip: Uint8Array, name: string): string | undefined {
  try {
    return fileInZip(zip, name, MAX_FILE);
  } catch {
    return undefined;
  }
}

function isSealed(zip: Uint8Array, key: string): boolean {
  const { seal, hash } = sealOf(zip, SEAL_LENGTH);
  return (
    seal.startsWith(SEAL_PREFIX) &&
    isSigned(SEAL_PREFIX + hash, seal.slice(SEAL_PREFIX.length), key)
  );
}

type Files = ReadonlyMap<string, string | undefined>;

function* changedLines(files: Files, key: string): Iterable<PackChange> {
  const text = files.get(PACK_FILES.digests);
  const signature = files.get(PACK_FILES.signature)?.trim() ?? '';
  const digests = text === undefined ? undefined : readDigests(text);
  if (text === undefined || !digests) {
    yield {
      kind: 'file',
      file: PACK_FILES.digests,
      why: text === undefined ? 'missing' : 'damaged',
    };
    return;
  }
  for (const [file, wanted] of digests) {
    const content = files.get(file);
    if (content === undefined)
      yield { kind: 'file', file, why: files.has(file) ? 'damaged' : 'missing' };
    else yield* changedIn(file, linesOf(content), wanted);
  }
  const known = new Set([...digests.keys(), PACK_FILES.digests, PACK_FILES.signature]);
  for (const file of files.keys()) if (!known.has(file)) yield { kind: 'file', file, why: 'added' };
  if (!isSigned(digestOf(text), signature, key))
    yield { kind: 'signature', file: PACK_FILES.digests };
}

/** The first line that differs. After an insertion or a removal all others would differ too. */
function* changedIn(
  file: string,
  lines: readonly string[],
  wanted: readonly string[],
): Iterable<PackChange> {
  for (let at = 0; at < Math.max(lines.length, wanted.length); at += 1) {
    const line = lines[at];
    if (line !== undefined && digestOfLine(line) === wanted[at]) continue;
    yield { kind: 'line', file, line: at + 1 };
    return;
  }
}

/** The sealed part: that it follows from its first place to the head, and that the head is that of the key. */
function* changedEntries(
  files: Files,
  { heads = [], key = '' }: KeptElsewhere,
): Iterable<PackChange> {
  const about = files.get(PACK_FILES.about) ?? '';
  const head = readHead(about);
  const [first, ...links] = linesOf(files.get(PACK_FILES.chain) ?? '').map(
    (line): Link => linkSchema.parse(JSON.parse(line)),
  );
  const entries = new Map(
    linesOf(files.get(PACK_FILES.audit) ?? '').map((line) => {
      const entry = storedEntry.parse(JSON.parse(line));
      return [entry.id, entry] as const;
    }),
  );
  const changes: Change[] = [];
  const judge = new ChainJudge(NOTHING_DELETED, first ?? CHAIN_START);
  const isRewritten = differingFrom(heads);
  for (const link of links) {
    judge.next({ ...link, entry: entries.get(link.entryId) }, (change) => changes.push(change));
    entries.delete(link.entryId);
    if (isRewritten(link)) changes.push({ kind: 'rewritten', seq: link.seq });
  }
  for (const entry of entries.values())
    changes.push({ kind: 'inserted', seq: entry.seq ?? 0, entry });
  if (head && !isHeadOf(head, key)) changes.push({ kind: 'unsigned-head', seq: head.seq });
  if (head && first && judge.last.link !== head.link)
    changes.push({ kind: 'rewritten', seq: judge.last.seq });
  const last = Math.max(head?.seq ?? 0, judge.last.seq);
  if (heads.length > 0) changes.push(...againstKept(heads, { last, key, madeAt: madeAtIn(about) }));
  for (const change of changes.toSorted((a, b) => a.seq - b.seq)) yield { kind: 'entry', change };
}

/** In a pack of now, a head that was sealed so long before has been overtaken. */
const SETTLED_MS = MINUTE_MS;

/** What heads that were kept elsewhere say of the pack's: the log went on from them, unless it was cut off before the pack was made. */
function* againstKept(
  heads: readonly Head[],
  { last, key, madeAt }: { readonly last: number; readonly key: string; readonly madeAt: number },
): Iterable<Change> {
  for (const head of heads)
    if (!isHeadOf(head, key)) yield { kind: 'unsigned-head', seq: head.seq };
  if (heads.some(({ seq, sealedAt }) => seq > last && sealedAt + SETTLED_MS < madeAt))
    yield { kind: 'cut-off', seq: last + 1 };
}

const madeAtIn = (about: string): number =>
  Date.parse(z.object({ madeAt: z.string() }).parse(JSON.parse(about)).madeAt);
