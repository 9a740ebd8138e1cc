/** Access that a person has to remove: the task for it, and what Done proves. */
import { t } from '../../../core/translate.ts';
import { provisionOf } from '../../integrations/manifest-of.ts';
import { SYSTEM } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { openRevokeTask } from '../../tasks/manual.ts';
import type { Task } from '../../tasks/task.ts';
import { sayTheirs } from '../account-keys.ts';
import { earlierAddresses, NEVER, sayTaken } from '../accounts.ts';
import {
  accountsOf,
  isAskable,
  type RemovalContext,
  type Shared,
  withShared,
} from './accounts-to-remove.ts';
import { type Next, TASK_MS } from './next-state.ts';
import type { OpenRemoval, Proof } from './removal.ts';
import { withRevokeNote } from './revoke-note.ts';

export const taskOf = async (
  tx: Transaction,
  { taskId }: OpenRemoval,
): Promise<Task | undefined> => (taskId === undefined ? undefined : tx.tasks.find(taskId));

/**
 * Someone pressed Done. For an account that can't be checked, that is the proof. For the others it counts like a revoke. It
 * proves nothing of writes that came later or may still arrive.
 * @returns the removal without its task
 */
export async function takeDone(tx: Transaction, about: RemovalContext): Promise<OpenRemoval> {
  const { removal, person, integration } = about;
  const task = await taskOf(tx, removal);
  if (task?.state !== 'done') return removal;
  const at = task.endedAt;
  const manifest = await provisionOf(tx, integration);
  const accounts = manifest
    ? await accountsOf(tx, { ...about, manifest })
    : await tx.accounts.openAt(person.id, integration.id);
  const known = manifest && (await withShared(tx, { ...about, manifest }, accounts));
  for (const account of accounts) {
    const isProven = !(known && isAskable(account, known)) && (account.writtenAt ?? NEVER) <= at;
    if (isProven) await tx.accounts.save({ ...account, goneAt: at });
    else if ((account.revokedAt ?? NEVER) < at)
      await tx.accounts.save({ ...account, revokedAt: at });
  }
  const { taskId: _, ...rest } = removal;
  const done = { at, byId: task.endedById };
  return (await tx.removals.save({ ...rest, done })) as OpenRemoval; // As it was just made.
}

export const doneProof = (done: NonNullable<OpenRemoval['done']>): Proof => ({
  kind: 'done',
  ...done,
});

/** @param whom `admin`: only an admin can find out what is missing; `as-set`: the assignee of the settings */
export async function byHand(
  tx: Transaction,
  {
    removal,
    person,
    integration,
    now,
    taken,
    shared = new Map(),
  }: RemovalContext & Partial<Shared>,
  { why, whom = 'as-set' }: { readonly why?: string; readonly whom?: 'admin' | 'as-set' },
): Promise<Next> {
  const { dueDate } = removal;
  const open = await tx.accounts.openAt(person.id, integration.id);
  const earlier = earlierAddresses(open, person);
  const looksFor = earlier.length > 0 ? t`Also look for ${earlier.join(', ')}.` : undefined;
  const theirs = [...shared.values()].map((other) => sayTheirs(other, integration.name));
  const warnings = [...[...taken.values()].map(sayTaken), ...theirs];
  const said = [removal.note ?? why, looksFor, ...warnings];
  const says = new Set(said.filter((each) => each !== undefined));
  const note = await withRevokeNote(
    tx,
    { person, integration },
    says.size > 0 ? [...says].join(' ') : undefined,
  );
  const actor = removal.causes.at(-1)?.by ?? SYSTEM;
  const task = await openRevokeTask(tx, { actor, person, integration, note, dueDate }, whom);
  return {
    kind: 'open',
    state: 'by-hand',
    dueAt: new Date(now.getTime() + TASK_MS),
    why,
    taskId: task.id,
  };
}
