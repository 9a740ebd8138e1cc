/** What happens to reviews that have started: items are decided or lapse, reviews close. Words and states are in `review.ts`. */
import { chunksOf } from '../../core/batches.ts';
import { beginRemoval } from '../access/removals/begin-removal.ts';
import { type Actor, type Integration, type Person, SYSTEM } from '../people/directory.ts';
import { isAdmin, maySeeSetUp } from '../people/permission.ts';
import type { Jobs } from '../ports/jobs.ts';
import { StaleWrite } from '../ports/store.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { invalidateParts, invalidateReview } from '../work/topics.ts';
import { isHeld, type Review, type ReviewItem } from './review.ts';
import {
  type Choice,
  choiceAt,
  mayDecideItem,
  mayRun,
  reviewerOf,
  type Reviewed as WithManagers,
  withManagers,
} from './reviewers.ts';

/** Admins and auditors see every review, owners those of nothing but their apps. */
export const maySeeReview = async (
  reader: Person,
  reviewId: string,
  { reviews, integrations }: Pick<Stores, 'reviews' | 'integrations'>,
): Promise<boolean> =>
  maySeeSetUp(reader) || isOwnersReview(reader, reviewId, { reviews, integrations });

/** The same for closing it, and for reminding its reviewers. */
export const mayRunReview = async (
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
  return apps.length === ids.length && mayRun(person, apps);
}

export type Reviewed =
  | { readonly kind: 'decided'; readonly item: ReviewItem }
  /** The item was decided or lapsed before, or the review is closed. */
  | { readonly kind: 'over' }
  /** It is being removed for another reason, which Keep doesn't stop. */
  | { readonly kind: 'removing' }
  | { readonly kind: 'not-yours' };

/**
 * Keep or Revoke. Revoke ends all holds of the access and begins its removal, or joins the one that is under way. Holds the person
 * and the review.
 * @throws {StaleWrite} where the item changed at the same moment
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
  const [person, review, item, integration] = [
    await tx.people.hold(personId),
    await tx.reviews.hold(reviewId), // Closing it comes before or after.
    await tx.reviews.findItem(reviewId, personId, integrationId),
    await tx.integrations.find(integrationId),
  ];
  if (review?.state !== 'open' || item?.state !== 'open') return { kind: 'over' };
  if (!person?.active || !integration || integration.deletedAt) return { kind: 'over' };
  // Also where another manager or owner was notified.
  const at = { review, integration, stores: tx, now: tx.now, timeZone: tx.timeZone };
  if (!(await mayDecideItem(by, person, at))) return { kind: 'not-yours' };
  if (verdict === 'kept' && (await tx.removals.open(personId, integrationId)))
    return { kind: 'removing' };

  const decided: ReviewItem = {
    ...item,
    ...(await verdictOf(tx, { verdict, person, integration, reviewId, actor })),
    decidedById: by.id,
  };
  // This rolls back, with the removal.
  if (!(await tx.reviews.replaceOpen(decided))) throw new StaleWrite('review item', reviewId);
  await tx.audit(`review.${verdict}`, { actor, personId, integrationId, detail: { reviewId } });
  await closeIfDone(tx, review, actor);
  await invalidateParts(tx, reviewId, [item.reviewerId, by.id]);
  return { kind: 'decided', item: decided };
}

/** What a verdict makes of an item. */
export async function verdictOf(
  tx: Transaction,
  {
    verdict,
    reviewId,
    ...about
  }: {
    readonly verdict: 'kept' | 'revoked';
    readonly reviewId: string;
    readonly person: Person;
    readonly integration: Integration;
    readonly actor: Actor;
  },
): Promise<Pick<ReviewItem, 'state' | 'decidedAt' | 'removalId'>> {
  if (verdict === 'kept') return { state: verdict, decidedAt: tx.now };
  const begun = await beginRemoval(tx, { ...about, cause: { kind: 'review', id: reviewId } });
  return {
    state: verdict,
    decidedAt: tx.now,
    ...(begun.kind !== 'nothing' && { removalId: begun.removal.id }),
  };
}

/** Its caller holds the review, so of the two last decisions at the same moment the second sees the first. */
async function closeIfDone(tx: Transaction, review: Review, actor: Actor): Promise<void> {
  if (await tx.reviews.isDone(review.id)) await close(tx, review, actor);
}

