/** What a press would do for one item of a bundle: shown in the form before, and decided again at the press. */
import { t } from '../../core/translate.ts';
import { hasSameAnswers } from '../access/deferred-grants.ts';
import { whetherGrantable } from '../access/grantable.ts';
import { heldAnswers } from '../access/held-answers.ts';
import { type Integration, isManual, type Person } from '../people/directory.ts';
import { isAdmin, mayGrant } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { whyNotRequest } from '../requests/create-request.ts';
import { chosenForApprovalAt } from '../requests/needs-approval.ts';
import { asksForCodes } from '../step-up/use-code.ts';
import type { BundleItem } from './bundle.ts';

export type ItemPlan =
  /** They have it with the same answers and for at least as long. */
  | { readonly kind: 'has'; readonly integration: Integration }
  | {
      readonly kind: 'left-out';
      /** Undefined where its row was deleted. */
      readonly integration: Integration | undefined;
      /** A sentence for people. */
      readonly why: string;
    }
  | {
      readonly kind: 'request';
      readonly integration: Integration;
      /** See `AccessWish.insteadOfGrant`. */
      readonly insteadOfGrant: boolean;
    }
  | { readonly kind: 'grant'; readonly integration: Integration };

export interface Planning {
  readonly person: Person;
  /** Who presses. */
  readonly by: Person;
  /** `grant`: the caller has checked that they manage the person. What they can't grant alone is requested. */
  readonly as: 'request' | 'grant';
}

/** @param item what is asked for; its hours don't matter where the person has it without an end date */
export async function planItem(
  stores: Stores,
  { person, by, as }: Planning,
  item: BundleItem,
): Promise<ItemPlan> {
  const integration = await stores.integrations.find(item.integrationId);
  const leftOut = (why: string): ItemPlan => ({ kind: 'left-out', integration, why });
  if (!integration || integration.deletedAt) return leftOut(t`It was deleted.`);
  if (!integration.enabled)
    return leftOut(t`${integration.name} is turned off. An admin can turn it on again.`);
  if (!isManual(integration)) {
    const { name } = integration;
    const ready = await whetherGrantable(stores, {
      person,
      integration,
      name,
      form: item.form,
      sayUnanswered: (unasked) =>
        t`The form for ${name} has changed and now needs ${unasked}. An admin has to answer it in the bundle.`,
    });
    if (!ready.ok) return leftOut(ready.why);
  }
  if (await alreadyHas(stores, { person, integration }, item)) return { kind: 'has', integration };
  const mayDoIt = as === 'grant' && mayGrant(by, person, integration);
  // A code is for one app: an approver types it on the card of the request.
  const isAlone =
    !asksForCodes(integration) &&
    (isAdmin(by) || (await chosenForApprovalAt(stores, integration, item.form)).length === 0);
  if (mayDoIt && isAlone) return { kind: 'grant', integration };
  const why = whyNotRequest(person, integration, { insteadOfGrant: mayDoIt });
  if (why !== undefined) return leftOut(why);
  if (await stores.requests.openFor(person.id, integration.id))
    return leftOut(t`There's already an open request for ${integration.name}.`);
  return { kind: 'request', integration, insteadOfGrant: mayDoIt };
}

/** Whether it would give nothing: they have access with no end date, and with the same answers. */
async function alreadyHas(
  stores: Stores,
  { person, integration }: { readonly person: Person; readonly integration: Integration },
  { form }: BundleItem,
): Promise<boolean> {
  const [access, holds, removal] = await Promise.all([
    stores.access.find(person.id, integration.id),
    stores.holds.openAt(person.id, integration.id),
    stores.removals.open(person.id, integration.id),
  ]);
  const endless = holds.filter(({ endsAt }) => endsAt === undefined);
  if (access?.state !== 'has' || removal || endless.length === 0) return false;
  const held = await heldAnswers(stores, { personId: person.id, integration }, endless);
  return hasSameAnswers(held.form, form);
}
