import type { Knex } from 'knex';
import { hasWords } from '../../core/fold.ts';
import { openRemovalStates } from '../../engine/access/removals/removal.ts';
import type { ItemCounts, ReviewStore, RevokedItems } from '../../engine/ports/review-stores.ts';
import type { ReviewItem } from '../../engine/reviews/review.ts';
import { stateIs, withWords } from '../work/columns.ts';
import { insertRows } from '../work/insert-rows.ts';
import { afterPlace, newestFirst } from '../work/newest-first.ts';
import { firstReadable } from '../work/readable.ts';
import { countBy, distinctOf, pageOf } from '../work/total.ts';
import { saveVersioned } from '../work/versioned-rows.ts';
import {
  type ItemRow,
  type ReviewRow,
  toItem,
  toItemRow,
  toReview,
  toReviewRow,
} from './review-rows.ts';

/** How many are read at a time, and how many people a statement names. */
const ROWS_AT_ONCE = 250;
const MAX_LATE = 20;

const IS_OPEN = stateIs('open');
/** Its items are being written, or its reviewers asked. */
const IS_UNFINISHED = 'next is not null';
const HAS_STARTED = `(${IS_OPEN} or next is null)`;

const NO_ITEMS: ItemCounts = { open: 0, kept: 0, revoked: 0, lapsed: 0 };

