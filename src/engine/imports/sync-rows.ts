/** What a row of a page means: a new person, values for a known person, or a reason to leave it out. */

import { compact } from '../../core/compact.ts';
import { dayIn, startOfDay } from '../../core/days.ts';
import { storable } from '../../core/fold.ts';
import { beginningOfJson, isJsonObject, type Json } from '../../core/json.ts';
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type SyncManifest, storedKeysIn } from '../manifest/schema.ts';
import { checkDetails, problemsOf, readEmail } from '../people/person-details.ts';
import { readNotation } from '../templates/notation.ts';
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
  | { readonly kind: 'invalid'; readonly email?: string; readonly why: string }
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

/** Never throws, whatever the row is. @param timeZone the workspace's, an IANA name: an instant at which a day begins there is that day */
export function readRow(
  { action, dataStructure }: Structure,
  row: Json,
  timeZone: string,
): ReadRow {
  const { email: emailAt = 'email', ...others } = dataStructure;
  const given = readNotation(row, emailAt);
  const address = given.found && typeof given.value === 'string' ? given.value : '';
  const email = storable(address) === address ? readEmail(address) : undefined;
  if (email === undefined) return { kind: 'invalid', why: noEmail(given) };
  switch (action) {
    case 'create': {
      const firstName = textAt(row, others['first_name']);
      const lastName = textAt(row, others['last_name']);
      return Math.max(firstName.length, lastName.length) > LONGEST_NAME
        ? { kind: 'invalid', email, why: t`A name is longer than ${LONGEST_NAME} characters.` }
        : { kind: 'person', email, firstName, lastName, ...detailsAt(row, others, timeZone) };
    }
    case 'update': {
      const stored = valuesAt(row, others);
      if (Object.keys(stored).length === 0)
        return {
          kind: 'invalid',
          email,
          why: t`It has none of the values named in data_structure.`,
        };
      return beginningOfJson(stored, MAX_STORED + 1).length > MAX_STORED
        ? { kind: 'invalid', email, why: t`Its values are longer than ${MAX_STORED} characters.` }
        : { kind: 'values', email, stored };
    }
    default:
      return unreachable(action);
  }
}

/** Judges rows one by one; a bad row is only counted. One sorter per sync: it remembers the addresses that came before. */
export function rowSorter(
  manifest: Structure,
  { exists, isIgnored }: RowParts,
): (row: Json) => Promise<RowVerdict> {
  const seen = new Set<string>();

  return async (row) => {
    const read = readRow(manifest, row, 'UTC'); // No verdict depends on a day, so any zone will do.
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

function noEmail(given: ReturnType<typeof readNotation>): string {
  if (!given.found || given.value === null || given.value === '')
    return t`The email address is missing.`;
  if (typeof given.value === 'object') return t`The email address isn't text.`;
  const text = storable(toText(given.value));
  const shown = shorten(text, SHOWN_CHARACTERS);
  return t`"${shown}" isn't an email address.`;
}

type Details = { -readonly [K in DetailField]?: string };

/** A bad value is left out and reported; the person is imported anyway. */
function detailsAt(
  row: Json,
  structure: Readonly<Record<string, string>>,
  timeZone: string,
): { readonly details: RowDetails; readonly without?: string } {
  const errors: Details = {};
  const details: Details = {};
  for (const [key, field] of Object.entries(detailKeys)) {
    const text = fieldAt(row, structure[key]);
    if (text === undefined) continue;
    const value = isDay(field) ? dayOf(text, timeZone) : text;
    if (value === '' && field === 'employeeId') continue; // It says nothing about who it is.
    const wrong = value === '' ? undefined : wrongWith(field, value);
    if (wrong !== undefined) errors[field === 'managerId' ? 'managerEmail' : field] = wrong;
    else details[field] = field === 'managerEmail' ? (readEmail(value) ?? '') : value;
  }
  const { endDate: wrongEnd, ...others } = errors;
  const problems = compact([
    ...problemsOf(others),
    wrongEnd !== undefined && t`last day: ${wrongEnd}`,
  ]);
  const stored = valuesAt(row, ofNames(structure, storedKeysIn(Object.keys(structure), 'create')));
  const isTooLong = beginningOfJson(stored, MAX_STORED + 1).length > MAX_STORED;
  if (isTooLong) problems.push(t`its other values: they are longer than ${MAX_STORED} characters`);
  const all: RowDetails =
    isTooLong || Object.keys(stored).length === 0 ? details : { ...details, stored };
  return problems.length === 0
    ? { details: all }
    : {
        details: all,
        without: problems.map((problem) => t`Imported without ${problem}.`).join(' '),
      };
}

const ofNames = (
  structure: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(structure).filter(([name]) => names.includes(name)));

const isDay = (field: DetailField): boolean => field === 'startDate' || field === 'endDate';

function wrongWith(field: DetailField, value: string): string | undefined {
  if (field === 'managerEmail') return checkDetails({ email: value }).email;
  if (field === 'managerId') return checkDetails({ employeeId: value }).employeeId;
  if (field === 'endDate') return checkDetails({ startDate: value }).startDate;
  return checkDetails({ [field]: value })[field];
}

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

/** Undefined where the row doesn't say: it lacks the value, or has an object or a list there. Empty: it says that there is none. */
function fieldAt(row: Json, notation: string | undefined): string | undefined {
  if (notation === undefined) return undefined;
  const found = readNotation(row, notation);
  if (!found.found) return hasNullAbove(row, notation) ? '' : undefined;
  return isJsonObject(found.value) || Array.isArray(found.value)
    ? undefined
    : storable(toText(found.value)).trim();
}

/** `{"manager": null}` says that there is no `manager.email`. */
function hasNullAbove(row: Json, notation: string): boolean {
  const path = notation.trim().split('.');
  return path.slice(1).some((_, index) => {
    const above = readNotation(row, path.slice(0, index + 1).join('.'));
    return above.found && above.value === null;
  });
}

/** Empty where the row doesn't say. */
export const textAt = (row: Json, notation: string | undefined): string =>
  fieldAt(row, notation) ?? '';

/** The values of the row. A missing value leaves the stored one as it was. */
function valuesAt(
  row: Json,
  structure: Readonly<Record<string, string>>,
): Readonly<Record<string, Json>> {
  const entries: [string, Json][] = [];
  for (const [key, notation] of Object.entries(structure)) {
    const found = readNotation(row, notation);
    if (found.found) entries.push([key, found.value]);
  }
  return Object.fromEntries(entries);
}
