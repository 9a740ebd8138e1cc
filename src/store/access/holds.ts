import type { Knex } from 'knex';
import {
  type Hold,
  type HoldSource,
  holdEnds,
  type LastingHold,
} from '../../engine/access/hold.ts';
import {
  MAX_WARNING_MS,
  MIN_WARNED_MS,
  MIN_WARNING_MS,
  WARNING_PART,
} from '../../engine/access/warning-time.ts';
import type { HoldStore } from '../../engine/ports/removal-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import {
  msOrNull,
  oneOf,
  present,
  type RowOf,
  readActor,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { countBy, distinctOf, totalOf } from '../work/total.ts';
import { versionedRows } from '../work/versioned-rows.ts';
import { onlyDuring } from './during.ts';

type HoldRow = RowOf<typeof toRow>;

/** Columns of their own mark the other sources. */
export const storedSources: Record<Exclude<HoldSource, 'found' | 'rule'>, true> = {
  'by-hand': true,
  request: true,
  sequence: true,
  kept: true,
};

/** The next check finds the rest. */
const MAX_ENDING = 100;
/** Nobody looks at cards that show older ones. */
const MAX_OF_ONE_ACCESS = 10;
/** Of one access since a day. */
const MAX_SINCE = 250;
const MAX_PEOPLE = 250;

export function createHoldStore(db: Knex): HoldStore {
  const holds = () => db<HoldRow>('holds');
  const openOf = (personIds: readonly string[]) =>
    holds().whereIn('person_id', personIds).where({ ended_at: null });
  const endingBy = (ms: number) =>
    holds().where({ ended_at: null }).where('ends_at', '<=', ms).orderBy(['ends_at', 'id']);
  const oldestFirst = ['started_at', 'id'];
  const countsOfRules = (ids: readonly string[]) => {
    const deleted = db('integrations').whereNotNull('deleted_at').select('id');
    const open = holds().where({ ended_at: null }).whereIn('rule_id', ids);
    return countBy(open.whereNotIn('integration_id', deleted), 'rule_id', 'person_id');
  };
  return {
    async setEnd(ending, endsAt) {
      const changed = await holds()
        .whereIn(
          ['id', 'version'],
          ending.map(({ id, version }) => [id, version]),
        )
        .update({ ends_at: endsAt.getTime(), version: db.raw('version + 1') });
      if (changed !== ending.length)
        throw new StaleWrite('hold', ending.map(({ id }) => id).join(', '));
    },

    async openAt(personId, integrationId) {
      const rows = await holds()
        .where({ person_id: personId, integration_id: integrationId, ended_at: null })
        .orderBy(oldestFirst);
      return rows.map(toHold);
    },

    async openOf(personId) {
      const rows = await holds()
        .where({ person_id: personId, ended_at: null })
        .orderBy(oldestFirst);
      return rows.map(toHold);
    },

    async of(personId, integrationId) {
      const rows = await holds()
        .where({ person_id: personId, integration_id: integrationId })
        .orderBy('id', 'desc')
        .limit(MAX_OF_ONE_ACCESS);
      return rows.map(toHold);
    },

    async startedSince(personId, integrationId, since) {
      const rows = await holds()
        .where({ person_id: personId, integration_id: integrationId })
        .where('started_at', '>=', since.getTime())
        .orderBy(oldestFirst)
        .limit(MAX_SINCE);
      return rows.map(toHold);
    },

    async endedSince(personId, integrationId, since) {
      const rows = await holds()
        .where({ person_id: personId, integration_id: integrationId })
        .where('ended_at', '>=', since.getTime())
        .whereNot({ ended_why: 'not-granted' })
        .orderBy('id', 'desc');
      return rows.map(toHold);
    },

    async latestOfRules(personId, integrationId) {
      const ofRules = holds()
        .where({ person_id: personId, integration_id: integrationId })
        .whereNotNull('rule_item_id');
      const rows = await holds().whereIn('id', ofRules.max('id').groupBy('rule_item_id'));
      return rows.map(toHold);
    },

    async openThen(personId, integrationId, at) {
      const ms = at.getTime();
      const rows = await holds()
        .where({ person_id: personId, integration_id: integrationId })
        .where('started_at', '<=', ms)
        .where((either) => either.whereNull('ended_at').orWhere('ended_at', '>=', ms))
        .orderBy('id', 'desc');
      return rows.map(toHold);
    },

    async during(period, afterId = '') {
      const rows = holds();
      onlyDuring(rows, 'started_at', { ...period, afterId });
      return (await rows).map(toHold);
    },

    async startedAfter(at) {
      const started = () =>
        holds()
          .where({ ended_at: null, rule_id: null })
          .whereNotNull('ends_at')
          .where('started_at', '>', at.getTime())
          .whereRaw('ends_at > started_at');
      const rows = await started().orderBy(oldestFirst).limit(MAX_ENDING);
      const people = rows.length === 0 ? 0 : await distinctOf(started(), 'person_id');
      return { holds: rows.map(toHold), people };
    },

    ending: async (now, offset = 0) =>
      (await endingBy(now.getTime()).offset(offset).limit(MAX_ENDING)).map(toHold),

    async toWarn(now, offset = 0) {
      const ms = now.getTime();
      // `warningAt` in SQL, so that holds which end soon aren't read at each tick.
      const rows = await endingBy(ms + MAX_WARNING_MS)
        .whereNull('warned_at')
        .whereRaw('ends_at - started_at >= ?', [MIN_WARNED_MS])
        .where((either) =>
          either
            .where('ends_at', '<=', ms + MIN_WARNING_MS)
            .orWhereRaw('(ends_at - ?) * ? <= ends_at - started_at', [ms, WARNING_PART]),
        )
        .offset(offset)
        .limit(MAX_ENDING);
      return rows.map(toHold);
    },

    async openOfPeople(personIds) {
      return (await openOf(personIds)).map(toHold);
    },

    async lastingOfRules(personIds, ruleIds) {
      const query = openOf(personIds).whereNull('ends_at');
      if (ruleIds) query.whereIn('rule_id', [...ruleIds]);
      else query.whereNotNull('rule_id');
      const rows = await query.select(...lastingColumns);
      return rows.map(toLasting);
    },

    countOfRule: async (ruleId) => (await countsOfRules([ruleId])).get(ruleId) ?? 0,
    countsOfRules,

    async onlyFoundAt(integrationId, page) {
      const matching = () =>
        db('holds as found')
          .join('people', 'people.id', 'found.person_id')
          .where({
            'found.integration_id': integrationId,
            'found.is_found': true,
            'found.ended_at': null,
            'people.active': true,
          })
          .whereNotExists(
            db('holds as other')
              .select('other.id')
              .whereRaw('other.person_id = found.person_id')
              .whereRaw('other.integration_id = found.integration_id')
              .where({ 'other.is_found': false, 'other.ended_at': null }),
          );
      const personIds: readonly string[] = await matching()
        .orderBy(['people.search_text', 'people.id'])
        .offset(page.offset)
        .limit(page.limit)
        .pluck('people.id');
      return { personIds, total: await totalOf(page, personIds.length, matching) };
    },

    async peopleAt(integrationId, afterPersonId = '') {
      return holds()
        .where({ integration_id: integrationId, ended_at: null })
        .where('person_id', '>', afterPersonId)
        .distinct('person_id')
        .orderBy('person_id')
        .limit(MAX_PEOPLE)
        .pluck('person_id');
    },

    ...versionedRows(holds, 'hold', { toRow, fromRow: toHold }),
  };
}

