import type { Knex } from 'knex';
import type { Access, AccessState } from '../../engine/people/directory.ts';
import type { AccessStore } from '../../engine/ports/access-stores.ts';
import { identityIn, sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { openSentence } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import type { RowOf } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';
import { date, rowMapper, text, word } from '../work/row-mapper.ts';
import { totalOf } from '../work/total.ts';

export const states: Record<AccessState, true> = { has: true, none: true, unknown: true };

/** The next page begins after the last person of this one. */
const HOLDERS_AT_ONCE = 250;
const DELETED_AT_ONCE = 250;

const { toRow: toFacts, fromRow: facts } = rowMapper('access', {
  personId: text,
  integrationId: text,
  state: word(states),
  since: date,
  checkedAt: date,
});

const NO_ONE = { has: 0, unknown: 0 };

export function createAccessStore(db: Knex, vault: Vault): AccessStore {
  const access = () => db<AccessRow>('access');
  const reasons = sealedTexts(vault, sealedColumns.access);

  const read = async (row: AccessRow): Promise<Access> => ({
    ...facts(row),
    reason: await openSentence(vault, identityIn(sealedColumns.access, row), row.reason),
  });

  const columnsOf = async (each: Access) => {
    const row = toFacts(each);
    return { ...row, reason: await reasons.seal(row, each.reason) };
  };
  type AccessRow = RowOf<typeof columnsOf>;

  const heldAt = (integrationId: string) =>
    access().where({ integration_id: integrationId }).whereIn('state', ['has', 'unknown']);

  async function countsAt(integrationIds: readonly string[]) {
    const rows: { integration_id: string; state: AccessState; count: number | string }[] =
      await access()
        .whereIn('integration_id', integrationIds)
        .groupBy('integration_id', 'state')
        .select('integration_id', 'state')
        .count({ count: '*' });
    const found = new Map<string, typeof NO_ONE>();
    for (const { integration_id: id, state, count } of rows)
      if (state !== 'none') found.set(id, { ...NO_ONE, ...found.get(id), [state]: Number(count) });
    return found;
  }

  const putRow = (row: AccessRow) => putRows(access(), [row], ['person_id', 'integration_id']);

  return {
    async find(personId, integrationId) {
      const row = await access()
        .where({ person_id: personId, integration_id: integrationId })
        .first();
      return row && read(row);
    },

    async forPerson(personId) {
      const rows = await access().where({ person_id: personId }).orderBy('integration_id');
      return Promise.all(rows.map(read));
    },

    async namedHoldersAt(integrationId, page) {
      const rows = await heldAt(integrationId)
        .join('people', 'people.id', 'access.person_id')
        .orderBy(['people.search_text', 'people.id'])
        .offset(page.offset)
        .limit(page.limit)
        .select<AccessRow[]>('access.*');
      const total = await totalOf(page, rows.length, () => heldAt(integrationId));
      return { holders: rows.map(facts), total };
    },

    async holdersAt(integrationId, afterPersonId = '') {
      const rows = await heldAt(integrationId)
        .where('person_id', '>', afterPersonId)
        .orderBy('person_id')
        .limit(HOLDERS_AT_ONCE);
      return rows.map(facts);
    },

    async heldBy(personIds) {
      const rows = await access()
        .whereIn('person_id', [...personIds])
        .whereIn('state', ['has', 'unknown']);
      return rows.map(facts);
    },

    async among(personIds, integrationIds) {
      const rows = await access()
        .whereIn('person_id', [...personIds])
        .whereIn('integration_id', [...integrationIds]);
      return rows.map(facts);
    },

    async askedLeastLately(integrationId, exceptPersonId) {
      const row = await access()
        .where({ integration_id: integrationId, state: 'has' })
        .whereNot({ person_id: exceptPersonId })
        .orderBy(['checked_at', 'person_id'])
        .first();
      return row && read(row);
    },

    async unknownByRule(checkedBefore, afterPersonId = '') {
      const held = db('holds')
        .whereRaw('?? = ??', ['holds.person_id', 'access.person_id'])
        .whereRaw('?? = ??', ['holds.integration_id', 'access.integration_id'])
        .whereNull('ended_at')
        .whereNotNull('rule_id');
      return access()
        .where({ state: 'unknown' })
        .where('checked_at', '<', checkedBefore.getTime())
        .where('person_id', '>', afterPersonId)
        .whereExists(held)
        .distinct('person_id')
        .orderBy('person_id')
        .limit(HOLDERS_AT_ONCE)
        .pluck('person_id');
    },

    countAt: async (integrationId) =>
      (await countsAt([integrationId])).get(integrationId) ?? NO_ONE,
    countsAt,

    async unknownByApp() {
      // App by app, so that the index finds them.
      const counted = access()
        .where({ state: 'unknown' })
        .whereRaw('?? = ??', ['access.integration_id', 'integrations.id'])
        .count();
      const rows: { id: string; count: number | string }[] = await db('integrations')
        .whereNull('deleted_at')
        .select({ id: 'id', count: counted });
      return new Map(rows.map(({ id, count }) => [id, Number(count)]));
    },

    async deleteSomeAt(integrationId) {
      const whose = { integration_id: integrationId };
      const some = access().where(whose).select('person_id').limit(DELETED_AT_ONCE);
      return access().where(whose).whereIn('person_id', some).delete();
    },

    async put(each) {
      await putRow(await columnsOf(each));
    },

    async putUnlessHas(each) {
      await putRow(await columnsOf(each)).where('access.state', '<>', 'has');
    },
  };
}
