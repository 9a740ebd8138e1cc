import type { Knex } from 'knex';
import { HOUR_MS, HOURS_A_DAY } from '../../core/hours.ts';
import type { RequestFilter, RequestStore } from '../../engine/ports/access-stores.ts';
import {
  type AccessRequest,
  type RequestFacts,
  requestContent,
  requestMoves,
  type Verdict,
} from '../../engine/requests/access-request.ts';
import { requestRoute, type StageApprovers } from '../../engine/settings/route.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import {
  jsonColumn,
  oneOf,
  present,
  type RowOf,
  readOrUnread,
  stateIs,
  time,
  withoutNulls,
} from '../work/columns.ts';
import { findManyById } from '../work/find-by.ts';
import { readLength, writeLength } from '../work/length.ts';
import { afterPlace, newestFirst } from '../work/newest-first.ts';
import { putRows } from '../work/put-rows.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { onlySeen } from '../work/seen-by.ts';
import { pageOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';

type RequestRow = RowOf<typeof toRow>;

interface ApproverRow {
  readonly request_id: string;
  readonly person_id: string;
  /** Whether they can press now. 0.2.0 doesn't say it. */
  readonly waits: boolean;
}

export const routeColumn = jsonColumn('access_requests.route', requestRoute);

export const kinds: Record<RequestFacts['kind'], true> = { grant: true, extend: true };
export const verdicts: Record<Verdict['verdict'], true> = { approve: true, deny: true };
export const ways: Record<Verdict['via'], true> = { slack: true, teams: true, web: true };

/** The next check finds the rest. */
const AT_ONCE = 100;

const IS_OPEN = stateIs('open');

export function createRequestStore(db: Knex, vault: Vault): RequestStore {
  const requests = () => db<RequestRow & { readonly content: string }>('access_requests');
  const approvers = () => db<ApproverRow>('request_approvers');
  const said = () => db<VerdictRow>('verdicts');
  const contents = sealedTexts(vault, sealedColumns.request);
  const reasons = sealedTexts(vault, sealedColumns.verdict);
  const saidBy = (personId: string) =>
    said().where({ person_id: personId }).orWhere({ for_person_id: personId }).select('request_id');
  function matching(filter: RequestFilter): ReturnType<typeof requests> {
    const { state, requestedById, personIds, integrationId, approverId, waitsForId, saidById } =
      filter;
    const { bundleRequestId, namesPeople, oneABundle, ...rest } = filter;
    const { seenBy } = rest;
    const query = requests();
    if (oneABundle)
      return query.whereIn('id', (ids) =>
        ids
          .from(matching(rest).as('matching'))
          .min('id')
          .groupByRaw('coalesce(bundle_request_id, id)'),
      );
    if (seenBy) {
      const person_id = seenBy.readerId;
      const also = [
        requests().where({ requested_by_id: person_id }).select('id'),
        approvers().where({ person_id }).select('request_id'),
        said().where({ person_id }).select('request_id'),
      ];
      onlySeen(query, { db, table: 'access_requests', also }, seenBy);
    }
    if (saidById !== undefined) query.whereIn('id', saidBy(saidById));
    if (namesPeople)
      query.where((either) => {
        either.whereNull('route');
        for (const kind of NAMING) either.orWhere('route', 'like', `%"kind":"${kind}"%`);
      });
    const { routeHas } = rest;
    if (routeHas !== undefined) query.where('route', 'like', `%${routeHas}%`);
    if (bundleRequestId !== undefined) query.where({ bundle_request_id: bundleRequestId });
    if (state !== undefined) query.whereRaw(stateIs(state));
    if (requestedById !== undefined) query.where({ requested_by_id: requestedById });
    if (personIds !== undefined) query.whereIn('person_id', [...personIds]);
    if (integrationId !== undefined) query.where({ integration_id: integrationId });
    if (approverId !== undefined)
      query.whereIn('id', approvers().where({ person_id: approverId }).select('request_id'));
    if (waitsForId !== undefined)
      query.whereIn(
        'id',
        approvers().where({ person_id: waitsForId, waits: true }).select('request_id'),
      );
    return query;
  }

  const toVerdict = async (row: VerdictRow): Promise<Verdict> => ({
    ...withoutReason(row),
    reason: (await reasons.openWords(row)) ?? undefined,
  });

  const toVerdictRow = async (verdict: Verdict) => {
    const row = toVerdictColumns(verdict);
    return { ...row, reason: await reasons.seal(row, verdict.reason) };
  };
  type VerdictRow = RowOf<typeof toVerdictRow>;

  return {
    async insert(request, what) {
      const sealed = await contents.sealJson(request, what);
      return insertUnlessTaken(
        requests(),
        { ...toRow(request), content: sealed },
        db.raw(`(person_id, integration_id) where ${IS_OPEN}`),
      );
    },

    findMany: findManyById(requests, toRequest),

    async content(id) {
      const row = await requests().where({ id }).first();
      if (!row) throw new RangeError(`There is no access request ${id}`);
      return contents.openJson(requestContent, row);
    },

    peopleWithOpen: (personIds) =>
      requests()
        .whereIn('person_id', [...personIds])
        .whereRaw(IS_OPEN)
        .pluck('person_id')
        .union([
          requests()
            .whereIn('requested_by_id', [...personIds])
            .whereRaw(IS_OPEN)
            .select('requested_by_id'),
          db('people')
            .whereIn('manager_id', [...personIds])
            .where({ active: true })
            .whereExists(requests().whereRaw('person_id = people.id').whereRaw(IS_OPEN))
            .select('manager_id'),
        ]),

    async openFor(personId, integrationId) {
      const row = await requests()
        .where({ person_id: personId, integration_id: integrationId })
        .whereRaw(IS_OPEN)
        .first();
      return row && toRequest(row);
    },

    async list(filter, page) {
      const { rows, total } = await pageOf(() => matching(filter), page, newestFirst());
      return { requests: rows.map(toRequest), total };
    },

    async listAfter(place, limit, filter) {
      const query = matching(filter).orderBy(newestFirst()).limit(limit);
      afterPlace(place, query);
      return (await query).map(toRequest);
    },

    async undecided(now, afterId) {
      const olderThan = (hours: number) => now.getTime() - hours * HOUR_MS;
      const query = requests()
        .whereRaw(IS_OPEN)
        .where('created_at', '<=', olderThan(1))
        .where((either) =>
          either
            .where('created_at', '<=', olderThan(HOURS_A_DAY))
            .orWhere('hours', '<', HOURS_A_DAY),
        );
      if (afterId !== undefined) query.where('id', '>', afterId);
      return (await query.orderBy('id').limit(AT_ONCE)).map(toRequest);
    },

    async setApprovers(requestId, { all, waiting = all }) {
      await approvers().where({ request_id: requestId }).delete();
      for (const personId of new Set(all))
        await approvers().insert({
          request_id: requestId,
          person_id: personId,
          waits: waiting.includes(personId),
        });
    },

    async approvers(requestId, who) {
      const query = approvers().where({ request_id: requestId });
      if (who?.waiting) query.where({ waits: true });
      return query.orderBy('person_id').pluck('person_id');
    },

    async putVerdict(verdict) {
      await putRows(said(), [await toVerdictRow(verdict)], ['request_id', 'person_id']);
    },

    async verdicts(requestId) {
      const rows = await said().where({ request_id: requestId }).orderBy(['at', 'person_id']);
      return Promise.all(rows.map(toVerdict));
    },

    ...savedRows(requests, 'access request', { toRow, fromRow: toRequest }),
  };
}

/** Kinds of approvers that a change of anyone in the directory may concern. */
const NAMING = ['people', 'owners', 'group'] as const satisfies readonly StageApprovers['kind'][];

/** In `requested_hours`. */
const NO_END = 0;

const { toRow: toVerdictColumns, fromRow: withoutReason } = rowMapper('verdicts', {
  requestId: text,
  personId: text,
  verdict: word(verdicts),
  at: date,
  via: word(ways),
  forPersonId: optional(text),
  hours: optional(number),
});

const { toRow: toFacts, fromRow: factsOf } = rowMapper('access_requests', {
  id: text,
  version: number,
  kind: word(kinds),
  integrationId: text,
  personId: text,
  requestedById: text,
  createdAt: date,
  remindedAt: optional(date),
  escalatedAt: optional(date),
  bundleRequestId: optional(text),
});

const toRow = (request: AccessRequest) => ({
  ...toFacts(request),
  ...writeLength(request.hours),
  /** 0: no end date. */
  requested_hours: request.requestedHours === 'no-end' ? NO_END : (request.requestedHours ?? null),
  state: request.state,
  decided_at: 'decidedAt' in request ? request.decidedAt.getTime() : null,
  run_id: ('runId' in request && request.runId) || null,
  task_id: ('taskId' in request && request.taskId) || null,
  changed_nothing: ('changedNothing' in request && request.changedNothing) || null,
  // What can't be read stays as it is.
  ...(request.route !== 'unread' && {
    route: request.route ? JSON.stringify(request.route) : null,
  }),
});

function toRequest(row: RequestRow): AccessRequest {
  const facts: RequestFacts = withoutNulls({
    ...factsOf(row),
    hours: readLength(row),
    requestedHours: row.requested_hours === NO_END ? ('no-end' as const) : row.requested_hours,
    route: row.route === null ? null : readOrUnread(routeColumn, row.route),
  });
  const state = oneOf(requestMoves, row.state, 'access_requests.state');
  if (state === 'open') return { ...facts, state };
  const decidedAt = time(present(row.decided_at, 'access_requests.decided_at'));
  if (state !== 'approved') return { ...facts, state, decidedAt };
  const started = withoutNulls({
    runId: row.run_id,
    taskId: row.task_id,
    changedNothing: row.changed_nothing ? (true as const) : null,
  });
  return { ...facts, state, decidedAt, ...started };
}
