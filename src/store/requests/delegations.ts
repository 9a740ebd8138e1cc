import type { Knex } from 'knex';
import type { Delegation } from '../../engine/people/directory.ts';
import type { DelegationStore } from '../../engine/ports/access-stores.ts';
import type { RowOf } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { putRows } from '../work/put-rows.ts';

type DelegationRow = RowOf<typeof toRow>;

const AT_ONCE = 500;

export function createDelegationStore(db: Knex): DelegationStore {
  const delegations = () => db<DelegationRow>('delegations');
  const page = (afterId: string) =>
    delegations().where('person_id', '>', afterId).orderBy('person_id').limit(AT_ONCE);
  return {
    async put(delegation) {
      await putRows(delegations(), [toRow(delegation)], ['person_id']);
    },

    of: findBy('person_id', delegations, toDelegation),

    async to(delegateId) {
      const rows = await delegations().where({ delegate_id: delegateId }).orderBy('person_id');
      return rows.map(toDelegation);
    },

    async beginning({ from, until }, afterId) {
      const rows = await page(afterId).whereBetween('from_date', [from, until]);
      return rows.map(toDelegation);
    },

    async endedBefore(day, afterId) {
      const rows = await page(afterId).where('until_date', '<', day);
      return rows.map(toDelegation);
    },

    async delete(delegation) {
      return (await delegations().where(toRow(delegation)).delete()) > 0;
    },
  };
}

const toRow = ({ personId, delegateId, from, until }: Delegation) => ({
  person_id: personId,
  delegate_id: delegateId,
  from_date: from,
  until_date: until,
});

const toDelegation = (row: DelegationRow): Delegation => ({
  personId: row.person_id,
  delegateId: row.delegate_id,
  from: row.from_date,
  until: row.until_date,
});
