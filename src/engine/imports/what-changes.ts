/**
 * What a row changes of someone who is in the directory. It fills what is empty. What the import *owns*, it also updates and
 * clears.
 */
import { type Json, stringifyJson } from '../../core/json.ts';
import type { Person } from '../people/directory.ts';
import { hasAddress } from '../people/no-address.ts';
import { givesRights } from '../people/permission.ts';
import type { PersonDetails } from '../people/person-details.ts';
import { hasReadableFacts, isBroughtBy, knownFacts } from '../people/stored-values.ts';
import type { RowDetails } from './row-details.ts';
import type { SyncRow } from './sync-run.ts';

/** By their names in `data_structure`. */
export type OwnedFields = ReadonlySet<string>;

export interface RowOfPerson {
  readonly row: Pick<SyncRow, 'email' | 'firstName' | 'lastName' | 'details'>;
  readonly person: Person;
  /** The row's address stays someone else's. */
  readonly keepsAddress?: boolean | undefined;
  /** The address of their manager of now. */
  readonly managerEmail: string | undefined;
  /** The import that the row is from. */
  readonly integrationId: string;
}

export interface RowChanges {
  /** Without the manager. */
  readonly details: PersonDetails;
  /** `null`: cleared. An equal value that something else wrote is among them: from now on the import answers for it. */
  readonly stored: Readonly<Record<string, Json>>;
  /** ISO date: their last day. Empty: there is none any more. */
  readonly endDate?: string;
  /** Empty: none any more. Whether someone has that address shows after the last row. */
  readonly managerEmail?: string;
  /** The row's address, which someone else keeps. */
  readonly withoutAddress?: string;
  /** Fields that had another value, by their names in `data_structure`. */
  readonly replaced: readonly string[];
  /** Those that have none any more. */
  readonly cleared: readonly string[];
}

const keys = {
  email: 'email',
  firstName: 'first_name',
  lastName: 'last_name',
  phone: 'phone',
  position: 'position',
  department: 'department',
  startDate: 'start',
  timeZone: 'time_zone',
  employeeId: 'employee_id',
} as const satisfies Partial<Record<keyof PersonDetails, string>>;

/** The name in `data_structure` of a field of the details. */
export const keyOf = (field: keyof PersonDetails): string =>
  field in keys ? keys[field as keyof typeof keys] : field;

/** What a row never clears: without it nobody knows who it is. */
const ALWAYS_THERE: readonly string[] = ['email', 'first_name', 'last_name', 'employee_id'];

const texts = Object.entries(keys) as readonly (readonly [keyof typeof keys, string])[];
const nothing: RowDetails = {};

export function changesOf(
  { row, person, keepsAddress, managerEmail, integrationId }: RowOfPerson,
  owns: OwnedFields,
): RowChanges {
  const { details = nothing } = row;
  const replaced: string[] = [];
  const cleared: string[] = [];
  /** @returns whether `wanted` takes the place of `now` */
  const takes = (key: string, now: string, wanted: string | undefined): wanted is string => {
    if (wanted === undefined || wanted === now) return false;
    if (now === '') return true;
    if (!mayReplace({ key, wanted, person }, owns)) return false;
    replaced.push(key);
    if (wanted === '') cleared.push(key);
    return true;
  };
  const { stored: values, endDate } = details;
  const taken: { -readonly [K in keyof typeof keys]?: string } = {};
  // Nearly every row of an import changes nothing, so little is made for one that doesn't.
  for (const [field, key] of texts) {
    if (field === 'email' && keepsAddress) continue;
    const wanted = textIn(row, field);
    const now = field === 'email' && !hasAddress(person) ? '' : (person[field] ?? '');
    if (takes(key, now, wanted)) taken[field] = wanted;
  }
  const stored: Record<string, Json> = {};
  // Facts are read only where the row brings some. Of someone whose facts can't be read, none changes.
  for (const [name, value] of values ? Object.entries(values) : []) {
    if (!hasReadableFacts(person)) break;
    const facts = knownFacts(person);
    const now = Object.hasOwn(facts, name) ? textOf(facts[name] ?? null) : '';
    const wanted = textOf(value);
    const confirms = wanted !== '' && wanted === now && !isBroughtBy(person, name, integrationId);
    if (confirms || takes(name, now, wanted)) stored[name] = wanted === '' ? null : value;
  }
  const changes: { -readonly [K in keyof RowChanges]: RowChanges[K] } = {
    details: taken,
    stored,
    replaced,
    cleared,
  };
  if (takes('end', person.endDate ?? '', endDate)) changes.endDate = endDate;
  const manager = newManagerOf({ row, person, managerEmail }, owns);
  if (takes('manager', managerEmail ?? '', manager)) changes.managerEmail = manager;
  const { email = '' } = row;
  if (keepsAddress && mayReplace({ key: 'email', wanted: email, person }, owns))
    changes.withoutAddress = email;
  return changes;
}

/**
 * The address of the manager whom the row gives the person: empty where it takes theirs away, undefined where they keep whom they
 * have. An admin gets one only with an OK (`managers-of-admins.ts`), and nobody is their own.
 */
export function newManagerOf(
  {
    row: { details: { managerEmail: wanted } = {} },
    person,
    managerEmail: now = '',
  }: Pick<RowOfPerson, 'row' | 'person' | 'managerEmail'>,
  owns: OwnedFields,
): string | undefined {
  if (wanted === undefined || wanted === now) return undefined;
  if (wanted !== '' && (person.role === 'admin' || wanted === person.email)) return undefined;
  return now === '' || mayReplace({ key: 'manager', wanted, person }, owns) ? wanted : undefined;
}

interface Replacing {
  readonly key: string;
  readonly wanted: string;
  readonly person: Person;
}

/** Whether the import owns the field. */
function mayReplace({ key, wanted, person }: Replacing, owns: OwnedFields): boolean {
  if (!owns.has(key) || (wanted === '' && ALWAYS_THERE.includes(key))) return false;
  return key !== 'email' || !givesRights(person); // Someone who has it could have their rights.
}

function textIn(
  { email = '', firstName, lastName, details }: RowOfPerson['row'],
  field: keyof typeof keys,
): string | undefined {
  if (field === 'email') return email;
  if (field === 'firstName') return firstName;
  return field === 'lastName' ? lastName : details?.[field];
}

/** Two values are the same if their texts are; a value that is empty is none. */
const textOf = (value: Json): string =>
  value === null || value === '' ? '' : stringifyJson(value);

export const changesNothing = ({ details, stored, endDate, managerEmail }: RowChanges): boolean =>
  isEmpty(details) && isEmpty(stored) && endDate === undefined && managerEmail === undefined;

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
