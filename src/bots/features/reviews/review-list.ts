/** `review`: the campaigns, newest first, and the button that starts one. Owners have those of their apps. */
import { z } from 'zod';
import { addDays, dayIn } from '../../../core/days.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { seenApps } from '../../../engine/integrations/seen-apps.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { isAdmin, mayAt, maySeeSetUp } from '../../../engine/people/permission.ts';
import { maySeeReview, startReview } from '../../../engine/reviews/reviews.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { notTheirs } from '../integrations/integration-target.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { reviewReport } from './review-report.ts';

/** Leaves time for a reviewer who is away for a week. */
const USUAL_DAYS = 14;

const wanted = () => t`see access reviews`;

const reviews: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'reviews.page',
  payload: pageShown,
  forOwners: wanted,

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

  row({ id: reviewId, name, state, dueDate, open }) {
    const standing = state === 'open' ? t`open until ${showDay(dueDate)}` : t`over`;
    const about = open > 0 ? `${standing} · ${t`${open} still to be removed`}` : standing;
    return listRow(name, about, openButton(name, openReport.with({ reviewId })));
  },

  before: ({ mayStart }) =>
    mayStart ? [{ label: t`Start a review…`, tone: 'primary', does: beginReview.with({}) }] : [],
});
export const turnReviewsPage = reviews.turnPage;

export const openReviews = (turn: Turn): Promise<Reply> => reviews.reply({ page: 0 }, turn);

export const openReport = buttonAction({
  id: 'review.open',
  payload: z.object({ reviewId: z.string() }),

  async handle({ reviewId }, turn: Turn): Promise<Reply> {
    const actor = await turn.stores.people.find(turn.actor.id);
    if (actor && (await maySeeReview(actor, reviewId, turn.stores)))
      return { kind: 'show', card: reviewReport.with({ reviewId, page: 0 }) };
    await auditRefusal(wanted, turn, {});
    return refuse(notTheirs(wanted));
  },
});

export const beginReview = formAction({
  id: 'review.start',
  payload: z.object({}),
  title: () => t`Start an access review`,
  submitLabel: () => t`Start`,

  async fields(_payload, turn: Turn) {
    const { apps, isOwners, refused } = await toReview(turn);
    if (refused) return { refused };
    const today = dayIn(turn.installation.timeZone, turn.now());
    return {
      intro: [
        [
          isOwners
            ? t`You get a card with everyone who has access to your apps, and keep or revoke each. Another owner, or your manager, reviews your own access.`
            : t`Each manager gets a card with their reports' access, and keeps or revokes each item. You review people who have no manager.`,
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
        ...(apps.length > 0 && {
          integrations: {
            kind: 'choices',
            label: t`Integrations`,
            hint: t`Leave blank for all of them.`,
            optional: true,
            options: apps.map(({ id, name }) => ({ label: name, value: id })),
          } as const,
        }),
      },
    };
  },

  async submit(values, _payload, turn) {
    const { starter, apps, isOwners, refused } = await toReview(turn);
    if (refused) return refuse(refused);
    const { due } = values;
    if (due < dayIn(turn.installation.timeZone, turn.now()))
      return { kind: 'invalid', errors: { due: t`This day is over. Choose a later one.` } };
    const named = [values.integrations ?? []].flat();
    const offered = named.filter((each) => apps.some(({ id }) => id === each));
    if (offered.length < named.length)
      return { kind: 'invalid', errors: { integrations: t`Choose from the list.` } };
    const all = isOwners ? apps.map(({ id }) => id) : undefined;
    const review = await turn.transact((tx) =>
      startReview(tx, {
        name: values.name.trim(),
        startedBy: starter,
        actor: actorOf(turn),
        dueDate: due,
        integrationIds: offered.length > 0 ? offered : all,
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

type ToReview =
  | {
      readonly starter: Person;
      readonly apps: readonly Integration[];
      /** They start it as an owner of these, and not as an admin. */
      readonly isOwners: boolean;
      readonly refused?: undefined;
    }
  | {
      readonly starter?: undefined;
      readonly apps?: undefined;
      readonly isOwners?: undefined;
      readonly refused: Card;
    };

/** What the actor may start a review of. */
async function toReview(turn: Turn): Promise<ToReview> {
  const starter = await turn.stores.people.find(turn.actor.id);
  const all = starter ? await turn.stores.integrations.list() : [];
  const apps = all.filter((each) => starter && mayAt(starter, 'run reviews', each));
  if (starter && (isAdmin(starter) || apps.length > 0))
    return { starter, apps, isOwners: !isAdmin(starter) };
  const what = () => t`start access reviews`;
  await auditRefusal(what, turn, {});
  return { refused: notTheirs(what) };
}
