/**
 * What happens to reviews: they start, items are decided or lapse, reviewers are reminded, reviews close. Words and states
 * are in `review.ts`.
 */

import { addDays, startOfDay } from '../../core/days.ts';
import { beginRemoval } from '../access/removals/removals.ts';
import type { Actor, Integration, Person } from '../people/directory.ts';
import { isAdmin, mayAt, mayManage, maySeeSetUp } from '../people/permission.ts';
import type { Jobs } from '../ports/jobs.ts';
import { StaleWrite } from '../ports/store.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import type { Source, Zoned } from '../work/due.ts';
import { invalidate, reviewTopic } from '../work/topics.ts';
import type { Review, ReviewItem } from './review.ts';

export interface NewReview {
  readonly name: string;
  readonly startedBy: Person;
  readonly actor: Actor;
  /** ISO date: the last day of the review. */
  readonly dueDate: string;
  /** Undefined: all integrations. */
  readonly integrationIds?: readonly string[];
}

/**
 * Starts a review of each access of active people that is `has` or `unknown`.
 * @returns undefined where there is nothing to review
 */
export async function startReview(tx: Transaction, wanted: NewReview): Promise<Review | undefined> {
  const review: Review = {
    id: tx.newId(),
    version: 1,
    name: wanted.name,
    startedById: wanted.startedBy.id,
    state: 'open',
    createdAt: tx.now,
    dueDate: wanted.dueDate,
  };
  const reviewers = new Set<string>();
  let inserted = false;
  for (const integration of await tx.integrations.list()) {
    if (wanted.integrationIds && !wanted.integrationIds.includes(integration.id)) continue;
    for await (const items of itemsAt(tx, integration, review)) {
      if (!inserted) await tx.reviews.insert(review);
      inserted = true;
      await tx.reviews.insertItems(items);
      for (const { reviewerId } of items) reviewers.add(reviewerId);
    }
  }
  if (!inserted) return undefined;
  await tx.audit('review.started', {
    actor: wanted.actor,
    detail: { reviewId: review.id, name: review.name, dueDate: review.dueDate },
  });
  await tx.emit({ kind: 'review-requested', review, reviewerIds: [...reviewers] });
  return review;
}

async function* itemsAt(
  tx: Transaction,
  integration: Integration,
  review: Review,
): AsyncIterable<readonly ReviewItem[]> {
  const { id: integrationId } = integration;
  const others = await othersFor(tx, review, integration);
  for (let after: string | undefined; ; ) {
    const holders = await tx.access.holdersAt(integrationId, after);
    after = holders.at(-1)?.personId;
    if (after === undefined) return;
    const people = await tx.people.findMany(holders.map(({ personId }) => personId));
    const managers = await tx.people.findMany([
      ...new Set(people.flatMap(({ managerId }) => managerId ?? [])),
    ]);
    const items = people
      .filter(({ active }) => active)
      .map((person): ReviewItem => {
        const manager = managers.find(({ id }) => id === person.managerId);
        return {
          reviewId: review.id,
          personId: person.id,
          integrationId,
          reviewerId: reviewerOf(person, manager, others),
          state: 'open',
        };
      });
    if (items.length > 0) yield items;
  }
}

interface Others {
  readonly startedById: string;
  readonly admins: readonly Person[];
  /** Who started it, and then the other owners; empty where it isn't an owner's review. */
  readonly owners: readonly Person[];
}

/** Whoever reviews beside managers. It is an owner's review while the one who started it owns the app and is no admin. */
async function othersFor(
  { people }: Pick<Stores, 'people'>,
  { startedById }: Review,
  { settings }: Integration,
): Promise<Others> {
  const admins = await people.admins();
  const owned = (await people.findMany(settings?.ownerIds ?? [])).filter(({ active }) => active);
  const starter = owned.find(({ id }) => id === startedById);
  const owners = starter && !isAdmin(starter) ? [starter, ...owned] : [];
  return { startedById, admins, owners };
}

/**
 * The reviewer of a person's access. An owner's review: that owner, else another one. Then their manager; else the admin who started
 * the review; else another admin. Nobody reviews their own access, unless there is no other admin.
 */
