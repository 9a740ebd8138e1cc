/** `review`: the campaigns, newest first, and the button that starts one. Owners have those of their apps. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { addDays, dayIn } from '../../../core/days.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { seenApps } from '../../../engine/integrations/seen-apps.ts';
import { isAdmin, maySeeSetUp } from '../../../engine/people/permission.ts';
import { isHeld, type Review } from '../../../engine/reviews/review.ts';
import { maySeeReview } from '../../../engine/reviews/reviews.ts';
import { startReview } from '../../../engine/reviews/start-review.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import { showDay } from '../../view/dates.ts';
import { auditRefusal, ownersTo, refuse } from '../admins.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { appNotSeen } from '../whom-to-ask.ts';
import { nameProblem, nothingToReview } from './campaign-form.ts';
import { openCampaigns } from './campaigns-list.ts';
import { mayStart, readReview, reviewFields } from './review-fields.ts';
import { reviewReport, showStarted } from './review-report.ts';

/** Leaves time for a reviewer who is away for a week. */
const USUAL_DAYS = 14;

const wanted = () => t`see access reviews`;

const reviews: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'reviews.page',
  payload: pageShown,
  admit: ownersTo(wanted),

  async read(_shown, at, { stores, actor }) {
    const isReader = maySeeSetUp(actor);
    const own = isReader ? undefined : (await seenApps(stores, actor)).map(({ id }) => id);
    const found = await stores.reviews.list(at, own);
    const revoked = await stores.reviews.revoked(found.reviews.map(({ id }) => id));
    const items = found.reviews.map((review) => ({
      ...review,
      open: revoked.get(review.id)?.open ?? 0,
    }));
    return { items, total: found.total, mayStart: isAdmin(actor) || !isReader };
  },

  title: () => t`Access reviews`,
  empty: () => t`No reviews yet.`,
  counted: ({ total }) => t`${sayNumber(total)} in all`,

  row({ open, ...review }) {
    const { id: reviewId, name } = review;
    const standing = standingOf(review);
    const about = open > 0 ? `${standing} · ${t`${open} still to be removed`}` : standing;
    return listRow(name, about, openButton(name, openReport.with({ reviewId })));
  },

  before: ({ mayStart: may }) =>
    compact([
      may && { label: t`Start a review…`, tone: 'primary', does: beginReview.with({}) },
      { label: t`Recurring reviews`, does: openCampaigns.with({}) },
    ]),
});

function standingOf(review: Review): string {
  const { state, dueDate, escalatedAt } = review;
  if (state === 'closed') return t`over`;
  if (isHeld(review)) return t`held until an admin says yes`;
  return escalatedAt ? t`with Latchkey admins` : t`open until ${showDay(dueDate)}`;
}

export const turnReviewsPage = reviews.turnPage;

export const openReviews = (turn: Turn): Promise<Reply> => reviews.reply({ page: 0 }, turn);

export const openReport = buttonAction({
  id: 'review.open',
  payload: z.object({ reviewId: z.string() }),

  async handle({ reviewId }, turn: Turn): Promise<Reply> {
    const actor = await turn.stores.people.find(turn.actor.id);
    if (actor && (await maySeeReview(actor, reviewId, turn.stores)))
      return showCard(reviewReport.with({ reviewId, page: 0 }));
    await auditRefusal(wanted, turn, {});
    return refuse(await appNotSeen(t`You can't ${wanted()}`, turn));
  },
});

export const beginReview = formAction({
  id: 'review.start',
  payload: z.object({}),
  admit: (_payload, turn: Turn) => mayStart(what, turn),
  title: () => t`Start an access review`,
  submitLabel: () => t`Start`,

  async fields(_payload, { allowed, ...turn }) {
    const today = dayIn(turn.installation.timeZone, turn.now());
    return {
      intro: [
        t`Each reviewer gets a card with the access that is theirs to review, and keeps or revokes each item. You get a card with the progress.`,
      ],
      fields: {
        name: {
          kind: 'text',
          label: t`Name`,
          hint: t`The title of each reviewer's card.`,
          initial: t`Access review, ${showDay(today)}`,
        },
        due: { kind: 'date', label: t`Complete by`, initial: addDays(today, USUAL_DAYS) },
        ...(await reviewFields(allowed, turn)),
      },
    };
  },

  async submit(values, _payload, { allowed, ...turn }) {
    const { due, name } = values;
    if (due < dayIn(turn.installation.timeZone, turn.now()))
      return { kind: 'invalid', errors: { due: t`This day is over. Choose a later one.` } };
    const problem = nameProblem(name);
    if (problem !== undefined) return { kind: 'invalid', errors: { name: problem } };
    const read = await readReview(values, allowed, turn);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    const review = await turn.transact((tx) =>
      startReview(tx, {
        ...read.asking,
        name: name.trim(),
        startedBy: allowed.starter,
        actor: actorOf(turn),
        dueDate: due,
        scope: read.scope,
      }),
    );
    return review ? showStarted(review) : refuse(nothingToReview());
  },
});

const what = () => t`start access reviews`;
