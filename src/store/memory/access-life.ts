import type { Offboarding, OffboardingItem } from '../../engine/offboarding/offboarding.ts';
import type { Delegation } from '../../engine/people/directory.ts';
import type { FactClaim } from '../../engine/people/fact-claim.ts';
import type {
  DelegationStore,
  FactClaimStore,
  OffboardingStore,
  RequestStore,
  ReviewStore,
  TaskStore,
} from '../../engine/ports/access-stores.ts';
import { type Page, StaleWrite } from '../../engine/ports/store.ts';
import type { AccessRequest, Asked, Verdict } from '../../engine/requests/access-request.ts';
import type { Review, ReviewItem } from '../../engine/reviews/review.ts';
import type { Task } from '../../engine/tasks/task.ts';
import { createTable, type Journal, keyOf, type Table } from './table.ts';

/** The rest is found at the next look. */
const AT_ONCE = 100;

const paged = <T>(rows: readonly T[], { offset, limit }: Page): readonly T[] =>
  rows.slice(offset, offset + limit);

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Compare-and-set, as every versioned row has it. */
function saveIn<T extends { readonly id: string; readonly version: number }>(
  table: Table<T>,
  row: T,
  what: string,
): T {
  if (table.get(row.id)?.version !== row.version) throw new StaleWrite(what, row.id, row.version);
  const next = { ...row, version: row.version + 1 };
  table.put(row.id, next);
  return next;
}

export function createRequestStore(journal: Journal): RequestStore {
  const requests = createTable<AccessRequest>('access_requests', journal);
  const asked = createTable<Asked>('asked', journal);
  const approvers = createTable<readonly string[]>('request_approvers', journal);
  const verdicts = createTable<Verdict>('verdicts', journal);

  const openFor = (personId: string, integrationId: string): AccessRequest | undefined =>
    requests
      .rows()
      .find(
        (each) =>
          each.state === 'open' &&
          each.personId === personId &&
          each.integrationId === integrationId,
      );

  const hasSaid = (requestId: string, id: string): boolean =>
    verdicts
      .rows()
      .some(
        (each) => each.requestId === requestId && (each.personId === id || each.forPersonId === id),
      );

  return {
    async insert(request, what) {
      if (request.state === 'open' && openFor(request.personId, request.integrationId))
        return 'taken';
      requests.insert(request.id, request);
      asked.insert(request.id, what);
      return 'inserted';
    },
    find: async (id) => requests.get(id),
    save: async (request) => saveIn(requests, request, 'access request'),
    async asked(id) {
      const what = asked.get(id);
      if (!what) throw new RangeError(`There is no access request ${id}`);
      return what;
    },
    openFor: async (personId, integrationId) => openFor(personId, integrationId),

    async list(filter, page) {
      const { state, requestedById, personIds, integrationId, approverId, waitsForId } = filter;
      const found = requests
        .rows()
        .filter(
          (each) =>
            (state === undefined || each.state === state) &&
            (requestedById === undefined || each.requestedById === requestedById) &&
            (personIds === undefined || personIds.includes(each.personId)) &&
            (integrationId === undefined || each.integrationId === integrationId) &&
            (approverId === undefined || approvers.get(each.id)?.includes(approverId)) &&
            (waitsForId === undefined ||
              (approvers.get(each.id)?.includes(waitsForId) && !hasSaid(each.id, waitsForId))),
        )
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || byId(b, a));
      return { requests: paged(found, page), total: found.length };
    },

    openSince: async (before, afterId = '') =>
      requests
        .rows()
        .filter((each) => each.state === 'open' && each.createdAt < before && each.id > afterId)
        .toSorted(byId)
        .slice(0, AT_ONCE),

    setApprovers: async (requestId, personIds) => approvers.put(requestId, [...new Set(personIds)]),
    approvers: async (requestId) => (approvers.get(requestId) ?? []).toSorted(),

    async addVerdict(verdict) {
      const key = keyOf(verdict.requestId, verdict.personId);
      if (verdicts.get(key)) return 'taken';
      verdicts.insert(key, verdict);
      return 'inserted';
    },
    verdicts: async (requestId) =>
      verdicts
        .rows()
        .filter((each) => each.requestId === requestId)
        .toSorted((a, b) => a.at.getTime() - b.at.getTime()),
  };
}

