/** A grant of access that is being removed: it waits for the end of the removal, or withdraws it. */
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  type Actor,
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
} from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { chosenForApprovalAt, grantsAlone } from '../requests/needs-approval.ts';
import type { RunInputs } from '../runs/run.ts';
import { type HeldAnswers, needsApprovalToKeep } from './held-answers.ts';
import type { HoldSource } from './hold.ts';
import { heldBefore, sayWhoKeeps } from './removals/keep-paused.ts';
import { isInFlight, isPaused, type OpenRemoval } from './removals/removal.ts';
import { isMarkedDone, withdrawRemoval } from './removals/removals.ts';

export interface WantedGrant extends PersonAtApp {
  readonly actor: Actor;
  /** Why it is granted although it is being removed; stored with the removal. */
  readonly reason?: string | undefined;
  /** Left out: someone grants it by hand. */
  readonly source?: HoldSource;
  /** The form's answers; left out where there is no form. */
  readonly form?: RunInputs['form'];
}

export type GrantWay =
  /** No removal blocks it, or it may be withdrawn. */
  | { readonly kind: 'free' }
  /** It is being revoked or checked right now. */
  | { readonly kind: 'wait' }
  /** The removal is stuck or by hand: a grant withdraws it, and needs a reason. */
  | { readonly kind: 'needs-reason' }
  /** The removal would be withdrawn, which keeps options that need approval and have none. */
  | { readonly kind: 'needs-approval'; readonly held: Pick<HeldAnswers, 'options'> };

/** Withdraws a removal that is stuck, by hand, or paused since the person is back. @param removal the one that is open there */
export async function makeWay(
  tx: Transaction,
  wish: WantedGrant,
  removal: OpenRemoval | undefined,
): Promise<GrantWay> {
  const way = await foreseeWay(tx, wish, { removal, now: tx.now });
  if (way.kind === 'free' && removal)
    await withdrawRemoval(tx, removal, { actor: wish.actor, for: 'granted', why: wish.reason });
  return way;
}

/** What `makeWay` would say, without withdrawing anything. */
export async function foreseeWay(
  stores: Stores,
  wish: WantedGrant,
  { removal, now }: { readonly removal: OpenRemoval | undefined; readonly now: Date },
): Promise<GrantWay> {
  if (!removal) return { kind: 'free' };
  if (isInFlight(removal, now) || (await isMarkedDone(stores, removal))) return { kind: 'wait' };
  const isAsked = !isPaused(removal, now);
  if (isAsked && !wish.reason?.trim()) return { kind: 'needs-reason' };
  const held = await unapproved(stores, wish, await heldBefore(stores, removal, wish.integration));
  return needsApprovalToKeep(held) ? { kind: 'needs-approval', held } : { kind: 'free' };
}

/**
 * The options that stay without approval: `revoke` ends all access of a person at an app, so withdrawing the removal keeps all
 * of it. Admins may keep all, since they see the removal. Where a rule or a sequence grants, nobody does: admins have only planned
 * what it grants.
 */
async function unapproved(
  stores: Stores,
  { actor, integration, source, form = {} }: WantedGrant,
  held: HeldAnswers,
): Promise<HeldAnswers> {
  // An automatic approval counts as no approval here.
  const isRequest = source === 'request';
  const isPlanned = actor.kind === 'system';
  const seesRemoval =
    !isPlanned && (await (isRequest ? isAdmins(stores, actor) : grantsAlone(stores, actor)));
  if (seesRemoval) return { ...held, options: [], isUnknown: false };
  const approved =
    isRequest || isPlanned ? await chosenForApprovalAt(stores, integration, form) : [];
  return { ...held, options: held.options.filter((each) => !approved.includes(each)) };
}

const isAdmins = async (stores: Stores, actor: Actor): Promise<boolean> =>
  actor.kind === 'person' && (await grantsAlone(stores, actor));

/** Why nothing was granted, a sentence for people. */
export function whyNotGranted(
  way: Exclude<GrantWay, { readonly kind: 'free' }>,
  person: Person,
  integration: Integration,
): string {
  const { name } = integration;
  switch (way.kind) {
    case 'wait':
      return t`${name} is being removed from ${fullName(person)} right now. Their access shows when that has ended; then grant it.`;
    case 'needs-reason':
      return t`${name} is being removed from ${fullName(person)}. To grant it anyway, give a reason; that ends the removal.`;
    case 'needs-approval':
      return sentences(
        t`${name} is being removed from ${fullName(person)}, and granting it now would keep all of it.`,
        sayWhoKeeps(way.held, person, integration),
      );
    default:
      return unreachable(way);
  }
}
