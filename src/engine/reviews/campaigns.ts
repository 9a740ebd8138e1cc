/** What people do to campaigns, and how a campaign starts a review. Words and states are in `campaign.ts`. */
import { addDays, dayIn } from '../../core/days.ts';
import { type Actor, type Integration, type Person, SYSTEM } from '../people/directory.ts';
import { maySeeSetUp } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { changeOf } from '../work/audit-details.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import { campaignTopic, invalidate } from '../work/topics.ts';
import { type Campaign, hasReadableScope, type ReadableCampaign } from './campaign.ts';
import type { Review } from './review.ts';
import { mayRun } from './reviewers.ts';
import { startReview } from './start-review.ts';

/** What a form says of it. */
export type CampaignDraft = Pick<
  Campaign,
  'name' | 'every' | 'firstOn' | 'days' | 'reviewers' | 'reviewerIds' | 'undecided' | 'scope'
>;

interface ChangedBy {
  readonly by: Person;
  readonly actor: Actor;
}

export async function makeCampaign(
  tx: Transaction,
  draft: CampaignDraft,
  { by, actor }: ChangedBy,
): Promise<Campaign> {
  const campaign: Campaign = {
    id: tx.newId(),
    version: 1,
    createdById: by.id,
    createdAt: tx.now,
    state: 'on',
    fromOn: draft.firstOn,
    ...draft,
  };
  await tx.campaigns.insert(campaign);
  await audit(tx, 'review-campaign.made', { campaign, actor });
  return campaign;
}

/** @throws {StaleWrite} where someone else changed it at the same moment */
export async function changeCampaign(
  tx: Transaction,
  { campaign, draft }: { readonly campaign: Campaign; readonly draft: CampaignDraft },
  actor: Actor,
): Promise<Campaign> {
  const isMoved = draft.firstOn !== campaign.firstOn || draft.every !== campaign.every;
  const fromOn = isMoved ? draft.firstOn : campaign.fromOn;
  const saved = await tx.campaigns.save({ ...campaign, ...draft, fromOn });
  await audit(tx, 'review-campaign.changed', { campaign: saved, actor, before: campaign });
  return saved;
}

/** It starts nothing by itself any more; a review that is open goes on. Nothing happens where it is stopped already. */
export async function stopCampaign(
  tx: Transaction,
  campaign: Campaign,
  actor: Actor,
): Promise<void> {
  if (campaign.state === 'stopped') return;
  const saved = await tx.campaigns.save({ ...campaign, state: 'stopped' });
  await audit(tx, 'review-campaign.stopped', { campaign: saved, actor });
}

/** Dates that passed meanwhile are skipped. */
export async function resumeCampaign(
  tx: Transaction,
  campaign: Campaign,
  actor: Actor,
): Promise<void> {
  if (campaign.state === 'on') return;
  const today = dayIn(tx.timeZone, tx.now);
  const fromOn = campaign.fromOn > today ? campaign.fromOn : today;
  const saved = await tx.campaigns.save({ ...campaign, state: 'on', fromOn });
  await audit(tx, 'review-campaign.resumed', { campaign: saved, actor });
}

async function audit(
  tx: Transaction,
  what: AuditWhat,
  {
    campaign,
    actor,
    before,
  }: { readonly campaign: Campaign; readonly actor: Actor; readonly before?: Campaign },
): Promise<void> {
  const parts = await partsOf(tx, campaign);
  const detail = {
    campaignId: campaign.id,
    ...parts,
    ...(before && changeOf(await partsOf(tx, before), parts)),
  };
  await tx.audit(what, { actor, detail });
  await invalidate(tx, campaignTopic(campaign.id));
}

async function partsOf(
  { integrations, bundles }: Transaction,
  { name, every, reviewers, undecided, firstOn, days, reviewerIds, scope }: Campaign,
) {
  const { integrationIds, bundleId, department, managerId } = scope === 'unread' ? {} : scope;
  const apps = integrationIds && (await integrations.findMany(integrationIds));
  const bundle = bundleId === undefined ? undefined : await bundles.find(bundleId);
  return {
    name,
    every,
    reviewers,
    undecided,
    firstOn,
    days,
    ...(reviewerIds.length > 0 && { reviewerIds: reviewerIds.join(', ') }),
    ...(apps && { apps: apps.map((each) => each.name).join(', ') }),
    ...(bundle && { bundle: bundle.name }),
    ...(department !== undefined && { department }),
    ...(managerId !== undefined && { managerId }),
  };
}

