/** A review's progress, for admins, auditors and the owners of its apps, and Close it. */

import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { isOpenRemoval } from '../../../engine/access/removals/removal.ts';
import { fullName, labelOf } from '../../../engine/people/directory.ts';
import type { Page } from '../../../engine/ports/store.ts';
import type { Review, ReviewItem } from '../../../engine/reviews/review.ts';
import { closeReview, mayCloseReview, maySeeReview } from '../../../engine/reviews/reviews.ts';
import { reviewTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { type Block, buttonRow, type Card, note, type Text } from '../../view/card.ts';
import { showDay, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { viewRemoval } from '../access/removal-actions.ts';
import { removalLine } from '../access/removal-words.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { notTheirs } from '../integrations/integration-target.ts';
import { listRow } from '../list-card.ts';
import { LONG_PAGE, pageButtons, readPage, turnPage, withPage } from '../paging.ts';
import { exportFile } from '../settings/export-file.ts';
import { reviewPayload } from './review-ref.ts';
import { removalsOfReview } from './review-removals.ts';

const NONE = { offset: 0, limit: 0 };

export const reviewReport = liveCard({
  id: 'review-report',
  payload: reviewPayload,
  topic: ({ reviewId }) => reviewTopic(reviewId),

  async render(shown, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const review = await stores.reviews.find(shown.reviewId);
    if (!(await maySeeReview(reader, shown.reviewId, stores)))
      return note(
        t`You can't see this review`,
        t`Only Latchkey admins, auditors and the owners of its apps can see a review's progress.`,
      );
    if (!review) return note(t`This review no longer exists`, t`It has been deleted.`);
    const mayClose = await mayCloseReview(reader, review.id, stores);
    const count = async (state: ReviewItem['state']) =>
      (await stores.reviews.items(review.id, { state }, NONE)).total;
    const kept = await count('kept');
    const { revoked, open: notGone } = await removalsOfReview(stores, review.id);
    const [open, lapsed] = [await count('open'), await count('lapsed')];
    const read = (at: Page) => stores.reviews.items(review.id, {}, at);
    const list = await readPage(shown.page, read, LONG_PAGE);
    const buttons = [
      { label: t`Export (CSV)`, does: exportFile.with({ of: 'review', id: review.id }) },
      {
        label: t`Evidence (ZIP)`,
        does: exportFile.with({ of: 'evidence', filter: {}, reviewId: review.id }),
      },
      ...pageButtons(list, (to) => turnReportPage.with({ ...shown, page: to })),
      ...(review.state === 'open' && mayClose
        ? [{ label: t`Close it now…`, does: endReviewNow.with({ reviewId: review.id }) }]
        : []),
    ];
    return {
      title: review.name,
      blocks: [
        { kind: 'text', text: [standing(review, context)] },
        {
          kind: 'facts',
          facts: [
            [t`Kept`, [String(kept)]],
            [t`Revoked`, [String(revoked)]],
            ...(notGone > 0
              ? [[t`Still to be removed`, [String(notGone)]] satisfies [string, Text]]
              : []),
            [t`Not decided`, [String(open)]],
            ...(lapsed > 0 ? [[t`Lapsed`, [String(lapsed)]] satisfies [string, Text]] : []),
          ],
        },
        ...(
          await Promise.all(
            list.items.map((item) => renderItem(item, review.state === 'closed', context)),
          )
        ).flat(),
        { kind: 'text', muted: true, text: [withPage(t`${list.total} in all`, list)] },
        ...buttonRow(buttons),
      ],
    };
  },
});

export const turnReportPage = turnPage('review.report-page', reviewPayload, reviewReport);

function standing({ state, dueDate, closedAt }: Review, context: Reader): string {
  if (state === 'open')
    return t`Reviewers have until ${showDay(dueDate)}. Latchkey reminds them two days before.`;
  return closedAt ? t`It ended on ${showTime(closedAt, context)}.` : t`It ended.`;
}

async function renderItem(item: ReviewItem, isOver: boolean, context: Reader): Promise<Block[]> {
  const { stores } = context;
  const removal =
    item.removalId === undefined ? undefined : await stores.removals.find(item.removalId);
  const [person, integration, reviewer] = await Promise.all([
    stores.people.find(item.personId),
    stores.integrations.find(item.integrationId),
    stores.people.find(item.decidedById ?? item.reviewerId),
  ]);
  if (!person || !integration) return [];
  const who = reviewer ? fullName(reviewer) : t`a deleted person`;
  const words = {
    open: isOver ? t`not decided by ${who}, so the access stays` : t`waiting for ${who}`,
    kept: t`✓ kept by ${who}`,
    revoked: t`✗ revoked by ${who}`,
    lapsed: t`nothing to decide: it was removed, they have left, or the integration was deleted`,
  } as const;
  const what = `${fullName(person)}: ${labelOf(integration)}`;
  const stands = removal ? ` · ${await removalLine(removal, context)}` : '';
  const buttons = removal && isOpenRemoval(removal) ? [viewRemoval(removal.id, what)] : [];
  return listRow(what, `${words[item.state]}${stands}`, ...buttons);
}

/** Close it now…: access without a verdict stays as it is. */
export const endReviewNow = formAction({
  id: 'review.close',
  payload: z.object({ reviewId: z.string() }),
  title: () => t`Close the review`,
  submitLabel: () => t`Close it`,

  async fields({ reviewId }, turn: Turn) {
    const refused = await refuseToClose(reviewId, turn);
    return refused
      ? { refused }
      : {
          intro: [[t`After that, no one can decide any more. Undecided access stays as it is.`]],
          fields: {},
        };
  },

  async submit(_values, { reviewId }, turn) {
    const refused = await refuseToClose(reviewId, turn);
    if (refused) return refuse(refused);
    await turn.transact((tx) => closeReview(tx, reviewId, actorOf(turn)));
    return { kind: 'nothing' };
  },
});

async function refuseToClose(reviewId: string, turn: Turn): Promise<Card | undefined> {
  const what = () => t`close reviews`;
  const actor = await turn.stores.people.find(turn.actor.id);
  if (actor && (await mayCloseReview(actor, reviewId, turn.stores))) return undefined;
  await auditRefusal(what, turn, {});
  return notTheirs(what);
}