function reviewerOf(
  person: Person,
  manager: Person | undefined,
  { startedById, admins, owners }: Others,
): string {
  const owner = owners.find(({ id }) => id !== person.id);
  if (owner) return owner.id;
  if (manager?.active && manager.id !== person.id) return manager.id;
  const others = admins.filter(({ id }) => id !== person.id);
  const starter = others.find(({ id }) => id === startedById);
  return (starter ?? others[0])?.id ?? startedById;
}

/** Their manager, the app's owners and admins, as they are now. Nobody decides their own access, not even an admin. */
export const mayDecideItem = (by: Person, person: Person, integration: Integration): boolean =>
  by.id !== person.id && (mayManage(by, person) || mayAt(by, 'run reviews', integration));

/** Admins and auditors see every review, owners those of nothing but their apps. */
export const maySeeReview = async (
  reader: Person,
  reviewId: string,
  { reviews, integrations }: Pick<Stores, 'reviews' | 'integrations'>,
): Promise<boolean> =>
  maySeeSetUp(reader) || isOwnersReview(reader, reviewId, { reviews, integrations });

/** The same for closing it. */
export const mayCloseReview = async (
  actor: Person,
  reviewId: string,
  { reviews, integrations }: Pick<Stores, 'reviews' | 'integrations'>,
): Promise<boolean> => isAdmin(actor) || isOwnersReview(actor, reviewId, { reviews, integrations });

async function isOwnersReview(
  person: Person,
  reviewId: string,
  { reviews, integrations }: Pick<Stores, 'reviews' | 'integrations'>,
): Promise<boolean> {
  const ids = await reviews.integrationsOf(reviewId);
  const apps = await integrations.findMany(ids);
  return (
    apps.length > 0 &&
    apps.length === ids.length &&
    apps.every((app) => mayAt(person, 'run reviews', app))
  );
}

export type Reviewed =
  | { readonly kind: 'decided'; readonly item: ReviewItem }
  /** The item was decided or lapsed before, or the review is closed. */
  | { readonly kind: 'over' }
  | { readonly kind: 'not-yours' };

/**
 * Keep or Revoke. Revoke ends all holds of the access and begins its removal.
 * @throws {StaleWrite} where another click came at the same moment: called again, it returns `over`
 */
export async function decideItem(
  tx: Transaction,
  wanted: Pick<ReviewItem, 'reviewId' | 'personId' | 'integrationId'> & {
    readonly verdict: 'kept' | 'revoked';
    readonly by: Person;
    readonly actor: Actor;
  },
): Promise<Reviewed> {
  const { reviewId, personId, integrationId, verdict, by, actor } = wanted;
  const [review, item, person, integration] = [
    await tx.reviews.find(reviewId),
    await tx.reviews.findItem(reviewId, personId, integrationId),
    await tx.people.find(personId),
    await tx.integrations.find(integrationId),
  ];
  if (review?.state !== 'open' || item?.state !== 'open') return { kind: 'over' };
  if (!person?.active || !integration || integration.deletedAt) return { kind: 'over' };
  // Also where another manager or owner was notified.
  if (!mayDecideItem(by, person, integration)) return { kind: 'not-yours' };

  const cause = { kind: 'review', id: reviewId } as const;
  const begun =
    verdict === 'revoked'
      ? await beginRemoval(tx, { actor, person, integration, cause })
      : undefined;
  const decided: ReviewItem = {
    ...item,
    state: verdict,
    decidedById: by.id,
    decidedAt: tx.now,
    ...(begun && begun.kind !== 'nothing' && { removalId: begun.removal.id }),
  };
  // Another click was faster: this rolls back, with the removal. The retry returns `over`.
  if (!(await tx.reviews.replaceOpen(decided))) throw new StaleWrite('review item', reviewId);
  await tx.audit(`review.${verdict}`, { actor, personId, integrationId, detail: { reviewId } });
  if ((await tx.reviews.openReviewers(reviewId)).length === 0) await close(tx, review, actor);
  await invalidate(tx, reviewTopic(reviewId));
  return { kind: 'decided', item: decided };
}

async function close(tx: Transaction, review: Review, actor: Actor): Promise<void> {
  const closed = await tx.reviews.save({ ...review, state: 'closed', closedAt: tx.now });
  await tx.audit('review.closed', { actor, detail: { reviewId: review.id } });
  await tx.emit({ kind: 'review-closed', review: closed });
}

