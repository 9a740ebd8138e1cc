/** Begins removals, and what people and events do to open ones. `advance-removal.ts` moves them on. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { provisionOf } from '../../integrations/manifest-of.ts';
import type { Actor, ChangedBy, Integration, Person } from '../../people/directory.ts';
import { inWorkspaceLocale } from '../../people/locales.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import { hasReadableFacts } from '../../people/stored-values.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { endException, exceptFromRules } from '../../rules/exceptions.ts';
import type { RuleException } from '../../rules/rule.ts';
import { stopRun } from '../../runs/stop-run.ts';
import { cancelGrantTasks, endTask, joinInstructions, joinTask } from '../../tasks/manual.ts';
import type { TaskIn } from '../../tasks/task.ts';
import type { AuditWhat } from '../../work/audit-words.ts';
import type { Lane } from '../../work/lanes.ts';
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
import { endHolds } from '../holds.ts';
import {
  type Cause,
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

export interface Removing {
  readonly person: Person;
  readonly integration: Integration;
  readonly cause: Pick<Cause, 'kind' | 'id'>;
  readonly actor: Actor;
  /** For the task, where people remove it by hand. */
  readonly note?: string;
  /** ISO date of that task. */
  readonly dueDate?: string;
  /** Why rules don't give it again. Left out: a sentence that says what removed it. */
  readonly exception?: Pick<RuleException, 'reason' | 'endsAt'>;
}

export type Begun =
  | { readonly kind: 'begun' | 'joined'; readonly removal: OpenRemoval }
  /** There was only an open task to grant it, which is cancelled. Nothing had been granted. */
  | { readonly kind: 'nothing' };

/**
 * Ends all holds of this access and begins its removal, or adds a cause to the open one. It cancels all unfinished grants of
 * the access; a grant in flight ends before its next step. It works at an integration that is turned off, too.
 */
export async function beginRemoval(tx: Transaction, removing: Removing): Promise<Begun> {
  const { actor, integration } = removing;
  const person = (await tx.people.hold(removing.person.id)) ?? removing.person;
  const whose = { personId: person.id, integrationId: integration.id };
  const at = tx.now; // One instant: the ends of the holds count as ended by this removal.
  const cause: Cause = { ...removing.cause, by: actor, at };
  const why = cause.kind === 'expired' ? 'expired' : 'revoked';
  await exceptFromRules(tx, { person, integrationId: integration.id }, removing); // Before the holds end: they name rules.
  await endHolds(tx, whose, { at, why });
  const tasks = await cancelGrantTasks(tx, whose, { actor });
  await stopGrantsOf(tx, whose, actor);

  const open = await tx.removals.open(person.id, integration.id);
  if (open) return { kind: 'joined', removal: await addCause(tx, open, { ...removing, cause }) };
  if (tasks > 0 && !(await mayBeThere(tx, whose))) return { kind: 'nothing' };
  const removal: OpenRemoval = {
    id: tx.newId(),
    version: 1,
    ...whose,
    causes: [cause],
    beganAt: at,
    tries: 0,
    note: removing.note,
    dueDate: removing.dueDate,
    state: 'waiting',
    dueAt: at,
  };
  // The person is locked, so no other transaction can begin one now.
  if ((await tx.removals.insert(removal)) === 'taken')
    throw new Error('A removal of this access began within one transaction');
  await auditRemoval(tx, removal, { what: 'removal.begun', actor, detail: { cause: cause.kind } });
  await wakeRemoval(tx, removal, { lane: laneOf(actor) });
  await invalidateRemoval(tx, removal);
  return { kind: 'begun', removal };
}

/** Whether access is there, or may be. */
export async function mayBeThere(
  tx: Pick<Transaction, 'access' | 'accounts'>,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
): Promise<boolean> {
  const access = await tx.access.find(personId, integrationId);
  if (access && access.state !== 'none') return true;
  return (await tx.accounts.openAt(personId, integrationId)).length > 0;
}

const laneOf = ({ kind }: Actor): Lane => (kind === 'system' ? 'background' : 'interactive');

