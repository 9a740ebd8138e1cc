/**
 * Requests or grants the items of a bundle, or of what a colleague has, for one person: one bundle request, and for each
 * item a request that its own policy decides, or a grant where the actor may grant it.
 */
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Actor, Integration, Person } from '../people/directory.ts';
import { type Facts, keepFacts, takenFact } from '../people/fact-claims.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { hoursGiven } from '../requests/access-request.ts';
import { createRequest } from '../requests/create-request.ts';
import { policyOf } from '../settings/settings.ts';
import type { BundleItem } from './bundle.ts';
import type { BundleRequest, RequestedItem, WhatIsRequested } from './bundle-request.ts';
import { grantItem } from './grant-item.ts';
import { type ItemPlan, type Planning, planItem } from './plan-item.ts';

export interface ItemsWish extends Planning {
  readonly actor: Actor;
  readonly of: WhatIsRequested;
  readonly items: readonly BundleItem[];
  /** For the approvers. */
  readonly reason: string;
  /** Answers to what the apps ask about the person (`extra_user_info`), by id. */
  readonly facts: Facts;
}

export type Begun =
  | { readonly kind: 'begun'; readonly bundleRequest: BundleRequest }
  /** Another person has that fact: nothing was stored. */
  | { readonly kind: 'taken'; readonly name: string; readonly why: string }
  /** There was nothing to request or grant: nothing was stored. */
  | { readonly kind: 'nothing' };

/** It locks the person and whoever presses, both at once, since each of its requests does, too. */
export async function beginItems(tx: Transaction, wish: ItemsWish): Promise<Begun> {
  const locked = await tx.people.holdMany([wish.person.id, wish.by.id]);
  const current = (before: Person): Person => locked.find(({ id }) => id === before.id) ?? before;
  const person = current(wish.person);
  const planning = { person, by: current(wish.by), as: wish.as };
  // Everyone reads why an item was left out.
  const planned = await inWorkspaceLocale(tx, () => planAll(tx, planning, wish.items));
  if (!planned.some(isBegun)) return { kind: 'nothing' };
  const typed = { personId: person.id, facts: wish.facts, actor: wish.actor };
  const taken = await takenFact(tx, typed);
  if (taken) return taken;
  const now = { ...wish, ...planning };
  const bundleRequest: BundleRequest = {
    id: tx.newId(),
    of: wish.of,
    personId: person.id,
    requestedById: planning.by.id,
    createdAt: tx.now,
  };
  if (planned.some(({ plan }) => plan.kind === 'grant')) await keepFacts(tx, typed);
  await inWorkspaceLocale(tx, () => beginEach(tx, now, { bundleRequest, planned }));
  await auditBegun(tx, now, bundleRequest);
  return { kind: 'begun', bundleRequest };
}

async function beginEach(
  tx: Transaction,
  wish: ItemsWish,
  {
    bundleRequest,
    planned,
  }: { readonly bundleRequest: BundleRequest; readonly planned: readonly PlannedItem[] },
): Promise<void> {
  // Before the items begin: an approval that needs no press notes here what it began.
  const rows = planned.map((each, position) => rowOf(bundleRequest, position, each));
  await tx.bundleRequests.insert(
    bundleRequest,
    rows.filter((row) => row !== undefined),
  );
  for (const [position, { item, plan }] of planned.entries()) {
    const row = rows[position];
    if (!row || plan.kind === 'has' || plan.kind === 'left-out') continue;
    const begun = await begin(tx, { wish, item, plan, bundleRequest });
    await tx.bundleRequests.saveItem({ ...row, ...begun });
  }
}

export interface PlannedItem {
  readonly item: BundleItem;
  readonly plan: ItemPlan;
}

export const isBegun = ({ plan: { kind } }: PlannedItem): boolean =>
  kind === 'request' || kind === 'grant';

