/** One reviewer's part of a review: each access with Keep and Revoke, page by page, until all is decided. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { isOpenRemoval, type Removal } from '../../../engine/access/removals/removal.ts';
import {
  fullName,
  isManual,
  labelOf,
  nameOrDeleted,
  type Person,
} from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { LastLogin } from '../../../engine/ports/finding-stores.ts';
import type { RevokedItems } from '../../../engine/ports/review-stores.ts';
import type { Review, ReviewItem } from '../../../engine/reviews/review.ts';
import { mayRunReview } from '../../../engine/reviews/reviews.ts';
import { reviewPartTopic, reviewTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  note,
  paragraph,
  strong,
} from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { removalLine } from '../access/removal-words.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { notTheirs } from '../integrations/integration-target.ts';
import { listRow, searchedFor, searchField, searchProblem } from '../list-card.ts';
import { pageButtons, readPage, turnPage, withPage } from '../paging.ts';
import { nameOf, personDetails } from '../people/person-words.ts';
import { keepAccess, keepAllOf, keepPage, revokeReviewed } from './decide-review.ts';
import { reviewPayload } from './review-ref.ts';
import { goneWords, removalsOfReview } from './review-removals.ts';
import { standingWords, undecidedSentence } from './review-words.ts';
import { knownWords, whyWords } from './why-words.ts';

/** A row is one block; the report has all of them. */
const REVOKED = { offset: 0, limit: 15 };

type ReviewPayload = z.infer<typeof reviewPayload>;

export const reviewCard = liveCard({
  id: 'review',
  payload: reviewPayload,
  topic: ({ reviewId, ofId }) =>
    ofId === undefined ? reviewTopic(reviewId) : reviewPartTopic(reviewId, ofId),

  async render(shown, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const review = await stores.reviews.find(shown.reviewId);
    if (!review) return note(t`This review no longer exists`, t`It was deleted.`);
    const reviewerId = shown.ofId ?? reader.id;
    if (reviewerId !== reader.id && !(await mayRunReview(reader, review.id, stores)))
      return nothingHere();
    const all = await stores.reviews.items(review.id, { reviewerId }, NONE);
    if (all.total === 0) return nothingHere();
    const open = await stores.reviews.items(review.id, { reviewerId, state: 'open' }, NONE);
    const rows = await revokedRows(review.id, reviewerId, context);
    const removals = { ...(await removalsOfReview(stores, review.id, reviewerId)), rows };
    if (review.state === 'closed')
      return over(review.name, closedWords(review, open.total, all.total), removals);
    if (open.total === 0)
      return over(review.name, t`✓ There is nothing left to decide. Thank you.`, removals);
    const head = sentences(
      t`Do these people still need their access?`,
      await leftWords({ reviewerId, open: open.total, all: all.total }, context),
      untilWhen(review),
    );
    const meaning = sentences(
      t`What you revoke, Latchkey removes at once.`,
      !review.escalatedAt && !review.heldAt && undecidedSentence(review.undecided),
    );
    const elsewhere = await ifNotTheirs(review, reviewerId, context);
    const toDecide = await openRows(shown, reviewerId, context);
    return {
      title: review.name,
      blocks: [paragraph(head), muted(sentences(meaning, elsewhere)), ...toDecide, ...rows],
    };
  },
});

function untilWhen(review: Review): string {
  const { dueDate, escalatedAt, heldAt } = review;
  const day = showDay(dueDate);
  if (escalatedAt) return t`The reviewers didn't decide these by ${day}, so they are yours now.`;
  return heldAt ? standingWords(review) : t`Please decide by ${day}.`;
}

/** For a reviewer, who can't hand anyone on. Admins decide everything, and change who manages someone. */
async function ifNotTheirs(
  { startedById }: Review,
  reviewerId: string,
  { stores, reader }: Reader,
): Promise<string | undefined> {
  if (reviewerId !== reader.id || reader.id === startedById || isAdmin(reader)) return undefined;
  const runner = await stores.people.find(startedById);
  return runner?.active
    ? t`If someone isn't yours to review, tell ${fullName(runner)}, who can decide it, too.`
    : t`If someone isn't yours to review, tell a Latchkey admin, who can decide it, too.`;
}

/** The person who runs the review reads it about another reviewer. Of what isn't open, others may have decided some, and some lapsed. */
async function leftWords(
  {
    reviewerId,
    open,
    all,
  }: { readonly reviewerId: string; readonly open: number; readonly all: number },
  { stores, reader }: Reader,
): Promise<string> {
  if (reviewerId === reader.id) return t`You still have ${open} of ${all} to decide.`;
  const reviewer = await stores.people.find(reviewerId);
  const who = nameOrDeleted(reviewer);
  return t`${who} still has ${open} of ${all} to decide.`;
}

