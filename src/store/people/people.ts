import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { factKey } from '../../core/fold.ts';
import type { Person } from '../../engine/people/directory.ts';
import { hasReadableFacts, leftoversOf, withoutStored } from '../../engine/people/stored-values.ts';
import type { PeopleStore } from '../../engine/ports/people-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { holdLock } from '../advisory-locks.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { phoneDigits, withWords } from '../work/columns.ts';
import { insertRows } from '../work/insert-rows.ts';
import { lookUp } from '../work/look-up.ts';
import { rowsReturned } from '../work/many-rows.ts';
import { countOf, pageOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';
import { type PersonRow, personColumns, type ReadColumns, toPerson, toRow } from './person-rows.ts';
import { factsCalled, havingStored, holdFacts, rewriteStored } from './stored-facts.ts';

/** Ids in one statement, since databases limit the number of parameters. */
const IDS_AT_ONCE = 500;

export function createPeopleStore(db: Knex): PeopleStore {
  const people = () => db<PersonRow>('people');
  const those = (who: 'active' | 'everybody' | 'left') =>
    who === 'everybody' ? people() : people().where({ active: who === 'active' });
  const reporting = (managerId: string) => people().where({ manager_id: managerId, active: true });
  const pageAfter = (afterId: string, limit: number) =>
    people().where('id', '>', afterId).orderBy('id').limit(limit);

  return {
    async hold(id) {
      const row = await people().where({ id }).first().forNoKeyUpdate(); // SQLite has one writer at a time anyway.
      return row && toPerson(row);
    },

    async holdMany(ids, how) {
      const wanted = people().whereIn('id', ids).orderBy('id');
      return (await (how === 'shared' ? wanted.forShare() : wanted.forNoKeyUpdate())).map(toPerson);
    },

    async lockCompared() {
      await holdLock(db, 'people');
    },

    async findMany(ids) {
      const found = new Map<string, Person>();
      for (const some of chunksOf(ids, IDS_AT_ONCE))
        for (const row of await people().whereIn('id', some)) found.set(row.id, toPerson(row));
      return ids.flatMap((id) => found.get(id) ?? []);
    },

    async addresses(ids) {
      const by = { table: 'people', column: 'id', columns: ['id', 'email'] };
      const rows = await lookUp<Pick<PersonRow, 'id' | 'email'>>(db, by, ids);
      return new Map(rows.map(({ id, email }) => [id, email]));
    },

    async managersAbove(ids) {
      const [row] = await rowsReturned<PairsRow>(db, MANAGERS_ABOVE, JSON.stringify(ids));
      return new Map(JSON.parse(row?.found ?? '[]') as [string, string][]); // As the statement makes it.
    },

    async timeZoneOf(id) {
      const row = await people().where({ id }).first('time_zone');
      return row?.time_zone ?? undefined;
    },

    async findByEmail(email) {
      const row = await people()
        .where({ email: factKey(email) })
        .first();
      return row && toPerson(row);
    },

    async findByEmails(emails) {
      const by = { table: 'people', column: 'email', columns: personColumns };
      const rows = await lookUp<ReadColumns>(db, by, emails);
      return rows.map(toPerson);
    },

    async findByEmployeeIds(ids) {
      const rows = await lookUp<ReadColumns>(
        db,
        { table: 'people', column: 'employee_id', columns: personColumns, ofEach: 2 },
        ids,
      );
      return rows.map(toPerson);
    },

    async idsByEmployeeIds(ids) {
      const rows = await lookUp<Pick<PersonRow, 'id' | 'employee_id'>>(
        db,
        { table: 'people', column: 'employee_id', columns: ['id', 'employee_id'], ofEach: 2 },
        ids,
      );
      return rows.map(({ id, employee_id: employeeId }) => ({ id, employeeId: employeeId ?? '' }));
    },

    async findByPhone(phone) {
      const digits = phoneDigits(phone);
      if (digits === '') return undefined;
      // We compare here, since each database would need different SQL. This is rare.
      const numbered = await people()
        .where({ active: true })
        .whereNotNull('phone')
        .select('id', 'phone');
      const [found, ...others] = numbered.filter((row) => phoneDigits(row.phone ?? '') === digits);
      if (!found || others.length > 0) return undefined;
      const row = await people().where({ id: found.id }).first();
      return row && toPerson(row);
    },

    async search(text, page, who = 'active') {
      const matching = () => withWords(those(who), 'search_text', text);
      const { rows, total } = await pageOf(matching, page, ['search_text', 'id']);
      return { people: rows.map(toPerson), total };
    },

    async searchAfter(afterId, limit, { text, who }) {
      const rows = await withWords(those(who), 'search_text', text)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit);
      return rows.map(toPerson);
    },

    async withFact(name, value) {
      return this.findMany((await this.withFacts(name, [value])).get(value) ?? []);
    },

    async withFacts(name, values) {
      await holdFacts(db, name);
      const holders = new Map(values.map((value) => [factKey(value), [] as string[]]));
      for (const { id, value, unread } of await factsCalled(db, name)) {
        if (unread === undefined) holders.get(factKey(value ?? ''))?.push(id);
        else for (const fact of unread) holders.get(fact)?.push(id);
      }
      return new Map(
        values.flatMap((value): [string, readonly string[]][] => {
          const ids = holders.get(factKey(value)) ?? [];
          return ids.length > 0 ? [[value, ids]] : [];
        }),
      );
    },

    activeAfter: (afterId, limit) =>
      people()
        .where({ active: true })
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .pluck('id'),

    async admins() {
      const rows = await people()
        .whereRaw("role = 'admin'") // As in the index. With a bound value SQLite can't use it.
        .where({ active: true })
        .orderBy(['search_text', 'id']);
      return rows.map(toPerson);
    },

    async reportsOf(managerId) {
      return (await reporting(managerId).orderBy(['search_text', 'id'])).map(toPerson);
    },

    async reports(managerId, page) {
      const { rows, total } = await pageOf(() => reporting(managerId), page, ['search_text', 'id']);
      return { people: rows.map(toPerson), total };
    },

    hasReports: async (managerId) => (await reporting(managerId).first('id')) !== undefined,

    async whoNames(id) {
      const rows = await people().where({ manager_id: id }).orWhere({ buddy_id: id }).orderBy('id');
      return rows.map(toPerson);
    },

    async startingBetween(from, until, page) {
      const matching = () =>
        people()
          .where({ active: true })
          .where('start_date', '>=', from)
          .where('start_date', '<=', until);
      const { rows, total } = await pageOf(matching, page, ['start_date', 'search_text', 'id']);
      return { people: rows.map(toPerson), total };
    },

    addedBy: (importId, afterId, limit) =>
      people()
        .where({ added_by_import: importId })
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .pluck('id'),

    countAddedBy: (importId) => countOf(people().where({ added_by_import: importId })),

    async activePage(afterId, limit) {
      return (await pageAfter(afterId, limit).where({ active: true })).map(toPerson);
    },

    everyPage: async (afterId, limit) => (await pageAfter(afterId, limit)).map(toPerson),

    async departments() {
      const rows = await people()
        .where({ active: true })
        .whereNotNull('department')
        .distinct('department')
        .orderBy('department');
      return rows.flatMap(({ department }) => department || []);
    },

    async insert(person) {
      return insertUnlessTaken(people(), toRow(person), 'email');
    },

    async insertMany(many) {
      await insertRows(db, 'people', many.map(toRow));
    },

    async saveManagers(changed) {
      if (changed.length === 0) return;
      const given = changed.map(({ id, version, managerId }) => ({ id, version, managerId }));
      const saved = await rowsReturned<Identified>(db, SAVE_MANAGERS, JSON.stringify(given));
      const ids = new Set(saved.map(({ id }) => id));
      const stale = changed.find(({ id }) => !ids.has(id));
      if (stale) throw new StaleWrite('person', stale.id, stale.version);
    },

    async dropLeftovers(leftovers) {
      let count = 0;
      const ids = await havingStored(db, [...new Set(leftovers.map(({ name }) => name))]);
      for (const some of chunksOf(ids, IDS_AT_ONCE)) {
        const rows = await people().whereIn('id', some).orderBy('id').forNoKeyUpdate();
        const changed = rows
          .map(toPerson)
          .filter(hasReadableFacts)
          .flatMap((person) => {
            const names = leftoversOf(person, leftovers);
            return names.length > 0 ? [toRow(withoutStored(person, names))] : [];
          });
        await rewriteStored(db, changed);
        count += changed.length;
      }
      return count;
    },

    async noteChatLocale(id, locale) {
      await people().where({ id }).update({ chat_locale: locale });
    },

    ...savedRows(people, 'person', { toRow, fromRow: toPerson }),
  };
}

