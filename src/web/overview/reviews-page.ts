/** Reviews, each with what became of it; one review with its reviewers and each access; and the recurring ones. */
import { compact } from '../../core/compact.ts';
import { dayIn } from '../../core/days.ts';
import { byId } from '../../core/ids.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import { nameOrDeleted } from '../../engine/people/directory.ts';
import type { Page } from '../../engine/ports/store.ts';
import { type Campaign, hasReadableScope, nextOn } from '../../engine/reviews/campaign.ts';
import { isHeld, type Review, type ReviewItem } from '../../engine/reviews/review.ts';
import { around, namesOf, type OverviewWords, pageOf, ROWS, type Turn } from './turn.ts';
import type { Cell, Table, View } from './views.ts';

export async function reviews(turn: Turn): Promise<View> {
  const { stores, frame, words } = turn;
  const page = pageOf(turn, ROWS);
  const { reviews: shown, total } = await stores.reviews.list(page);
  const ids = shown.map(({ id }) => id);
  const [revoked, counts] = await Promise.all([
    stores.reviews.revoked(ids),
    stores.reviews.countsOf(ids),
  ]);
  const rows = shown.map((review): Cell[] => {
    const { id, name } = review;
    const { gone = 0, done = 0, stuck = 0, byHand = 0 } = revoked.get(id) ?? {};
    const { open = 0, kept = 0, revoked: ended = 0, lapsed = 0 } = counts.get(id) ?? {};
    const all = open + kept + ended + lapsed;
    const numbers = [all, open, kept, ended, gone - done, done, stuck, byHand];
    return [
      { text: name, url: `${frame.root}/reviews/${id}` },
      { text: stateOf(review, words) },
      ...numbers.map((number) => ({ text: sayNumber(number) })),
    ];
  });
  const isFirst = page.offset === 0;
  return {
    title: t`Reviews`,
    tab: 'reviews',
    tables: compact([
      {
        counted: plural(total, { one: t`1 review`, other: t`${sayNumber(total)} reviews` }),
        columns: [
          t`Review`,
          t`State`,
          t`Accesses`,
          t`Undecided`,
          t`Kept`,
          t`Revoked`,
          t`Proven gone`,
          t`Removed by hand`,
          t`Stuck`,
          t`To remove by hand`,
        ],
        rows,
      },
      isFirst && (await recurring(turn)),
    ]),
    ...around('reviews', { total, page, turn }),
  };
}

function stateOf(review: Review, words: OverviewWords): string {
  const { state, dueDate, escalatedAt } = review;
  if (isHeld(review)) return t`held until an admin says yes`;
  if (state === 'closed') return t`closed`;
  return escalatedAt ? t`with Latchkey admins` : t`open until ${words.day(dueDate)}`;
}

/** There are few. */
const CAMPAIGNS: Page = { offset: 0, limit: 200 };

async function recurring({ stores, words, timeZone, now }: Turn): Promise<Table> {
  const { campaigns, total } = await stores.campaigns.list(CAMPAIGNS);
  const today = dayIn(timeZone, now());
  return {
    heading: t`Recurring reviews`,
    counted: plural(total, {
      one: t`1 recurring review`,
      other: t`${sayNumber(total)} recurring reviews`,
    }),
    columns: [t`Name`, t`Next date`],
    rows: campaigns.map((campaign) => [
      { text: campaign.name },
      { text: nextText(campaign, today, words) },
    ]),
  };
}

function nextText(campaign: Campaign, today: string, words: OverviewWords): string {
  if (campaign.state === 'stopped') return t`stopped`;
  return hasReadableScope(campaign)
    ? words.day(nextOn(campaign, today))
    : t`starts nothing until it is edited`;
}

/** One review: its reviewers, and each access with its verdict and what became of it. */
export async function oneReview(turn: Turn, id: string): Promise<View | undefined> {
  const { stores, frame } = turn;
  const review = await stores.reviews.find(id);
  if (!review) return undefined;
  const page = pageOf(turn, ROWS);
  const { items, total } = await stores.reviews.items(id, {}, page);
  return {
    title: review.name,
    tab: 'reviews',
    about: stateOf(review, turn.words),
    tables: [
      ...(await reviewersTable(review, page, turn)),
      {
        heading: t`Every access`,
        counted: plural(total, { one: t`1 access`, other: t`${sayNumber(total)} accesses` }),
        columns: [t`Name`, t`App`, t`Reviewer`, t`Verdict`, t`Removal`],
        rows: await itemRows(items, turn),
      },
    ],
    ...around(`reviews/${id}`, { total, page, turn }),
    file: `${frame.root}/reviews/${id}/review.csv`,
  };
}

/** Each reviewer has an access, so all of them are on the pages of these. */
async function reviewersTable(
  { id }: Review,
  page: Page,
  { stores }: Turn,
): Promise<readonly Table[]> {
  const { parts, total } = await stores.reviews.parts(id, page);
  if (parts.length === 0) return [];
  const people = byId(await stores.people.findMany(parts.map(({ reviewerId }) => reviewerId)));
  return [
    {
      heading: t`Reviewers`,
      counted: plural(total, { one: t`1 reviewer`, other: t`${sayNumber(total)} reviewers` }),
      columns: [t`Name`, t`Accesses`, t`Undecided`],
      rows: parts.map((part) => [
        { text: nameOrDeleted(people.get(part.reviewerId)) },
        { text: sayNumber(part.total) },
        { text: sayNumber(part.open) },
      ]),
    },
  ];
}

async function itemRows(items: readonly ReviewItem[], turn: Turn): Promise<Cell[][]> {
  const { stores, words, zone, frame } = turn;
  const ids = items.flatMap((item) => [item.personId, item.decidedById ?? item.reviewerId]);
  const people = byId(await stores.people.findMany(ids));
  const nameOf = (id: string) => nameOrDeleted(people.get(id));
  const appName = await namesOf(
    items.map(({ integrationId }) => integrationId),
    turn,
  );
  const removals = byId(
    await stores.removals.findMany(items.flatMap((item) => item.removalId ?? [])),
  );
  const verdicts = {
    open: t`not decided`,
    kept: t`kept`,
    revoked: t`revoked`,
    lapsed: t`nothing to decide`,
  };
  return Promise.all(
    items.map(async (item) => {
      const removal = removals.get(item.removalId ?? '');
      return [
        { text: nameOf(item.personId), url: `${frame.root}/people/${item.personId}` },
        { text: appName(item.integrationId), url: `${frame.root}/apps/${item.integrationId}` },
        { text: nameOf(item.decidedById ?? item.reviewerId) },
        { text: verdicts[item.state] },
        { text: removal ? await words.removal(removal, zone) : '' },
      ];
    }),
  );
}