async function close(tx: Transaction, review: Review, actor: Actor): Promise<void> {
  const closed = await tx.reviews.save({ ...review, state: 'closed', closedAt: tx.now });
  const { id: reviewId, name } = review;
  const { open: notDecided } = await tx.reviews.counts(reviewId);
  const detail = { reviewId, name, ...(notDecided > 0 && { notDecided }) };
  await tx.audit('review.closed', { actor, detail });
  await tx.emit({ kind: 'review-closed', review: closed });
  await invalidateReview(tx, review.id);
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
  return true;
}

/** An admin says yes: what is undecided is removed after all. @returns false where it isn't held any more */
export async function releaseHeld(
  tx: Transaction,
  reviewId: string,
  actor: Actor,
): Promise<boolean> {
  const review = await tx.reviews.find(reviewId);
  if (!review || !isHeld(review)) return false;
  await tx.reviews.save({ ...review, releasedAt: tx.now });
  await tx.audit('review.released', { actor, detail: { reviewId } });
  await invalidateReview(tx, reviewId);
  return true;
}

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
  const { transact } = deps;
  const { reviews } = deps.stores;
  const items = personId === undefined ? [] : await reviews.openItemsOf(personId);
  for (const reviewId of new Set(items.map((item) => item.reviewId))) {
    const own = items.filter((item) => item.reviewId === reviewId);
    for (const some of chunksOf(own, AT_ONCE))
      await transact((tx) => reevaluate(tx, reviewId, some));
  }
  if (integrationId === undefined) return;
  for (const reviewId of await reviews.openReviewsAt(integrationId))
    for (let after: string | undefined = ''; after !== undefined; ) {
      const some: readonly ReviewItem[] = await reviews.openItemsAt(reviewId, integrationId, after);
      if (some.length > 0) await transact((tx) => reevaluate(tx, reviewId, some));
      after = some.at(-1)?.personId;
    }
}

async function reevaluate(
  tx: Transaction,
  reviewId: string,
  items: readonly ReviewItem[],
): Promise<void> {
  const review = (await tx.reviews.hold(reviewId)) ?? (await tx.reviews.unfinished(reviewId));
  if (!review || review.state === 'closed') return;
  const asked = new Set<string>();
  const changed = new Set<string>(); // Reviewers, former ones included.
  const choices = new Map<string, Choice>(); // By app, since most items are at the same few.
  const personIds = [...new Set(items.map((item) => item.personId))];
  const integrationIds = [...new Set(items.map((item) => item.integrationId))];
  const people = await withManagers(tx, await tx.people.findMany(personIds));
  const reviewed = new Map(people.map((each) => [each.person.id, each]));
  const integrations = new Map(
    (await tx.integrations.findMany(integrationIds)).map((each) => [each.id, each]),
  );
  const states = new Map(
    (await tx.access.among(personIds, integrationIds)).map((each) => [keyOf(each), each.state]),
  );
  for (const item of items) {
    const of = reviewed.get(item.personId);
    const integration = integrations.get(item.integrationId);
    const isLapsed =
      !of?.person.active ||
      !integration ||
      integration.deletedAt !== undefined ||
      states.get(keyOf(item)) === 'none';
    const reviewerId = isLapsed
      ? item.reviewerId
      : await reviewerNow(tx, of, { review, integration, choices });
    if (!isLapsed && reviewerId === item.reviewerId) continue;
    const next: ReviewItem = { ...item, reviewerId, ...(isLapsed && { state: 'lapsed' as const }) };
    if (!(await tx.reviews.replaceOpen(next))) continue; // Decided since it was read.
    changed.add(item.reviewerId).add(reviewerId);
    if (!isLapsed) asked.add(reviewerId);
  }
  if (changed.size === 0 || review.state === 'starting') return; // Its reviewers are asked when all items are there.
  if (asked.size > 0) await tx.emit({ kind: 'review-requested', review, reviewerIds: [...asked] });
  await closeIfDone(tx, review, SYSTEM);
  await invalidateParts(tx, reviewId, [...changed]);
}

const keyOf = ({ personId, integrationId }: Pick<ReviewItem, 'personId' | 'integrationId'>) =>
  `${personId} ${integrationId}`;

async function reviewerNow(
  tx: Transaction,
  reviewed: WithManagers,
  about: {
    readonly review: Review;
    readonly integration: Integration;
    readonly choices: Map<string, Choice>;
  },
): Promise<string> {
  const { review, integration, choices } = about;
  const { now, timeZone } = tx;
  const choice =
    choices.get(integration.id) ?? (await choiceAt(tx, { review, integration, now, timeZone }));
  choices.set(integration.id, choice);
  return reviewerOf(reviewed, choice);
}