export function createReviewStore(db: Knex): ReviewStore {
  const reviews = () => db<ReviewRow>('reviews');
  const items = () => db<ItemRow>('review_items');
  const openItems = () =>
    items()
      .where({ state: 'open' })
      .whereIn('review_id', reviews().whereRaw(`(${IS_OPEN} or ${IS_UNFINISHED})`).select('id'));
  const reviewersOf = (whose: Partial<ItemRow>): Promise<readonly string[]> =>
    items().where(whose).distinct('reviewer_id').orderBy('reviewer_id').pluck('reviewer_id');
  const countsOf: ReviewStore['countsOf'] = async (reviewIds) => {
    const rows: { review_id: string; state: ReviewItem['state']; n: number | string }[] =
      await items()
        .whereIn('review_id', reviewIds)
        .groupBy('review_id', 'state')
        .select('review_id', 'state')
        .count({ n: '*' });
    const found = new Map<string, ItemCounts>();
    for (const { review_id: id, state, n } of rows)
      found.set(id, { ...NO_ITEMS, ...found.get(id), [state]: Number(n) });
    return found;
  };
  const startedAt = (onlyAt: readonly string[] | undefined) => {
    const started = reviews().whereRaw(HAS_STARTED);
    if (!onlyAt) return started;
    const there = items().whereIn('integration_id', onlyAt).select('review_id');
    const elsewhere = items().whereNotIn('integration_id', onlyAt).select('review_id');
    return started.whereIn('id', there).whereNotIn('id', elsewhere);
  };
  return {
    async insert(review) {
      await reviews().insert(toReviewRow(review));
    },

    async find(id) {
      const row = await reviews().where({ id }).whereRaw(HAS_STARTED).first();
      return row && toReview(row);
    },

    async hold(id) {
      const row = await reviews().where({ id }).whereRaw(HAS_STARTED).first().forUpdate(); // SQLite has one writer at a time anyway.
      return row && toReview(row);
    },

    async unfinished(id) {
      const row = await reviews().where({ id }).whereRaw(IS_UNFINISHED).first();
      return row && toReview(row);
    },

    async lateUnfinished(before) {
      const page = (offset: number) =>
        reviews()
          .whereRaw(IS_UNFINISHED)
          .where('created_at', '<', before.getTime())
          .orderBy(['created_at', 'id'])
          .offset(offset)
          .limit(MAX_LATE);
      return firstReadable(MAX_LATE, page, toReview);
    },

    save: (review) => saveVersioned(reviews(), 'review', review, toReviewRow),

    async list(page, onlyAt) {
      const matching = () => startedAt(onlyAt);
      const { rows, total } = await pageOf(matching, page, newestFirst());
      return { reviews: rows.map(toReview), total };
    },

    async listAfter(place, limit, onlyAt) {
      const query = startedAt(onlyAt).orderBy(newestFirst()).limit(limit);
      afterPlace(place, query);
      return (await query).map(toReview);
    },

    async open() {
      return (await reviews().where({ state: 'open' }).orderBy(['due_date', 'id'])).map(toReview);
    },

    async integrationsOf(reviewId) {
      const rows = await items().where({ review_id: reviewId }).distinct('integration_id');
      return rows.map(({ integration_id }) => integration_id);
    },

    insertItems: (all) => insertRows(db, 'review_items', all.map(toItemRow)),

    async integrationsToReview({ department, managerId, bundleId }) {
      const access = db('access').whereIn('access.state', ['has', 'unknown']);
      if (department !== undefined || managerId !== undefined) {
        const people = await db('people')
          .where({
            active: true,
            ...(department !== undefined && { department }),
            ...(managerId !== undefined && { manager_id: managerId }),
          })
          .limit(ROWS_AT_ONCE + 1)
          .pluck<string[]>('id');
        if (people.length <= ROWS_AT_ONCE) {
          access.whereIn('access.person_id', people);
          // Found by the people: each app would be searched through otherwise.
          if (bundleId === undefined)
            return new Set(await access.distinct('integration_id').pluck('integration_id'));
        }
      }
      if (bundleId !== undefined)
        access.whereExists(
          db('holds')
            .whereRaw('holds.person_id = access.person_id')
            .whereRaw('holds.integration_id = access.integration_id')
            .where({ bundle_id: bundleId, ended_at: null }),
        );
      const at = access.whereRaw('?? = ??', ['access.integration_id', 'integrations.id']);
      return new Set(await db('integrations').whereExists(at).pluck('id'));
    },

    async toReviewAt(integrationId, { department, managerId, bundleId }, { afterId, limit }) {
      const query = db('access')
        .join('people', 'people.id', 'access.person_id')
        .where({ 'access.integration_id': integrationId, 'people.active': true })
        .whereIn('access.state', ['has', 'unknown'])
        .where('access.person_id', '>', afterId);
      if (department !== undefined) query.where({ 'people.department': department });
      if (managerId !== undefined) query.where({ 'people.manager_id': managerId });
      if (bundleId !== undefined)
        query.whereExists(
          db('holds')
            .whereRaw('holds.person_id = access.person_id')
            .where({ 'holds.integration_id': integrationId, bundle_id: bundleId, ended_at: null }),
        );
      return query.orderBy('access.person_id').limit(limit).pluck('access.person_id');
    },

    async findItem(reviewId, personId, integrationId) {
      const row = await items()
        .where({ review_id: reviewId, person_id: personId, integration_id: integrationId })
        .first();
      return row && toItem(row);
    },

    async replaceOpen(item) {
      const { review_id, person_id, integration_id, ...decided } = toItemRow(item);
      const changed = await items()
        .where({ review_id, person_id, integration_id, state: 'open' })
        .update(decided);
      return changed === 1;
    },

    async items(reviewId, { reviewerId, state, text = '' }, page) {
      // By what was typed, not by the folded name, which has one spelling.
      const apps: readonly { readonly id: string; readonly name: string }[] =
        text.trim() === '' ? [] : await db('integrations').select('id', 'name');
      const called = apps.filter(({ name }) => hasWords(name, text)).map(({ id }) => id);
      const matching = () => {
        const query = items().where({ review_id: reviewId });
        if (reviewerId !== undefined) query.where({ reviewer_id: reviewerId });
        if (state !== undefined) query.where({ state });
        if (text.trim() !== '')
          query.where((either) =>
            either
              .whereIn('person_id', withWords(db('people').select('id'), 'search_text', text))
              .orWhereIn('integration_id', called),
          );
        return query;
      };
      const { rows, total } = await pageOf(matching, page, ['person_id', 'integration_id']);
      return { items: rows.map(toItem), total };
    },

    async itemsAfter(reviewId, after, state) {
      const query = items().where({ review_id: reviewId });
      if (state !== undefined) query.where({ state });
      if (after) {
        const { personId: person_id, integrationId: integration_id } = after;
        query.where((later) =>
          later
            .where('person_id', '>', person_id)
            .orWhere((same) =>
              same.where({ person_id }).where('integration_id', '>', integration_id),
            ),
        );
      }
      const rows = await query.orderBy(['person_id', 'integration_id']).limit(ROWS_AT_ONCE);
      return rows.map(toItem);
    },

    async undecided(reviewId) {
      const [row] = await items()
        .where({ review_id: reviewId, state: 'open' })
        .whereRaw('reviewer_id <> person_id')
        .countDistinct({ people: 'person_id' })
        .count({ items: '*' });
      return { people: Number(row?.['people'] ?? 0), items: Number(row?.['items'] ?? 0) };
    },

    async handOver(reviewId, reviewerId) {
      await items()
        .where({ review_id: reviewId, state: 'open' })
        .whereNot({ person_id: reviewerId })
        .update({ reviewer_id: reviewerId });
    },

    async parts(reviewId, { offset, limit }) {
      const open = "sum(case when state = 'open' then 1 else 0 end)";
      const rows: { reviewer_id: string; all: number | string; open: number | string }[] = await db(
        'review_items',
      )
        .where({ review_id: reviewId })
        .groupBy('reviewer_id')
        .select('reviewer_id', db.raw('count(*) as ??', ['all']), db.raw(`${open} as open`))
        .orderByRaw(`${open} desc, reviewer_id`)
        .offset(offset)
        .limit(limit);
      const parts = rows.map(({ reviewer_id, all, open: left }) => ({
        reviewerId: reviewer_id,
        total: Number(all),
        open: Number(left),
      }));
      const total = await distinctOf(items().where({ review_id: reviewId }), 'reviewer_id');
      return { parts, total };
    },

    counts: async (reviewId) => (await countsOf([reviewId])).get(reviewId) ?? NO_ITEMS,
    countsOf,

    async revoked(reviewIds, reviewerId) {
      // Only counted: a removal's content is sealed, and a review may have thousands.
      const query = items()
        .leftJoin('removals', 'removals.id', 'review_items.removal_id')
        .where({ 'review_items.state': 'revoked' })
        .whereIn('review_items.review_id', reviewIds)
        .groupBy('review_items.review_id');
      if (reviewerId !== undefined) query.where({ reviewer_id: reviewerId });
      const inStates = (wanted: readonly string[], name: string) =>
        db.raw(
          `sum(case when removals.state in (${wanted.map(() => '?').join(', ')}) then 1 else 0 end) as ??`,
          [...wanted, name],
        );
      type Count = number | string;
      const rows: ({ review_id: string } & Record<keyof RevokedItems, Count>)[] =
        await query.select(
          'review_items.review_id',
          db.raw('count(*) as revoked'),
          db.raw('sum(case when decided_by_id is null then 1 else 0 end) as undecided'),
          inStates(openRemovalStates, 'open'),
          inStates(['stuck'], 'stuck'),
          inStates(['by-hand'], 'byHand'),
          // A damaged proof proves nothing.
          db.raw(
            `sum(case when removals.state = 'gone' and removals.proof like '%"kind":"%' then 1 else 0 end) as gone`,
          ),
          db.raw(
            `sum(case when removals.state = 'gone' and removals.proof like '%"kind":"done"%' then 1 else 0 end) as done`,
          ),
        );
      return new Map(
        rows.map(({ review_id, ...row }) => [
          review_id,
          {
            revoked: Number(row.revoked),
            undecided: Number(row.undecided),
            open: Number(row.open),
            stuck: Number(row.stuck),
            byHand: Number(row.byHand),
            gone: Number(row.gone),
            done: Number(row.done),
          },
        ]),
      );
    },

    async waitingFor(reviewerId) {
      const theirs = items()
        .where({ reviewer_id: reviewerId, state: 'open' })
        .whereIn('review_id', reviews().where({ state: 'open' }).select('id'));
      const counts = await countBy(theirs, 'review_id');
      const rows = await reviews()
        .whereIn('id', [...counts.keys()])
        .orderBy(['due_date', 'id']);
      return rows.map((row) => ({ review: toReview(row), open: counts.get(row.id) ?? 0 }));
    },

    reviewers: (reviewId) => reviewersOf({ review_id: reviewId }),

    openReviewers: (reviewId) => reviewersOf({ review_id: reviewId, state: 'open' }),

    openReviewersAfter: (reviewId, afterId, limit) =>
      items()
        .where({ review_id: reviewId, state: 'open' })
        .where('reviewer_id', '>', afterId)
        .distinct('reviewer_id')
        .orderBy('reviewer_id')
        .limit(limit)
        .pluck('reviewer_id'),

    async isDone(reviewId) {
      const open = await items().where({ review_id: reviewId, state: 'open' }).first('review_id');
      return open === undefined;
    },

    async openItemsOf(personId) {
      const rows = await openItems()
        .where((either) => either.where({ person_id: personId }).orWhere({ reviewer_id: personId }))
        .orderBy(['review_id', 'person_id', 'integration_id']);
      return rows.map(toItem);
    },

    peopleWithOpen: (personIds) =>
      openItems()
        .whereIn('person_id', [...personIds])
        .distinct('person_id')
        .pluck('person_id'),

    openReviewsAt: (integrationId) =>
      openItems().where({ integration_id: integrationId }).distinct('review_id').pluck('review_id'),

    async openItemsAt(reviewId, integrationId, afterPersonId) {
      const rows = await items()
        .where({ review_id: reviewId, integration_id: integrationId, state: 'open' })
        .where('person_id', '>', afterPersonId)
        .orderBy('person_id')
        .limit(ROWS_AT_ONCE);
      return rows.map(toItem);
    },
  };
}