interface PairsRow {
  /** Pairs as JSON. */
  readonly found: string | null;
}

/** `union` leaves out who was found before, so a circle ends. Each level looks up the few people of its own, by their ids. */
const MANAGERS_ABOVE = {
  sqlite: `with recursive above(id) as (
      select value from json_each(?)
      union select people.manager_id from above cross join people on people.id = above.id
        where people.manager_id is not null)
    select json_group_array(json_array(people.id, people.manager_id)) as found
    from above cross join people on people.id = above.id where people.manager_id is not null`,
  postgres: `with recursive above(id) as (
      select value from json_array_elements_text(?) as given(value)
      union select found.manager_id from above cross join lateral (
        select manager_id from people where people.id = above.id limit 1) as found
        where found.manager_id is not null)
    select json_agg(json_build_array(above.id, found.manager_id))::text as found
    from above cross join lateral (
      select manager_id from people where people.id = above.id limit 1) as found
    where found.manager_id is not null`,
} as const;

type Identified = Pick<PersonRow, 'id'>;

/** PostgreSQL locks them in the order of their ids, as `holdMany` does. */
const SAVE_MANAGERS = {
  sqlite: `update people set manager_id = given.value ->> 'managerId', version = people.version + 1
    from json_each(?) as given
    where people.id = given.value ->> 'id' and people.version = given.value ->> 'version'
    returning people.id`,
  postgres: `with given as (
      select * from json_to_recordset(?) as given(id text, version integer, "managerId" text)
    ), held as materialized (
      select people.id from people join given on people.id = given.id order by people.id for no key update of people
    )
    update people set manager_id = given."managerId", version = people.version + 1
    from given join held on held.id = given.id
    where people.id = given.id and people.version = given.version
    returning people.id`,
} as const;