const lastingColumns = ['id', 'person_id', 'integration_id', 'rule_id', 'rule_item_id'] as const;

const toLasting = (row: Pick<HoldRow, (typeof lastingColumns)[number]>): LastingHold => ({
  id: row.id,
  personId: row.person_id,
  integrationId: row.integration_id,
  ruleId: present(row.rule_id, 'holds.rule_id'),
  ruleItemId: present(row.rule_item_id, 'holds.rule_item_id'),
});

const toRow = (hold: Hold) => ({
  id: hold.id,
  version: hold.version,
  person_id: hold.personId,
  integration_id: hold.integrationId,
  source: storedSource(hold.source),
  /** Its source is `found`, and stored as `by-hand`, which older versions know: docs/decisions/0101. */
  is_found: hold.source === 'found',
  given_by: JSON.stringify(hold.givenBy),
  started_at: hold.startedAt.getTime(),
  ends_at: msOrNull(hold.endsAt),
  warned_at: msOrNull(hold.warnedAt),
  request_id: hold.requestId ?? null,
  run_id: hold.runId ?? null,
  task_id: hold.taskId ?? null,
  bundle_id: hold.bundleId ?? null,
  /** Of a rule's hold. Its source is stored as `sequence`, which older versions know: docs/decisions/0099. */
  rule_id: hold.ruleId ?? null,
  rule_item_id: hold.ruleItemId ?? null,
  ended_at: msOrNull(hold.ended?.at),
  ended_why: hold.ended?.why ?? null,
});

/** The word that older versions know for it. */
function storedSource(source: HoldSource): keyof typeof storedSources {
  if (source === 'rule') return 'sequence';
  return source === 'found' ? 'by-hand' : source;
}

function sourceOf(row: HoldRow): HoldSource {
  if (row.rule_id !== null) return 'rule';
  return row.is_found ? 'found' : oneOf(storedSources, row.source, 'holds.source');
}

const toHold = (row: HoldRow): Hold =>
  withoutNulls({
    id: row.id,
    version: row.version,
    personId: row.person_id,
    integrationId: row.integration_id,
    source: sourceOf(row),
    givenBy: readActor(row.given_by, 'holds.given_by'),
    startedAt: time(row.started_at),
    endsAt: timeOrNull(row.ends_at),
    warnedAt: timeOrNull(row.warned_at),
    requestId: row.request_id,
    runId: row.run_id,
    taskId: row.task_id,
    bundleId: row.bundle_id,
    ruleId: row.rule_id,
    ruleItemId: row.rule_item_id,
    ended:
      row.ended_at === null
        ? null
        : {
            at: time(row.ended_at),
            why: oneOf(holdEnds, present(row.ended_why, 'holds.ended_why'), 'holds.ended_why'),
          },
  });
