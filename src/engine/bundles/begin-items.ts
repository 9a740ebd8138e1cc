/**
 * Requests or grants the items of a bundle, or of what a colleague has, for one person: one bundle request, and for each
 * item a request that its own policy decides, or a grant where the actor may grant it.
 */
import { manifestOf, manifestsOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Integration, Person } from '../people/directory.ts';
import { type Facts, takenFact } from '../people/fact-claims.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { hoursGiven } from '../requests/access-request.ts';
import { createRequest } from '../requests/create-request.ts';
import { policyOf } from '../settings/settings.ts';
import type { BundleItem } from './bundle.ts';
import type { BundleRequest, RequestedItem, WhatIsRequested } from './bundle-request.ts';
import { grantItem } from './grant-item.ts';
import { type ItemPlan, type PlannedItem, type Planning, planAll } from './plan-item.ts';

/** What is to be begun. Its `reason` is also for the approvers. */
export interface ItemsWish extends HeldWish, WhatBegins {}

interface HeldWish extends Omit<Planning, 'at'> {
  readonly reason: string;
  readonly items: readonly BundleItem[];
}

export interface WhatBegins {
  readonly of: WhatIsRequested;
  /** Answers to what the apps ask about the person (`extra_user_info`), by id. */
  readonly facts: Facts;
}

export type Begun =
  | { readonly kind: 'begun'; readonly bundleRequest: BundleRequest }
  /** Another person has that fact: nothing was stored. */
  | { readonly kind: 'taken'; readonly name: string; readonly why: string }
  /** None of them can be requested or granted: nothing was stored. `planned` says why, in the language of the reader. */
  | { readonly kind: 'nothing'; readonly planned: readonly PlannedItem[] };

/** A plan that holds until the transaction ends. */
export interface HeldPlan {
  readonly planning: Planning & Pick<HeldWish, 'reason'>;
  readonly planned: readonly PlannedItem[];
}

export const beginItems = async (tx: Transaction, wish: ItemsWish): Promise<Begun> =>
  beginPlanned(tx, await holdPlan(tx, wish), wish);

/**
 * It locks what the plan goes by and each of its requests locks, too: the person and the one who presses, both at once, and then the
 * integrations.
 */
export async function holdPlan(tx: Transaction, { items, ...wish }: HeldWish): Promise<HeldPlan> {
  const locked = await tx.people.holdMany([wish.person.id, wish.by.id]);
  await tx.integrations.holdMany(items.map(({ integrationId }) => integrationId));
  const current = (before: Person): Person => locked.find(({ id }) => id === before.id) ?? before;
  const { actor, as, reason } = wish;
  const [person, by] = [current(wish.person), current(wish.by)];
  const planning = { person, by, actor, as, reason, at: tx };
  // Everyone reads why an item was left out.
  const planned = await inWorkspaceLocale(tx, () => planAll(tx, planning, items));
  return { planning, planned };
}

export async function beginPlanned(
  tx: Transaction,
  { planning, planned }: HeldPlan,
  { of, facts }: WhatBegins,
): Promise<Begun> {
  const { person, by, actor } = planning;
  if (!planned.some(isBegun)) {
    const items = planned.map(({ item }) => item);
    return { kind: 'nothing', planned: await planAll(tx, planning, items) };
  }
  const taken = await takenFact(tx, { personId: person.id, facts, actor });
  if (taken) return taken;
  const bundleRequest: BundleRequest = {
    id: tx.newId(),
    of,
    personId: person.id,
    requestedById: by.id,
    createdAt: tx.now,
  };
  const beginning = { planning, planned, facts, bundleRequest };
  await inWorkspaceLocale(tx, () => beginEach(tx, beginning));
  await auditBegun(tx, beginning);
  return { kind: 'begun', bundleRequest };
}

interface Beginning extends HeldPlan {
  readonly facts: Facts;
  readonly bundleRequest: BundleRequest;
}

