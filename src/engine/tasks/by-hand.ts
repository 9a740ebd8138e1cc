/** A grant of a manual integration opens a task. */
import { t } from '../../core/translate.ts';
import type { RefusedGrant } from '../access/grant.ts';
import { makeWay, whyNotGranted } from '../access/make-way.ts';
import { fullName } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type ManualWish, openGrantTask } from './manual.ts';
import type { TaskIn } from './task.ts';

export type ByHand =
  /** The task, or the one that was open already. */
  { readonly kind: 'opened'; readonly task: TaskIn<'open'> } | RefusedGrant;

/**
 * Opens the task. It locks the person and the integration, as a run does: turning the integration off, deleting it or
 * removing the person's access happens before or after.
 */
export async function grantByHand(
  tx: Transaction,
  wish: ManualWish & { readonly reason?: string },
): Promise<ByHand> {
  const person = await tx.people.hold(wish.person.id);
  const integration = await tx.integrations.hold(wish.integration.id, 'shared');
  if (!person) return refused(t`The person is no longer in the directory.`);
  if (!person.active)
    return refused(t`${fullName(person)} has left. An admin can reactivate them; then grant it.`);
  if (!integration || integration.deletedAt)
    return refused(t`${wish.integration.name} has been deleted.`);
  if (!integration.enabled)
    return refused(t`${integration.name} is turned off. An admin can turn it on again.`);
  const removal = await tx.removals.open(person.id, integration.id);
  const way = await makeWay(tx, { ...wish, person, integration }, removal);
  if (way.kind !== 'free') {
    const why = whyNotGranted(way, person, integration);
    return { ...refused(why), ...(way.kind === 'needs-reason' && { needsReason: true }) };
  }
  const task = await openGrantTask(tx, { ...wish, person, integration });
  return { kind: 'opened', task };
}

const refused = (why: string) => ({ kind: 'refused', why }) as const;
