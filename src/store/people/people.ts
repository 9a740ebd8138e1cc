import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { factKey, withSpellings } from '../../core/fold.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  jsonIn,
  stringifyJson,
} from '../../core/json.ts';
import type { Facts, Person, Role } from '../../engine/people/directory.ts';
import { hasAddress } from '../../engine/people/no-address.ts';
import { hasReadableFacts, leftoversOf, withoutStored } from '../../engine/people/stored-values.ts';
import type { PeopleStore } from '../../engine/ports/people-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { holdLock, holdLockOf } from '../advisory-locks.ts';
import { dialectOf } from '../database.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { msOrNull, oneOf, phoneDigits, type RowOf, time, withWords } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { insertRows } from '../work/insert-rows.ts';
import { lookUp } from '../work/look-up.ts';
import { rowsReturned } from '../work/many-rows.ts';
import { saveVersioned } from '../work/save-versioned.ts';
import { countOf, pageOf } from '../work/total.ts';
import { factsIn } from './facts-in-text.ts';

export type PersonRow = RowOf<typeof toRow>;

/** What a person is read from: all but what searches look in. */
type ReadColumns = Omit<PersonRow, 'search_text'>;
const columns = Object.keys({
  id: true,
  version: true,
  email: true,
  first_name: true,
  last_name: true,
  phone: true,
  position: true,
  department: true,
  manager_id: true,
  buddy_id: true,
  start_date: true,
  end_date: true,
  time_zone: true,
  employee_id: true,
  locale: true,
  chat_locale: true,
  role: true,
  active: true,
  address_since: true,
  exchanged_at: true,
  stored: true,
  stored_by: true,
  added_by_import: true,
} satisfies Record<keyof ReadColumns, true>);

/** Ids in one statement, since databases limit the number of parameters. */
const IDS_AT_ONCE = 500;

export const roles: Record<Role, true> = {
  admin: true,
  auditor: true,
  helpdesk: true,
  manager: true,
  new_hire: true,
  other: true,
};

export function createPeopleStore(db: Knex): PeopleStore {
  const people = () => db<PersonRow>('people');
  const those = (who: 'active' | 'everybody' | 'left') =>
    who === 'everybody' ? people() : people().where({ active: who === 'active' });
  const reporting = (managerId: string) => people().where({ manager_id: managerId, active: true });
  const pageAfter = (afterId: string, limit: number) =>
    people().where('id', '>', afterId).orderBy('id').limit(limit);

  return {
    find: findBy('id', people, toPerson),

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
      const by = { table: 'people', column: 'email', columns };
      const rows = await lookUp<ReadColumns>(db, by, emails);
      return rows.map(toPerson);
    },

    async findByEmployeeIds(ids) {
      const rows = await lookUp<ReadColumns>(
        db,
        { table: 'people', column: 'employee_id', columns, ofEach: 2 },
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

    save: (person) => saveVersioned(people(), 'person', person, toRow),

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
  };
}

/**
 * One lock for a name, whatever the number of values: PostgreSQL has one lock table for all sessions, and a few thousand
 * locks fill it. Another confirmation under this name waits for a moment.
 */
async function holdFacts(db: Knex, name: string): Promise<void> {
  await holdLockOf(db, ['fact', name]);
}

interface Fact {
  readonly id: string;
  /** Null: they have the name, and no value. */
  readonly value: string | null;
  /** All that may be a value of theirs, where what is stored with them can't be read. */
  readonly unread?: ReadonlySet<string>;
}

/**
 * We read and compare texts here, since the databases fold different letters, round large numbers, and fail a statement for everyone at
 * one text that is damaged. A person with a damaged text has what is found in it.
 */
async function factsCalled(db: Knex, name: string): Promise<readonly Fact[]> {
  const rows = await mentioning(db, [name])
    .where({ active: true })
    .orderBy('id')
    .select('id', 'stored');
  return rows.flatMap(({ id, stored }): readonly Fact[] => {
    const all = objectIn(stored);
    if (!all) return [{ id, value: null, unread: factsIn(stored) }];
    return Object.hasOwn(all, name) ? [{ id, value: textOf(all[name] ?? null) }] : [];
  });
}

const textOf = (value: Json): string | null =>
  value === null || typeof value === 'string' ? value : stringifyJson(value);

/** Everyone with a value under one of these names, including people who have left, and a few more. */
async function havingStored(db: Knex, names: readonly string[]): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const some of chunksOf(names, NAMES_AT_ONCE))
    for (const id of await mentioning(db, some).pluck('id')) ids.add(id);
  return [...ids].toSorted(); // Everyone who locks several people uses the same order.
}

/** In one statement: each is looked for in everyone's text. */
const NAMES_AT_ONCE = 50;

