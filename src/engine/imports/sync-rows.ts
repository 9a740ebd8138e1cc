/** What a row of a page means: a new person, values for a known person, or a reason to leave it out. */
import { compact } from '../../core/compact.ts';
import { dayIn, startOfDay } from '../../core/days.ts';
import { storable } from '../../core/fold.ts';
import { beginningOfJson, isJsonObject, type Json } from '../../core/json.ts';
import { shorten } from '../../core/shorten.ts';
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type SyncManifest, storedKeysIn } from '../manifest/schema.ts';
import { type PersonField, problemsOf, problemWith, readEmail } from '../people/person-details.ts';
import { type FoundValue, notationReader } from '../templates/notation.ts';
import { toText } from '../templates/render.ts';
import { type DetailField, detailKeys, type RowDetails } from './row-details.ts';
import type { SkipReason } from './sync-run.ts';

export type RowVerdict =
  | {
      readonly kind: 'create';
      readonly email: string;
      readonly firstName: string;
      readonly lastName: string;
    }
  | {
      readonly kind: 'update';
      readonly email: string;
      readonly stored: Readonly<Record<string, Json>>;
    }
  | { readonly kind: 'skip'; readonly reason: SkipReason; readonly email?: string };

export interface RowParts {
  /** Whether a person in the directory has that address (trimmed, lower case). */
  readonly exists: (email: string) => Promise<boolean>;
  readonly isIgnored: (email: string) => Promise<boolean>;
}

/** What a row says, without a look into the directory. */
export type ReadRow =
  | {
      readonly kind: 'invalid';
      readonly email?: string;
      /** Of a row without an address, as far as it has them. */
      readonly firstName?: string;
      readonly lastName?: string;
      readonly why: string;
    }
  | {
      readonly kind: 'person';
      readonly email: string;
      readonly firstName: string;
      readonly lastName: string;
      readonly details: RowDetails;
      /** Which of its values are left out, and why: sentences. */
      readonly without?: string;
    }
  | {
      readonly kind: 'values';
      readonly email: string;
      readonly stored: Readonly<Record<string, Json>>;
    };

type Structure = Pick<SyncManifest, 'action' | 'dataStructure'>;

/** Characters. A longer name is a mistake, and would break every card. */
const LONGEST_NAME = 200;
/** Limit of what an update stores with a person, since people are read in many places. */
const MAX_STORED = 16 * 1024;

/**
 * Reads rows of a source. What does not depend on a row is worked out here, once. It never throws, whatever a row is.
 * @param timeZone the workspace's, an IANA name: an instant at which a day begins there is that day
 */
export function rowReader(
  { action, dataStructure }: Structure,
  timeZone: string,
): (row: Json) => ReadRow {
  const { email: emailAt = 'email', ...others } = dataStructure;
  const emailIn = notationReader(emailAt);
  const namesIn = namesReader(action === 'create' ? others : {});
  const readOthers = othersReader(action, others, timeZone);
  return (row) => {
    const given = emailIn(row);
    const address = given.found && typeof given.value === 'string' ? given.value : '';
    const email = storable(address) === address ? readEmail(address) : undefined;
    if (email !== undefined) return readOthers(row, email);
    const { firstName, lastName } = namesIn(row);
    return {
      kind: 'invalid',
      firstName: shorten(firstName, LONGEST_NAME),
      lastName: shorten(lastName, LONGEST_NAME),
      why: noEmail(given),
    };
  };
}

interface Names {
  readonly firstName: string;
  readonly lastName: string;
}

/** Empty where the row doesn't say. */
function namesReader(others: Notations): (row: Json) => Names {
  const firstNameIn = fieldReader(others['first_name']);
  const lastNameIn = fieldReader(others['last_name']);
  return (row) => ({ firstName: firstNameIn(row) ?? '', lastName: lastNameIn(row) ?? '' });
}

type Notations = Readonly<Record<string, string>>;

