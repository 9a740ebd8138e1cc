/** What a press would do for one item of a bundle: shown in the form before, and decided again at the press. */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { hasSameAnswers } from '../access/deferred-grants.ts';
import { whetherGrantable } from '../access/grantable.ts';
import { heldAnswers } from '../access/held-answers.ts';
import type { Hold } from '../access/hold.ts';
import { foreseeWay, type WantedGrant, whyNotGranted } from '../access/make-way.ts';
import type { OpenRemoval } from '../access/removals/removal.ts';
import {
  type Access,
  type Actor,
  type Integration,
  isManual,
  type Person,
  SYSTEM,
} from '../people/directory.ts';
import { isAdmin, mayGrant } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { chosenForApprovalAt } from '../requests/needs-approval.ts';
import { type Approval, foreseeApproval, whyNotRequest } from '../requests/requestable.ts';
import type { At } from '../requests/seats/seat.ts';
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
      readonly approval: Exclude<Approval, { readonly kind: 'no-approvers' }>;
    }
  | {
      readonly kind: 'grant';
      readonly integration: Integration;
      /** It ends a removal that is stuck or by hand, for which a reason has to be typed. */
      readonly needsReason: boolean;
    };

export interface Planning {
  readonly person: Person;
  /** Who presses. */
  readonly by: Person;
  /** The same as the audit log names them. */
  readonly actor: Actor;
  /** `grant`: the caller has checked that they manage the person. What they can't grant alone is requested. */
  readonly as: 'request' | 'grant';
  /** What was typed; undefined where nobody has been asked yet. It ends removals that are stuck or by hand. */
  readonly reason: string | undefined;
  readonly at: At;
}

export interface PlannedItem {
  readonly item: BundleItem;
  readonly plan: ItemPlan;
}

/** Of every item; what is shown before the press, too. */
export async function planAll(
  stores: Stores,
  planning: Planning,
  items: readonly BundleItem[],
): Promise<readonly PlannedItem[]> {
  const known = await knownOf(stores, planning.person, items);
  const planned: PlannedItem[] = [];
  for (const item of items)
    planned.push({ item, plan: await planItem(stores, { ...planning, known }, item) });
  return planned;
}

/** What is asked of each item, read at once. */
interface Known {
  readonly integrations: readonly Integration[];
  readonly access: readonly Access[];
  /** Open ones. */
  readonly holds: readonly Hold[];
  readonly removals: readonly OpenRemoval[];
}

async function knownOf(
  stores: Stores,
  { id }: Person,
  items: readonly BundleItem[],
): Promise<Known> {
  const [integrations, access, holds, removals] = await together([
    stores.integrations.findMany(items.map(({ integrationId }) => integrationId)),
    stores.access.forPerson(id),
    stores.holds.openOf(id),
    stores.removals.openOf(id),
  ]);
  return { integrations, access, holds, removals };
}

/** @param item what is asked for; its hours don't matter where the person has it without an end date */
async function planItem(
  stores: Stores,
  { known, ...planning }: Planning & { readonly known: Known },
  item: BundleItem,
): Promise<ItemPlan> {
  const { person, by, as, actor, reason, at } = planning;
  const isThere = ({ integrationId }: { readonly integrationId: string }): boolean =>
    integrationId === item.integrationId;
  const integration = known.integrations.find(({ id }) => id === item.integrationId);
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
    if (ready.notSetUp !== undefined) return leftOut(ready.notSetUp);
  }
  const removal = known.removals.find(isThere);
  const has = known.access.find(isThere)?.state === 'has';
  const holds = has && !removal ? known.holds.filter(isThere) : [];
  if (await hasForGood(stores, { person, integration, holds }, item))
    return { kind: 'has', integration };
  const mayDoIt = as === 'grant' && mayGrant(by, person, integration);
  // A code is for one app: an approver types it on the card of the request.
  const isAlone =
    !asksForCodes(integration) &&
    (isAdmin(by) || (await chosenForApprovalAt(stores, integration, item.form)).length === 0);
  const wanted = { person, integration, form: item.form };
  if (mayDoIt && isAlone) {
    const needsReason = await isReasonNeeded(stores, { ...wanted, actor }, { removal, at });
    // Where nobody has been asked yet, this is as it will be with a reason.
    const typed = reason ?? (needsReason ? TO_BE_TYPED : undefined);
    const inTheWay = await whyInTheWay(
      stores,
      { ...wanted, actor, reason: typed },
      { removal, at },
    );
    return inTheWay === undefined ? { kind: 'grant', integration, needsReason } : leftOut(inTheWay);
  }
  const why = whyNotRequest(person, integration, { insteadOfGrant: mayDoIt });
  if (why !== undefined) return leftOut(why);
  if (await stores.requests.openFor(person.id, integration.id))
    return leftOut(t`There's already an open request for ${integration.name}.`);
  const approval = await foreseeApproval(stores, { ...wanted, actor, requester: by }, at);
  if (approval.kind === 'no-approvers') return leftOut(approval.why);
  const inTheWay =
    approval.kind === 'automatic'
      ? await whyInTheWay(stores, { ...wanted, ...APPROVED }, { removal, at })
      : undefined;
  return inTheWay === undefined
    ? { kind: 'request', integration, insteadOfGrant: mayDoIt, approval }
    : leftOut(inTheWay);
}

/** How a request is granted that nobody has to approve. Its own sentence is the reason. */
const APPROVED = { actor: SYSTEM, source: 'request', reason: 'approved' } as const;

/** Stands for a reason that the form asks for. */
const TO_BE_TYPED = 'to be typed';

interface Removing {
  readonly removal: OpenRemoval | undefined;
  readonly at: At;
}

const isReasonNeeded = async (
  stores: Stores,
  wanted: WantedGrant,
  { removal, at }: Removing,
): Promise<boolean> =>
  (await foreseeWay(stores, wanted, { removal, now: at.now })).kind === 'needs-reason';

/** Why a removal keeps it from being granted now; undefined where none does. A run waits for the end of one, a task doesn't. */
async function whyInTheWay(
  stores: Stores,
  wanted: WantedGrant,
  { removal, at }: Removing,
): Promise<string | undefined> {
  const { person, integration } = wanted;
  const way = await foreseeWay(stores, wanted, { removal, now: at.now });
  if (way.kind === 'free' || (way.kind === 'wait' && !isManual(integration))) return undefined;
  return whyNotGranted(way, person, integration);
}

/** Whether it would give nothing: one of these holds has no end date, and they have the same answers. */
async function hasForGood(
  stores: Stores,
  {
    person,
    integration,
    holds,
  }: {
    readonly person: Person;
    readonly integration: Integration;
    readonly holds: readonly Hold[];
  },
  { form }: BundleItem,
): Promise<boolean> {
  const endless = holds.filter(({ endsAt }) => endsAt === undefined);
  if (endless.length === 0) return false;
  const held = await heldAnswers(stores, { personId: person.id, integration }, endless);
  return hasSameAnswers(held.form, form);
}
