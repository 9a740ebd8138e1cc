/** `review`: the campaigns, newest first, and the button that starts one. */
import { z } from 'zod';
import { addDays, dayIn } from '../../../core/days.ts';
import { say, sayNumber } from '../../../core/say.ts';
import { startReview } from '../../../engine/reviews/reviews.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Block, type Card, note } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { asAdmin, refuse } from '../admins.ts';
import { pageButtons, pageIn, pageWords } from '../paging.ts';
import { removalsOfReview } from './review-removals.ts';
import { reviewReport } from './review-report.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;
/** Time for reviewers who are away for a week. */
const USUAL_DAYS = 14;

const shown = z.object({ page: z.number().int().nonnegative() });

export async function openReviews(turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(() => say`see access reviews`, turn);
  if (refused) return refuse(refused);
  return { kind: 'say', to: 'person', card: await listCard(0, turn) };
}

export const turnReviewsPage = buttonAction({
  id: 'reviews.page',
  payload: shown,

  async handle({ page }, turn: Turn) {
    const { refused } = await asAdmin(() => say`see access reviews`, turn);
    return { kind: 'replace', card: refused ?? (await listCard(page, turn)) };
  },
});

export const openReport = buttonAction({
  id: 'review.open',
  payload: z.object({ reviewId: z.string() }),

  async handle({ reviewId }, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(() => say`see access reviews`, turn);
    return refused
      ? refuse(refused)
      : { kind: 'show', card: reviewReport.with({ reviewId, page: 0 }) };
  },
});

export const beginReview = formAction({
  id: 'review.start',
  payload: z.object({}),
  title: () => say`Start an access review`,
  submitLabel: () => say`Start`,

  async fields(_payload, turn: Turn) {
    const { refused } = await asAdmin(() => say`start access reviews`, turn);
    if (refused) return { refused };
    const integrations = await turn.stores.integrations.list();
    const today = dayIn(turn.installation.timeZone, turn.now());
    return {
      intro: [
        [
          say`Each manager gets a card with what their people have, and keeps or revokes each of it. Where somebody has no manager, you are asked.`,
        ],
      ],
      fields: {
        name: {
          kind: 'text',
          label: say`Name`,
          initial: say`Access review, ${showDay(today)}`,
        },
        due: { kind: 'date', label: say`To be decided by`, initial: addDays(today, USUAL_DAYS) },
        ...(integrations.length > 0 && {
          integrations: {
            kind: 'choices',
            label: say`Integrations`,
            hint: say`Left empty: all of them.`,
            optional: true,
            options: integrations.map(({ id, name }) => ({ label: name, value: id })),
          } as const,
        }),
      },
    };
  },

  async submit(values, _payload, turn) {
    const { admin, refused } = await asAdmin(() => say`start access reviews`, turn);
    if (refused) return refuse(refused);
    const { due } = values;
    if (due < dayIn(turn.installation.timeZone, turn.now()))
      return { kind: 'invalid', errors: { due: say`This day is over. Choose a later one.` } };
    const chosen = values.integrations;
    const review = await turn.transact((tx) =>
      startReview(tx, {
        name: values.name.trim(),
        startedBy: admin,
        actor: actorOf(turn),
        dueDate: due,
        ...(chosen && chosen.length > 0 && { integrationIds: [chosen].flat() }),
      }),
    );
    return review
      ? { kind: 'show', card: reviewReport.with({ reviewId: review.id, page: 0 }) }
      : refuse(
          note(
            say`There is nothing to review`,
            say`As far as Latchkey knows, nobody has anything there. Access cards ask anew.`,
          ),
        );
  },
});

async function listCard(page: number, turn: Turn): Promise<Card> {
  const { reviews, total } = await turn.stores.reviews.list({ offset: page * PAGE, limit: PAGE });
  const list = pageIn(total, page, PAGE);
  if (list.page < page) return listCard(list.page, turn);
  const rows = await Promise.all(
    reviews.map(async (review) => ({
      ...review,
      open: (await removalsOfReview(turn.stores, review.id)).open,
    })),
  );
  return {
    title: say`Access reviews`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          total === 0
            ? say`There was none yet.`
            : say`${sayNumber(total)} in all${pageWords(list)}`,
        ],
      },
      ...rows.flatMap(({ id, name, state, dueDate, open }): Block[] => [
        {
          kind: 'text',
          text: [
            { kind: 'strong', text: name },
            state === 'open' ? say` · open until ${showDay(dueDate)}` : say` · over`,
            ...(open > 0 ? [say` · ${open} still to be removed`] : []),
          ],
        },
        {
          kind: 'buttons',
          buttons: [
            {
              label: say`Open`,
              about: say`Open: ${name}`,
              does: openReport.with({ reviewId: id }),
            },
          ],
        },
      ]),
      {
        kind: 'buttons',
        buttons: [
          { label: say`Start a review…`, tone: 'primary', does: beginReview.with({}) },
          ...pageButtons(list, (to) => turnReviewsPage.with({ page: to })),
        ],
      },
    ],
  };
}