export function createFactClaimStore(journal: Journal): FactClaimStore {
  const claims = createTable<FactClaim>('fact_claims', journal);
  const matching = (wanted: (claim: FactClaim) => boolean): readonly FactClaim[] =>
    claims
      .rows()
      .filter(wanted)
      .toSorted((a, b) => byText(a.personId, b.personId) || byText(a.name, b.name));
  return {
    put: async (claim) => claims.put(keyOf(claim.personId, claim.name), claim),
    find: async (personId, name) => claims.get(keyOf(personId, name)),
    of: async (personId) => matching((each) => each.personId === personId),
    namesOf: async (personIds) =>
      matching((each) => personIds.includes(each.personId)).map(({ personId, name }) => ({
        personId,
        name,
      })),
    olderThan: async (before) =>
      matching(({ at }) => at < before)
        .toSorted((a, b) => a.at.getTime() - b.at.getTime())
        .slice(0, AT_ONCE),
    delete: async (personId, name) => claims.delete(keyOf(personId, name)),
    async deleteOf(personId) {
      const theirs = matching((each) => each.personId === personId);
      for (const { name } of theirs) claims.delete(keyOf(personId, name));
      return theirs.length;
    },
  };
}

export function createTaskStore(journal: Journal): TaskStore {
  const tasks = createTable<Task>('tasks', journal);
  return {
    insert: async (task) => tasks.insert(task.id, task),
    find: async (id) => tasks.get(id),
    save: async (task) => saveIn(tasks, task, 'task'),

    async list(filter, page) {
      const { state, assigneeId, unassigned, personId, personIds, integrationId, dueBefore } =
        filter;
      const isAsked = (each: Task): boolean =>
        (assigneeId === undefined && !unassigned) ||
        (assigneeId !== undefined && each.assigneeId === assigneeId) ||
        (unassigned === true && each.assigneeId === undefined);
      const found = tasks
        .rows()
        .filter(
          (each) =>
            (state === undefined || each.state === state) &&
            isAsked(each) &&
            (personId === undefined || each.personId === personId) &&
            (personIds === undefined || personIds.includes(each.personId)) &&
            (integrationId === undefined || each.integrationId === integrationId) &&
            (dueBefore === undefined || (each.dueDate ?? '9999') < dueBefore),
        )
        .toSorted(
          (a, b) =>
            Number(a.state !== 'open') - Number(b.state !== 'open') ||
            a.createdAt.getTime() - b.createdAt.getTime() ||
            byId(a, b),
        );
      return { tasks: paged(found, page), total: found.length };
    },

    dueBy: async (day, remindedBefore) =>
      tasks
        .rows()
        .filter(
          ({ state, dueDate, remindedAt }) =>
            state === 'open' &&
            dueDate !== undefined &&
            dueDate <= day &&
            (remindedAt === undefined || remindedAt < remindedBefore),
        )
        .slice(0, AT_ONCE),
  };
}

export function createDelegationStore(journal: Journal): DelegationStore {
  const delegations = createTable<Delegation>('delegations', journal);
  return {
    put: async (delegation) => delegations.put(delegation.personId, delegation),
    of: async (personId) => delegations.get(personId),
    to: async (delegateId) => delegations.rows().filter((each) => each.delegateId === delegateId),
    on: async (day) => delegations.rows().filter(({ from, until }) => from <= day && day <= until),
    endedBefore: async (day) => delegations.rows().filter(({ until }) => until < day),
    delete: async (personId) => delegations.delete(personId),
  };
}