/** Those whose facts have one of these names as a key, and a few more. */
const mentioning = (db: Knex, names: readonly string[]) =>
  db<PersonRow>('people').where((either) => {
    const position = dialectOf(db) === 'postgres' ? 'strpos' : 'instr';
    for (const name of names)
      either.orWhereRaw(`${position}(stored, ?) > 0`, [JSON.stringify(name)]);
  });

/** In one statement, since there may be thousands and an admin waits. */
async function rewriteStored(db: Knex, rows: readonly ReturnType<typeof toRow>[]): Promise<void> {
  if (rows.length === 0) return;
  const json = JSON.stringify(rows.map(({ id, stored, stored_by }) => ({ id, stored, stored_by })));
  await db.raw(REWRITE_STORED[dialectOf(db)], [json]);
}

const REWRITE_STORED = {
  sqlite: `update people set stored = given.value ->> 'stored', stored_by = given.value ->> 'stored_by', version = people.version + 1
    from json_each(?) as given
    where people.id = given.value ->> 'id'`,
  postgres: `update people set stored = given.stored, stored_by = given.stored_by, version = people.version + 1
    from json_to_recordset(?) as given(id text, stored text, stored_by text)
    where people.id = given.id`,
} as const;

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

/** Facts are read once, where someone needs them. */
export function toPerson(row: ReadColumns): Person {
  const { stored: text, stored_by: writers } = row;
  let facts: FactsRead | undefined;
  const read = () => (facts ??= readFacts(text, writers));
  // An import reads every person whom its source has, so nothing is copied.
  const person: { -readonly [K in keyof Person]: Person[K] } = {
    id: row.id,
    version: row.version,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    role: oneOf(roles, row.role, 'people.role'),
    active: Boolean(row.active),
    get stored() {
      return read().stored;
    },
  };
  if (row.phone !== null) person.phone = row.phone;
  if (row.position !== null) person.position = row.position;
  if (row.department !== null) person.department = row.department;
  if (row.manager_id !== null) person.managerId = row.manager_id;
  if (row.buddy_id !== null) person.buddyId = row.buddy_id;
  if (row.start_date !== null) person.startDate = row.start_date;
  if (row.end_date !== null) person.endDate = row.end_date;
  if (row.time_zone !== null) person.timeZone = row.time_zone;
  if (row.employee_id !== null) person.employeeId = row.employee_id;
  if (row.locale !== null) person.locale = row.locale;
  if (row.chat_locale !== null) person.chatLocale = row.chat_locale;
  if (row.address_since !== null) person.addressSince = time(row.address_since);
  if (row.exchanged_at !== null) person.exchangedAt = time(row.exchanged_at);
  if (row.added_by_import !== null) person.addedByImport = row.added_by_import;
  if (writers === null) return person;
  const get = () => read().storedBy;
  return Object.defineProperty(person, 'storedBy', { get, enumerable: true });
}

type FactsRead = Pick<Person, 'stored' | 'storedBy'>;

function readFacts(text: string, writers: string | null): FactsRead {
  const stored: Facts | undefined = objectIn(text);
  const written = writers === null ? {} : objectIn(writers);
  if (!stored || !written) return { stored: 'unread' };
  const named = Object.entries(written).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { stored, storedBy: Object.fromEntries(named) };
}

const hasAny = (writers: Person['storedBy']): writers is NonNullable<Person['storedBy']> =>
  writers !== undefined && Object.keys(writers).length > 0;

function objectIn(text: string): JsonObject | undefined {
  const read = jsonIn(text);
  return read !== undefined && isJsonObject(read) ? read : undefined;
}

function toRow(person: Person) {
  return {
    id: person.id,
    version: person.version,
    email: person.email,
    first_name: person.firstName,
    last_name: person.lastName,
    phone: person.phone ?? null,
    position: person.position ?? null,
    department: person.department ?? null,
    manager_id: person.managerId ?? null,
    buddy_id: person.buddyId ?? null,
    start_date: person.startDate ?? null,
    end_date: person.endDate ?? null,
    time_zone: person.timeZone ?? null,
    employee_id: person.employeeId ?? null,
    locale: person.locale ?? null,
    chat_locale: person.chatLocale ?? null,
    role: person.role,
    active: person.active,
    address_since: msOrNull(person.addressSince),
    exchanged_at: msOrNull(person.exchangedAt),
    // What can't be read stays as it is.
    ...(person.stored !== 'unread' && {
      stored: stringifyJson(person.stored),
      stored_by: hasAny(person.storedBy) ? stringifyJson(person.storedBy) : null,
    }),
    added_by_import: person.addedByImport ?? null,
    search_text: withSpellings(
      `${person.firstName} ${person.lastName} ${hasAddress(person) ? person.email : ''}`.trim(),
    ),
  };
}
