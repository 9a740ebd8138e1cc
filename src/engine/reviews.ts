/**
 * Access reviews: a campaign asks each manager of each access of their people whether it stays. Words: an *item* is one
 * access; its *reviewer* is the person's manager, or who started the review where there is none.
 */
import { addDays, startOfDay } from './days.ts';
import type { Actor, Person } from './directory.ts';
import type { Source } from './due.ts';
import { startRevoke } from './grant.ts';
import { parseManifest } from './manifest/parse.ts';
import { openRevokeTask, type TaskParts } from './manual.ts';
import type { Transaction } from './ports.ts';
import type { Review, ReviewItem } from './review.ts';
import { reviewSubject, touch } from './subjects.ts';

/** Who is told, in the transaction of the change itself. */
export interface ReviewNews {
  /** These people have something to review; also as a reminder. */
  asked(tx: Transaction, review: Review, personIds: readonly string[]): Promise<void>;
  /** Everything is decided, or the day is over. */
  closed(tx: Transaction, review: Review): Promise<void>;
}

export interface ReviewParts extends TaskParts {
  readonly reviewNews: ReviewNews;
  /** Of due dates; an IANA name. */
  readonly timeZone: string;
}

export interface NewReview {
  readonly name: string;
  readonly startedBy: Person;
  readonly actor: Actor;
  /** ISO date until which reviewers are asked. */
  readonly dueDate: string;
  /** Undefined for every integration. */
  readonly integrationIds?: readonly string[];
}

/**
 * Starts a campaign over every access that is known, or of which it isn't known, of people who are here.
 * @returns undefined where there is nothing to review
 */
export async function startReview(
  tx: Transaction,
  wanted: NewReview,
  parts: ReviewParts,
): Promise<Review | undefined> {
  const review: Review = {
    id: parts.newId(),
    version: 1,
    name: wanted.name,
    startedById: wanted.startedBy.id,
    state: 'open',
    createdAt: parts.now(),
    dueDate: wanted.dueDate,
  };
  const reviewers = new Set<string>();
  let inserted = false;
  for (const integration of await tx.integrations.list()) {
    if (wanted.integrationIds && !wanted.integrationIds.includes(integration.id)) continue;
    for await (const items of itemsAt(tx, integration.id, review)) {
      if (!inserted) await tx.reviews.insert(review);
      inserted = true;
      await tx.reviews.insertItems(items);
      for (const { reviewerId } of items) reviewers.add(reviewerId);
    }
  }
  if (!inserted) return undefined;
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor: wanted.actor,
    what: 'review.started',
    detail: { reviewId: review.id, name: review.name, dueDate: review.dueDate },
  });
  await parts.reviewNews.asked(tx, review, [...reviewers]);
  return review;
}

async function* itemsAt(
  tx: Transaction,
  integrationId: string,
  review: Review,
): AsyncIterable<readonly ReviewItem[]> {
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
        const manager = managers.find(({ id, active }) => active && id === person.managerId);
        const reviewerId = manager?.id ?? review.startedById;
        return {
          reviewId: review.id,
          personId: person.id,
          integrationId,
          reviewerId,
          state: 'open',
        };
      });
    if (items.length > 0) yield items;
  }
}

export type Reviewed =
  | { readonly kind: 'decided'; readonly item: ReviewItem }
  /** Somebody has decided it before, or the review is closed. */
  | { readonly kind: 'over' }
  | { readonly kind: 'not-yours' };

