/** What people and events do to open removals, and how these end. `begin-removal.ts` begins them, `advance-removal.ts` moves them on. */
import { DAY_MS } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { provisionOf } from '../../integrations/manifest-of.ts';
import { type Actor, type Person, SYSTEM } from '../../people/directory.ts';
import { inWorkspaceLocale } from '../../people/locales.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import { hasReadableFacts } from '../../people/stored-values.ts';
import type { AuditedAct, Stores, Transaction } from '../../ports/unit-of-work.ts';
import { endTask } from '../../tasks/end-task.ts';
import {
  homesOfAdmins,
  invalidate,
  offboardingTopic,
  personTopic,
  removalTopic,
  reviewPartTopic,
  reviewTopic,
  stuckTopic,
} from '../../work/topics.ts';
import { hasReadableNames } from '../account.ts';
import { accountVariables, NEVER } from '../accounts.ts';
import { promoteDeferred } from '../deferred-grants.ts';
import {
  isLeaverCause,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type Proof,
  proveGone,
  type Removal,
  type Withdrawal,
  withdraw,
} from './removal.ts';
import { wakeRemoval } from './wake-removal.ts';

/**
 * Withdraws it: its task is cancelled, and grants that wait for its end start.
 * @param said `why` as someone typed it; encrypted at rest with the removal
 */
export async function withdrawRemoval(
  tx: Transaction,
  removal: OpenRemoval,
  {
    actor,
    why,
    ...said
  }: Pick<Withdrawal, 'for'> & { readonly why?: string; readonly actor: Actor },
): Promise<Removal> {
  await cancelTaskOf(tx, removal, actor);
  const withdrawn = withdraw(removal, { ...said, by: actor }, tx.now);
  const saved = await tx.removals.save(why === undefined ? withdrawn : { ...withdrawn, why });
  await auditRemoval(tx, saved, { what: 'removal.withdrawn', actor });
  await afterEnd(tx, saved);
  return saved;
}

/** Closes it with a proof. @param canAsk whether Latchkey can check the app again later */
export async function closeAsGone(
  tx: Transaction,
  removal: OpenRemoval,
  {
    proof,
    canAsk,
    actor,
  }: { readonly actor: Actor; readonly canAsk: boolean; readonly proof: Proof },
): Promise<Removal> {
  await cancelTaskOf(tx, removal, actor);
  for (const account of await tx.accounts.openAt(removal.personId, removal.integrationId))
    await tx.accounts.save({ ...account, goneAt: proof.at });
  const saved = await tx.removals.save(proveGone(removal, proof, canAsk));
  await tx.access.put({
    personId: removal.personId,
    integrationId: removal.integrationId,
    state: 'none',
    reason: await inWorkspaceLocale(tx, async () => reasonOf(proof)),
    since: proof.at,
    checkedAt: proof.kind === 'asked' ? proof.at : NEVER,
  });
  await auditRemoval(tx, saved, { what: 'removal.gone', actor, detail: { proof: proof.kind } });
  if ('dueAt' in saved && saved.dueAt) await wakeRemoval(tx, saved, { dueAt: saved.dueAt });
  await tx.queue.push(
    'removal.notify',
    { removalId: saved.id, what: 'gone' },
    { lane: 'background', key: `removal-gone:${saved.id}` },
  );
  await afterEnd(tx, saved);
  return saved;
}

function reasonOf({ kind }: Proof): string {
  return {
    asked: () => t`Removed; the app reports no access.`,
    revoked: () => t`Revoked by Latchkey.`,
    'look-up': () => t`The app reports no such account.`,
    done: () => t`Removed by hand.`,
    confirmed: () => t`An admin checked: it's gone.`,
    nothing: () => t`Nothing was granted here.`,
  }[kind]();
}

