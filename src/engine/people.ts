/** Adding people to the directory. */
import type { Json } from '../core/json.ts';
import type { Actor, Person, Role } from './directory.ts';
import type { Clock, NewId, Transaction } from './ports.ts';

/** What somebody who adds a person says of them; emails in any case. */
export interface NewPerson {
  readonly email: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly phone?: string;
  readonly position?: string;
  readonly department?: string;
  readonly managerEmail?: string;
  readonly buddyEmail?: string;
  readonly startDate?: string;
  readonly timeZone?: string;
  readonly role?: Role;
}

export type Added =
  | { readonly ok: true; readonly person: Person }
  /** Sentences that name the field and the cure, all of them. */
  | { readonly ok: false; readonly problems: readonly string[] };

interface Parts {
  readonly now: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

/** Trimmed and in lower case, as the directory keeps it; undefined where it is no address. */
export function readEmail(text: string): string | undefined {
  const email = text.trim().toLowerCase();
  return email.length <= 254 &&
    /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\.]+(\.[^\s@<>,;:"()[\]\\.]+)*$/.test(email)
    ? email
    : undefined;
}

export async function addPerson(tx: Transaction, wanted: NewPerson, parts: Parts): Promise<Added> {
  const problems: string[] = [];
  const email = readEmail(wanted.email);
  if (wanted.email.trim() === '') problems.push('email: it is empty; use one like ann@example.com');
  else if (!email)
    problems.push(`email: "${wanted.email}" is not an email address; use one like ann@example.com`);
  else if (await tx.people.findByEmail(email))
    problems.push(`email: ${email} is in the directory already`);
  const manager = await named(tx, 'manager', wanted.managerEmail, problems);
  const buddy = await named(tx, 'buddy', wanted.buddyEmail, problems);
  if (wanted.startDate !== undefined && !isDay(wanted.startDate))
    problems.push(`start: "${wanted.startDate}" is not a date; use one like 2026-11-24`);
  if (wanted.timeZone !== undefined && !isTimeZone(wanted.timeZone))
    problems.push(
      `time zone: "${wanted.timeZone}" is not a time zone; use one like Europe/Amsterdam`,
    );
  if (!email || problems.length > 0) return { ok: false, problems };

  const {
    firstName = '',
    lastName = '',
    phone,
    position,
    department,
    startDate,
    timeZone,
  } = wanted;
  const person: Person = {
    id: parts.newId(),
    version: 1,
    email,
    firstName: firstName.trim(),
    lastName: lastName.trim(),
    ...(phone !== undefined && { phone }),
    ...(position !== undefined && { position }),
    ...(department !== undefined && { department }),
    ...(manager && { managerId: manager.id }),
    ...(buddy && { buddyId: buddy.id }),
    ...(startDate !== undefined && { startDate }),
    ...(timeZone !== undefined && { timeZone }),
    role: wanted.role ?? 'other',
    active: true,
    stored: {},
  };
  await tx.people.insert(person);
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor: parts.actor,
    what: 'person.added',
    personId: person.id,
  });
  return { ok: true, person };
}

/** Makes the people that `ADMIN_EMAILS` names admins, adding those who are missing. Nobody is one by being first. */
export async function ensureAdmins(
  tx: Transaction,
  emails: readonly string[],
  parts: Omit<Parts, 'actor'>,
): Promise<void> {
  const actor: Actor = { kind: 'system' };
  for (const email of emails) {
    const person = await tx.people.findByEmail(email);
    if (!person) {
      await addPerson(tx, { email, role: 'admin' }, { ...parts, actor });
    } else if (person.role !== 'admin') {
      await tx.people.save({ ...person, role: 'admin' });
      await tx.audit.add({
        id: parts.newId(),
        at: parts.now(),
        actor,
        what: 'person.role',
        personId: person.id,
        detail: { role: 'admin' },
      });
    }
  }
}

/** Keeps what somebody was asked about a person (`extra_user_info`) with them. */
export async function keepFacts(
  tx: Transaction,
  personId: string,
  facts: Readonly<Record<string, Json>>,
): Promise<void> {
  if (Object.keys(facts).length === 0) return;
  const person = await tx.people.find(personId);
  if (person) await tx.people.save({ ...person, stored: { ...person.stored, ...facts } });
}

async function named(
  tx: Transaction,
  what: 'manager' | 'buddy',
  email: string | undefined,
  problems: string[],
): Promise<Person | undefined> {
  if (email === undefined) return undefined;
  const person = await tx.people.findByEmail(email.trim());
  if (!person)
    problems.push(`${what}: nobody in the directory has the address ${email}; add them first`);
  return person;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text); // 30 February moves on to March.
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
