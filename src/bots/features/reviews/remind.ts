/** Remind: the person who runs a review sends its card again to those who have something left to decide. */
import { z } from 'zod';
import { HOUR_MS } from '../../../core/hours.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { mayRunReview } from '../../../engine/reviews/reviews.ts';
import { remind } from '../../../engine/reviews/start-review.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply, sayToPerson } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { notTheirs } from '../integrations/integration-target.ts';

export const remindReviewer = buttonAction({
  id: 'review.remind',
  payload: z.object({ reviewId: z.string(), reviewerId: z.string() }),
  handle: ({ reviewId, reviewerId }, turn: Turn) => send(reviewId, reviewerId, turn),
});

export const remindAll = buttonAction({
  id: 'review.remind-all',
  payload: z.object({ reviewId: z.string() }),
  handle: ({ reviewId }, turn: Turn) => send(reviewId, undefined, turn),
});

/** @param onlyId left out: everyone */
async function send(reviewId: string, onlyId: string | undefined, turn: Turn): Promise<Reply> {
  const what = () => t`remind reviewers`;
  const actor = await turn.stores.people.find(turn.actor.id);
  if (!actor || !(await mayRunReview(actor, reviewId, turn.stores))) {
    await auditRefusal(what, turn, {});
    return refuse(await notTheirs(what, turn));
  }
  const sent = { reminded: 0, away: 0, open: 0 };
  for (let afterId: string | undefined = ''; afterId !== undefined; ) {
    const next: RemindedSome = await turn.transact((tx) =>
      remindSome(tx, { reviewId, onlyId, afterId: afterId ?? '', turn }),
    );
    for (const each of ['reminded', 'away', 'open'] as const) sent[each] += next[each];
    ({ afterId } = next);
  }
  if (sent.open === 0)
    return refuse(note(t`There is no one to remind`, t`They have decided, or the review is over.`));
  const { reminded, away } = sent;
  return sayToPerson(
    note(
      reminded === 0
        ? t`No one was reminded`
        : plural(reminded, {
            one: t`1 person was reminded`,
            other: t`${sayNumber(reminded)} people were reminded`,
          }),
      sentences(
        reminded > 0 && t`People in their quiet hours get the message afterwards.`,
        away > 0 && t`Away: ${sayNumber(away)}. They get the message when they are back.`,
        sent.open > reminded + away &&
          (reminded + away === 0
            ? t`Everyone was reminded less than an hour ago.`
            : t`The others were reminded less than an hour ago.`),
      ),
    ),
  );
}

/** A review may have thousands of reviewers: this many in a transaction. */
const AT_ONCE = 250;

interface RemindedSome {
  readonly reminded: number;
  readonly away: number;
  readonly open: number;
  /** Where there may be more. */
  readonly afterId?: string | undefined;
}

async function remindSome(
  tx: Transaction,
  at: {
    readonly reviewId: string;
    readonly onlyId: string | undefined;
    readonly afterId: string;
    readonly turn: Turn;
  },
): Promise<RemindedSome> {
  const { reviewId, onlyId, afterId, turn } = at;
  const review = await tx.reviews.find(reviewId);
  if (review?.state !== 'open') return { reminded: 0, away: 0, open: 0 };
  const some = await tx.reviews.openReviewersAfter(reviewId, afterId, AT_ONCE);
  const open = some.filter((id) => onlyId === undefined || id === onlyId);
  // Once an hour each: a second press sends nothing.
  const hour = new Date(Math.floor(tx.now.getTime() / HOUR_MS) * HOUR_MS);
  const fresh: string[] = [];
  for (const id of open)
    if (await tx.occurrences.claim(`review-reminded:${reviewId}:${id}`, hour)) fresh.push(id);
  const reminded = await remind(tx, review, fresh);
  if (reminded.length > 0)
    await tx.audit('review.reminded', {
      actor: actorOf(turn),
      detail: { reviewId, people: reminded.length },
    });
  return {
    reminded: reminded.length,
    away: fresh.length - reminded.length,
    open: open.length,
    afterId: some.length < AT_ONCE ? undefined : some.at(-1),
  };
}