export type Confirmed =
  | { readonly kind: 'gone'; readonly removal: Removal }
  /** It had ended before. */
  | { readonly kind: 'over' }
  /** Nobody may confirm that of their own access. */
  | { readonly kind: 'own' }
  /** A grant is in flight, or may still arrive: nobody can know its outcome yet. */
  | { readonly kind: 'too-early'; readonly until?: Date };

/** "I checked: it is gone", by an admin who looked in the app. */
export async function confirmGone(
  tx: Transaction,
  removalId: string,
  by: { readonly person: Person; readonly actor: Actor },
): Promise<Confirmed> {
  const found = await tx.removals.find(removalId);
  if (found) await tx.people.hold(found.personId);
  const removal = await tx.removals.find(removalId); // Read again, now that the person is locked.
  if (!removal || !isOpenRemoval(removal)) return { kind: 'over' };
  if (removal.personId === by.person.id) return { kind: 'own' };
  const { personId, integrationId } = removal;
  if (await tx.runs.unfinished(personId, integrationId)) return { kind: 'too-early' };
  const accounts = await tx.accounts.openAt(personId, integrationId);
  const pending = accounts.find(({ writtenAt }) => writtenAt && writtenAt > tx.now);
  if (pending?.writtenAt) return { kind: 'too-early', until: pending.writtenAt };
  const proof: Proof = { kind: 'confirmed', at: tx.now, byId: by.person.id };
  const canAsk = await canAskAgain(tx, removal);
  const closed = await closeAsGone(tx, removal, { proof, canAsk, actor: by.actor });
  return { kind: 'gone', removal: closed };
}

/** Whether Latchkey can check the app again later: it has `exists`, and all facts for that are known. */
const canAskAgain = async (tx: Transaction, removal: OpenRemoval): Promise<boolean> =>
  (await askable(tx, removal)).every(Boolean);

/** Whether Latchkey can check each account; one `false` where it can check none of the app. */
export async function askable(
  tx: Transaction,
  { personId, integrationId }: OpenRemoval,
): Promise<readonly boolean[]> {
  const person = await tx.people.find(personId);
  const provision = await provisionOf(tx, await tx.integrations.find(integrationId));
  if (!person || !hasReadableFacts(person) || !provision?.exists) return [false];
  return (await tx.accounts.openAt(personId, integrationId)).map(
    (each) =>
      hasReadableNames(each) &&
      missingFacts(provision, 'exists', accountVariables(person, each)).length === 0,
  );
}

/** What follows when a removal is gone or withdrawn. */
async function afterEnd(tx: Transaction, removal: Removal): Promise<void> {
  const { personId, integrationId } = removal;
  await promoteDeferred(tx, { personId, integrationId });
  await tx.queue.push(
    'removal.ended',
    { removalId: removal.id },
    { lane: 'background', key: `removal-ended:${removal.id}` },
  );
  await invalidateRemoval(tx, removal);
}

export async function cancelTaskOf(
  tx: Transaction,
  { taskId }: Removal,
  actor: Actor,
): Promise<void> {
  const task = taskId === undefined ? undefined : await tx.tasks.find(taskId);
  if (task?.state === 'open') await endTask(tx, task, { state: 'cancelled', actor });
}

/** Whether someone has pressed Done since a worker looked at it last: that may have ended the access. */
export const isMarkedDone = async (
  { tasks }: Pick<Stores, 'tasks'>,
  { taskId }: Removal,
): Promise<boolean> => taskId !== undefined && (await tasks.find(taskId))?.state === 'done';

/**
 * Retry: advances a stuck removal at once. The backoff after that try is no shorter.
 * @returns false where it isn't stuck any more
 */
export async function retryRemoval(
  tx: Transaction,
  removalId: string,
  actor: Actor,
): Promise<boolean> {
  const removal = await tx.removals.find(removalId);
  if (!removal || removal.state !== 'stuck' || isPaused(removal, tx.now)) return false;
  await goOnNow(tx, removal, { what: 'removal.retry-now', actor });
  return true;
}