const nothingHere = () =>
  note(
    t`There is nothing for you to review`,
    t`Only its reviewers can see this card. What you had to review may have gone to someone else.`,
  );

function closedWords({ undecided }: Review, open: number, all: number): string {
  if (open > 0)
    return t`The review is over. Anything you didn't decide (${open} of ${all}) stays as it is.`;
  return undecided === 'keep'
    ? t`✓ The review is over, and nothing was left to decide. Thank you.`
    : t`✓ The review is over. Thank you.`;
}

/** The page with what is open, and its buttons. */
async function openRows(
  shown: ReviewPayload,
  reviewerId: string,
  context: Reader,
): Promise<readonly Block[]> {
  const { stores, reader } = context;
  const { reviewId, text = '' } = shown;
  const filter = { reviewerId, state: 'open', text } as const;
  const found = await readPage(shown.page, (at) => stores.reviews.items(reviewId, filter, at));
  const people = await stores.people.findMany([
    ...new Set(found.items.map(({ personId }) => personId)),
  ]);
  const logins = await stores.listedAccounts.lastLogins(people.map(({ id }) => id));
  const open = await Promise.all(
    found.items.map(({ personId, integrationId }) => stores.removals.open(personId, integrationId)),
  );
  const removals = open.filter((each) => each !== undefined);
  const about = { people, logins, removals };
  const groups = await Promise.all(
    byPerson(found.items).map((group) => renderGroup(group, about, context)),
  );
  const mine = found.items.filter((item) => item.personId !== reader.id && !removalOf(item, about));
  const count = plural(found.total, {
    one: t`1 to review`,
    other: t`${sayNumber(found.total)} to review`,
  });
  const to = (page: number) => turnReviewPage.with({ ...shown, page });
  const buttons: readonly Button[] = compact([
    ...pageButtons(found, to),
    mine.length > 1 &&
      mine.some(({ personId }) => personId !== mine[0]?.personId) && {
        label: t`Keep all on this page…`,
        does: keepPage.with({ reviewId, items: mine.map(pair) }),
      },
    (found.pages > 1 || text !== '') && { label: t`Search…`, does: searchReview.with(shown) },
    text !== '' && {
      label: t`Show all`,
      does: turnReviewPage.with({ ...shown, text: '', page: 0 }),
    },
  ]);
  const isLong = found.pages > 1 || text !== '';
  return compact([
    ...groups.flat(),
    isLong && muted(withPage(searchedFor(count, text), found)),
    ...buttonRow(buttons),
  ]);
}

const pair = ({ personId, integrationId }: ReviewItem) => ({ personId, integrationId });

/** @param text the outcome; below it stand the removals that the reviewer began */
const over = (
  title: string,
  text: string,
  { rows, ...removals }: RevokedItems & { readonly rows: readonly Block[] },
): Card => ({
  title,
  blocks: compact([
    paragraph(text),
    removals.revoked !== 0 && paragraph(goneWords(removals)),
    ...rows,
  ]),
});

/** The removals that the reviewer's verdicts began, or the end of the review. */
async function revokedRows(
  reviewId: string,
  reviewerId: string,
  context: Reader,
): Promise<readonly Block[]> {
  const filter = { reviewerId, state: 'revoked' } as const;
  const { items } = await context.stores.reviews.items(reviewId, filter, REVOKED);
  const rows = await Promise.all(items.map((item) => revokedRow(item, context)));
  return rows.flat();
}

async function revokedRow(
  { personId, integrationId, removalId, decidedById }: ReviewItem,
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
  const isUndecided = decidedById === undefined;
  const verdict = isOpenRemoval(removal)
    ? isUndecided && t`not decided by the end`
    : isUndecided
      ? t`✗ revoked: not decided by the end`
      : t`✗ revoked`;
  const stands = await removalLine(removal, context);
  return [muted(compact([what, verdict, stands]).join(' · '))];
}

/** Reads only the count. */
const NONE = { offset: 0, limit: 0 };

/** Opens the reader's own part of a review, from Home. */
export const openOwnReview = buttonAction({
  id: 'review.own',
  payload: z.object({ reviewId: z.string() }),
  handle: async ({ reviewId }, { actor }: Turn): Promise<Reply> =>
    showCard(reviewCard.with({ reviewId, ofId: actor.id, page: 0 })),
});

const wantedPart = () => t`see what someone else has to review`;