async function beginEach(tx: Transaction, beginning: Beginning): Promise<void> {
  const { bundleRequest, planned } = beginning;
  // Before the items begin: an approval that needs no press notes here what it began.
  const rows = planned.map((each, position) => rowOf(bundleRequest, position, each));
  await tx.bundleRequests.insert(
    bundleRequest,
    rows.filter((row) => row !== undefined),
  );
  const kept = new Set<string>();
  for (const [position, { item, plan }] of planned.entries()) {
    const row = rows[position];
    if (!row || plan.kind === 'has' || plan.kind === 'left-out') continue;
    const facts = await factsFor(tx, plan.integration, beginning.facts);
    const begun =
      plan.kind === 'grant'
        ? await grant(tx, beginning, { item, plan, facts: without(facts, kept) })
        : await request(tx, beginning, { item, plan, facts });
    if (plan.kind === 'grant' && begun.why === undefined)
      for (const name of Object.keys(facts)) kept.add(name);
    await tx.bundleRequests.saveItem({ ...row, ...begun });
  }
}

export const isBegun = ({ plan: { kind } }: PlannedItem): boolean =>
  kind === 'request' || kind === 'grant';

/** What the apps that would be requested or granted ask about the person, each once. */
export async function factsAsked(
  stores: Pick<Stores, 'integrations'>,
  planned: readonly PlannedItem[],
): Promise<Manifest['extraUserInfo']> {
  const begun = planned.flatMap(({ plan }) =>
    plan.kind === 'request' || plan.kind === 'grant' ? [plan.integration] : [],
  );
  const manifests = await manifestsOf(stores, begun);
  const questions = begun.flatMap(({ id }) => manifests.get(id)?.extraUserInfo ?? []);
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

interface ItemTo<Kind extends ItemPlan['kind']> {
  readonly item: BundleItem;
  readonly plan: Extract<ItemPlan, { readonly kind: Kind }>;
  readonly facts: Facts;
}

async function grant(
  tx: Transaction,
  { planning: { actor, person, reason }, bundleRequest: { of } }: Beginning,
  { item, plan: { integration }, facts }: ItemTo<'grant'>,
): Promise<BegunItem> {
  const bundleId = of.kind === 'bundle' ? of.bundleId : undefined;
  const about = { actor, person, integration, item, facts, bundleId, source: 'by-hand' } as const;
  const granted = await grantItem(tx, { ...about, reason: reason || undefined });
  return granted.kind === 'refused' ? { why: granted.why } : granted.began;
}

async function request(
  tx: Transaction,
  { planning: { actor, person, by: requester, reason }, bundleRequest }: Beginning,
  { item, plan: { integration, insteadOfGrant }, facts }: ItemTo<'request'>,
): Promise<BegunItem> {
  const { form, answers } = item;
  const requested = await createRequest(tx, {
    actor,
    requester,
    person,
    integration,
    hours: hoursGiven(item, policyOf(integration)),
    bundleRequestId: bundleRequest.id,
    insteadOfGrant,
    content: { reason, form, answers, facts },
  });
  if (requested.kind === 'refused') return { why: requested.why };
  const { request: made } = requested;
  return { requestId: made.id, ...(made.state === 'approved' && begunBy(made)) };
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

const without = (facts: Facts, names: ReadonlySet<string>): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !names.has(name)));

async function auditBegun(
  tx: Transaction,
  { planning: { actor, as, person }, planned, bundleRequest: { id, of } }: Beginning,
): Promise<void> {
  const bundle = of.kind === 'bundle' ? (await tx.bundles.find(of.bundleId))?.name : undefined;
  const what = as === 'grant' ? 'bundle.granted' : 'bundle.requested';
  const detail = {
    bundleRequestId: id,
    items: planned.length,
    ...(bundle !== undefined && { bundle }),
  };
  await tx.audit(what, { actor, personId: person.id, detail });
}
