/** Someone is back: what began since they left is paused, until someone chooses what they keep. */
import { DAY_MS } from '../../../core/hours.ts';
import type { Actor, ChangedBy } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { endException, exceptFromRules } from '../../rules/exceptions.ts';
import { stopRun } from '../../runs/stop-run.ts';
import {
  type Cause,
  isLeaverCause,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type Removal,
} from './removal.ts';
import {
  askable,
  auditRemoval,
  cancelTaskOf,
  goOnNow,
  invalidateRemoval,
  withdrawRemoval,
} from './removals.ts';
import { wakeRemoval } from './wake-removal.ts';

/**
 * Drops some causes, since the person is back. Without any other cause the removal is withdrawn.
 * @returns the removal as it is now
 */
async function withdrawCauses(
  tx: Transaction,
  removal: OpenRemoval,
  {
    isWithdrawn,
    actor,
  }: { readonly isWithdrawn: (cause: Cause) => boolean; readonly actor: Actor },
): Promise<Removal> {
  const causes = removal.causes.filter((each) => !isWithdrawn(each));
  if (causes.length === removal.causes.length) return removal;
  if (causes.length === 0 && removal.damagedCauses === undefined)
    return withdrawRemoval(tx, removal, { actor });
  const { pausedUntil, ...rest } = removal;
  const stays = causes.every(isLeaverCause) && pausedUntil !== undefined;
  const saved = await tx.removals.save({ ...rest, causes, ...(stays && { pausedUntil }) });
  await wakeRemoval(tx, saved);
  await invalidateRemoval(tx, saved);
  return saved;
}

/** Whether it began since they leave, which an item of a sequence that counts from the last day does, too. */
export async function isOfLeaving(tx: Transaction, cause: Cause): Promise<boolean> {
  if (cause.kind !== 'sequence' || cause.id === undefined) return isLeaverCause(cause);
  const planned = await tx.plannedItems.find(cause.id);
  const assignment = planned && (await tx.assignments.find(planned.assignmentId));
  const sequence = assignment && (await tx.sequences.find(assignment.sequenceId));
  return sequence?.anchor === 'end-date';
}

/**
 * For someone who stays after all, or is back: what items that count from the last day have revoked is no exception any more, so
 * that rules give it again.
 * @param items only what these items have revoked
 */
export async function endExceptionsOfLeaving(
  tx: Transaction,
  personId: string,
  { items, ...by }: ChangedBy & { readonly items?: ReadonlySet<string> },
): Promise<void> {
  for (const { id, integrationId, createdAt } of await tx.ruleExceptions.inEffect(
    [personId],
    tx.now,
  )) {
    const removal = await tx.removals.latest(personId, integrationId);
    for (const cause of removal?.causes ?? [])
      if (
        cause.at.getTime() === createdAt.getTime() &&
        (items?.has(cause.id ?? '') ?? (await isOfLeaving(tx, cause)))
      )
        await endException(tx, id, by);
  }
}

/** It was done by hand after the last write, and no account can be checked: nothing is left to keep. */
async function isOverByHand(tx: Transaction, removal: OpenRemoval): Promise<boolean> {
  const task = removal.taskId === undefined ? undefined : await tx.tasks.find(removal.taskId);
  if (task?.state !== 'done') return false;
  const open = await tx.accounts.openAt(removal.personId, removal.integrationId);
  if (open.some(({ writtenAt }) => writtenAt && writtenAt > task.endedAt)) return false;
  const known = await askable(tx, removal);
  return known.length > 0 && known.every((isKnown) => !isKnown);
}

/** How long the removals of someone who is back are paused. Nothing of an open removal is put off for longer. */
export const PAUSE_MS = 3 * DAY_MS;

/**
 * The person is back: removals that began because they had left are paused, so that someone can choose what they keep. Their
 * tasks are cancelled, and opened again where a removal goes on.
 * @returns the removals that are paused now
 */
export async function pauseRemovals(
  tx: Transaction,
  personId: string,
  actor: Actor,
): Promise<readonly Removal[]> {
  const pausedUntil = new Date(tx.now.getTime() + PAUSE_MS);
  const paused: Removal[] = [];
  for (const removal of await tx.removals.openOf(personId)) {
    const ofLeaving = new Set<Cause>();
    for (const cause of removal.causes) if (await isOfLeaving(tx, cause)) ofLeaving.add(cause);
    // Where causes are damaged, one of them may be another: it goes on.
    if (ofLeaving.size < removal.causes.length || removal.damagedCauses !== undefined) {
      await withdrawCauses(tx, removal, { isWithdrawn: (cause) => ofLeaving.has(cause), actor });
      continue;
    }
    if (await isOverByHand(tx, removal)) continue;
    await cancelTaskOf(tx, removal, actor);
    const revoke = await tx.runs.unfinished(personId, removal.integrationId);
    if (revoke?.kind === 'revoke' && revoke.state !== 'running')
      await stopRun(tx, revoke.id, actor);
    const { taskId: _, ...rest } = removal;
    const saved = await tx.removals.save({ ...rest, pausedUntil, dueAt: pausedUntil });
    await auditRemoval(tx, saved, { what: 'removal.paused', actor });
    await wakeRemoval(tx, saved, { dueAt: pausedUntil });
    await invalidateRemoval(tx, saved);
    paused.push(saved);
  }
  const [first] = paused;
  if (first)
    await tx.queue.push(
      'removal.notify',
      {
        removalId: first.id,
        what: 'paused',
        ...(actor.kind === 'person' && { readerId: actor.personId }),
      },
      { lane: 'background', key: `removals-paused:${personId}` },
    );
  return paused;
}

/** Remove, for someone who is back: a paused removal goes on at once. @returns false where it isn't paused any more */
export async function resumeRemoval(
  tx: Transaction,
  removalId: string,
  actor: Actor,
): Promise<boolean> {
  const found = await tx.removals.find(removalId);
  const person = found && (await tx.people.hold(found.personId));
  const removal = await tx.removals.find(removalId); // Read again, now that the person is locked.
  if (!person || !removal || !isOpenRemoval(removal) || !isPaused(removal, tx.now)) return false;
  const { pausedUntil: _, ...rest } = removal;
  const cause: Cause = { kind: 'revoked', by: actor, at: tx.now };
  await exceptFromRules(tx, { person, integrationId: removal.integrationId }, { cause, actor });
  const resumed = { ...rest, causes: [...removal.causes, cause] };
  await goOnNow(tx, resumed, { what: 'removal.resumed', actor });
  return true;
}

/** A clock that was ahead put it off until a time that is far away, or paused it until then: now it goes on. */
export async function bringForward(tx: Transaction, removal: OpenRemoval): Promise<void> {
  const { retryAt: _, pausedUntil: __, ...rest } = removal;
  const pausedUntil = new Date(tx.now.getTime() + PAUSE_MS);
  const next = isPaused(removal, tx.now)
    ? { ...rest, pausedUntil, dueAt: pausedUntil }
    : { ...rest, dueAt: tx.now };
  const saved = await tx.removals.save(next);
  await wakeRemoval(tx, saved, { dueAt: next.dueAt });
  await invalidateRemoval(tx, saved);
}
