import type { Knex } from 'knex';
import type { Delegation } from '../../engine/people/directory.ts';
import type { DelegationStore } from '../../engine/ports/access-stores.ts';

interface DelegationRow {
  readonly person_id: string;
  readonly delegate_id: string;
  readonly from_date: string;
  readonly until_date: string;
}

/** More people are never away at once. */
const AT_ONCE = 500;

export function createDelegationStore(db: Knex): DelegationStore {
  const delegations = () => db<DelegationRow>('delegations');
  return {
    async put({ personId, delegateId, from, until }) {
      const row = {
        person_id: personId,
        delegate_id: delegateId,
        from_date: from,
        until_date: until,
      };
      await delegations().insert(row).onConflict('person_id').merge();
    },

    async of(personId) {
      const row = await delegations().where({ person_id: personId }).first();
      return row && toDelegation(row);
    },

    async to(delegateId) {
      const rows = await delegations().where({ delegate_id: delegateId }).orderBy('person_id');
      return rows.map(toDelegation);
    },

    async on(day) {
      const rows = await delegations()
        .where('from_date', '<=', day)
        .where('until_date', '>=', day)
        .orderBy('person_id')
        .limit(AT_ONCE);
      return rows.map(toDelegation);
    },

    async endedBefore(day) {
      const rows = await delegations()
        .where('until_date', '<', day)
        .orderBy('person_id')
        .limit(AT_ONCE);
      return rows.map(toDelegation);
    },

    async delete(personId) {
      await delegations().where({ person_id: personId }).delete();
    },
  };
}

const toDelegation = (row: DelegationRow): Delegation => ({
  personId: row.person_id,
  delegateId: row.delegate_id,
  from: row.from_date,
  until: row.until_date,
});
