/** `review`: the campaigns, newest first, and the button that starts one. */
import { z } from 'zod';
import { addDays, dayIn } from '../../../core/days.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { startReview } from '../../../engine/reviews/reviews.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { asAdmin, refuse, refuseUnseeing } from '../admins.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { reviewReport } from './review-report.ts';

/** Leaves time for a reviewer who is away for a week. */
const USUAL_DAYS = 14;

const wanted = () => t`see access reviews`;

const reviews: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'reviews.page',
  payload: pageShown,
  forReaders: wanted,

  async read(_shown, at, { stores }) {
    const found = await stores.reviews.list(at);
    const revoked = await stores.reviews.revoked(found.reviews.map(({ id }) => id));
    const items = found.reviews.map((review) => ({
      ...review,
      open: revoked.get(review.id)?.open ?? 0,
    }));
    return { items, total: found.total };
  },

  title: () => t`Access reviews`,
  empty: () => t`No reviews yet.`,
  counted: ({ total }) => t`${sayNumber(total)} in all`,

  row({ id: reviewId, name, state, dueDate, open }) {
    const standing = state === 'open' ? t`open until ${showDay(dueDate)}` : t`over`;
    const about = open > 0 ? `${standing} · ${t`${open} still to be removed`}` : standing;
    return listRow(name, about, openButton(name, openReport.with({ reviewId })));
  },

  before: () => [{ label: t`Start a review…`, tone: 'primary', does: beginReview.with({}) }],
});
export const turnReviewsPage = reviews.turnPage;

export const openReviews = (turn: Turn): Promise<Reply> => reviews.reply({ page: 0 }, turn);

export const openReport = buttonAction({
  id: 'review.open',
  payload: z.object({ reviewId: z.string() }),

  async handle({ reviewId }, turn: Turn): Promise<Reply> {
    const refused = await refuseUnseeing(wanted, turn);
    return refused
      ? refuse(refused)
      : { kind: 'show', card: reviewReport.with({ reviewId, page: 0 }) };
  },
});

export const beginReview = formAction({
  id: 'review.start',
  payload: z.object({}),
  title: () => t`Start an access review`,
  submitLabel: () => t`Start`,

  async fields(_payload, turn: Turn) {
    const { refused } = await asAdmin(() => t`start access reviews`, turn);
    if (refused) return { refused };
    const integrations = await turn.stores.integrations.list();
    const today = dayIn(turn.installation.timeZone, turn.now());
    return {
      intro: [
        [
          t`Each manager gets a card with their reports' access, and keeps or revokes each item. You review people who have no manager.`,
        ],
      ],
      fields: {
        name: {
          kind: 'text',
          label: t`Name`,
          hint: t`The title of each reviewer's card.`,
          initial: t`Access review, ${showDay(today)}`,
        },
        due: { kind: 'date', label: t`Complete by`, initial: addDays(today, USUAL_DAYS) },
        ...(integrations.length > 0 && {
          integrations: {
            kind: 'choices',
            label: t`Integrations`,
            hint: t`Leave blank for all of them.`,
            optional: true,
            options: integrations.map(({ id, name }) => ({ label: name, value: id })),
          } as const,
        }),
      },
    };
  },

  async submit(values, _payload, turn) {
    const { admin, refused } = await asAdmin(() => t`start access reviews`, turn);
    if (refused) return refuse(refused);
    const { due } = values;
    if (due < dayIn(turn.installation.timeZone, turn.now()))
      return { kind: 'invalid', errors: { due: t`This day is over. Choose a later one.` } };
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
            t`There is nothing to review`,
            t`No one has access there on record. Access cards check again.`,
          ),
        );
  },
});
