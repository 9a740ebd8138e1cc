/** A person as a row of `people`, and back. */
import { withSpellings } from '../../core/fold.ts';
import { isJsonObject, type JsonObject, jsonIn, stringifyJson } from '../../core/json.ts';
import { type Facts, type Person, ROLES } from '../../engine/people/directory.ts';
import { hasAddress } from '../../engine/people/no-address.ts';
import { msOrNull, oneOf, type RowOf, time, wordsOf } from '../work/columns.ts';

export type PersonRow = RowOf<typeof toRow>;

/** What a person is read from: all but what searches look in. */
export type ReadColumns = Omit<PersonRow, 'search_text'>;
export const personColumns = Object.keys({
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

export const roles = wordsOf(ROLES);

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

/** Undefined where the text is damaged. */
export function objectIn(text: string): JsonObject | undefined {
  const read = jsonIn(text);
  return read !== undefined && isJsonObject(read) ? read : undefined;
}

export function toRow(person: Person) {
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
