/** One reviewer's part of a review: each access with Keep and Revoke, page by page, until all is decided. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { labelOf } from '../../../engine/people/directory.ts';
import type { RevokedItems } from '../../../engine/ports/access-stores.ts';
import type { ReviewItem } from '../../../engine/reviews/review.ts';
import { reviewTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { type Block, type Card, note } from '../../view/card.ts';
import { showDate, showDay } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { removalLine } from '../access/removal-words.ts';
import { listRow } from '../list-card.ts';
import { pageFoot, readPage, turnPage } from '../paging.ts';
import { nameOf } from '../people/person-words.ts';
import { keepAccess, revokeReviewed } from './decide-review.ts';
import { reviewPayload } from './review-ref.ts';
import { removalsOfReview } from './review-removals.ts';

/** A row is one block; the report has all of them. */
const REVOKED = { offset: 0, limit: 15 };

export const reviewCard = liveCard({
  id: 'review',
  payload: reviewPayload,
  topic: ({ reviewId }) => reviewTopic(reviewId),

  async render(shown, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const review = await stores.reviews.find(shown.reviewId);
    if (!review) return note(t`This review no longer exists`, t`It was deleted.`);
    const { total: all } = await stores.reviews.items(review.id, { reviewerId: reader.id }, NONE);
    if (all === 0)
      return note(t`There is nothing for you to review`, t`Only its reviewers can see this card.`);
    const open = { reviewerId: reader.id, state: 'open' } as const;
    const found = await readPage(shown.page, (at) => stores.reviews.items(review.id, open, at));
    const { total } = found;
    const title = t`Review: ${review.name}`;
    const rows = await revokedRows(review.id, context);
    const removals = { ...(await removalsOfReview(stores, review.id, reader.id)), rows };
    if (review.state === 'closed')
      return over(
        title,
        total === 0
          ? t`✓ The review is over, and you decided everything. Thank you.`
          : t`The review is over. Anything you didn't decide (${total} of ${all}) stays as it is.`,
        removals,
      );
    if (total === 0) return over(title, t`✓ You've decided everything. Thank you.`, removals);
    return {
      title,
      blocks: [
        {
          kind: 'text',
          text: [
            t`Do these people still need their access? You decided ${all - total} of ${all}; please decide the rest by ${showDay(review.dueDate)}. Latchkey removes what you revoke immediately.`,
          ],
        },
        ...(await Promise.all(found.items.map((item) => renderItem(item, context)))).flat(),
        ...rows,
        ...pageFoot(
          found,
          (to) => turnReviewPage.with({ ...shown, page: to }),
          t`${total} to review`,
        ),
      ],
    };
  },
});

/** @param text the outcome; below it stand the removals that the reviewer began */
const over = (
  title: string,
  text: string,
  { revoked, open, rows }: RevokedItems & { readonly rows: readonly Block[] },
): Card => ({
  title,
  blocks: [
    { kind: 'text', text: [text] },
    ...(revoked === 0 ? [] : [{ kind: 'text' as const, text: [goneWords(revoked, open)] }]),
    ...rows,
  ],
});

/** The removals that the reader's verdicts began. */
async function revokedRows(reviewId: string, context: Reader): Promise<readonly Block[]> {
  const { stores, reader } = context;
  const filter = { reviewerId: reader.id, state: 'revoked' } as const;
  const { items } = await stores.reviews.items(reviewId, filter, REVOKED);
  const rows = await Promise.all(items.map((item) => revokedRow(item, context)));
  return rows.flat();
}

async function revokedRow(
  { personId, integrationId, removalId }: ReviewItem,
  context: Reader,
): Promise<Block[]> {
  const { stores } = context;
  const [person, integration, removal] = await Promise.all([
    stores.people.find(personId),
    stores.integrations.find(integrationId),
    removalId === undefined ? undefined : stores.removals.find(removalId),
  ]);
  if (!person || !integration || !removal) return [];
  const what = `${nameOf(person)}: ${labelOf(integration)}`;
  return [
    {
      kind: 'text',
      muted: true,
      text: [t`${what} · ✗ revoked · ${await removalLine(removal, context)}`],
    },
  ];
}

function goneWords(revoked: number, open: number): string {
  if (open === 0) return t`✓ What you revoked is gone (${revoked}).`;
  return t`You revoked ${revoked}; not gone yet: ${open}. Latchkey keeps trying.`;
}

/** Reads only the count. */
const NONE = { offset: 0, limit: 0 };

/** Opens the reader's own part of a review, from Home. */
export const openOwnReview = buttonAction({
  id: 'review.own',
  payload: z.object({ reviewId: z.string() }),
  handle: async ({ reviewId }, _turn: Turn): Promise<Reply> => ({
    kind: 'show',
    card: reviewCard.with({ reviewId, page: 0 }),
  }),
});

export const turnReviewPage = turnPage('review.page', reviewPayload, reviewCard);

async function renderItem(item: ReviewItem, context: Reader): Promise<Block[]> {
  const { stores } = context;
  const [person, integration, access] = await Promise.all([
    stores.people.find(item.personId),
    stores.integrations.find(item.integrationId),
    stores.access.find(item.personId, item.integrationId),
  ]);
  if (!person || !integration) return [];
  const what = `${nameOf(person)}: ${labelOf(integration)}`;
  const known =
    access?.state === 'has'
      ? t`has access since ${showDate(access.since, context)}`
      : access?.state === 'none'
        ? t`no access any more`
        : t`not confirmed`;
  if (person.id === context.reader.id)
    return listRow(
      what,
      t`${known}. You can't review your own access. Add a second Latchkey admin or a manager.`,
    );
  const { reviewId, personId, integrationId } = item;
  const target = { reviewId, personId, integrationId };
  return listRow(
    what,
    known,
    { label: t`Keep`, about: t`Keep: ${what}`, does: keepAccess.with(target) },
    {
      label: t`Revoke…`,
      about: t`Revoke: ${what}`,
      does: revokeReviewed.with(target),
    },
  );
}
