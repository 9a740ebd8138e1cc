import type { Knex } from 'knex';
import {
  type Finding,
  type FindingKind,
  type FindingState,
  findingKinds,
  findingStates,
  subjectOf,
} from '../../engine/findings/finding.ts';
import type { FindingFilter, FindingStore } from '../../engine/ports/finding-stores.ts';
import { msOrNull, type RowOf, readActor, time } from '../work/columns.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { countBy, totalOf } from '../work/total.ts';
import { versionedRows } from '../work/versioned-rows.ts';

type FindingRow = RowOf<typeof toRow>;

/** In one transaction, as everywhere. */
const DELETED_AT_ONCE = 250;
const NEWEST = [{ column: 'found_at', order: 'desc' }, 'id'];

export function createFindingStore(db: Knex): FindingStore {
  const findings = () => db<FindingRow>('findings');

  function matching({ states, kind, integrationId, personId, since }: FindingFilter) {
    const query = findings();
    if (states) query.whereIn('state', [...states]);
    if (kind) query.where({ kind });
    if (integrationId !== undefined) query.where({ integration_id: integrationId });
    if (personId !== undefined) query.where({ person_id: personId });
    if (since) query.where('found_at', '>=', since.getTime());
    return query;
  }

  /** The ids of the first ones. State by state, since the index has the order of each; SQLite would sort all of them. */
  async function newest(filter: FindingFilter, limit: number): Promise<readonly string[]> {
    const states = filter.states ?? (Object.keys(findingStates) as FindingState[]);
    const found = await Promise.all(
      states.map((state) =>
        matching({ ...filter, states: [state] })
          .orderBy(NEWEST)
          .limit(limit)
          .select('id', 'found_at'),
      ),
    );
    return found
      .flat()
      .toSorted((a, b) => b.found_at - a.found_at || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(({ id }) => id);
  }

  return {
    async deleteSomeAt(integrationId) {
      const deleteFrom = (table: string): Promise<number> =>
        db(table)
          .whereIn(
            'id',
            db(table).where({ integration_id: integrationId }).select('id').limit(DELETED_AT_ONCE),
          )
          .delete();
      return (await deleteFrom('findings')) + (await deleteFrom('listed_accounts'));
    },

    async about(integrationId, subjects) {
      const rows = await findings()
        .where({ integration_id: integrationId })
        .whereIn('subject', [...subjects]);
      return rows.map(toFinding);
    },

    async list(filter, { offset, limit }) {
      const ids = await newest(filter, offset + limit);
      const rows = await findings().whereIn('id', ids.slice(offset)).orderBy(NEWEST);
      const total = await totalOf({ offset, limit }, rows.length, () => matching(filter));
      return { findings: rows.map(toFinding), total };
    },

    async after(filter, id, limit) {
      const rows = await matching(filter).where('id', '>', id).orderBy('id').limit(limit);
      return rows.map(toFinding);
    },

    async countOpen() {
      const counts = await countBy(findings().where({ state: 'open' }), 'kind');
      const of = (kind: FindingKind) => counts.get(kind) ?? 0;
      return {
        found: of('found'),
        'left-behind': of('left-behind'),
        orphan: of('orphan'),
        missing: of('missing'),
        unused: of('unused'),
      };
    },

    async unseen(integrationId, roundId, { id, limit }) {
      const rows = await findings()
        .where({ integration_id: integrationId })
        .whereNot({ round_id: roundId })
        .whereNot({ state: 'resolved' })
        .where('id', '>', id)
        .orderBy('id')
        .limit(limit);
      return rows.map(toFinding);
    },

    ...versionedRows(findings, 'finding', { toRow, fromRow: toFinding }),
  };
}

const { toRow: toFacts, fromRow: fromFacts } = rowMapper('findings', {
  id: text,
  version: number,
  integrationId: text,
  kind: word(findingKinds),
  state: word(findingStates),
  accountId: optional(text),
  personId: optional(text),
  label: text,
  lastLogin: optional(date),
  foundAt: date,
  seenAt: date,
  roundId: text,
  ownerId: optional(text),
  lookAgainOn: optional(text),
});

const toRow = (finding: Finding) => ({
  ...toFacts(finding),
  subject: subjectOf(finding),
  decided_by: finding.decided ? JSON.stringify(finding.decided.by) : null,
  decided_at: msOrNull(finding.decided?.at),
});

const toFinding = (row: FindingRow): Finding => ({
  ...fromFacts(row),
  ...(row.decided_by !== null &&
    row.decided_at !== null && {
      decided: { by: readActor(row.decided_by, 'findings.decided_by'), at: time(row.decided_at) },
    }),
});
