/** Granting and revoking at a manual integration: both open a task for whoever does it. */
import { say } from '../core/say.ts';
import { fullName } from './directory.ts';
import {
  cancelGrantTasks,
  type ManualWish,
  openGrantTask,
  openRevokeTask,
  type TaskParts,
} from './manual.ts';
import type { Transaction } from './ports/unit-of-work.ts';
import type { TaskIn } from './task.ts';

export type ByHand =
  /** The task, or the one that was open already. */
  | { readonly kind: 'opened'; readonly task: TaskIn<'open'> }
  /** Nothing was stored. `why` is a sentence for people. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Somebody is asked to give it. Person and integration are held as they are now, as for a run: whoever turns the
 * integration off, deletes it or ends the person's access comes before or after.
 */
export async function grantByHand(
  tx: Transaction,
  wish: ManualWish,
  parts: TaskParts,
): Promise<ByHand> {
  const person = await tx.people.hold(wish.person.id);
  const integration = await tx.integrations.hold(wish.integration.id, 'shared');
  if (!person) return refused(say`The person is no longer in the directory.`);
  if (!person.active)
    return refused(
      say`${fullName(person)} has left. An admin can make them active again; then grant it.`,
    );
  if (!integration || integration.deletedAt)
    return refused(say`${wish.integration.name} was deleted meanwhile.`);
  if (!integration.enabled)
    return refused(say`${integration.name} is turned off. An admin can turn it on again.`);
  const { tasks } = await tx.tasks.list(
    { state: 'open', personId: person.id, integrationId: integration.id },
    { offset: 0, limit: 100 },
  );
  if (tasks.some(({ kind }) => kind === 'revoke'))
    return refused(
      say`Somebody is asked to take ${integration.name} away from ${fullName(person)}. Grant it again when that task is done.`,
    );
  const task = await openGrantTask(tx, { ...wish, person, integration }, parts);
  return { kind: 'opened', task };
}

/**
 * Somebody is asked to take it away, also where the integration is turned off. What was to be given there is cancelled;
 * where that was all that there is, nobody has to take anything away.
 */
export async function revokeByHand(
  tx: Transaction,
  wish: ManualWish,
  parts: TaskParts,
): Promise<ByHand | { readonly kind: 'cancelled' }> {
  const integration = await tx.integrations.hold(wish.integration.id, 'shared');
  if (!integration || integration.deletedAt)
    return refused(say`${wish.integration.name} was deleted meanwhile.`);
  await tx.people.hold(wish.person.id);
  const whose = { personId: wish.person.id, integrationId: integration.id };
  const cancelled = await cancelGrantTasks(tx, whose, wish.actor, parts);
  const access = await tx.access.find(whose.personId, whose.integrationId);
  if (cancelled > 0 && (!access || access.state === 'none')) return { kind: 'cancelled' };
  const task = await openRevokeTask(tx, { ...wish, integration }, parts);
  return { kind: 'opened', task };
}

const refused = (why: string) => ({ kind: 'refused', why }) as const;
