/** What happens to reviews by the calendar: campaigns start them, reviewers are reminded, and they end. */
import { addDays, dayIn, startOfDay } from '../../core/days.ts';
import { DAY_MS } from '../../core/hours.ts';
import { SYSTEM } from '../people/directory.ts';
import { areMany } from '../people/many-people.ts';
import { StaleWrite } from '../ports/store.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { Occurrence, Source, Zoned } from '../work/due.ts';
import { invalidateParts, invalidateReview } from '../work/topics.ts';
import { dueDate, hasReadableScope, morningOf } from './campaign.ts';
import { beginReview, skipUnread } from './campaigns.ts';
import { itemBatches } from './item-batches.ts';
import { isHeld, type Review, type ReviewItem } from './review.ts';
import { choiceAt } from './reviewers.ts';
import { closeReview, verdictOf } from './reviews.ts';
import { askReviewers } from './start-review.ts';

export const reviewSources = (deps: Zoned): readonly Source[] => [
  campaigns(deps),
  reminders(deps),
  stops(deps),
  removals(deps),
  ends(deps),
];

/** A date that was missed starts one review when Latchkey is back; of several, the last one does. */
const campaigns = ({ timeZone }: Zoned): Source => ({
  name: 'review-campaign',
  async *due({ campaigns: planned }, now) {
    const today = dayIn(timeZone, now);
    for (const campaign of await planned.on()) {
      const date = dueDate(campaign, today);
      const at = date === undefined ? undefined : morningOf(date, timeZone);
      if (at && at <= now) yield { subject: campaign.id, at };
    }
  },
  async fire(tx, { subject }, now) {
    const campaign = await tx.campaigns.find(subject);
    const date = campaign && dueDate(campaign, dayIn(timeZone, now));
    if (campaign?.state !== 'on' || date === undefined) return;
    const due = { ...campaign, lastOn: date };
    if (hasReadableScope(due)) await beginReview(tx, due, SYSTEM);
    else await skipUnread(tx, due);
  },
});

/** Days before the end on which reviewers are reminded. */
const REMINDED_BEFORE = 2;
/** Days after which admins are reminded of what waits for them, again and again. */
const REMINDED_EVERY = 7;

/** Those who are away are reminded when they are back (`absences.ts`). */
const reminders = ({ timeZone }: Zoned): Source => ({
  name: 'review-reminder',
  async *due({ reviews }, now) {
    for (const review of await reviews.open()) {
      const at = remindsAt(review, { timeZone, now });
      if (at && at <= now) yield { subject: review.id, at };
    }
  },
  async fire(tx, { subject }, now) {
    const review = await tx.reviews.find(subject);
    const at = review?.state === 'open' ? remindsAt(review, { timeZone, now }) : undefined;
    if (!review || !at || at > now) return;
    const reminded = { ...review, remindedAt: now };
    if (!isHeld(review)) await askReviewers(tx, reminded, { isReminder: true });
    else await tx.emit({ kind: 'review-held', review: await tx.reviews.save(reminded) });
  },
});

/** Undefined where nobody is reminded any more. One that was missed until the end is not sent, nor one from before the review began. */
function remindsAt(review: Review, { timeZone, now }: Zoned & { readonly now: Date }) {
  const { createdAt, dueDate: due, remindedAt, escalatedAt, heldAt } = review;
  const since = isHeld(review) ? heldAt : escalatedAt;
  if (!since) {
    const at = morningOf(addDays(due, -REMINDED_BEFORE), timeZone);
    return remindedAt || at <= createdAt || endOf(review, timeZone) <= now ? undefined : at;
  }
  const last = remindedAt && remindedAt > since ? remindedAt : since;
  return new Date(last.getTime() + REMINDED_EVERY * DAY_MS);
}

const endOf = ({ dueDate: due }: Review, timeZone: string): Date =>
  startOfDay(addDays(due, 1), timeZone);

/** Where very many would lose access because nobody decided, it waits for an admin's yes. Why: docs/decisions/0173-undecided-is-not-no.md. */
const stops = ({ timeZone }: Zoned): Source => ({
  name: 'review-held',
  async *due(stores, now) {
    for (const review of await stores.reviews.open()) {
      const at = endOf(review, timeZone);
      if (at <= now && (await isToHold(review, stores))) yield { subject: review.id, at };
    }
  },
  async fire(tx, { subject }, now) {
    const review = await tx.reviews.find(subject);
    if (!review || !(await isToHold(review, tx))) return;
    const held = await tx.reviews.save({ ...review, heldAt: now });
    const { people, items } = await tx.reviews.undecided(subject);
    await tx.audit('review.held', { actor: SYSTEM, detail: { reviewId: subject, people, items } });
    await tx.emit({ kind: 'review-held', review: held });
    await invalidateReview(tx, subject);
  },
});

/** After its end. */
async function isToHold(
  { id, state, undecided, heldAt }: Review,
  { reviews, people }: Pick<Stores, 'reviews' | 'people'>,
): Promise<boolean> {
  if (state !== 'open' || undecided !== 'remove' || heldAt) return false;
  const { total: active } = await people.search('', { offset: 0, limit: 1 });
  return areMany((await reviews.undecided(id)).people, active);
}

