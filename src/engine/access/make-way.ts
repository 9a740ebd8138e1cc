/** A grant of access that is being removed: it waits for the end of the removal, or withdraws it. */
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type Actor, fullName, type Integration, type Person } from '../directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { isInFlight, isPaused } from './removal.ts';
import { type RemovalDeps, withdrawRemoval } from './removals.ts';

export interface WayOut {
  readonly actor: Actor;
  readonly person: Person;
  readonly integration: Integration;
  /** Why it is granted although it is being removed; for the audit log. */
  readonly reason?: string | undefined;
}

export type Way =
  /** Nothing is in the way any more. */
  | { readonly kind: 'free' }
  /** It is being revoked or checked right now. */
  | { readonly kind: 'wait' }
  /** The removal is stuck or waits for someone: a grant withdraws it, and says why. */
  | { readonly kind: 'needs-reason' };

/** Withdraws a removal that is stuck, waits for someone, or is paused since the person is back. */
export async function makeWay(
  tx: Transaction,
  { actor, person, integration, reason }: WayOut,
  deps: RemovalDeps,
): Promise<Way> {
  const removal = await tx.removals.open(person.id, integration.id);
  if (!removal) return { kind: 'free' };
  if (isInFlight(removal, deps.now())) return { kind: 'wait' };
  const isAsked = !isPaused(removal, deps.now());
  if (isAsked && !reason?.trim()) return { kind: 'needs-reason' };
  await withdrawRemoval(tx, removal, actor, deps, { for: 'granted', why: reason });
  return { kind: 'free' };
}

/** Why nothing was granted, a sentence for people. */
export function sayInTheWay(
  kind: Exclude<Way['kind'], 'free'>,
  person: Person,
  { name }: Integration,
): string {
  switch (kind) {
    case 'wait':
      return say`${name} is being removed from ${fullName(person)} right now. Grant it when that has ended.`;
    case 'needs-reason':
      return say`${name} is being removed from ${fullName(person)}. To grant it all the same, say why: that ends the removal.`;
    default:
      return unreachable(kind);
  }
}
