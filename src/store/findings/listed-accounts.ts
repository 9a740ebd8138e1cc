import type { Knex } from 'knex';
import { factKey } from '../../core/fold.ts';
import type { ListedAccount } from '../../engine/findings/finding.ts';
import type { ListedAccountStore } from '../../engine/ports/finding-stores.ts';
import { type RowOf, time } from '../work/columns.ts';
import { findBy, findManyById } from '../work/find-by.ts';
import { date, flag, optional, rowMapper, text } from '../work/row-mapper.ts';
import { countOf } from '../work/total.ts';

type ListedRow = RowOf<typeof toRow>;

export function createListedAccountStore(db: Knex): ListedAccountStore {
  const listed = () => db<ListedRow>('listed_accounts');
  return {
    async put(rows, { integrationId, roundId, at, newId }) {
      if (rows.length === 0) return;
      await listed()
        .insert(
          rows.map((row) =>
            toRow({
              ...row,
              id: newId(),
              integrationId,
              roundId,
              firstSeenAt: at,
              lastSeenAt: at,
              isAdopted: false,
            }),
          ),
        )
        .onConflict(['integration_id', 'account_key'])
        .merge(['email', 'name', 'fact', 'fact_key', 'last_login', 'last_seen_at', 'round_id']);
    },

    find: findBy('id', listed, toListed),

    findMany: findManyById(listed, toListed),

    async ofRound(roundId, afterId, limit) {
      const rows = await listed()
        .where({ round_id: roundId })
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit);
      return rows.map(toListed);
    },

    async withFacts(roundId, facts) {
      const keys = facts.map(factKey);
      return (await listed().where({ round_id: roundId }).whereIn('fact_key', keys)).map(toListed);
    },

    async withEmails(roundId, emails) {
      const rows = await listed()
        .where({ round_id: roundId })
        .whereIn('email', [...emails]);
      return rows.map(toListed);
    },

    async peopleIn(roundId, personIds) {
      const rows = await listed()
        .where({ round_id: roundId })
        .whereIn('person_id', [...personIds])
        .distinct('person_id');
      return rows.flatMap(({ person_id: id }) => id ?? []);
    },

    async peopleSince(integrationId, personIds, since) {
      const rows = await listed()
        .where({ integration_id: integrationId })
        .where('last_seen_at', '>=', since.getTime())
        .whereIn('person_id', [...personIds])
        .distinct('person_id');
      return rows.flatMap(({ person_id: id }) => id ?? []);
    },

    async lastLogins(personIds) {
      const rows: { person_id: string; integration_id: string; last: number | string }[] =
        await listed()
          .whereIn('person_id', [...personIds])
          .whereNotNull('last_login')
          .groupBy('person_id', 'integration_id')
          .select('person_id', 'integration_id')
          .max({ last: 'last_login' });
      return rows.map(({ person_id, integration_id, last }) => ({
        personId: person_id,
        integrationId: integration_id,
        at: time(Number(last)),
      }));
    },

    countOf: (roundId) => countOf(listed().where({ round_id: roundId })),

    countMatched: (roundId) =>
      countOf(listed().where({ round_id: roundId }).whereNotNull('person_id')),

    async matchedByFacts(roundId, personIds) {
      const rows = await listed()
        .where({ round_id: roundId, is_adopted: false })
        .whereIn('person_id', [...personIds])
        .whereNotNull('matched_fact_key');
      return rows.map((row) => ({ ...toListed(row), matchedFact: row.matched_fact_key ?? '' }));
    },

    async setNobodys(ids) {
      await listed()
        .whereIn('id', [...ids])
        .update({ person_id: null, matched_fact_key: null });
    },

    async setPeople(owners, by) {
      const ids = [...owners.keys()];
      const cases = 'when ? then ? '.repeat(ids.length);
      // One statement: in the first night everyone's account gets its person.
      await listed()
        .whereIn('id', ids)
        .where({ is_adopted: false })
        .update({
          person_id: db.raw(`case id ${cases}end`, [...owners].flat()),
          matched_fact_key: by === 'fact' ? db.ref('fact_key') : null,
        });
    },

    async adopt(id, personId) {
      await listed().where({ id }).update({ person_id: personId, is_adopted: true });
    },

    async deleteUnseen(integrationId, roundId, { before, limit }) {
      return listed()
        .whereIn(
          'id',
          listed()
            .where({ integration_id: integrationId })
            .whereNot({ round_id: roundId })
            .where('last_seen_at', '<', before.getTime())
            .select('id')
            .limit(limit),
        )
        .delete();
    },
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('listed_accounts', {
  id: text,
  integrationId: text,
  email: optional(text),
  name: text,
  fact: optional(text),
  lastLogin: optional(date),
  firstSeenAt: date,
  lastSeenAt: date,
  roundId: text,
  personId: optional(text),
  isAdopted: flag,
});

const toRow = (account: ListedAccount) => ({
  ...toColumns(account),
  account_key: account.key,
  fact_key: account.fact === undefined ? null : factKey(account.fact),
  matched_fact_key: null as string | null,
});

const toListed = (row: ListedRow): ListedAccount => ({ ...fromColumns(row), key: row.account_key });