export type Began =
  /** What it asks about can't be read. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'started'; readonly review: Review }
  /** No one has access there on record. */
  | { readonly kind: 'nothing' }
  /** Its last review isn't over. */
  | { readonly kind: 'open'; readonly review: Review };

/** Starts its review at once, beside its dates. */
export async function startNow(tx: Transaction, campaign: Campaign, actor: Actor): Promise<Began> {
  if (!hasReadableScope(campaign)) return { kind: 'unread' };
  const { lastReviewId: lastId } = campaign;
  const last = lastId && ((await tx.reviews.find(lastId)) ?? (await tx.reviews.unfinished(lastId)));
  if (last && last.state !== 'closed') return { kind: 'open', review: last };
  const review = await beginReview(tx, campaign, actor);
  return review ? { kind: 'started', review } : { kind: 'nothing' };
}

/** @param campaign with the date that it is due, where a date starts it */
export async function beginReview(
  tx: Transaction,
  campaign: ReadableCampaign,
  actor: Actor,
): Promise<Review | undefined> {
  const today = dayIn(tx.timeZone, tx.now);
  const { lastReviewId: _, ...rest } = campaign;
  const review = await startReview(tx, {
    ...campaign,
    startedBy: await runnerOf(tx, campaign),
    actor,
    dueDate: addDays(today, campaign.days - 1),
    campaignId: campaign.id,
  });
  await tx.campaigns.save({ ...rest, ...(review && { lastReviewId: review.id }) });
  if (review?.state === 'open') await tx.emit({ kind: 'review-started', review });
  if (!review)
    await tx.audit('review-campaign.empty', {
      actor,
      detail: { campaignId: campaign.id, name: campaign.name },
    });
  await invalidate(tx, campaignTopic(campaign.id));
  return review;
}

/** Its date has come, and what it asks about can't be read: the person who would run the review hears that it did not start. */
export async function skipUnread(tx: Transaction, campaign: Campaign): Promise<void> {
  const { id: campaignId, name } = await tx.campaigns.save(campaign);
  const { id: runnerId } = await runnerOf(tx, campaign);
  const detail = { campaignId, name };
  await tx.audit('review-campaign.unread', { actor: SYSTEM, detail });
  await tx.emit({ kind: 'review-not-started', campaignId, runnerId });
  await invalidate(tx, campaignTopic(campaignId));
}

/** Who made it, while they may; then an admin. */
async function runnerOf(tx: Transaction, campaign: Campaign): Promise<Person> {
  const maker = await tx.people.find(campaign.createdById);
  if (maker && mayRun(maker, await appsOf(tx, campaign))) return maker;
  const [admin] = await tx.people.admins();
  const runner = admin ?? maker;
  if (!runner) throw new Error('There is no admin to run a review');
  return runner;
}

/** The apps that it names, without deleted ones; empty where it is about all of them, or that can't be read. */
async function appsOf(
  { integrations }: Pick<Stores, 'integrations'>,
  { scope }: Pick<Campaign, 'scope'>,
): Promise<readonly Integration[]> {
  const { integrationIds = [] } = scope === 'unread' ? {} : scope;
  if (integrationIds.length === 0) return [];
  return (await integrations.findMany(integrationIds)).filter(({ deletedAt }) => !deletedAt);
}

/** Admins change every campaign, an owner those about nothing but their apps. */
export const mayChangeCampaign = async (
  actor: Person,
  campaign: Campaign,
  stores: Pick<Stores, 'integrations'>,
): Promise<boolean> => mayRun(actor, await appsOf(stores, campaign));

/** The same for seeing it; auditors see all of them. */
export const maySeeCampaign = async (
  reader: Person,
  campaign: Campaign,
  stores: Pick<Stores, 'integrations'>,
): Promise<boolean> => maySeeSetUp(reader) || mayChangeCampaign(reader, campaign, stores);