/** Of every item; what is shown before the press, too. */
export async function planAll(
  stores: Stores,
  planning: Planning,
  items: readonly BundleItem[],
): Promise<readonly PlannedItem[]> {
  const planned: PlannedItem[] = [];
  for (const item of items) planned.push({ item, plan: await planItem(stores, planning, item) });
  return planned;
}

/** What the apps that would be requested or granted ask about the person, each once. */
export async function factsAsked(
  stores: Pick<Stores, 'integrations'>,
  planned: readonly PlannedItem[],
): Promise<Manifest['extraUserInfo']> {
  const begun = planned.flatMap(({ plan }) =>
    plan.kind === 'request' || plan.kind === 'grant' ? [plan.integration] : [],
  );
  const manifests = await Promise.all(begun.map((each) => manifestOf(stores, each)));
  const questions = manifests.flatMap((manifest) => manifest?.extraUserInfo ?? []);
  return questions.filter(({ id }, at) => questions.findIndex((each) => each.id === id) === at);
}

/** Undefined where the integration's row is gone. */
function rowOf(
  { id: bundleRequestId }: BundleRequest,
  position: number,
  { item: { integrationId }, plan }: PlannedItem,
): RequestedItem | undefined {
  if (plan.kind === 'left-out' && !plan.integration) return undefined;
  const why = plan.kind === 'left-out' ? plan.why : undefined;
  return { bundleRequestId, integrationId, position, had: plan.kind === 'has', why };
}

type BegunItem = Pick<RequestedItem, 'requestId' | 'runId' | 'taskId' | 'why'>;

async function begin(
  tx: Transaction,
  {
    wish,
    item,
    plan,
    bundleRequest,
  }: {
    readonly wish: ItemsWish;
    readonly item: BundleItem;
    readonly plan: Extract<ItemPlan, { readonly kind: 'request' | 'grant' }>;
    readonly bundleRequest: BundleRequest;
  },
): Promise<BegunItem> {
  const { actor, person, by: requester, reason } = wish;
  const { integration } = plan;
  if (plan.kind === 'grant') {
    const bundleId = wish.of.kind === 'bundle' ? wish.of.bundleId : undefined;
    const grant = { actor, person, integration, item, bundleId, source: 'by-hand' } as const;
    const granted = await grantItem(tx, { ...grant, reason: reason || undefined });
    return granted.kind === 'refused' ? { why: granted.why } : granted.began;
  }
  const requested = await createRequest(tx, {
    actor,
    requester,
    person,
    integration,
    hours: hoursGiven(item, policyOf(integration)),
    bundleRequestId: bundleRequest.id,
    insteadOfGrant: plan.insteadOfGrant,
    content: {
      reason,
      form: item.form,
      answers: item.answers,
      facts: await factsFor(tx, integration, wish.facts),
    },
  });
  if (requested.kind === 'refused') return { why: requested.why };
  const { request } = requested;
  return { requestId: request.id, ...(request.state === 'approved' && begunBy(request)) };
}

const begunBy = ({
  runId,
  taskId,
}: {
  readonly runId?: string;
  readonly taskId?: string;
}): BegunItem => ({ runId, taskId });

/** Those that this integration asks for. */
async function factsFor(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
  facts: Facts,
): Promise<Facts> {
  const asked = (await manifestOf(stores, integration))?.extraUserInfo ?? [];
  return Object.fromEntries(Object.entries(facts).filter(([id]) => asked.some((a) => a.id === id)));
}

async function auditBegun(
  tx: Transaction,
  { actor, as, person, items }: ItemsWish,
  { id, of }: BundleRequest,
): Promise<void> {
  const bundle = of.kind === 'bundle' ? (await tx.bundles.find(of.bundleId))?.name : undefined;
  const what = as === 'grant' ? 'bundle.granted' : 'bundle.requested';
  const detail = {
    bundleRequestId: id,
    items: items.length,
    ...(bundle !== undefined && { bundle }),
  };
  await tx.audit(what, { actor, personId: person.id, detail });
}
