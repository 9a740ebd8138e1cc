/**
 * How a review starts: its items are written in batches, since a company may have 100,000 of them, and each transaction keeps others
 * from writing. What one batch holds starts at once. Any other review is `starting`, and no one sees it, until a job has written the
 * last batch; then it is open, and the job asks its reviewers, in batches again. The row says how far it has come, so that another
 * worker goes on where one died.
 */
import type { Actor, Person } from '../people/directory.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import type { Woken } from '../work/leased.ts';
import type {
  ItemsToWrite,
  Review,
  ReviewersToAsk,
  ReviewItem,
  ReviewScope,
  ReviewSettings,
} from './review.ts';
import { choiceAt, isAway, reviewerOf, withManagers } from './reviewers.ts';

/** Items of one transaction, or reviewers that it asks. */
const AT_ONCE = 250;

export interface NewReview extends Partial<ReviewSettings> {
  readonly name: string;
  readonly startedBy: Person;
  readonly actor: Actor;
  /** ISO date: the last day of the review. */
  readonly dueDate: string;
  /** Left out: everything. */
  readonly scope?: ReviewScope;
  readonly campaignId?: string;
}

export const startWork: Woken<Review> = {
  store: ({ reviews }) => ({ overdue: (before) => reviews.lateUnfinished(before) }),
  wake: (tx, { id: reviewId }, dueAt) =>
    tx.queue.push(
      'review.advance',
      { reviewId },
      { lane: 'background', dueAt, key: `review:${reviewId}` },
    ),
};

/**
 * Starts a review of each access of active people that is `has` or `unknown`. Unless something else is said, managers review, and what
 * is undecided stays.
 * @returns undefined where there is nothing to review
 */
export async function startReview(tx: Transaction, wanted: NewReview): Promise<Review | undefined> {
  const { reviewers = 'managers', reviewerIds = [], undecided = 'keep', scope = {} } = wanted;
  const next: ItemsToWrite = {
    kind: 'items',
    scope,
    after: { integrationId: '', personId: '' },
  };
  const review: Review = {
    id: tx.newId(),
    version: 1,
    name: wanted.name,
    startedById: wanted.startedBy.id,
    state: 'starting',
    createdAt: tx.now,
    dueDate: wanted.dueDate,
    reviewers,
    reviewerIds,
    undecided,
    campaignId: wanted.campaignId,
    next,
  };
  const items = await nextItems(tx, review, next);
  if (items.length === 0) return undefined;
  await tx.reviews.insert(review);
  await tx.audit('review.started', {
    actor: wanted.actor,
    detail: {
      reviewId: review.id,
      name: review.name,
      dueDate: review.dueDate,
      reviewers,
      undecided,
    },
  });
  return keepItems(tx, { review, next }, items);
}

/** Writes the next items, or asks the next reviewers. Does nothing where another worker was faster. */
export async function advanceReview(reviewId: string, transact: UnitOfWork): Promise<void> {
  await transact(async (tx) => {
    const review = await tx.reviews.unfinished(reviewId);
    const next = review?.next;
    if (!review || !next) return;
    if (next.kind === 'reviewers') await askNext(tx, { review, next });
    else {
      const items = await nextItems(tx, review, next);
      const kept = await keepItems(tx, { review, next }, items);
      if (kept.state === 'open') await tx.emit({ kind: 'review-started', review: kept });
    }
  });
}

async function keepItems(
  tx: Transaction,
  { review, next }: { readonly review: Review; readonly next: ItemsToWrite },
  items: readonly ReviewItem[],
): Promise<Review> {
  await tx.reviews.insertItems(items);
  const last = items.at(-1);
  if (last && items.length === AT_ONCE) {
    const { personId, integrationId } = last;
    const after = { personId, integrationId };
    const saved = await tx.reviews.save({ ...review, next: { ...next, after } });
    await startWork.wake(tx, saved, tx.now);
    return saved;
  }
  return askReviewers(tx, { ...review, state: 'open' }, { isReminder: false });
}

/** Those who have something left to decide: the first ones at once, the others by a job. @returns the review, which it saves */
export const askReviewers = (
  tx: Transaction,
  review: Review,
  { isReminder }: Pick<ReviewersToAsk, 'isReminder'>,
): Promise<Review> => askNext(tx, { review, next: { kind: 'reviewers', afterId: '', isReminder } });

async function askNext(
  tx: Transaction,
  { review, next }: { readonly review: Review; readonly next: ReviewersToAsk },
): Promise<Review> {
  const { next: _, ...rest } = review;
  const reviewerIds = await tx.reviews.openReviewersAfter(review.id, next.afterId, AT_ONCE);
  const afterId = reviewerIds.at(-1);
  const isLast = afterId === undefined || reviewerIds.length < AT_ONCE;
  const saved = await tx.reviews.save(isLast ? rest : { ...rest, next: { ...next, afterId } });
  if (!isLast) await startWork.wake(tx, saved, tx.now);
  if (next.isReminder) await remind(tx, saved, reviewerIds);
  else await tx.emit({ kind: 'review-requested', review: saved, reviewerIds });
  return saved;
}

/** Of these people, those who aren't away. @returns who they are */
export async function remind(
  tx: Transaction,
  review: Review,
  reviewerIds: readonly string[],
): Promise<readonly string[]> {
  const here: string[] = [];
  for (const id of reviewerIds)
    if (!(await isAway({ id, timeZone: await tx.people.timeZoneOf(id) }, tx))) here.push(id);
  if (here.length > 0) await tx.emit({ kind: 'review-requested', review, reviewerIds: here });
  return here;
}

/** Fewer than a batch are the last ones. */
async function nextItems(
  tx: Transaction,
  review: Review,
  { scope, after }: ItemsToWrite,
): Promise<readonly ReviewItem[]> {
  const { now, timeZone } = tx;
  const items: ReviewItem[] = [];
  const among = await tx.reviews.integrationsToReview(scope);
  const integrations = (await tx.integrations.list()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const integration of integrations) {
    const { id: integrationId } = integration;
    const isNamed = scope.integrationIds?.includes(integrationId) ?? true;
    if (!isNamed || !among.has(integrationId) || integrationId < after.integrationId) continue;
    const ids = await tx.reviews.toReviewAt(integrationId, scope, {
      afterId: integrationId === after.integrationId ? after.personId : '',
      limit: AT_ONCE - items.length,
    });
    if (ids.length === 0) continue;
    const people = await tx.people.findMany(ids);
    const choice = await choiceAt(tx, { review, integration, now, timeZone });
    for (const reviewed of await withManagers(tx, people))
      items.push({
        reviewId: review.id,
        personId: reviewed.person.id,
        integrationId,
        reviewerId: reviewerOf(reviewed, choice),
        state: 'open',
      });
    if (items.length === AT_ONCE) break;
  }
  return items;
}
