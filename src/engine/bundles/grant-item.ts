/** Grants one item of a bundle to one person. Its caller has decided that they get it. */
import { startGrant } from '../access/grant.ts';
import type { HoldSource } from '../access/hold.ts';
import { type Actor, isManual, type PersonAtApp } from '../people/directory.ts';
import type { Facts } from '../people/fact-claims.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { hoursGiven } from '../requests/access-request.ts';
import { policyOf } from '../settings/settings.ts';
import { grantByHand } from '../tasks/by-hand.ts';
import type { BundleItem } from './bundle.ts';

export interface ItemGrant extends PersonAtApp {
  readonly actor: Actor;
  readonly item: BundleItem;
  /** The bundle that its hold names. */
  readonly bundleId: string | undefined;
  readonly source: HoldSource;
  /** Why it is granted although its removal is stuck or by hand. */
  readonly reason?: string | undefined;
  /** Typed about the person; kept where the grant isn't refused. */
  readonly facts?: Facts;
}

export type GrantedItem =
  | {
      readonly kind: 'granted';
      readonly began: { readonly runId?: string; readonly taskId?: string };
    }
  /** Nothing was begun. `why` is a sentence for people. */
  | { readonly kind: 'refused'; readonly why: string };

/** Starts a run, or opens a task of a manual integration. The integration's policy limits the hours. */
export async function grantItem(
  tx: Transaction,
  { item, facts = {}, ...wish }: ItemGrant,
): Promise<GrantedItem> {
  const { integration } = wish;
  const hours = hoursGiven(item, policyOf(integration));
  if (isManual(integration)) {
    const byHand = await grantByHand(tx, { ...wish, hours });
    return byHand.kind === 'refused'
      ? byHand
      : { kind: 'granted', began: { taskId: byHand.task.id } };
  }
  const { form, answers } = item;
  const run = await startGrant(tx, { ...wish, form, answers, hours, typed: { facts } });
  return run.kind === 'refused' ? run : { kind: 'granted', began: { runId: run.run.id } };
}