/**
 * After the end, what nobody has decided is removed, item by item: one that can't be doesn't stop the others. What leavers have, and
 * what is at deleted apps, lapses instead.
 */
const removals = ({ timeZone }: Zoned): Source => ({
  name: 'review-undecided',
  async *due(stores, now) {
    for (const review of await stores.reviews.open()) {
      const at = endOf(review, timeZone);
      if (review.undecided !== 'remove' || at > now || isHeld(review)) continue;
      if (!(await isToHold(review, stores))) yield* undecidedOf(review, at, stores.reviews);
    }
  },
  async fire(tx, { subject }) {
    const [reviewId = '', personId = '', integrationId = ''] = subject.split(':');
    await removeUndecided(tx, { reviewId, personId, integrationId });
  },
});

async function* undecidedOf(
  { id }: Review,
  at: Date,
  reviews: Stores['reviews'],
): AsyncIterable<Occurrence> {
  for await (const items of itemBatches({ reviews }, id, 'open'))
    for (const item of items)
      if (!isOwn(item)) yield { subject: `${id}:${item.personId}:${item.integrationId}`, at };
}

/** Nobody could have decided it. */
const isOwn = ({ personId, reviewerId }: ReviewItem): boolean => personId === reviewerId;

async function removeUndecided(
  tx: Transaction,
  whose: Pick<ReviewItem, 'reviewId' | 'personId' | 'integrationId'>,
): Promise<void> {
  const { reviewId, personId, integrationId } = whose;
  const [person, review, item, integration] = [
    await tx.people.hold(personId),
    await tx.reviews.hold(reviewId), // An admin who closes it comes before or after.
    await tx.reviews.findItem(reviewId, personId, integrationId),
    await tx.integrations.find(integrationId),
  ];
  if (review?.state !== 'open' || isHeld(review)) return;
  if (item?.state !== 'open' || isOwn(item)) return;
  // The job that makes it lapse is not done yet.
  const isLapsed = !person?.active || !integration || integration.deletedAt !== undefined;
  const verdict = isLapsed
    ? ({ state: 'lapsed' } as const)
    : await verdictOf(tx, { verdict: 'revoked', person, integration, reviewId, actor: SYSTEM });
  // This rolls back, with the removal.
  if (!(await tx.reviews.replaceOpen({ ...item, ...verdict })))
    throw new StaleWrite('review item', reviewId);
  const detail = { reviewId, undecided: true };
  if (!isLapsed)
    await tx.audit('review.revoked', { actor: SYSTEM, personId, integrationId, detail });
  await invalidateParts(tx, reviewId, [item.reviewerId]);
}

/**
 * A review ends when its last day is over, after its undecided items are removed; or the admins get them. It also closes here when no
 * item is open, such as after someone with the last ones was erased.
 */
const ends = ({ timeZone }: Zoned): Source => ({
  name: 'review-end',
  async *due({ reviews }, now) {
    for (const review of await reviews.open()) {
      const end = endOf(review, timeZone);
      // What was escalated at its end ends once more, after admins have decided.
      const at = review.escalatedAt ?? end;
      if (await isOver(review, { reviews, isLate: end <= now })) yield { subject: review.id, at };
    }
  },
  async fire(tx, { subject }, now) {
    const review = await tx.reviews.find(subject);
    if (review?.state !== 'open') return;
    const isLate = endOf(review, timeZone) <= now;
    if (!(await isOver(review, { reviews: tx.reviews, isLate }))) return;
    const isDone = await tx.reviews.isDone(subject);
    if (review.undecided === 'admins' && !isDone) await escalate(tx, review, now);
    else await closeReview(tx, subject, SYSTEM);
  },
});

async function isOver(
  review: Review,
  { reviews, isLate }: Pick<Stores, 'reviews'> & { readonly isLate: boolean },
): Promise<boolean> {
  if (await reviews.isDone(review.id)) return true;
  if (!isLate || review.escalatedAt) return false;
  return review.undecided !== 'remove' || (await reviews.undecided(review.id)).items === 0;
}

/** Admins get what is open, those who aren't away first. */
async function escalate(tx: Transaction, review: Review, now: Date): Promise<void> {
  const escalated = await tx.reviews.save({ ...review, escalatedAt: now });
  const { timeZone } = tx;
  const at = { review: escalated, integration: {}, now, timeZone };
  const { admins } = await choiceAt(tx, at);
  const formerIds = await tx.reviews.openReviewers(review.id);
  // The first one gets everything but their own access, which the second one gets.
  for (const { id } of admins.slice(0, 2).toReversed()) await tx.reviews.handOver(review.id, id);
  await tx.audit('review.escalated', { actor: SYSTEM, detail: { reviewId: review.id } });
  const reviewerIds = await tx.reviews.openReviewers(review.id);
  await tx.emit({ kind: 'review-requested', review: escalated, reviewerIds });
  await invalidateParts(tx, review.id, formerIds);
  await invalidateReview(tx, review.id);
}
