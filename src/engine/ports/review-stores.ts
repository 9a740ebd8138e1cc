/** Stores of reviews and their campaigns. */
import type { Campaign } from '../reviews/campaign.ts';
import type { Review, ReviewItem, ReviewScope } from '../reviews/review.ts';
import type { Page, Place, VersionedStore } from './store.ts';

/** What became of what a review revoked. */
export interface RevokedItems {
  readonly revoked: number;
  /** How many of those no one had decided by the end. */
  readonly undecided: number;
  /** How many of the revoked ones aren't proven gone yet: the next two, and what Latchkey is removing now. */
  readonly open: number;
  readonly stuck: number;
  readonly byHand: number;
  readonly gone: number;
  /** Of the gone ones: those that someone removed by hand, by their word. */
  readonly done: number;
}

/** One reviewer's part of a review. */
export interface ReviewerPart {
  readonly reviewerId: string;
  readonly total: number;
  readonly open: number;
}

export interface ReviewItemFilter {
  readonly reviewerId?: string | undefined;
  readonly state?: ReviewItem['state'];
  /** Words of the name or address of the person, or of the integration's name. */
  readonly text?: string;
}

export type ItemCounts = Readonly<Record<ReviewItem['state'], number>>;

export interface ReviewStore {
  insert(review: Review): Promise<void>;
  /** One that has started: until all its items are there, no one sees it, here and in lists. */
  find(id: string): Promise<Review | undefined>;
  /** The same, and no one else changes or holds it until this transaction ends. Hold the person of its items before. */
  hold(id: string): Promise<Review | undefined>;
  /** One with a `next`, also before it has started. */
  unfinished(id: string): Promise<Review | undefined>;
  /** A few of those that were made before then. */
  lateUnfinished(before: Date): Promise<readonly Review[]>;
  /** Compare-and-set on `review.version`. @throws {StaleWrite} */
  save(review: Review): Promise<Review>;
  /** The newest first. @param onlyAt leaves out those with an item at another integration than these */
  list(
    page: Page,
    onlyAt?: readonly string[],
  ): Promise<{ readonly reviews: readonly Review[]; readonly total: number }>;
  /** The same after that place, or from the newest. */
  listAfter(
    place: Place | undefined,
    limit: number,
    onlyAt?: readonly string[],
  ): Promise<readonly Review[]>;
  /** Those that are open, the soonest due first. */
  open(): Promise<readonly Review[]>;
  /** Which integrations its items are about. */
  integrationsOf(reviewId: string): Promise<readonly string[]>;
  insertItems(items: readonly ReviewItem[]): Promise<void>;
  /**
   * Integrations where someone may be in the scope; no others. Where the scope has very many people, also those where only others
   * have access.
   */
  integrationsToReview(scope: ReviewScope): Promise<ReadonlySet<string>>;
  /** The active people in the scope whose access there is `has` or `unknown`, by id. */
  toReviewAt(
    integrationId: string,
    scope: ReviewScope,
    page: { readonly afterId: string; readonly limit: number },
  ): Promise<readonly string[]>;
  findItem(
    reviewId: string,
    personId: string,
    integrationId: string,
  ): Promise<ReviewItem | undefined>;
  /** Replaces the item while it is open. False when it isn't: a decided item stays decided. */
  replaceOpen(item: ReviewItem): Promise<boolean>;
  /** Sorted by person and integration. Values that the filter leaves out match everything. */
  items(
    reviewId: string,
    filter: ReviewItemFilter,
    page: Page,
  ): Promise<{ readonly items: readonly ReviewItem[]; readonly total: number }>;
  /** Those after that one, by person and integration, at most 250. @param state left out: in any state */
  itemsAfter(
    reviewId: string,
    after: Pick<ReviewItem, 'personId' | 'integrationId'> | undefined,
    state?: ReviewItem['state'],
  ): Promise<readonly ReviewItem[]>;
  /** How many open items there are that their reviewers may decide, since it isn't their own access, and of how many people. */
  undecided(reviewId: string): Promise<{ readonly items: number; readonly people: number }>;
  /** Gives that person every open item but their own access. */
  handOver(reviewId: string, reviewerId: string): Promise<void>;
  /** Each reviewer's part, those with the most to decide first. */
  parts(
    reviewId: string,
    page: Page,
  ): Promise<{ readonly parts: readonly ReviewerPart[]; readonly total: number }>;
  /** How many items there are in each state. */
  counts(reviewId: string): Promise<ItemCounts>;
  /** The same of many, by the review's id; those without an item are left out. */
  countsOf(reviewIds: readonly string[]): Promise<ReadonlyMap<string, ItemCounts>>;
  /** What each review revoked; those that revoked nothing are left out. @param reviewerId counts only that reviewer's part */
  revoked(
    reviewIds: readonly string[],
    reviewerId?: string,
  ): Promise<ReadonlyMap<string, RevokedItems>>;
  /** Open reviews in which that person still has something to decide, and how much; the soonest due first. */
  waitingFor(
    reviewerId: string,
  ): Promise<readonly { readonly review: Review; readonly open: number }[]>;
  /** People who have something to decide, or had. */
  reviewers(reviewId: string): Promise<readonly string[]>;
  /** People who still have something to decide. */
  openReviewers(reviewId: string): Promise<readonly string[]>;
  /** The same, by id. */
  openReviewersAfter(reviewId: string, afterId: string, limit: number): Promise<readonly string[]>;
  /** Whether nothing is left to decide. */
  isDone(reviewId: string): Promise<boolean>;
  /** Open items of reviews that are open or starting: about that person, or for that reviewer. */
  openItemsOf(personId: string): Promise<readonly ReviewItem[]>;
  /** Those of at most 250 people about whom such an item is open. */
  peopleWithOpen(personIds: readonly string[]): Promise<readonly string[]>;
  /** Reviews that are open or starting with open items at that integration. */
  openReviewsAt(integrationId: string): Promise<readonly string[]>;
  /** Open items there, after that person; by the person's id, at most 250. */
  openItemsAt(
    reviewId: string,
    integrationId: string,
    afterPersonId: string,
  ): Promise<readonly ReviewItem[]>;
}

export interface CampaignStore extends VersionedStore<Campaign> {
  insert(campaign: Campaign): Promise<void>;
  /** The newest first. */
  list(page: Page): Promise<{ readonly campaigns: readonly Campaign[]; readonly total: number }>;
  /** Those that aren't stopped, the oldest first. */
  on(): Promise<readonly Campaign[]>;
}
