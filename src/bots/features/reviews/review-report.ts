/**
 * How a review goes, and what became of what it revoked, for admins, auditors and the owners of its apps: its progress by reviewer, with
 * Remind, while it is open; then its report.
 */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { isOpenRemoval } from '../../../engine/access/removals/removal.ts';
import { fullName, labelOf, nameOrDeleted } from '../../../engine/people/directory.ts';
import { isAdmin, maySeeSetUp } from '../../../engine/people/permission.ts';
import type { ItemCounts, ReviewerPart } from '../../../engine/ports/review-stores.ts';
import { isHeld, type Review, type ReviewItem } from '../../../engine/reviews/review.ts';
import {
  closeReview,
  mayRunReview,
  maySeeReview,
  releaseHeld,
} from '../../../engine/reviews/reviews.ts';
import { reviewTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { formAction, type Reply, sayToPerson, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  note,
  paragraph,
} from '../../view/card.ts';
import { showDay, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { viewRemoval } from '../access/removal-actions.ts';
import { removalLine } from '../access/removal-words.ts';
import { adminsTo, auditRefusal, refuse } from '../admins.ts';
import { notTheirs } from '../integrations/integration-target.ts';
import { listRow, openButton } from '../list-card.ts';
import { LONG_PAGE, type Paging, pageButtons, readPage, turnPage, withPage } from '../paging.ts';
import { exportFile } from '../settings/export-file.ts';
import { remindAll, remindReviewer } from './remind.ts';
import { openPart } from './review-card.ts';
import { type reportParts, reportPayload } from './review-ref.ts';
import { removalFacts, removalsOfReview } from './review-removals.ts';
import { standingWords } from './review-words.ts';

type Part = (typeof reportParts)[number];
type ReportPayload = z.infer<typeof reportPayload>;

export const reviewReport = liveCard({
  id: 'review-report',
  payload: reportPayload,
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
    const mayRun = await mayRunReview(reader, review.id, stores);
    const counts = await stores.reviews.counts(review.id);
    const removals = await removalsOfReview(stores, review.id);
    const all = counts.kept + counts.revoked + counts.open;
    const decided = all - counts.open - removals.undecided;
    const isOpen = review.state === 'open';
    const part = shown.part ?? (isOpen ? 'reviewers' : counts.revoked > 0 ? 'revoked' : 'all');
    const list = await rowsOf({ ...shown, part }, { review, mayRun }, context);
    return {
      title: review.name,
      blocks: [
        paragraph(standingOf(review, counts, context)),
        factList(
          compact([
            [t`Decided`, t`${sayNumber(decided)} of ${sayNumber(all)}`],
            counts.kept > 0 && fact(t`Kept`, counts.kept),
            counts.revoked > 0 && fact(t`Revoked`, counts.revoked),
            ...removalFacts(removals),
            counts.open > 0 && fact(t`Not decided`, counts.open),
            counts.lapsed > 0 && fact(t`Lapsed`, counts.lapsed),
          ]),
        ),
        muted(list.head),
        ...list.rows,
        ...buttonRow([
          isHeld(review) &&
            isAdmin(reader) && {
              label: t`Remove it…`,
              does: removeUndecided.with({ reviewId: review.id }),
            },
          ...pageButtons(list.paging, (page) => turnReportPage.with({ ...shown, part, page })),
          isOpen &&
            mayRun &&
            counts.open > 0 && {
              label: t`Remind all`,
              does: remindAll.with({ reviewId: review.id }),
            },
          ...partButtons(shown, part, isOpen),
          isOpen &&
            mayRun && { label: t`Close it now…`, does: endReviewNow.with({ reviewId: review.id }) },
          { label: t`Export (CSV)`, does: exportFile.with({ of: 'review', id: review.id }) },
          maySeeSetUp(reader) && {
            label: t`Evidence (ZIP)`,
            does: exportFile.with({ of: 'evidence', filter: {}, reviewId: review.id }),
          },
        ]),
      ],
    };
  },
});

const fact = (name: string, count: number): Fact => [name, sayNumber(count)];

export const turnReportPage = turnPage(
  { id: 'review.report-page', payload: reportPayload },
  reviewReport,
);

/** The other lists. */
const partButtons = ({ reviewId }: ReportPayload, part: Part, isOpen: boolean): readonly Button[] =>
  (['reviewers', 'revoked', 'all'] as const)
    .filter((each) => each !== part && (each !== 'reviewers' || isOpen))
    .map((each) => ({
      label: partWords(each),
      does: turnReportPage.with({ reviewId, part: each, page: 0 }),
    }));

function partWords(part: Part): string {
  return {
    reviewers: () => t`Reviewers`,
    revoked: () => t`Revoked`,
    all: () => t`Every access`,
  }[part]();
}

function standingOf(review: Review, { open }: ItemCounts, context: Reader): string {
  if (review.state === 'open') return standingWords(review);
  return sentences(
    review.closedAt ? t`It ended on ${showTime(review.closedAt, context)}.` : t`It ended.`,
    open > 0 && t`Access that no one decided stays as it was.`,
  );
}

interface Listed {
  readonly head: string;
  readonly rows: readonly Block[];
  readonly paging: Paging;
}

async function rowsOf(
  { reviewId, part, page }: ReportPayload & { readonly part: Part },
  about: { readonly review: Review; readonly mayRun: boolean },
  context: Reader,
): Promise<Listed> {
  const { reviews } = context.stores;
  if (part === 'reviewers') {
    const list = await readPage(page, async (at) => {
      const { parts, total } = await reviews.parts(reviewId, at);
      return { items: parts, total };
    });
    const rows = await Promise.all(list.items.map((each) => reviewerRow(each, about, context)));
    const head = plural(list.total, {
      one: t`1 reviewer`,
      other: t`${sayNumber(list.total)} reviewers`,
    });
    return { head: withPage(head, list), rows: rows.flat(), paging: list };
  }
  const filter = part === 'revoked' ? ({ state: 'revoked' } as const) : {};
  const list = await readPage(page, (at) => reviews.items(reviewId, filter, at), LONG_PAGE);
  const rows = await Promise.all(list.items.map((item) => renderItem(item, about.review, context)));
  // How many were revoked stands above.
  const head =
    part === 'revoked' ? t`Revoked access` : `${partWords(part)}: ${sayNumber(list.total)}`;
  return { head: withPage(head, list), rows: rows.flat(), paging: list };
}

async function reviewerRow(
  { reviewerId, total, open }: ReviewerPart,
  { review, mayRun }: { readonly review: Review; readonly mayRun: boolean },
  { stores, reader }: Reader,
): Promise<Block[]> {
  const reviewer = await stores.people.find(reviewerId);
  const name = nameOrDeleted(reviewer);
  const absence = open > 0 ? await stores.delegations.of(reviewerId) : undefined;
  const standing = t`${sayNumber(total - open)} of ${sayNumber(total)} decided`;
  const away = absence
    ? t`away from ${showDay(absence.from)} to ${showDay(absence.until)}`
    : undefined;
  const target = { reviewId: review.id, reviewerId };
  const buttons =
    open > 0 && mayRun
      ? compact([
          reviewerId !== reader.id && {
            label: t`Remind`,
            about: t`Remind: ${name}`,
            does: remindReviewer.with(target),
          },
          openButton(name, openPart.with(target)),
        ])
      : [];
  return listRow(name, away ? `${standing} · ${away}` : standing, ...buttons);
}

async function renderItem(item: ReviewItem, review: Review, context: Reader): Promise<Block[]> {
  const { stores } = context;
  const removal =
    item.removalId === undefined ? undefined : await stores.removals.find(item.removalId);
  const [person, integration, reviewer] = await Promise.all([
    stores.people.find(item.personId),
    stores.integrations.find(item.integrationId),
    stores.people.find(item.decidedById ?? item.reviewerId),
  ]);
  if (!person || !integration) return [];
  const who = nameOrDeleted(reviewer);
  const words = {
    open:
      review.state === 'closed'
        ? t`not decided by ${who}, so the access stays`
        : t`waiting for ${who}`,
    kept: t`✓ kept by ${who}`,
    revoked: revokedWords(item, who, removal !== undefined && isOpenRemoval(removal)),
    lapsed: t`nothing to decide: it was removed, they have left, or the integration was deleted`,
  } as const;
  const what = `${fullName(person)}: ${labelOf(integration)}`;
  const stands = removal ? ` · ${await removalLine(removal, context)}` : '';
  const buttons = removal && isOpenRemoval(removal) ? [viewRemoval(removal.id, what)] : [];
  return listRow(what, `${words[item.state]}${stands}`, ...buttons);
}

/** @param isOpen its removal is under way: the line beside this says that it isn't gone */
function revokedWords({ decidedById }: ReviewItem, who: string, isOpen: boolean): string {
  if (decidedById === undefined)
    return isOpen
      ? t`${who} had not decided by the end`
      : t`✗ revoked: ${who} had not decided by the end`;
  return isOpen ? t`✗ ${who} decided to revoke it` : t`✗ revoked by ${who}`;
}

const undecidedWords = (count: number): string =>
  plural(count, {
    one: t`1 access is undecided, and stays as it is.`,
    other: t`${sayNumber(count)} accesses are undecided, and stay as they are.`,
  });

/** What the review says of access that is undecided after its last day, while that is to come. */
function insteadWords({ undecided, dueDate, escalatedAt, heldAt }: Review): string | undefined {
  if (undecided === 'keep' || escalatedAt || heldAt) return undefined;
  const lastDay = showDay(dueDate);
  return undecided === 'remove'
    ? t`To have undecided access removed, let the review end on ${lastDay}.`
    : t`To have Latchkey admins decide, let the review end on ${lastDay}.`;
}

/** Close it now…: access without a verdict stays as it is. */
export const endReviewNow = formAction({
  id: 'review.close',
  payload: z.object({ reviewId: z.string() }),
  admit: async ({ reviewId }, turn: Turn) => ({ refused: await refuseToClose(reviewId, turn) }),
  title: () => t`Close the review`,
  submitLabel: () => t`Close it`,

  async fields({ reviewId }, { stores }) {
    const [{ open }, review] = await Promise.all([
      stores.reviews.counts(reviewId),
      stores.reviews.find(reviewId),
    ]);
    const words = [
      t`After that, no one can decide any more.`,
      open > 0 && undecidedWords(open),
      open > 0 && review && insteadWords(review),
    ];
    return { intro: [sentences(...words)] };
  },

  async submit(_values, { reviewId }, turn) {
    await turn.transact((tx) => closeReview(tx, reviewId, actorOf(turn)));
    return { kind: 'nothing' };
  },
});

const wantedRemoval = () => t`remove what a review left undecided`;

/** Remove it…: the yes of an admin where very much is undecided. */
export const removeUndecided = formAction({
  id: 'review.remove-undecided',
  payload: z.object({ reviewId: z.string() }),
  admit: adminsTo(wantedRemoval),
  title: () => t`Remove what is undecided`,
  submitLabel: () => t`Remove`,
  tone: 'danger',

  async fields({ reviewId }, turn) {
    const review = await turn.stores.reviews.find(reviewId);
    if (!review || !isHeld(review)) return { refused: notHeld() };
    const { items, people } = await turn.stores.reviews.undecided(reviewId);
    return {
      intro: [
        sentences(
          plural(items, {
            one: t`This removes 1 access, since no one has decided about it.`,
            other: t`This removes ${sayNumber(items)} accesses, of ${sayNumber(people)} people in all, since no one has decided about them.`,
          }),
          t`If reviewers need more time, press Cancel: they can still decide.`,
        ),
      ],
    };
  },

  async submit(_values, { reviewId }, turn) {
    const isReleased = await turn.transact((tx) => releaseHeld(tx, reviewId, actorOf(turn)));
    return isReleased ? { kind: 'nothing' } : refuse(notHeld());
  },
});

const notHeld = (): Card =>
  note(
    t`There is nothing to say yes to any more`,
    t`Another admin has said yes, or the review has ended. Its card says how it stands.`,
  );

async function refuseToClose(reviewId: string, turn: Turn): Promise<Card | undefined> {
  const what = () => t`close reviews`;
  const actor = await turn.stores.people.find(turn.actor.id);
  if (actor && (await mayRunReview(actor, reviewId, turn.stores))) return undefined;
  await auditRefusal(what, turn, {});
  return notTheirs(what, turn);
}

/** For the person who pressed Start. */
export const showStarted = ({ id: reviewId, state }: Review): Reply =>
  state === 'starting'
    ? sayToPerson(
        note(
          t`The review is starting`,
          t`It is large, so this takes a few minutes. The card with its progress comes when it has started.`,
        ),
      )
    : showCard(reviewReport.with({ reviewId, page: 0 }));
