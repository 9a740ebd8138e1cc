/** Keep: someone who is back, or stays after all, keeps an access whose removal had begun. */
import { addHours } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import {
  type Actor,
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
} from '../../people/directory.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { grantsAlone } from '../../requests/needs-approval.ts';
import { policyOf } from '../../settings/settings.ts';
import { asksForCodes } from '../../step-up/use-code.ts';
import { type HeldAnswers, heldAnswers, needsApprovalToKeep } from '../held-answers.ts';
import { endOfHolds, type Hold, isOfRule } from '../hold.ts';
import { openHold } from '../holds.ts';
import { queueCheck } from '../queue-check.ts';
import { isOfLeaving } from './pause-removals.ts';
import { isInFlight, isOpenRemoval, isPaused, type OpenRemoval, type Removal } from './removal.ts';
import { isMarkedDone, withdrawRemoval } from './removals.ts';

export type KeepResult =
  | { readonly kind: 'kept' }
  /** It isn't paused any more. */
  | { readonly kind: 'over' }
  /** A revoke that had begun before they came back is still under way. */
  | { readonly kind: 'wait' }
  /** Only admins may keep it, since it needs approval. */
  | { readonly kind: 'needs-approval'; readonly held: HeldAnswers }
  /** The app asks for a code, which the form of a grant takes. */
  | { readonly kind: 'needs-code' };

/** Withdraws the removal and opens a hold, with the end date that a new grant would have at most. */
export async function keepPaused(
  tx: Transaction,
  removalId: string,
  by: Keeping,
): Promise<KeepResult> {
  await tx.people.hold(by.person.id);
  const removal = await tx.removals.find(removalId);
  if (!removal || !isOpenRemoval(removal) || !isPaused(removal, tx.now)) return { kind: 'over' };
  const run = await tx.runs.unfinished(removal.personId, removal.integrationId);
  if (run?.kind === 'revoke') return { kind: 'wait' };
  if (by.actor.kind === 'person' && asksForCodes(by.integration)) return { kind: 'needs-code' };
  const held = await heldBefore(tx, removal, by.integration);
  if (needsApprovalToKeep(held) && !(await grantsAlone(tx, by.actor)))
    return { kind: 'needs-approval', held };
  await keep(tx, removal, by);
  return { kind: 'kept' };
}

interface Keeping extends PersonAtApp {
  readonly actor: Actor;
}

async function keep(tx: Transaction, removal: OpenRemoval, by: Keeping): Promise<Hold> {
  await withdrawRemoval(tx, removal, { actor: by.actor, for: 'kept' });
  const { longestHours } = policyOf(by.integration);
  const hold = await openHold(tx, { ...by, source: 'kept', hours: longestHours ?? undefined }, {});
  // Some of it may have been revoked before. The check updates the card, which offers Grant where nothing is left.
  await queueCheck(tx.queue, { personId: by.person.id, integrationId: by.integration.id });
  return hold;
}

/**
 * Someone stays after all. What a sequence has begun to remove for their last day is kept, unless it is being removed right now:
 * then it is granted again, if it is still needed. It is kept for no longer than before.
 * @param items the items that have begun it; left out: all that count from the last day
 */
export async function keepForStaying(
  tx: Transaction,
  person: Person,
  { actor, items }: { readonly actor: Actor; readonly items?: ReadonlySet<string> },
): Promise<void> {
  if (!person.active) return; // Only a plan ends, of someone who has left before.
  for (const removal of await tx.removals.openOf(person.id)) {
    if (isInFlight(removal, tx.now) || isPaused(removal, tx.now)) continue;
    if ((await isMarkedDone(tx, removal)) || !(await isOfLastDayAlone(tx, removal, items)))
      continue;
    const integration = await tx.integrations.find(removal.integrationId);
    const end = await endBefore(tx, removal);
    if (!integration || (end && end <= tx.now)) continue;
    const kept = await keep(tx, removal, { person, integration, actor });
    if (end && (!kept.endsAt || end < kept.endsAt)) await tx.holds.save({ ...kept, endsAt: end });
  }
}

/** Until its evaluation a rule holds nothing again; what it no longer gives by then ends. */
const EVALUATED_HOURS = 24;

/** When the access would have ended that a removal has begun to end; undefined: on no day. Nobody decides that it lasts longer. */
async function endBefore(
  tx: Transaction,
  { personId, integrationId, beganAt }: OpenRemoval,
): Promise<Date | undefined> {
  const ended = await tx.holds.endedSince(personId, integrationId, beganAt);
  return endOfHolds(
    ended.map((hold) => ({
      ...hold,
      ended: undefined,
      endsAt: hold.endsAt ?? (isOfRule(hold) ? addHours(tx.now, EVALUATED_HOURS) : undefined),
    })),
  );
}

async function isOfLastDayAlone(
  tx: Transaction,
  { causes }: OpenRemoval,
  items?: ReadonlySet<string>,
): Promise<boolean> {
  for (const cause of causes) {
    if (cause.kind !== 'sequence' || !(await isOfLeaving(tx, cause))) return false;
    if (items && !items.has(cause.id ?? '')) return false;
  }
  return true;
}

/** The answers of the access that a removal ends: of the holds until then, and of the accounts that are known. */
export async function heldBefore(
  stores: Stores,
  { personId, integrationId, beganAt }: Removal,
  integration: Integration,
): Promise<HeldAnswers> {
  const holds = await stores.holds.endedSince(personId, integrationId, beganAt);
  return heldAnswers(stores, { personId, integration }, holds);
}

/** A sentence for people who may grant the app, but not these options. */
export const sayWhoKeeps = (
  { options }: Pick<HeldAnswers, 'options'>,
  person: Person,
  { name }: Integration,
): string =>
  options.length > 0
    ? t`${fullName(person)}'s access to ${name} needs approval (${options.join(', ')}), so only Latchkey admins can keep it.`
    : t`Latchkey no longer knows what ${fullName(person)} was granted in ${name}, so it may need approval. Only Latchkey admins can keep it.`;
