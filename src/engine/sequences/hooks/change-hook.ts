/** What admins do with hooks; each change is in the audit log, and none of it shows a secret. */
import { t } from '../../../core/translate.ts';
import type { Link } from '../../links/link.ts';
import type { Actor, ChangedBy } from '../../people/directory.ts';
import { isAdmin } from '../../people/permission.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { AuditWhat } from '../../work/audit-words.ts';
import { invalidate, sequenceStartsTopic } from '../../work/topics.ts';
import { type Hook, LONGEST_PATH, OVERLAP_MS } from './hook.ts';

const SECRET_BYTES = 32;
/** Shows people and secret scanners what it is. */
const PREFIX = 'lkhook_';

const newSecret = ({ randomBytes }: Transaction): string =>
  PREFIX + Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');

/** What is wrong with a typed path; undefined for a good one. */
export function wrongPath(path: string): string | undefined {
  if (path.trim() === '')
    return t`Enter the path to the address, such as email or data.user.email.`;
  if (path.length > LONGEST_PATH) return t`Too long: at most ${LONGEST_PATH} characters.`;
  return /[{}\s]/.test(path.trim())
    ? t`A path is field names joined with dots, such as data.user.email, without braces or spaces.`
    : undefined;
}

export async function addHook(
  tx: Transaction,
  wanted: Pick<Hook, 'sequenceId' | 'name' | 'emailPath'>,
  deps: ChangedBy,
): Promise<Hook> {
  const hook: Hook = {
    ...wanted,
    id: tx.newId(),
    version: 1,
    isOn: true,
    createdAt: tx.now,
    createdBy: deps.actor,
    secret: newSecret(tx),
    isRevealed: false,
    refusals: 0,
  };
  await tx.hooks.insert(hook);
  await note(tx, hook, { ...deps, what: 'hook.added' });
  return hook;
}

type HookNames = Pick<Hook, 'name' | 'emailPath'>;

/** @throws {StaleWrite} if another admin was faster, like every change here */
export const renameHook = (
  tx: Transaction,
  hook: Hook,
  { to, ...deps }: ChangedBy & { readonly to: HookNames },
) => save(tx, { ...hook, ...to }, { ...deps, what: 'hook.changed' });

export const turnHook = (
  tx: Transaction,
  hook: Hook,
  { isOn, ...deps }: ChangedBy & { readonly isOn: boolean },
) => save(tx, { ...hook, isOn }, { ...deps, what: isOn ? 'hook.on' : 'hook.off' });

/** Makes a new secret; the old one stays valid for a day. */
export function rotateSecret(tx: Transaction, hook: Hook, deps: ChangedBy): Promise<Hook> {
  const until = new Date(tx.now.getTime() + OVERLAP_MS);
  const next: Hook = {
    ...hook,
    secret: newSecret(tx),
    isRevealed: false,
    before: { secret: hook.secret, until },
  };
  return save(tx, next, { ...deps, what: 'hook.rotated' });
}

/** The replaced secret is no longer valid. */
export function endOverlap(tx: Transaction, hook: Hook, deps: ChangedBy): Promise<Hook> {
  const { before: _, ...next } = hook;
  return save(tx, next, { ...deps, what: 'hook.overlap-ended' });
}

/** Deletes its secrets too. */
export function deleteHook(tx: Transaction, hook: Hook, deps: ChangedBy): Promise<Hook> {
  const { before: _, ...rest } = hook;
  const next = { ...rest, isOn: false, secret: '', deletedAt: tx.now };
  return save(tx, next, { ...deps, what: 'hook.deleted' });
}

/** For a link of purpose `hook`: the secret, once. @returns `gone` if the hook is deleted, or its person is no admin any more */
export async function revealSecret(
  tx: Transaction,
  { subject, personId }: Pick<Link, 'subject' | 'personId'>,
): Promise<{ readonly title: string; readonly text: string } | 'gone' | 'shown'> {
  const person = await tx.people.find(personId);
  const hook = await tx.hooks.find(subject);
  if (!person || !isAdmin(person) || !hook || hook.deletedAt) return 'gone';
  if (hook.isRevealed) return 'shown';
  const actor: Actor = { kind: 'person', personId, via: 'web' };
  await save(tx, { ...hook, isRevealed: true }, { what: 'hook.revealed', actor });
  return { title: t`The secret of ${hook.name}`, text: hook.secret };
}

async function save(
  tx: Transaction,
  hook: Hook,
  { what, ...deps }: ChangedBy & { readonly what: AuditWhat },
): Promise<Hook> {
  const saved = await tx.hooks.save(hook);
  await note(tx, saved, { ...deps, what });
  return saved;
}

async function note(
  tx: Transaction,
  { id: hookId, name, sequenceId }: Hook,
  { what, actor }: ChangedBy & { readonly what: AuditWhat },
): Promise<void> {
  await tx.audit(what, { actor, detail: { hookId, hook: name, sequenceId } });
  await invalidate(tx, sequenceStartsTopic(sequenceId));
}