export async function goOnNow(
  tx: Transaction,
  removal: OpenRemoval,
  act: Pick<AuditedAct, 'what' | 'actor'>,
): Promise<void> {
  const { retryAt: _, ...rest } = removal;
  const saved = await tx.removals.save({ ...rest, dueAt: tx.now });
  await auditRemoval(tx, saved, act);
  await wakeRemoval(tx, saved, { lane: 'interactive' });
  await invalidateRemoval(tx, saved);
}

/** Marks it stuck for a day and notifies admins: to go on at once would do harm. @param why a sentence for people */
export async function setAside(tx: Transaction, removalId: string, why: string): Promise<void> {
  const removal = await tx.removals.find(removalId);
  if (!removal || !isOpenRemoval(removal)) return;
  const now = tx.now;
  const dueAt = new Date(now.getTime() + SET_ASIDE_MS);
  const saved = await tx.removals.save({
    ...removal,
    state: 'stuck',
    why,
    dueAt,
    retryAt: dueAt,
    notifiedAt: now,
  });
  await auditRemoval(tx, saved, { what: 'removal.stuck', actor: SYSTEM });
  await wakeRemoval(tx, saved, { dueAt });
  await tx.queue.push(
    'removal.notify',
    { removalId, what: 'stuck' },
    { lane: 'background', key: `removal-stuck:${removalId}` },
  );
  await invalidateRemoval(tx, saved);
}

const SET_ASIDE_MS = DAY_MS;

/**
 * Advances what is stuck or by hand at this integration at once, since its manifest, secrets or connection have changed, or it
 * was turned on. One transaction does one page of the store.
 * @returns the id after which the next page starts; undefined after the last page
 */
export async function expediteRemovals(
  tx: Transaction,
  integrationId: string,
  afterId: string | undefined,
): Promise<string | undefined> {
  const open = await tx.removals.openAt(integrationId, afterId);
  for (const removal of open) {
    if (isPaused(removal, tx.now) || (removal.state !== 'stuck' && removal.state !== 'by-hand'))
      continue;
    const { retryAt: _, ...rest } = removal;
    const saved = await tx.removals.save({ ...rest, dueAt: tx.now });
    await wakeRemoval(tx, saved);
  }
  return open.at(-1)?.id;
}

export async function invalidateRemoval(tx: Transaction, removal: Removal): Promise<void> {
  const { personId, integrationId } = removal;
  const followers: string[] = [];
  for (const { kind, id } of removal.causes) {
    if (id === undefined) continue;
    if (kind === 'offboarding') followers.push(offboardingTopic(id));
    if (kind !== 'review') continue;
    const item = await tx.reviews.findItem(id, personId, integrationId);
    followers.push(reviewTopic(id), ...(item ? [reviewPartTopic(id, item.reviewerId)] : []));
  }
  // The card of the last offboarding shows access that was found after it, too.
  const last =
    removal.damagedCauses !== undefined || removal.causes.some(isLeaverCause)
      ? await tx.offboardings.last(personId)
      : undefined;
  if (last) followers.push(offboardingTopic(last.id));
  await invalidate(
    tx,
    removalTopic(removal.id),
    personTopic(personId),
    stuckTopic(integrationId),
    ...followers,
    ...(isInHomes(removal) ? await homesOfAdmins(tx) : []),
  );
}

/** Removals that need a person are counted in the homes of admins until they end. */
const isInHomes = ({ state, tries, taskId }: Removal): boolean =>
  state === 'stuck' || state === 'by-hand' || tries > 0 || taskId !== undefined;

export const auditRemoval = (
  tx: Transaction,
  { id: removalId, personId, integrationId }: Removal,
  { what, actor, detail = {} }: AuditedAct,
): Promise<void> =>
  tx.audit(what, { actor, personId, integrationId, detail: { removalId, ...detail } });
