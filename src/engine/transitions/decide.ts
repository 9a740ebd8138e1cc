/** What a manager or an admin decides on one row of a transition: Keep longer, End now. Permission is the caller's. */
import { addHours } from '../../core/hours.ts';
import { letGoOfGrants } from '../access/deferred-grants.ts';
import { type HeldAnswers, heldAnswers, needsApprovalToKeep } from '../access/held-answers.ts';
import { endOfHolds, type Hold, isOfRule } from '../access/hold.ts';
import { openHold } from '../access/holds.ts';
import { beginRemoval } from '../access/removals/begin-removal.ts';
import { type Actor, type PersonAtApp, personIdOf } from '../people/directory.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { grantsAlone } from '../requests/needs-approval.ts';
import { isAwaitedByHand } from '../tasks/manual.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import { follow } from './follow.ts';
import type { Transition, TransitionItem } from './transition.ts';

export interface Deciding extends PersonAtApp {
  readonly transitionId: string;
  readonly actor: Actor;
}

/** It is no longer lost, it is being removed already, or the transition is over. */
type Over = { readonly kind: 'over' };

export type KeptLonger =
  | Over
  | { readonly kind: 'kept'; readonly until: Date }
  /** It stays until then anyway. */
  | { readonly kind: 'shorter'; readonly until: Date }
  /** Only admins may keep it, since it needs approval. */
  | { readonly kind: 'needs-approval'; readonly held: HeldAnswers };

/** Opens a hold with an end, or moves the end of the one that was opened so. @param wanted.hours from now on */
export async function keepLonger(
  tx: Transaction,
  deciding: Deciding,
  wanted: { readonly hours: number; readonly reason: string },
): Promise<KeptLonger> {
  const row = await lost(tx, deciding);
  if (!row) return { kind: 'over' };
  const { person, integration, actor } = deciding;
  // What is still held only waits for the removal to end: a hold beside it would say that they have it.
  if (await tx.removals.open(person.id, integration.id)) return { kind: 'over' };
  const held = await heldAnswers(tx, { personId: person.id, integration }, row.holds);
  if (needsApprovalToKeep(held) && !(await grantsAlone(tx, actor)))
    return { kind: 'needs-approval', held };
  const until = addHours(tx.now, wanted.hours);
  const end = endOfHolds(row.holds);
  if (end && until <= end) return { kind: 'shorter', until: end };
  const hold = await holdUntil(tx, deciding, { row, until, hours: wanted.hours });
  const byId = personIdOf(actor) ?? '';
  const kept = { holdId: hold.id, byId, reason: wanted.reason };
  await tx.transitions.putItem({ ...row.item, kept });
  await tx.audit('transition.kept', about(deciding, { until: until.toISOString() }));
  await follow(tx, row.transition);
  await invalidate(tx, personTopic(person.id));
  return { kind: 'kept', until };
}

async function holdUntil(
  tx: Transaction,
  { person, integration, actor }: Deciding,
  { row, until, hours }: { readonly row: LostRow; readonly until: Date; readonly hours: number },
): Promise<Hold> {
  const before = row.holds.find(({ id }) => id === row.item.kept?.holdId);
  if (!before) return openHold(tx, { person, integration, actor, source: 'kept', hours }, {});
  const { warnedAt: _, ...rest } = before;
  return tx.holds.save({ ...rest, endsAt: until });
}

/** Whether End now ends this hold: the rule gives it up, or someone kept it longer for the move. */
export const endsByMove = (hold: Hold, item: TransitionItem): boolean =>
  hold.endsAt !== undefined && (isOfRule(hold) || hold.id === item.kept?.holdId);

export type EndedNow = Over | { readonly kind: 'ended' };

/**
 * Ends what the rule still holds, and what was kept longer, now. While another hold is open the access stays; else its removal
 * begins. No exception is made: if a rule gives it again later, they get it.
 */
export async function endNow(tx: Transaction, deciding: Deciding): Promise<EndedNow> {
  const row = await lost(tx, deciding);
  if (!row) return { kind: 'over' };
  const { person, integration, actor } = deciding;
  const ending = row.holds.filter((hold) => endsByMove(hold, row.item));
  const [first] = ending;
  if (!first) return { kind: 'over' };
  const isLast = ending.length === row.holds.length;
  if (isLast && !(await isAwaitedByHand(tx, first))) {
    const cause = { kind: 'expired', id: first.id } as const;
    await beginRemoval(tx, { person, integration, cause, actor });
  } else
    for (const hold of await letGoOfGrants(tx, ending))
      await tx.holds.save({ ...hold, ended: { at: tx.now, why: 'expired' } });
  await tx.audit('transition.ended-now', about(deciding));
  await follow(tx, row.transition);
  await invalidate(tx, personTopic(person.id));
  return { kind: 'ended' };
}

interface LostRow {
  readonly transition: Transition;
  readonly item: TransitionItem;
  /** Open ones; never empty. */
  readonly holds: readonly Hold[];
}

/** What is still to be lost, read under the person's lock. */
async function lost(
  tx: Transaction,
  { transitionId, person, integration }: Deciding,
): Promise<LostRow | undefined> {
  await tx.people.hold(person.id);
  const transition = await tx.transitions.find(transitionId);
  if (transition?.state !== 'open' || transition.personId !== person.id) return undefined;
  const items = await tx.transitions.items(transitionId);
  const item = items.find(({ integrationId }) => integrationId === integration.id);
  if (item?.part !== 'loses') return undefined;
  const holds = await tx.holds.openAt(person.id, integration.id);
  return holds.length > 0 ? { transition, item, holds } : undefined;
}

const about = (
  { transitionId, person, integration, actor }: Deciding,
  detail: Readonly<Record<string, string>> = {},
): Omit<AuditNote, 'what'> => ({
  actor,
  personId: person.id,
  integrationId: integration.id,
  detail: { transitionId, ...detail },
});