export function createOffboardingStore(journal: Journal): OffboardingStore {
  const offboardings = createTable<Offboarding>('offboardings', journal);
  const items = createTable<OffboardingItem>('offboarding_items', journal);
  const current = (personId: string): Offboarding | undefined =>
    offboardings
      .rows()
      .find(
        (each) =>
          each.personId === personId && (each.state === 'planned' || each.state === 'running'),
      );

  return {
    async insert(offboarding) {
      if (current(offboarding.personId)) return 'taken';
      offboardings.insert(offboarding.id, offboarding);
      return 'inserted';
    },
    find: async (id) => offboardings.get(id),
    save: async (offboarding) => saveIn(offboardings, offboarding, 'offboarding'),
    current: async (personId) => current(personId),
    async list(state, page) {
      const found = offboardings
        .rows()
        .filter((each) => each.state === state)
        .toSorted((a, b) => (a.endDate < b.endDate ? -1 : a.endDate > b.endDate ? 1 : byId(a, b)));
      return { offboardings: paged(found, page), total: found.length };
    },
    plannedBefore: async (day, afterId = '') =>
      offboardings
        .rows()
        .filter((each) => each.state === 'planned' && each.endDate < day && each.id > afterId)
        .toSorted(byId)
        .slice(0, AT_ONCE),
    async insertItems(all) {
      for (const item of all) items.put(keyOf(item.offboardingId, item.integrationId), item);
    },
    last: async (personId) =>
      offboardings
        .rows()
        .filter((each) => each.personId === personId)
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || byId(b, a))[0],
    putItem: async (item) => items.put(keyOf(item.offboardingId, item.integrationId), item),
    items: async (offboardingId) =>
      items
        .rows()
        .filter((each) => each.offboardingId === offboardingId)
        .toSorted((a, b) => (a.integrationId < b.integrationId ? -1 : 1)),
  };
}

export function createReviewStore(journal: Journal): ReviewStore {
  const reviews = createTable<Review>('reviews', journal);
  const items = createTable<ReviewItem>('review_items', journal);
  const itemKey = ({ reviewId, personId, integrationId }: ReviewItem): string =>
    keyOf(reviewId, personId, integrationId);

  return {
    insert: async (review) => reviews.insert(review.id, review),
    find: async (id) => reviews.get(id),
    save: async (review) => saveIn(reviews, review, 'review'),
    async list(page) {
      const found = reviews
        .rows()
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || byId(b, a));
      return { reviews: paged(found, page), total: found.length };
    },
    async insertItems(all) {
      for (const item of all) items.insert(itemKey(item), item);
    },
    findItem: async (reviewId, personId, integrationId) =>
      items.get(keyOf(reviewId, personId, integrationId)),
    async replaceOpen(item) {
      if (items.get(itemKey(item))?.state !== 'open') return false;
      items.put(itemKey(item), item);
      return true;
    },
    async items(reviewId, { reviewerId, state }, page) {
      const found = items
        .rows()
        .filter(
          (each) =>
            each.reviewId === reviewId &&
            (reviewerId === undefined || each.reviewerId === reviewerId) &&
            (state === undefined || each.state === state),
        )
        .toSorted((a, b) => (itemKey(a) < itemKey(b) ? -1 : 1));
      return { items: paged(found, page), total: found.length };
    },
    waitingFor: async (reviewerId) =>
      reviews
        .rows()
        .filter(({ state }) => state === 'open')
        .toSorted((a, b) => (a.dueDate < b.dueDate ? -1 : a.dueDate > b.dueDate ? 1 : byId(a, b)))
        .map((review) => ({
          review,
          open: items
            .rows()
            .filter(
              (each) =>
                each.reviewId === review.id &&
                each.reviewerId === reviewerId &&
                each.state === 'open',
            ).length,
        }))
        .filter(({ open }) => open > 0),
    openReviewers: async (reviewId) =>
      [
        ...new Set(
          items
            .rows()
            .filter((each) => each.reviewId === reviewId && each.state === 'open')
            .map((each) => each.reviewerId),
        ),
      ].toSorted(),
    openItems: async (of) =>
      items
        .rows()
        .filter(
          (each) =>
            each.state === 'open' &&
            reviews.get(each.reviewId)?.state === 'open' &&
            ('integrationId' in of
              ? each.integrationId === of.integrationId
              : each.personId === of.personId || each.reviewerId === of.personId),
        )
        .toSorted((a, b) => (itemKey(a) < itemKey(b) ? -1 : 1)),
  };
}
