/** `latchkey verify`: finds what was changed in the sealed audit log, or in a pack of evidence. */
import { readFile } from 'node:fs/promises';
import { unreachable } from '../../core/unreachable.ts';
import { type PackChange, verifyPack } from '../../engine/evidence/verify-pack.ts';
import {
  type Head,
  headLine,
  keyLine,
  readHeads,
  readKey,
  signedHead,
} from '../../engine/work/audit-head.ts';
import {
  type Change,
  type ChangeKind,
  type KeptElsewhere,
  type Verified,
  verifyAudit,
} from '../../engine/work/verify-audit.ts';
import { beginningOf, whyUnreadable } from '../beginning-of.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { type Output, shownTime, terminal } from '../output.ts';
import { inSession } from '../session.ts';

export interface VerifyOptions {
  readonly audit?: true;
  /** The head itself, or a file with one or more. */
  readonly head?: string;
  readonly key?: string;
  readonly json?: true;
}

/** Years of daily messages. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @returns the exit code @throws {CommandError} */
export async function verifyCommand(
  pack: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const heads = await readKept(options.head, headsIn);
  const key = await readKept(options.key, readKey);
  if ((pack === undefined) !== (options.audit === true))
    throw new CommandError(
      'say what to verify: a pack of evidence, or --audit for the audit log of this database',
    );
  if (pack !== undefined) return verifyFile(pack, { heads, key }, options);
  return inSession(async ({ stores: { auditChain }, output }) => {
    const verified = await verifyAudit(auditChain, { heads, key });
    const newest = await signedHead(auditChain);
    const lines = {
      head: newest ? headLine(newest) : null,
      key: keyLine(await auditChain.publicKey()),
    };
    if (options.json) output.json({ ...reported(verified), ...lines });
    else sayVerified(verified, { ...lines, kept: { heads, key } }, output);
    return verified.changes.length === 0 ? 0 : 1;
  });
}

const headsIn = (text: string): readonly Head[] | undefined => {
  const found = readHeads(text);
  return found.length === 0 ? undefined : found;
};

async function verifyFile(
  file: string,
  kept: KeptElsewhere,
  { json }: VerifyOptions,
): Promise<number> {
  const output = terminal();
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new CommandError(`${file}: ${whyUnreadable(error)}`);
  });
  const verified = verifyPack(bytes, kept);
  const ok = verified.changes.length === 0;
  const key = verified.key === undefined ? null : keyLine(verified.key);
  if (json) {
    const changes = verified.changes.map((change) => packChangeWords(change));
    output.json({ ok, changes, key, lines: { ...verified.lines } });
    return ok ? 0 : 1;
  }
  for (const change of verified.changes) output.line(packChangeWords(change));
  if (ok) {
    output.line('The pack is as Latchkey made it.');
    if (kept.key === undefined)
      output.note(
        'Its own key says so, and someone who makes a pack can also make a key: compare it with one that you got another way, or add --key.',
      );
  }
  if (key !== null) output.line(`Key: ${key}`);
  return ok ? 0 : 1;
}

/** One sentence: where, and what happened there. */
function packChangeWords(change: PackChange): string {
  switch (change.kind) {
    case 'line':
      return `${change.file}, line ${change.line}: it was changed.`;
    case 'file':
      return `${change.file}: ${FILES[change.why]}.`;
    case 'entry':
      return `audit.jsonl. ${changeWords(change.change)}`;
    case 'signature':
      return `${change.file}: it is not signed with the key, so everything in the pack may be changed.`;
    case 'container':
      return 'The ZIP file around the files was changed; what is in them was not.';
    case 'no-pack':
      return 'This is no pack of evidence, or it is damaged.';
    default:
      return unreachable(change);
  }
}

const FILES = {
  missing: 'it is missing',
  added: 'it was added',
  damaged: "it is damaged, and can't be read",
} as const;

/** @throws {CommandError} when there is none in the text, nor in a file of that name */
async function readKept<T>(
  given: string | undefined,
  read: (text: string) => T | undefined,
): Promise<T | undefined> {
  if (given === undefined) return undefined;
  const found = read(given) ?? read(await beginningOf(given, MAX_BYTES).catch(() => ''));
  if (found === undefined)
    throw new CommandError(
      `there is no such line in "${given}": give the line that Latchkey sent, or a file with it`,
    );
  return found;
}

const reported = ({ changes, ...counts }: Verified) => ({
  ok: changes.length === 0,
  ...counts,
  changes: changes.map(({ kind, seq, entry }) => ({
    kind,
    seq,
    entry: entry?.id ?? null,
    what: entry?.what ?? null,
    at: entry ? new Date(entry.at).toISOString() : null,
  })),
});

function sayVerified(
  { changes, sealed, erased, purged, unsealed }: Verified,
  {
    head,
    key,
    kept,
  }: { readonly head: string | null; readonly key: string; readonly kept: KeptElsewhere },
  output: Output,
): void {
  for (const change of changes) output.line(changeWords(change));
  if (changes.length === 0) {
    output.line(`The audit log is as it was sealed: ${counted(sealed, 'entry', 'entries')}.`);
    if (!kept.heads)
      output.note(
        'Only a head that you kept elsewhere shows whether its newest entries were cut off: add --head.',
      );
  }
  if (erased + purged > 0)
    output.note(
      `Of these, ${erased} lost their content with a person who was erased, and ${purged} were deleted for their age or with such a person, as entries of their own say.`,
    );
  if (unsealed > 0)
    output.note(`${counted(unsealed, 'entry is', 'entries are')} not sealed yet, and not checked.`);
  if (head !== null) output.line(`Head: ${head}`);
  output.line(`Key: ${key}`);
}

/** One sentence: where, and what happened there. */
function changeWords({ kind, seq, entry }: Change): string {
  const named = entry ? ` (${entry.what}, ${shownTime(new Date(entry.at))})` : '';
  return `Entry ${seq}${named}: ${CHANGES[kind]}.`;
}

const CHANGES: Readonly<Record<ChangeKind, string>> = {
  edited: 'it was edited after it was sealed',
  dropped: 'it is missing, and no entry says that it was deleted',
  inserted: 'it was inserted later; the chain does not name it',
  moved: 'it was moved to another place',
  relinked: 'its place in the chain was changed, or entries before it were replaced',
  unlinked: 'its place in the chain is missing',
  'cut-off': 'it is missing, and so is everything after it that a head names',
  rewritten: 'the chain differs from a head there, so it was rewritten',
  backdated: 'it was written long after the time that it says',
  emptied: 'its content was deleted, and no entry says so',
  back: 'it was deleted, as another entry says, and is here again',
  'unsigned-head': 'the head for it is not signed with the key',
};
