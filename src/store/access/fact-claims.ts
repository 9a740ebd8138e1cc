import type { Knex } from 'knex';
import type { FactClaim } from '../../engine/people/fact-claim.ts';
import type { FactClaimStore } from '../../engine/ports/access-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import type { RowOf } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';
import { eachReadable } from '../work/readable.ts';
import { date, optional, rowMapper, text } from '../work/row-mapper.ts';

type FactClaimRow = RowOf<typeof toColumns> & {
  /** Sealed. */
  readonly value: string;
};

/** The next check finds the rest. */
const AT_ONCE = 100;

export function createFactClaimStore(db: Knex, vault: Vault): FactClaimStore {
  const claims = () => db<FactClaimRow>('fact_claims');
  const key = (personId: string, name: string) => ({ person_id: personId, name });
  const values = sealedTexts(vault, sealedColumns.factClaim);

  const toClaim = async (row: FactClaimRow): Promise<FactClaim> => ({
    ...withoutValue(row),
    value: await values.open(row),
  });

  return {
    async put(claim) {
      const columns = toColumns(claim);
      const row = { ...columns, value: await values.seal(columns, claim.value) };
      await putRows(claims(), [row], ['person_id', 'name']);
    },

    async find(personId, name) {
      const row = await claims().where(key(personId, name)).first();
      return row && toClaim(row);
    },

    async of(personId) {
      const rows = await claims().where({ person_id: personId }).orderBy('name');
      return Promise.all(rows.map(toClaim));
    },

    async namesOf(personIds) {
      const rows = await claims()
        .whereIn('person_id', [...personIds])
        .select('person_id', 'name')
        .orderBy(['person_id', 'name']);
      return rows.map(({ person_id: personId, name }) => ({ personId, name }));
    },

    async olderThan(before, offset = 0) {
      const rows = await claims()
        .where('at', '<', before.getTime())
        .orderBy(['at', 'person_id', 'name'])
        .offset(offset)
        .limit(AT_ONCE);
      return eachReadable(rows, toClaim);
    },

    async delete(personId, name) {
      await claims().where(key(personId, name)).delete();
    },

    async deleteOf(personId) {
      return claims().where({ person_id: personId }).delete();
    },
  };
}

const { toRow: toColumns, fromRow: withoutValue } = rowMapper('fact_claims', {
  personId: text,
  name: text,
  typedById: optional(text),
  at: date,
});
