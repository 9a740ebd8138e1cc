/** Run now and Skip, for one item of one person. */
import type { Actor, Integration, Person } from '../people/directory.ts';
import { isAdmin, mayGrant, mayManage } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { asksForCodes } from '../step-up/use-code.ts';
import { invalidateItem } from '../work/topics.ts';
import { endWhenOver } from './cancel-planned.ts';
import { fireItem } from './fire.ts';
import { isPending, type PlannedItem, skip } from './planned-item.ts';
import type { SequenceItem } from './sequence.ts';
import { releaseAfter } from './waiting.ts';

export type ItemDecision =
  | { readonly kind: 'decided'; readonly planned: PlannedItem }
  /** It has happened or was cancelled, or its person was erased. */
  | { readonly kind: 'over' }
  | { readonly kind: 'not-yours' };

/** Admins; a manager if they may grant or revoke the same without an admin. */
export async function mayDecide(
  actor: Person,
  { item: { does }, person }: { readonly item: SequenceItem; readonly person: Person },
  { integrations }: Pick<Stores, 'integrations'>,
): Promise<boolean> {
  if (isAdmin(actor)) return true;
  if (does.kind === 'revoke') return mayManage(actor, person);
  const integration =
    does.kind === 'grant' ? await integrations.find(does.integrationId) : undefined;
  return integration !== undefined && mayGrant(actor, person, integration);
}

/** The app that the item grants, if granting it by hand takes a code. */
export async function asksForCode(
  { does }: Pick<SequenceItem, 'does'>,
  { integrations }: Pick<Stores, 'integrations'>,
): Promise<Integration | undefined> {
  if (does.kind !== 'grant') return undefined;
  const integration = await integrations.find(does.integrationId);
  return integration && asksForCodes(integration) ? integration : undefined;
}

type DecidedBy = { readonly person: Person; readonly actor: Actor };

/** Fires it now, even before its time or its task. @throws {StaleWrite} if it changes at the same moment */
export async function runItemNow(
  tx: Transaction,
  plannedId: string,
  by: DecidedBy,
): Promise<ItemDecision> {
  const found = await pendingItem(tx, plannedId, by.person);
  if (found.kind !== 'pending') return found;
  const planned = await fireItem(tx, found.planned, { person: found.person, actor: by.actor });
  return { kind: 'decided', planned };
}

/** It won't happen; items that wait for it continue. @throws {StaleWrite} if it changes at the same moment */
export async function skipItem(
  tx: Transaction,
  plannedId: string,
  by: DecidedBy,
): Promise<ItemDecision> {
  const found = await pendingItem(tx, plannedId, by.person);
  if (found.kind !== 'pending') return found;
  const planned = await tx.plannedItems.save(skip(found.planned, by.person.id, tx.now));
  await tx.audit('sequence.skipped', {
    actor: by.actor,
    personId: found.person.id,
    detail: { plannedItemId: planned.id, item: found.item.does.kind },
  });
  await releaseAfter(tx, planned);
  await endWhenOver(tx, planned.assignmentId);
  await invalidateItem(tx, found.planned, planned);
  return { kind: 'decided', planned };
}

async function pendingItem(tx: Transaction, plannedId: string, actor: Person) {
  const known = await tx.plannedItems.find(plannedId);
  const person = known && (await tx.people.hold(known.personId));
  const planned = await tx.plannedItems.find(plannedId);
  const item = planned && (await tx.sequences.findItem(planned.itemId));
  if (!person || !planned || !item) return { kind: 'over' } as const;
  if (!(await mayDecide(actor, { item, person }, tx))) return { kind: 'not-yours' } as const;
  return isPending(planned)
    ? ({ kind: 'pending', planned, person, item } as const)
    : ({ kind: 'over' } as const);
}
