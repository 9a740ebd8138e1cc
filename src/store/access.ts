import type { Knex } from 'knex';
import type { Access, AccessState } from '../engine/directory.ts';
import type { AccessStore } from '../engine/ports.ts';
import { oneOf, time } from './columns.ts';

interface AccessRow {
  readonly person_id: string;
  readonly integration_id: string;
  readonly state: string;
  readonly reason: string;
  readonly since: number;
  readonly checked_at: number;
}

const states: Record<AccessState, true> = { has: true, none: true, unknown: true };

/** The next page begins after the last one's person. */
const HOLDERS_AT_ONCE = 250;

export function createAccessStore(db: Knex): AccessStore {
  const access = () => db<AccessRow>('access');

  return {
    async find(personId, integrationId) {
      const row = await access()
        .where({ person_id: personId, integration_id: integrationId })
        .first();
      return row && toAccess(row);
    },

    async forPerson(personId) {
      const rows = await access().where({ person_id: personId }).orderBy('integration_id');
      return rows.map(toAccess);
    },

    async holdersAt(integrationId, afterPersonId = '') {
      const rows = await access()
        .where({ integration_id: integrationId })
        .whereIn('state', ['has', 'unknown'])
        .where('person_id', '>', afterPersonId)
        .orderBy('person_id')
        .limit(HOLDERS_AT_ONCE);
      return rows.map(toAccess);
    },

    async countAt(integrationId) {
      const rows: { state: string; count: number | string }[] = await access()
        .where({ integration_id: integrationId })
        .groupBy('state')
        .select('state')
        .count({ count: '*' });
      const count = (wanted: AccessState) =>
        Number(rows.find(({ state }) => state === wanted)?.count ?? 0);
      return { has: count('has'), unknown: count('unknown') };
    },

    async deleteAt(integrationId) {
      await access().where({ integration_id: integrationId }).delete();
    },

    async put(each) {
      await access()
        .insert({
          person_id: each.personId,
          integration_id: each.integrationId,
          state: each.state,
          reason: each.reason,
          since: each.since.getTime(),
          checked_at: each.checkedAt.getTime(),
        })
        .onConflict(['person_id', 'integration_id'])
        .merge();
    },
  };
}

function toAccess(row: AccessRow): Access {
  return {
    personId: row.person_id,
    integrationId: row.integration_id,
    state: oneOf(states, row.state, 'access.state'),
    reason: row.reason,
    since: time(row.since),
    checkedAt: time(row.checked_at),
  };
}
