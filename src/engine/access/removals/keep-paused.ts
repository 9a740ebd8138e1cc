/** Keep, of someone who is back. */
import { t } from '../../../core/translate.ts';
import { type Actor, fullName, type Integration, type Person } from '../../people/directory.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { grantsAlone } from '../../requests/needs-approval.ts';
import { policyOf } from '../../settings/settings.ts';
import { type HeldAnswers, heldAnswers, needsApprovalToKeep } from '../held-answers.ts';
import { openHold } from '../holds.ts';
import { queueCheck } from '../queue-check.ts';
import { isOpenRemoval, isPaused, type Removal } from './removal.ts';
import { withdrawRemoval } from './removals.ts';

export type KeepResult =
  | { readonly kind: 'kept' }
  /** It isn't paused any more. */
  | { readonly kind: 'over' }
  /** Only who grants such options alone may keep it. */
  | { readonly kind: 'needs-approval'; readonly held: HeldAnswers };

/** The removal is withdrawn, and the access has a hold again. It ends as a new grant would. */
export async function keepPaused(
  tx: Transaction,
  removalId: string,
  by: { readonly person: Person; readonly integration: Integration; readonly actor: Actor },
): Promise<KeepResult> {
  await tx.people.hold(by.person.id);
  const removal = await tx.removals.find(removalId);
  if (!removal || !isOpenRemoval(removal) || !isPaused(removal, tx.now)) return { kind: 'over' };
  const held = await heldBefore(tx, removal, by.integration);
  if (needsApprovalToKeep(held) && !(await grantsAlone(tx, by.actor)))
    return { kind: 'needs-approval', held };
  await withdrawRemoval(tx, removal, by.actor, { for: 'kept' });
  const { longestDays } = policyOf(by.integration);
  await openHold(tx, { ...by, source: 'kept', days: longestDays ?? undefined }, {});
  // Some of it may have been revoked before: the card says what is there, and offers Grant where that is nothing.
  await queueCheck(tx.queue, by.person.id, by.integration.id);
  return { kind: 'kept' };
}

/** What a removal takes away: what held it until then, and what is known to be there. */
export async function heldBefore(
  stores: Stores,
  { personId, integrationId, beganAt }: Removal,
  integration: Integration,
): Promise<HeldAnswers> {
  const holds = (await stores.holds.of(personId, integrationId)).filter(
    ({ ended }) => ended && ended.why !== 'not-granted' && ended.at >= beganAt,
  );
  return heldAnswers(stores, { personId, integration }, holds);
}

/** A sentence for people who may grant there, and not this. */
export const sayWhoKeeps = (
  { options }: Pick<HeldAnswers, 'options'>,
  person: Person,
  { name }: Integration,
): string =>
  options.length > 0
    ? t`What ${fullName(person)} has at ${name} needs approval (${options.join(', ')}), so only Latchkey admins can keep it. Ask one of them.`
    : t`Latchkey no longer knows what ${fullName(person)} was granted at ${name}, and it may need approval, so only Latchkey admins can keep it. Ask one of them.`;