/** Keep, or Revoke: that starts the revoke, or a task where somebody has to do it by hand. */
export async function decideItem(
  tx: Transaction,
  wanted: Pick<ReviewItem, 'reviewId' | 'personId' | 'integrationId'> & {
    readonly verdict: 'kept' | 'revoked';
    readonly by: Person;
    readonly actor: Actor;
  },
  parts: ReviewParts,
): Promise<Reviewed> {
  const { reviewId, personId, integrationId, verdict, by, actor } = wanted;
  const [review, item, person, integration] = [
    await tx.reviews.find(reviewId),
    await tx.reviews.findItem(reviewId, personId, integrationId),
    await tx.people.find(personId),
    await tx.integrations.find(integrationId),
  ];
  if (review?.state !== 'open' || item?.state !== 'open' || !person || !integration)
    return { kind: 'over' };
  const isTheirs = by.id === item.reviewerId || by.id === person.managerId;
  // Nobody keeps their own access, not even an admin.
  if (by.id === person.id || !by.active || !(by.role === 'admin' || isTheirs))
    return { kind: 'not-yours' };

  const decided: ReviewItem = {
    ...item,
    state: verdict,
    decidedById: by.id,
    decidedAt: parts.now(),
  };
  const started =
    verdict === 'revoked' ? await revoke(tx, { actor, person, integration }, parts) : {};
  if (!(await tx.reviews.decide({ ...decided, ...started }))) return { kind: 'over' };
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor,
    what: `review.${verdict}`,
    personId,
    integrationId,
    detail: { reviewId },
  });
  if ((await tx.reviews.openReviewers(reviewId)).length === 0) await close(tx, review, parts);
  await touch(tx, reviewSubject(reviewId));
  return { kind: 'decided', item: { ...decided, ...started } };
}

async function revoke(
  tx: Transaction,
  wish: Parameters<typeof startRevoke>[1],
  parts: ReviewParts,
): Promise<Pick<ReviewItem, 'runId' | 'taskId'>> {
  const version = await tx.integrations.findVersion(wish.integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  if (parsed?.ok && parsed.manifest.kind === 'provision' && parsed.manifest.revoke.length > 0) {
    const started = await startRevoke(tx, wish, parts);
    if (started.kind !== 'refused') return { runId: started.run.id };
  }
  return { taskId: (await openRevokeTask(tx, wish, parts)).id };
}

async function close(tx: Transaction, review: Review, parts: ReviewParts): Promise<void> {
  const closed = await tx.reviews.save({ ...review, state: 'closed', closedAt: parts.now() });
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor: { kind: 'system' },
    what: 'review.closed',
    detail: { reviewId: review.id },
  });
  await parts.reviewNews.closed(tx, closed);
}

/** Ends a campaign before its day; what nobody has decided stays as it is. */
export async function closeReview(
  tx: Transaction,
  reviewId: string,
  parts: ReviewParts,
): Promise<boolean> {
  const review = await tx.reviews.find(reviewId);
  if (review?.state !== 'open') return false;
  await close(tx, review, parts);
  await touch(tx, reviewSubject(reviewId));
  return true;
}

const RECENT = { offset: 0, limit: 100 };

/** Reviewers who still have something to decide are reminded two days before the end; when the day is over it is closed. */
export const reviewSources = (parts: ReviewParts): readonly Source[] => [
  {
    name: 'review-reminder',
    async *due({ reviews }, now) {
      for (const review of (await reviews.list(RECENT)).reviews) {
        const at = startOfDay(addDays(review.dueDate, -2), parts.timeZone);
        if (review.state === 'open' && !review.remindedAt && at <= now)
          yield { subject: review.id, at };
      }
    },
    async fire(tx, { subject }, now) {
      const review = await tx.reviews.find(subject);
      if (review?.state !== 'open' || review.remindedAt) return;
      const reminded = await tx.reviews.save({ ...review, remindedAt: now });
      await parts.reviewNews.asked(tx, reminded, await tx.reviews.openReviewers(subject));
    },
  },
  {
    name: 'review-end',
    async *due({ reviews }, now) {
      for (const review of (await reviews.list(RECENT)).reviews) {
        const at = startOfDay(addDays(review.dueDate, 1), parts.timeZone);
        if (review.state === 'open' && at <= now) yield { subject: review.id, at };
      }
    },
    fire: async (tx, { subject }) => void (await closeReview(tx, subject, parts)),
  },
];
