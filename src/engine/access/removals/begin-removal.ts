/** Begins removals: the holds of an access end, and what ends the access itself is stored. */
import { together } from '../../../core/together.ts';
import { dropMessagesAt } from '../../messages/drop-messages.ts';
import type { AccessIds, Actor, PersonAtApp } from '../../people/directory.ts';
import { StaleWrite } from '../../ports/store.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { exceptFromRules } from '../../rules/exceptions.ts';
import type { RuleException } from '../../rules/rule.ts';
import { stopRun } from '../../runs/stop-run.ts';
import { cancelGrantTasks } from '../../tasks/end-task.ts';
import type { Lane } from '../../work/lanes.ts';
import { endHolds } from '../holds.ts';
import type { Cause, OpenRemoval } from './removal.ts';
import { auditRemoval, invalidateRemoval } from './removals.ts';
import { wakeRemoval } from './wake-removal.ts';

export interface Removing extends PersonAtApp {
  readonly cause: Pick<Cause, 'kind' | 'id'>;
  readonly actor: Actor;
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
 * @throws {StaleWrite} the integration has been deleted since it was read: nothing can be removed there any more
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
  await dropMessagesAt(tx, whose);

  const open = await tx.removals.open(person.id, integration.id);
  if (open) return { kind: 'joined', removal: await addCause(tx, open, cause) };
  if (tasks > 0 && !(await mayBeThere(tx, whose))) return { kind: 'nothing' };
  return { kind: 'begun', removal: await insertRemoval(tx, whose, cause) };
}

/** Begins it where nothing is known of the access, so that nothing has to end before. The caller holds the person. */
export const beginUnknown = (
  tx: Transaction,
  { person, integration, cause, actor }: Omit<Removing, 'exception'>,
): Promise<OpenRemoval> =>
  insertRemoval(
    tx,
    { personId: person.id, integrationId: integration.id },
    { ...cause, by: actor, at: tx.now },
  );

async function insertRemoval(
  tx: Transaction,
  whose: AccessIds,
  cause: Cause,
): Promise<OpenRemoval> {
  const { at, by: actor } = cause;
  // Deleting it counts the open removals, so the lock puts that before or after this one.
  const integration = await tx.integrations.hold(whose.integrationId, 'shared');
  if (!integration || integration.deletedAt)
    throw new StaleWrite('integration', whose.integrationId);
  const removal: OpenRemoval = {
    id: tx.newId(),
    version: 1,
    ...whose,
    causes: [cause],
    beganAt: at,
    tries: 0,
    state: 'waiting',
    dueAt: at,
  };
  // The person is locked, so no other transaction can begin one now.
  if ((await tx.removals.insert(removal)) === 'taken')
    throw new Error('A removal of this access began within one transaction');
  await together([
    auditRemoval(tx, removal, { what: 'removal.begun', actor, detail: { cause: cause.kind } }),
    wakeRemoval(tx, removal, { lane: laneOf(actor) }),
    invalidateRemoval(tx, removal),
  ]);
  return removal;
}

/** Whether access is there, or may be. */
export async function mayBeThere(
  tx: Pick<Transaction, 'access' | 'accounts'>,
  { personId, integrationId }: AccessIds,
): Promise<boolean> {
  const access = await tx.access.find(personId, integrationId);
  if (access && access.state !== 'none') return true;
  return (await tx.accounts.openAt(personId, integrationId)).length > 0;
}

const laneOf = ({ kind }: Actor): Lane => (kind === 'system' ? 'background' : 'interactive');

async function addCause(tx: Transaction, open: OpenRemoval, cause: Cause): Promise<OpenRemoval> {
  // The person has left again, or the access is removed for another reason: the pause ends.
  const { retryAt: _, pausedUntil: __, ...rest } = open;
  const known = open.causes.some(({ kind, id }) => kind === cause.kind && id === cause.id);
  const saved = (await tx.removals.save({
    ...rest,
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
  { personId, integrationId }: AccessIds,
  actor: Actor,
): Promise<void> {
  const unfinished = await tx.runs.unfinishedOf(personId);
  for (const run of unfinished)
    if (run.integrationId === integrationId && run.kind === 'execute')
      await stopRun(tx, run.id, actor);
}