/** Opens what another reviewer has left, from the review's progress: the person who runs it may decide that, too. */
export const openPart = buttonAction({
  id: 'review.part',
  payload: z.object({ reviewId: z.string(), reviewerId: z.string() }),
  async handle({ reviewId, reviewerId }, turn: Turn): Promise<Reply> {
    const actor = await turn.stores.people.find(turn.actor.id);
    if (actor && (await mayRunReview(actor, reviewId, turn.stores)))
      return showCard(reviewCard.with({ reviewId, ofId: reviewerId, page: 0 }));
    await auditRefusal(wantedPart, turn, {});
    return refuse(await notTheirs(wantedPart, turn));
  },
});

export const turnReviewPage = turnPage({ id: 'review.page', payload: reviewPayload }, reviewCard);

export const searchReview = formAction({
  id: 'review.search',
  payload: reviewPayload,
  title: () => t`Search this review`,
  submitLabel: () => t`Search`,

  fields: async ({ text = '' }, _turn: Turn) => ({
    fields: { text: searchField(text, { label: t`Part of a person's or an app's name` }) },
  }),

  async submit({ text }, shown) {
    const problem = searchProblem(text);
    if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
    return showCard(reviewCard.with({ ...shown, text, page: 0 }));
  },
});

/** The store has them by person. */
function byPerson(items: readonly ReviewItem[]): readonly (readonly ReviewItem[])[] {
  const groups = new Map<string, ReviewItem[]>();
  for (const item of items) groups.set(item.personId, [...(groups.get(item.personId) ?? []), item]);
  return [...groups.values()];
}

interface ItemContext {
  readonly people: readonly Person[];
  readonly logins: readonly LastLogin[];
  /** The open ones, which Keep doesn't stop. */
  readonly removals: readonly Removal[];
}

const removalOf = (
  item: ReviewItem,
  { removals }: Pick<ItemContext, 'removals'>,
): Removal | undefined =>
  removals.find(
    ({ personId, integrationId }) =>
      personId === item.personId && integrationId === item.integrationId,
  );

/** One person: their name above what they have, where that is more than one. */
async function renderGroup(
  items: readonly ReviewItem[],
  { people, logins, removals }: ItemContext,
  context: Reader,
): Promise<Block[]> {
  const [first] = items;
  const person = people.find(({ id }) => id === first?.personId);
  if (!first || !person) return [];
  const isAlone = items.length === 1;
  const rows = await Promise.all(
    items.map((item) => {
      const login = logins.find(
        (each) => each.personId === person.id && each.integrationId === item.integrationId,
      );
      const removal = removalOf(item, { removals });
      return renderItem({ item, person, isAlone, lastLogin: login?.at, removal }, context);
    }),
  );
  if (isAlone) return rows.flat();
  const { reviewId, personId } = first;
  const kept = items.filter((item) => !removalOf(item, { removals }));
  const keepAll = {
    label: t`Keep all ${kept.length}`,
    about: t`Keep all: ${nameOf(person)}`,
    does: keepAllOf.with({
      reviewId,
      personId,
      integrationIds: kept.map(({ integrationId }) => integrationId),
    }),
  };
  return [
    {
      kind: 'row',
      text: [strong(nameOf(person))],
      detail: [personDetails(person)],
      buttons: person.id === context.reader.id || kept.length < 2 ? [] : [keepAll],
    },
    ...rows.flat(),
  ];
}

async function renderItem(
  {
    item: { reviewId, personId, integrationId },
    person,
    isAlone,
    lastLogin,
    removal,
  }: {
    readonly item: ReviewItem;
    readonly person: Person;
    readonly isAlone: boolean;
    readonly lastLogin: Date | undefined;
    readonly removal: Removal | undefined;
  },
  context: Reader,
): Promise<Block[]> {
  const { stores } = context;
  const integration = await stores.integrations.find(integrationId);
  if (!integration) return [];
  const name = isAlone ? `${nameOf(person)}: ${labelOf(integration)}` : labelOf(integration);
  const known = compact([
    removal && (await removalLine(removal, context)),
    knownWords(
      await stores.access.find(personId, integrationId),
      { isByHand: isManual(integration), lastLogin },
      context,
    ),
    await whyWords(personId, integrationId, context),
  ]).join(' · ');
  if (person.id === context.reader.id)
    return listRow(
      name,
      t`${known}. You can't review your own access. Add a second Latchkey admin or a manager.`,
    );
  const target = { reviewId, personId, integrationId };
  return listRow(
    name,
    known,
    ...(removal
      ? []
      : [{ label: t`Keep`, about: t`Keep: ${name}`, does: keepAccess.with(target) }]),
    { label: t`Revoke…`, about: t`Revoke: ${name}`, does: revokeReviewed.with(target) },
  );
}
