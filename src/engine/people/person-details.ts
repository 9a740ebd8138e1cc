/** The details of a person and their rules, shared by forms, files and the command line. */
import { z } from 'zod';
import { dayProblem, MAX_YEAR, MIN_YEAR } from '../../core/day.ts';
import { isTimeZone } from '../../core/days.ts';
import { factKey } from '../../core/fold.ts';
import { LONGEST_NAME, shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { fullName, type Person, ROLES } from './directory.ts';
import { isPhone } from './phone.ts';

/**
 * As typed: emails in any case, with spaces around. In a change, a missing field stays as it is, and an empty text removes the
 * value.
 */
export const personDetails = z.object({
  email: z.string().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  phone: z.string().optional(),
  position: z.string().optional(),
  department: z.string().optional(),
  managerEmail: z.string().optional(),
  buddyEmail: z.string().optional(),
  /** ISO date. */
  startDate: z.string().optional(),
  /** IANA name. */
  timeZone: z.string().optional(),
  employeeId: z.string().optional(),
  role: z.enum(ROLES).optional(),
});
export type PersonDetails = Readonly<z.output<typeof personDetails>>;

export type PersonField = keyof PersonDetails;
/** One sentence for each wrong field: what is wrong, and the cure. */
export type PersonErrors = { readonly [F in PersonField]?: string };

/** Labels in lists of problems, in the order of the form. */
const names = (): Readonly<Record<PersonField, string>> => ({
  email: t`email`,
  firstName: t`first name`,
  lastName: t`last name`,
  managerEmail: t`manager`,
  buddyEmail: t`buddy`,
  position: t`position`,
  department: t`department`,
  startDate: t`start`,
  timeZone: t`time zone`,
  phone: t`phone`,
  employeeId: t`employee ID`,
  role: t`role`,
});
/** Every problem as a sentence that begins with its field. */
export function problemsOf(errors: PersonErrors): readonly string[] {
  if (Object.keys(errors).length === 0) return []; // Like most rows of an import: the names are translated each time.
  return Object.entries(names()).flatMap(([field, name]) => {
    const error = errors[field as PersonField];
    return error === undefined ? [] : [`${name}: ${error}`];
  });
}

/** Longer than any real title or number, too. A longer text is a mistake. */
const LONGEST_DETAIL = LONGEST_NAME;
/** Managers above a manager. More of them means that the data has a circle already. */
const HIGHEST = 100;

/** Zero-width characters and changes of writing direction would make an address look like another one. */
const ADDRESS =
  /^[^\s\p{Cc}\p{Cf}@<>,;:"()[\]\\]+@[^\s\p{Cc}\p{Cf}@<>,;:"()[\]\\.]+(\.[^\s\p{Cc}\p{Cf}@<>,;:"()[\]\\.]+)*$/u;

/** Trimmed, in lower case and with composed accents, as the directory stores it; undefined if it is no address. */
export function readEmail(text: string): string | undefined {
  const email = factKey(text);
  return email.length <= 254 && ADDRESS.test(email) ? email : undefined;
}

/**
 * Exactly one address, with no name beside it. Its case is kept, since the part before the @ may depend on it. A list, a group
 * or a name that contains an address would send a message to the wrong person.
 */
export const oneAddress = (text: string): string | undefined =>
  readEmail(text) === undefined ? undefined : text.trim();

/** The pattern comes first: looking up a name that is no time zone is slow. */
const mayBeTimeZone = (name: string): boolean => /^[\w+\-/]{1,50}$/.test(name) && isTimeZone(name);

/** Checks that need nothing from the directory. */
export function checkDetails(
  details: PersonDetails,
  isZone: (name: string) => boolean = mayBeTimeZone,
): PersonErrors {
  const errors: { [F in PersonField]?: string } = {};
  for (const [field, text] of Object.entries(details)) {
    if (!isField(field)) continue; // A wider object may have others.
    const problem = text === undefined ? undefined : problemWith(field, text, isZone);
    if (problem !== undefined) errors[field] = problem;
  }
  return errors;
}

/** What is wrong with one field, as a sentence with the cure. Undefined: nothing, as with an empty text, which only an address may not be. */
export function problemWith(
  field: PersonField,
  text: string,
  isZone: (name: string) => boolean = mayBeTimeZone,
): string | undefined {
  const value = text.trim();
  switch (field) {
    case 'email':
      if (value === '') return t`the address is missing; use one like ann@example.com`;
      return readEmail(text) === undefined
        ? t`"${cut(text)}" isn't an email address; use one like ann@example.com`
        : undefined;
    case 'startDate':
      return value === '' ? undefined : problemWithDay(value, text);
    case 'timeZone':
      return value === '' || isZone(value)
        ? undefined
        : t`"${cut(text)}" isn't a time zone; use one like Europe/Amsterdam`;
    case 'phone':
      if (value !== '' && text.length <= LONGEST_DETAIL && !isPhone(text))
        return t`"${cut(text)}" isn't a phone number; use one like +32470123456`;
      return tooLong(value);
    case 'firstName':
    case 'lastName':
    case 'position':
    case 'department':
    case 'employeeId':
      return tooLong(value);
    case 'managerEmail':
    case 'buddyEmail':
    case 'role':
      return undefined;
    default:
      return unreachable(field);
  }
}

function problemWithDay(day: string, text: string): string | undefined {
  const problem = dayProblem(day);
  if (problem === 'no-day') return t`"${cut(text)}" isn't a date; use one like 2026-11-24`;
  return (
    problem &&
    t`Latchkey can't plan from ${day}; use a year from ${MIN_YEAR} to ${MAX_YEAR}, or leave it blank`
  );
}

const tooLong = (text: string): string | undefined =>
  text.length > LONGEST_DETAIL
    ? t`it is longer than ${LONGEST_DETAIL} characters; shorten it`
    : undefined;

/** Manager and buddy that the details name by address; undefined if they name none. */
export interface Related {
  readonly manager?: Person;
  readonly buddy?: Person;
}

/**
 * Looks up manager and buddy, and checks whether they may be that.
 * @param person whose manager and buddy they become; undefined for a new person
 */
export async function findRelated(
  stores: Pick<Stores, 'people'>,
  { managerEmail, buddyEmail }: PersonDetails,
  person?: Person,
): Promise<{ readonly related: Related; readonly errors: PersonErrors }> {
  if (person && managerEmail?.trim()) await stores.people.lockCompared();
  const manager = await findOne(stores, managerEmail, {
    personId: person?.id,
    current: person?.managerId,
  });
  const buddy = await findOne(stores, buddyEmail, {
    personId: person?.id,
    current: person?.buddyId,
  });
  const circle =
    person && manager.person ? await circleAbove(stores, person, manager.person) : undefined;
  const managerError = manager.error ?? circle;
  return {
    related: {
      manager: manager.person,
      buddy: buddy.person,
    },
    errors: {
      ...(managerError !== undefined && { managerEmail: managerError }),
      ...(buddy.error !== undefined && { buddyEmail: buddy.error }),
    },
  };
}

/** `current` is the id of the current manager or buddy of the person, who may stay even after they left. */
async function findOne(
  { people }: Pick<Stores, 'people'>,
  email: string | undefined,
  { personId, current }: { readonly personId?: string; readonly current?: string },
): Promise<{ readonly person?: Person; readonly error?: string }> {
  if (email === undefined || email.trim() === '') return {};
  const found = await people.findByEmail(email);
  if (!found)
    return { error: t`no one in the directory has the address ${cut(email)}; add them first` };
  if (found.id === personId) return { error: t`this is the same person; choose someone else` };
  if (!found.active && found.id !== current)
    return { error: t`${fullName(found)} has left; choose someone else` };
  return { person: found };
}

/** An employee ID says who someone is, so two active people never have one. Undefined: it is free, or there is none. */
export async function employeeIdTaken(
  { people }: Pick<Stores, 'people'>,
  { employeeId = '' }: PersonDetails,
  person?: Person,
): Promise<string | undefined> {
  const id = employeeId.trim();
  if (id === '' || id === person?.employeeId) return undefined;
  await people.lockCompared();
  const holders = await people.findByEmployeeIds([id]);
  const other = holders.find((each) => each.active && each.id !== person?.id);
  return other && sayIdTaken(other);
}

export const sayIdTaken = ({ email }: Pick<Person, 'email'>): string =>
  t`${email} has this employee ID already`;

/** If `manager` already reports to `person`, directly or not: a sentence that names the circle. Call it after `lockCompared`. */
export async function circleAbove(
  { people }: Pick<Stores, 'people'>,
  person: Person,
  manager: Person,
): Promise<string | undefined> {
  const chain = [manager];
  for (let above = manager.managerId; above !== undefined && chain.length < HIGHEST; ) {
    const next = await people.find(above);
    if (!next) return undefined;
    chain.push(next);
    if (next.id === person.id)
      return t`that would make a circle: ${chain.map(fullName).reduce((below, boss) => t`${below} reports to ${boss}`)}; choose someone else, or change one of those first`;
    above = next.managerId;
  }
  return undefined;
}

const SHOWN = 100;
const cut = (text: string): string => shorten(text, SHOWN);

/** The person with these details. A missing field stays, and an empty text removes the value. */
export function applyDetails(person: Person, details: PersonDetails, related: Related): Person {
  const { phone, position, department, startDate, timeZone, employeeId, ...others } = person;
  const { managerId, buddyId, ...rest } = others;
  const optional = {
    phone: details.phone ?? phone,
    position: details.position ?? position,
    department: details.department ?? department,
    startDate: details.startDate ?? startDate,
    timeZone: details.timeZone ?? timeZone,
    employeeId: details.employeeId ?? employeeId,
    managerId: details.managerEmail === undefined ? managerId : related.manager?.id,
    buddyId: details.buddyEmail === undefined ? buddyId : related.buddy?.id,
  };
  const kept: { -readonly [K in keyof typeof optional]?: string } = {};
  // A loop, since an import does this for everyone.
  for (const key of Object.keys(optional) as (keyof typeof optional)[]) {
    const text = optional[key]?.trim();
    if (text) kept[key] = text;
  }
  return {
    ...rest,
    email: (details.email !== undefined && readEmail(details.email)) || person.email,
    firstName: (details.firstName ?? person.firstName).trim(),
    lastName: (details.lastName ?? person.lastName).trim(),
    role: details.role ?? person.role,
    ...kept,
  };
}

const columns = {
  email: 'email',
  firstName: 'firstName',
  lastName: 'lastName',
  managerEmail: 'managerId',
  buddyEmail: 'buddyId',
  position: 'position',
  department: 'department',
  startDate: 'startDate',
  timeZone: 'timeZone',
  phone: 'phone',
  employeeId: 'employeeId',
  role: 'role',
} as const satisfies Record<PersonField, keyof Person>;

const isField = (name: string): name is PersonField => Object.hasOwn(columns, name);

/** The fields that differ. */
export const changedFields = (before: Person, after: Person): readonly PersonField[] =>
  (Object.keys(columns) as PersonField[]).filter(
    (field) => before[columns[field]] !== after[columns[field]],
  );

/** The labels of fields, for the audit log. */
export const fieldNames = (fields: readonly PersonField[]): string =>
  fields.map((field) => names()[field]).join(', ');