async function addCause(
  tx: Transaction,
  open: OpenRemoval,
  { cause, ...more }: Pick<Removing, 'note' | 'dueDate'> & { readonly cause: Cause },
): Promise<OpenRemoval> {
  // The person has left again, or the access is removed for another reason: the pause ends.
  const { retryAt: _, pausedUntil: __, ...rest } = open;
  const known = open.causes.some(({ kind, id }) => kind === cause.kind && id === cause.id);
  const task = await openTaskOf(tx, open);
  if (task) await joinTask(tx, task, more);
  const saved = (await tx.removals.save({
    ...rest,
    ...joinInstructions(open, more),
    causes: known ? open.causes : [...open.causes, cause],
    dueAt: tx.now,
  })) as OpenRemoval; // As it was just made.
  if (!known)
    await auditRemoval(tx, saved, {
      what: 'removal.joined',
      actor: cause.by,
      detail: { cause: cause.kind },
    });
  await wakeRemoval(tx, saved, { dueAt: saved.dueAt, lane: laneOf(cause.by) });
  await invalidateRemoval(tx, saved);
  return saved;
}

/** Cancels all unfinished grants of it; a grant in flight ends before its next step. */
async function stopGrantsOf(
  tx: Transaction,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
  actor: Actor,
): Promise<void> {
  const unfinished = await tx.runs.unfinishedOf(personId);
  for (const run of unfinished)
    if (run.integrationId === integrationId && run.kind === 'execute')
      await stopRun(tx, run.id, actor);
}

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
  switch (kind) {
    case 'asked':
      return t`Removed; the app reports no access.`;
    case 'revoked':
      return t`Revoked by Latchkey.`;
    case 'look-up':
      return t`The app reports no such account.`;
    case 'done':
      return t`Removed by hand.`;
    case 'confirmed':
      return t`An admin checked: it's gone.`;
    case 'nothing':
      return t`Nothing was granted here.`;
    default:
      return unreachable(kind);
  }
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
async function askable(
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

async function cancelTaskOf(tx: Transaction, removal: Removal, actor: Actor): Promise<void> {
  const task = await openTaskOf(tx, removal);
  if (task) await endTask(tx, task, { state: 'cancelled', actor });
}

async function openTaskOf(
  tx: Transaction,
  { taskId }: Removal,
): Promise<TaskIn<'open'> | undefined> {
  const task = taskId === undefined ? undefined : await tx.tasks.find(taskId);
  return task?.state === 'open' ? task : undefined;
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

/** Whether someone has pressed Done since a worker looked at it last: that may have ended the access. */
export const isMarkedDone = async (
  { tasks }: Pick<Stores, 'tasks'>,
  { taskId }: Removal,
): Promise<boolean> => taskId !== undefined && (await tasks.find(taskId))?.state === 'done';

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
export const PAUSE_MS = 3 * 24 * 60 * 60_000;

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

async function goOnNow(
  tx: Transaction,
  removal: OpenRemoval,
  { what, actor }: { readonly what: AuditWhat; readonly actor: Actor },
): Promise<void> {
  const { retryAt: _, ...rest } = removal;
  const saved = await tx.removals.save({ ...rest, dueAt: tx.now });
  await auditRemoval(tx, saved, { what, actor });
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
  await auditRemoval(tx, saved, { what: 'removal.stuck', actor: { kind: 'system' } });
  await wakeRemoval(tx, saved, { dueAt });
  await tx.queue.push(
    'removal.notify',
    { removalId, what: 'stuck' },
    { lane: 'background', key: `removal-stuck:${removalId}` },
  );
  await invalidateRemoval(tx, saved);
}

const SET_ASIDE_MS = 24 * 60 * 60_000;

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
  {
    what,
    actor,
    detail = {},
  }: {
    readonly actor: Actor;
    readonly detail?: Readonly<Record<string, string>>;
    readonly what: AuditWhat;
  },
): Promise<void> =>
  tx.audit(what, { actor, personId, integrationId, detail: { removalId, ...detail } });