/** Closes a review; access that nobody has decided stays as it is. @returns false where it isn't open */
export async function closeReview(
  tx: Transaction,
  reviewId: string,
  actor: Actor,
): Promise<boolean> {
  const review = await tx.reviews.find(reviewId);
  if (review?.state !== 'open') return false;
  await close(tx, review, actor);
  await invalidate(tx, reviewTopic(reviewId));
  return true;
}

const SYSTEM: Actor = { kind: 'system' };

/** Items that are re-evaluated in one transaction. */
const AT_ONCE = 250;

/**
 * Re-evaluates open items after a person has left or got another manager or role, an access is gone, or an integration was
 * deleted. Items without anything to decide lapse. New reviewers are notified.
 */
export async function reevaluateReviews(
  { personId, integrationId }: Jobs['requests.re-evaluate'],
  deps: { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  const { stores, transact } = deps;
  const items = [
    ...(personId === undefined ? [] : await stores.reviews.openItems({ personId })),
    ...(integrationId === undefined ? [] : await stores.reviews.openItems({ integrationId })),
  ];
  for (const reviewId of new Set(items.map((item) => item.reviewId))) {
    const own = items.filter((item) => item.reviewId === reviewId);
    for (let start = 0; start < own.length; start += AT_ONCE) {
      const some = own.slice(start, start + AT_ONCE);
      await transact((tx) => reevaluate(tx, reviewId, some));
    }
  }
}

async function reevaluate(
  tx: Transaction,
  reviewId: string,
  items: readonly ReviewItem[],
): Promise<void> {
  const review = await tx.reviews.find(reviewId);
  if (review?.state !== 'open') return;
  const asked = new Set<string>();
  let changed = false;
  for (const item of items) {
    const person = await tx.people.find(item.personId);
    const integration = await tx.integrations.find(item.integrationId);
    const access = await tx.access.find(item.personId, item.integrationId);
    const isLapsed =
      !person?.active ||
      !integration ||
      integration.deletedAt !== undefined ||
      access?.state === 'none';
    const manager = person?.managerId ? await tx.people.find(person.managerId) : undefined;
    const reviewerId = isLapsed
      ? item.reviewerId
      : reviewerOf(person, manager, await othersFor(tx, review, integration));
    if (!isLapsed && reviewerId === item.reviewerId) continue;
    const next: ReviewItem = { ...item, reviewerId, ...(isLapsed && { state: 'lapsed' as const }) };
    if (!(await tx.reviews.replaceOpen(next))) continue; // Decided since it was read.
    changed = true;
    if (!isLapsed) asked.add(reviewerId);
  }
  if (!changed) return;
  if (asked.size > 0) await tx.emit({ kind: 'review-requested', review, reviewerIds: [...asked] });
  if ((await tx.reviews.openReviewers(reviewId)).length === 0) await close(tx, review, SYSTEM);
  await invalidate(tx, reviewTopic(reviewId));
}

const RECENT = { offset: 0, limit: 100 };

/**
 * Reviewers with open items are reminded two days before the due date. A review closes when that day is over. It also closes
 * here when no item is open: two last decisions at the same moment may each have seen the other item open.
 */
export const reviewSources = ({ timeZone }: Zoned): readonly Source[] => [
  {
    name: 'review-reminder',
    async *due({ reviews }, now) {
      for (const review of (await reviews.list(RECENT)).reviews) {
        const at = startOfDay(addDays(review.dueDate, -2), timeZone);
        if (review.state === 'open' && !review.remindedAt && at <= now)
          yield { subject: review.id, at };
      }
    },
    async fire(tx, { subject }, now) {
      const review = await tx.reviews.find(subject);
      if (review?.state !== 'open' || review.remindedAt) return;
      const reminded = await tx.reviews.save({ ...review, remindedAt: now });
      await tx.emit({
        kind: 'review-requested',
        review: reminded,
        reviewerIds: await tx.reviews.openReviewers(subject),
      });
    },
  },
  {
    name: 'review-end',
    async *due({ reviews }, now) {
      for (const review of (await reviews.list(RECENT)).reviews) {
        if (review.state !== 'open') continue;
        const at = startOfDay(addDays(review.dueDate, 1), timeZone);
        const isOver = at <= now || (await reviews.openReviewers(review.id)).length === 0;
        if (isOver) yield { subject: review.id, at };
      }
    },
    fire: async (tx, { subject }) => void (await closeReview(tx, subject, SYSTEM)),
  },
];
