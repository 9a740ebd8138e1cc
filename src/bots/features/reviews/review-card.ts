/** One reviewer's part of a review: each access with Keep and Revoke, page by page, until all is decided. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { type Access, labelOf, type Person } from '../../../engine/people/directory.ts';
import type { RevokedItems } from '../../../engine/ports/access-stores.ts';
import type { ReviewItem } from '../../../engine/reviews/review.ts';
import { reviewTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { type Block, type Card, note, strong } from '../../view/card.ts';
import { showDate, showDay } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { removalLine } from '../access/removal-words.ts';
import { listRow } from '../list-card.ts';
import { pageFoot, readPage, turnPage } from '../paging.ts';
import { nameOf, personDetails } from '../people/person-words.ts';
import { keepAccess, keepAllOf, revokeReviewed } from './decide-review.ts';
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
    const title = review.name;
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
        ...(
          await Promise.all(byPerson(found.items).map((group) => renderGroup(group, context)))
        ).flat(),
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

/** The store has them by person. */
function byPerson(items: readonly ReviewItem[]): readonly (readonly ReviewItem[])[] {
  const groups = new Map<string, ReviewItem[]>();
  for (const item of items) groups.set(item.personId, [...(groups.get(item.personId) ?? []), item]);
  return [...groups.values()];
}

/** One person: their name above what they have, where that is more than one. */
async function renderGroup(items: readonly ReviewItem[], context: Reader): Promise<Block[]> {
  const [first] = items;
  const person = first && (await context.stores.people.find(first.personId));
  if (!person) return [];
  const isAlone = items.length === 1;
  const rows = await Promise.all(items.map((item) => renderItem(item, person, isAlone, context)));
  if (isAlone) return rows.flat();
  const { reviewId, personId } = first;
  const keepAll = {
    label: t`Keep all ${items.length}`,
    about: t`Keep all: ${nameOf(person)}`,
    does: keepAllOf.with({
      reviewId,
      personId,
      integrationIds: items.map(({ integrationId }) => integrationId),
    }),
  };
  return [
    {
      kind: 'row',
      text: [strong(nameOf(person))],
      detail: [personDetails(person)],
      buttons: person.id === context.reader.id ? [] : [keepAll],
    },
    ...rows.flat(),
  ];
}

async function renderItem(
  item: ReviewItem,
  person: Person,
  isAlone: boolean,
  context: Reader,
): Promise<Block[]> {
  const { stores } = context;
  const [integration, access] = await Promise.all([
    stores.integrations.find(item.integrationId),
    stores.access.find(item.personId, item.integrationId),
  ]);
  if (!integration) return [];
  const what = `${nameOf(person)}: ${labelOf(integration)}`;
  const name = isAlone ? what : labelOf(integration);
  const known = access ? knownWords(access, context) : t`not confirmed`;
  if (person.id === context.reader.id)
    return listRow(
      name,
      t`${known}. You can't review your own access. Add a second Latchkey admin or a manager.`,
    );
  const { reviewId, personId, integrationId } = item;
  const target = { reviewId, personId, integrationId };
  return listRow(
    name,
    known,
    { label: t`Keep`, does: keepAccess.with(target) },
    {
      label: t`Revoke…`,
      does: revokeReviewed.with(target),
    },
  );
}

function knownWords({ state, since, checkedAt }: Access, context: Reader): string {
  const checked = t`last checked on ${showDate(checkedAt, context)}`;
  switch (state) {
    case 'has':
      return `${t`has access since ${showDate(since, context)}`} · ${checked}`;
    case 'none':
      return `${t`no access any more`} · ${checked}`;
    case 'unknown':
      return `${t`not confirmed`} · ${checked}`;
    default:
      return unreachable(state);
  }
}