function othersReader(
  action: SyncManifest['action'],
  others: Notations,
  timeZone: string,
): (row: Json, email: string) => ReadRow {
  switch (action) {
    case 'create': {
      const namesIn = namesReader(others);
      const detailsIn = detailsReader(others, timeZone);
      return (row, email) => {
        const { firstName, lastName } = namesIn(row);
        return Math.max(firstName.length, lastName.length) > LONGEST_NAME
          ? { kind: 'invalid', email, why: t`A name is longer than ${LONGEST_NAME} characters.` }
          : { kind: 'person', email, firstName, lastName, ...detailsIn(row) };
      };
    }
    case 'update': {
      const valuesIn = valuesReader(others);
      return (row, email) => {
        const stored = valuesIn(row);
        if (Object.keys(stored).length === 0)
          return {
            kind: 'invalid',
            email,
            why: t`It has none of the values named in data_structure.`,
          };
        return isTooLong(stored)
          ? { kind: 'invalid', email, why: t`Its values are longer than ${MAX_STORED} characters.` }
          : { kind: 'values', email, stored };
      };
    }
    default:
      return unreachable(action);
  }
}

const isTooLong = (stored: Readonly<Record<string, Json>>): boolean =>
  beginningOfJson(stored, MAX_STORED + 1).length > MAX_STORED;

/** Judges rows one by one; a bad row is only counted. One sorter per sync: it remembers the addresses that came before. */
export function rowSorter(
  manifest: Structure,
  { exists, isIgnored }: RowParts,
): (row: Json) => Promise<RowVerdict> {
  const seen = new Set<string>();
  const readRow = rowReader(manifest, 'UTC'); // No verdict depends on a day, so any zone will do.

  return async (row) => {
    const read = readRow(row);
    const { email } = read;
    if (email === undefined) return { kind: 'skip', reason: 'invalid' };
    if (seen.has(email)) return { kind: 'skip', reason: 'duplicate', email };
    seen.add(email);
    const isHere = await exists(email);
    if (manifest.action === 'update' && !isHere) return { kind: 'skip', reason: 'unknown', email };
    switch (read.kind) {
      case 'invalid':
        return { kind: 'skip', reason: 'invalid', email };
      case 'person':
        if (isHere) return { kind: 'skip', reason: 'existing', email };
        if (await isIgnored(email)) return { kind: 'skip', reason: 'ignored', email };
        return { kind: 'create', email, firstName: read.firstName, lastName: read.lastName };
      case 'values':
        return { kind: 'update', email, stored: read.stored };
      default:
        return unreachable(read);
    }
  };
}

const SHOWN_CHARACTERS = 100;

function noEmail(given: FoundValue): string {
  if (!given.found || given.value === null || given.value === '')
    return t`The email address is missing.`;
  if (typeof given.value === 'object') return t`The email address isn't text.`;
  const text = storable(toText(given.value));
  const shown = shorten(text, SHOWN_CHARACTERS);
  return t`"${shown}" isn't an email address.`;
}

type Details = { -readonly [K in DetailField]?: string };

/** A bad value is left out and reported; the person is imported anyway. */
function detailsReader(
  structure: Notations,
  timeZone: string,
): (row: Json) => { readonly details: RowDetails; readonly without?: string } {
  const fields = Object.entries(detailKeys).flatMap(([key, field]) => {
    const notation = structure[key];
    return notation === undefined ? [] : [{ field, valueIn: fieldReader(notation) }];
  });
  const stored = storedKeysIn(Object.keys(structure), 'create');
  const storedIn = valuesReader(
    Object.fromEntries(Object.entries(structure).filter(([name]) => stored.includes(name))),
  );
  return (row) => {
    const errors: Details = {};
    const details: Details = {};
    for (const { field, valueIn } of fields) {
      const text = valueIn(row);
      if (text === undefined) continue;
      const value = isDay(field) ? dayOf(text, timeZone) : text;
      if (value === '' && field === 'employeeId') continue; // It says nothing about who it is.
      const wrong = value === '' ? undefined : problemWith(CHECKED_AS[field], value);
      if (wrong !== undefined) errors[field === 'managerId' ? 'managerEmail' : field] = wrong;
      else details[field] = field === 'managerEmail' ? (readEmail(value) ?? '') : value;
    }
    return withStored(details, errors, storedIn(row));
  };
}

