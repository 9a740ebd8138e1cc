import type { Knex } from 'knex';
import { factKey } from '../../core/fold.ts';
import type { ListedAccount } from '../../engine/findings/finding.ts';
import type { ListedAccountStore } from '../../engine/ports/finding-stores.ts';
import { msOrNull, time, timeOrNull, withoutNulls } from '../work/columns.ts';
import { findBy, findManyById } from '../work/find-by.ts';
import { countOf } from '../work/total.ts';

interface ListedRow {
  readonly id: string;
  readonly integration_id: string;
  readonly account_key: string;
  readonly email: string | null;
  readonly name: string;
  readonly fact: string | null;
  readonly fact_key: string | null;
  readonly last_login: number | null;
  /** Written, since its column may not be empty, and not read. */
  readonly first_seen_at: number;
  readonly last_seen_at: number;
  readonly round_id: string;
  readonly person_id: string | null;
  readonly matched_fact_key: string | null;
  /** SQLite keeps 0 and 1. */
  readonly is_adopted: boolean | number;
}

export function createListedAccountStore(db: Knex): ListedAccountStore {
  const listed = () => db<ListedRow>('listed_accounts');
  return {
    async put(rows, { integrationId, roundId, at, newId }) {
      if (rows.length === 0) return;
      await listed()
        .insert(
          rows.map(
            ({ key, email, name, fact, lastLogin }): ListedRow => ({
              id: newId(),
              integration_id: integrationId,
              account_key: key,
              email: email ?? null,
              name,
              fact: fact ?? null,
              fact_key: fact === undefined ? null : factKey(fact),
              last_login: msOrNull(lastLogin),
              first_seen_at: at.getTime(),
              last_seen_at: at.getTime(),
              round_id: roundId,
              person_id: null,
              matched_fact_key: null,
              is_adopted: false,
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

const toListed = (row: ListedRow): ListedAccount =>
  withoutNulls({
    id: row.id,
    integrationId: row.integration_id,
    key: row.account_key,
    email: row.email,
    name: row.name,
    fact: row.fact,
    lastLogin: timeOrNull(row.last_login),
    lastSeenAt: time(row.last_seen_at),
    roundId: row.round_id,
    personId: row.person_id,
    isAdopted: Boolean(row.is_adopted),
  });
