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
import {
  msOrNull,
  oneOf,
  type RowOf,
  readActor,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { saveVersioned } from '../work/save-versioned.ts';
import { totalOf } from '../work/total.ts';

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

    async insert(finding) {
      await findings().insert(toRow(finding));
    },

    save: (finding) => saveVersioned(findings(), 'finding', finding, toRow),

    find: findBy('id', findings, toFinding),

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
      const rows: readonly { readonly kind: string; readonly count: number | string }[] = await db(
        'findings',
      )
        .where({ state: 'open' })
        .groupBy('kind')
        .select('kind')
        .count({ count: '*' });
      const of = (kind: FindingKind) => Number(rows.find((each) => each.kind === kind)?.count ?? 0);
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
  };
}

const toRow = (finding: Finding) => ({
  id: finding.id,
  version: finding.version,
  integration_id: finding.integrationId,
  subject: subjectOf(finding),
  kind: finding.kind,
  state: finding.state,
  account_id: finding.accountId ?? null,
  person_id: finding.personId ?? null,
  label: finding.label,
  last_login: msOrNull(finding.lastLogin),
  found_at: finding.foundAt.getTime(),
  seen_at: finding.seenAt.getTime(),
  round_id: finding.roundId,
  decided_by: finding.decided ? JSON.stringify(finding.decided.by) : null,
  decided_at: msOrNull(finding.decided?.at),
  owner_id: finding.ownerId ?? null,
  look_again_on: finding.lookAgainOn ?? null,
});

const toFinding = (row: FindingRow): Finding => ({
  ...withoutNulls({
    id: row.id,
    version: row.version,
    integrationId: row.integration_id,
    kind: oneOf(findingKinds, row.kind, 'findings.kind'),
    state: oneOf(findingStates, row.state, 'findings.state'),
    accountId: row.account_id,
    personId: row.person_id,
    label: row.label,
    lastLogin: timeOrNull(row.last_login),
    foundAt: time(row.found_at),
    seenAt: time(row.seen_at),
    roundId: row.round_id,
    ownerId: row.owner_id,
    lookAgainOn: row.look_again_on,
  }),
  ...(row.decided_by !== null &&
    row.decided_at !== null && {
      decided: { by: readActor(row.decided_by, 'findings.decided_by'), at: time(row.decided_at) },
    }),
});