function withStored(
  details: Details,
  { endDate: wrongEnd, ...others }: Details,
  stored: Readonly<Record<string, Json>>,
): { readonly details: RowDetails; readonly without?: string } {
  const isEmpty = Object.keys(stored).length === 0;
  const leavesOut = !isEmpty && isTooLong(stored);
  const problems = compact([
    ...problemsOf(others),
    wrongEnd !== undefined && t`last day: ${wrongEnd}`,
  ]).map((problem) => (/[.!?]$/.test(problem) ? problem : `${problem}.`));
  const all: RowDetails = isEmpty || leavesOut ? details : { ...details, stored };
  if (problems.length === 0 && !leavesOut) return { details: all };
  // Each problem is a sentence of its own: inside another one it would not be translated.
  const without = sentences(
    ...problems,
    leavesOut && t`The other values are longer than ${MAX_STORED} characters.`,
    problems.length === 1 && !leavesOut
      ? t`Imported without this value.`
      : t`Imported without these values.`,
  );
  return { details: all, without };
}

const isDay = (field: DetailField): boolean => field === 'startDate' || field === 'endDate';

/** The field of a person whose rules each has. */
const CHECKED_AS: Readonly<Record<DetailField, PersonField>> = {
  phone: 'phone',
  position: 'position',
  department: 'department',
  startDate: 'startDate',
  endDate: 'startDate',
  managerEmail: 'email',
  managerId: 'employeeId',
  timeZone: 'timeZone',
  employeeId: 'employeeId',
};

/** How sources write that there is no such day: MySQL; SAP and many others; Oracle. */
const NO_DAYS: readonly string[] = ['0000-00-00', '9999-12-31', '4712-12-31'];
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ][\d:.]+(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Also accepts `2026-11-24T00:00:00Z` as that day. A source that keeps days as instants writes the 24th of Berlin as
 * `2026-11-23T23:00:00Z`.
 */
function dayOf(text: string, timeZone: string): string {
  const written = /^\d{4}-\d{2}-\d{2}(?=[T ])/.exec(text)?.[0] ?? text;
  const day = (INSTANT.test(text) && dayBeginning(new Date(text), timeZone)) || written;
  return NO_DAYS.includes(written) || NO_DAYS.includes(day) ? '' : day;
}

/** The day that begins there at this instant. */
function dayBeginning(at: Date, timeZone: string): string | undefined {
  if (Number.isNaN(at.getTime())) return undefined;
  const day = dayIn(timeZone, at);
  const isInReach = /^\d{4}-/.test(day); // .NET writes 0001-01-01T00:00:00Z where there is none.
  return isInReach && startOfDay(day, timeZone).getTime() === at.getTime() ? day : undefined;
}

/**
 * Undefined where the row doesn't say: it lacks the value, or has an object or a list there. Empty: it says that there is none, as
 * `{"manager": null}` says of `manager.email`.
 */
function fieldReader(notation: string | undefined): (row: Json) => string | undefined {
  if (notation === undefined) return () => undefined;
  const path = notation.trim().split('.');
  const find = notationReader(notation);
  const above = path.slice(1).map((_, at) => notationReader(path.slice(0, at + 1).join('.')));
  const isNull = (found: FoundValue): boolean => found.found && found.value === null;
  return (row) => {
    const found = find(row);
    if (!found.found) return above.some((each) => isNull(each(row))) ? '' : undefined;
    return isJsonObject(found.value) || Array.isArray(found.value)
      ? undefined
      : storable(toText(found.value)).trim();
  };
}

/** Empty where the row doesn't say. */
export const textAt = (row: Json, notation: string | undefined): string =>
  fieldReader(notation)(row) ?? '';

/** The values of the row. A missing value leaves the stored one as it was. */
function valuesReader(structure: Notations): (row: Json) => Readonly<Record<string, Json>> {
  const values = Object.entries(structure).map(
    ([key, notation]) => [key, notationReader(notation)] as const,
  );
  return (row) =>
    Object.fromEntries(
      values.flatMap(([key, valueIn]): [string, Json][] => {
        const found = valueIn(row);
        return found.found ? [[key, found.value]] : [];
      }),
    );
}
