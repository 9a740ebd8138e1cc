/** People in the files of `latchkey try`: JSON objects with the names that templates use. */
import { compact } from '../../core/compact.ts';
import { didYouMean } from '../../core/did-you-mean.ts';
import { newId } from '../../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { type Problem, showValue } from '../../engine/manifest/problem.ts';
import { type Person, ROLES, type Role } from '../../engine/people/directory.ts';
import { readEmail } from '../../engine/people/person-details.ts';
import type { TryPerson } from '../inputs.ts';

export type ReadFile<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const TEXT_KEYS = ['first_name', 'last_name', 'phone', 'position', 'department', 'time_zone'];
const DATE_KEYS = ['start', 'end', 'start_date', 'end_date'];
const KEYS = ['email', ...TEXT_KEYS, ...DATE_KEYS, 'role', 'manager', 'buddy', 'stored'];

/**
 * Reads one person.
 * @param place the prefix of the problems' places, such as `person`
 */
export function readPerson(json: Json, place: string): ReadFile<TryPerson> {
  if (!isJsonObject(json)) {
    const message = `has to be a JSON object such as {"email": "ann@example.com", "first_name": "Ann"}, but is ${showValue(json)}`;
    return { ok: false, problems: [{ place, message }] };
  }
  return read(new Reader(json, place));
}

function read(reader: Reader): ReadFile<TryPerson> {
  const value = reader.read();
  return reader.problems.length === 0
    ? { ok: true, value }
    : { ok: false, problems: reader.problems };
}

const isSameAddress = (a: Person, b: Person): boolean =>
  a.email !== '' && a.email.toLowerCase() === b.email.toLowerCase();

class Reader {
  readonly problems: Problem[] = [];
  readonly #json: JsonObject;
  readonly #place: string;
  /** True for a person who is only a reference (manager, buddy). They need a name or an address, but not both. */
  readonly #isNamed: boolean;

  constructor(json: JsonObject, place: string, mayBeNamed = false) {
    this.#json = json;
    this.#isNamed =
      mayBeNamed && [json['first_name'], json['last_name']].some((name) => Boolean(name));
    this.#place = place;
  }

  read(): TryPerson {
    this.#refuseUnknownKeys();
    const manager = this.#relative('manager');
    const buddy = this.#relative('buddy');
    const others = compact([manager, buddy]);
    const email = this.#email();
    // One person may be described twice, for example as manager and as buddy.
    const idOf = (other: Person): string =>
      others.find((each) => isSameAddress(each, other))?.id ?? other.id;
    const optional = {
      phone: this.#text('phone'),
      position: this.#text('position'),
      department: this.#text('department'),
      timeZone: this.#text('time_zone'),
      startDate: this.#date('start') ?? this.#date('start_date'),
      endDate: this.#date('end') ?? this.#date('end_date'),
      managerId: manager && idOf(manager),
      buddyId: buddy && idOf(buddy),
    };
    const given = Object.entries(optional).filter(([, value]) => value !== undefined);
    const person: Person = {
      id: newId(),
      version: 1,
      email,
      firstName: this.#text('first_name') ?? '',
      lastName: this.#text('last_name') ?? '',
      ...(Object.fromEntries(given) as Partial<Person>), // Each value was parsed with its own type above.
      role: this.#role(),
      active: true,
      stored: this.#stored(),
    };
    return { person, others: others.filter((other) => idOf(other) === other.id) };
  }

  #refuse(key: string, message: string): void {
    this.problems.push({ place: `${this.#place}.${key}`, message });
  }

  #refuseUnknownKeys(): void {
    for (const key of Object.keys(this.#json).filter((each) => !KEYS.includes(each))) {
      const meant = didYouMean(key, KEYS);
      const cure = meant === undefined ? `use ${KEYS.join(', ')}.` : `did you mean "${meant}"?`;
      this.#refuse(
        key,
        `is not a field of a person; ${cure} What is kept with the person goes into "stored"`,
      );
    }
  }

  /** Undefined when it is absent or null. */
  #value(key: string): Json | undefined {
    return Object.hasOwn(this.#json, key) ? (this.#json[key] ?? undefined) : undefined;
  }

  #text(key: string): string | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    this.#refuse(key, `must be a text, but is ${showValue(value)}`);
    return undefined;
  }

  /** Keeps the author's spelling, so that requests contain it. */
  #email(): string {
    const value = this.#value('email');
    if (value === undefined) {
      if (this.#isNamed) return '';
      this.#refuse('email', 'is missing; give an address such as ann@example.com');
      return '';
    }
    if (typeof value === 'string' && readEmail(value) !== undefined) return value.trim();
    this.#refuse('email', `${showValue(value)} is not an address; use one like ann@example.com`);
    return '';
  }

  #date(key: string): string | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const date =
      typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}(?=$|T)/.exec(value)?.[0] : undefined;
    const isReal = date !== undefined && !Number.isNaN(Date.parse(`${date}T00:00:00Z`));
    if (isReal && new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)) return date;
    this.#refuse(key, `${showValue(value)} is not a date; use one like 2026-11-24`);
    return undefined;
  }

  #role(): Role {
    const value = this.#value('role');
    const role = ROLES.find((each) => each === value);
    if (value !== undefined && role === undefined)
      this.#refuse('role', `${showValue(value)} is not a role; use ${ROLES.join(', ')}`);
    return role ?? 'new_hire';
  }

  #stored(): JsonObject {
    const value = this.#value('stored');
    if (value === undefined) return {};
    if (isJsonObject(value)) return value;
    this.#refuse('stored', `must be an object of values by name, but is ${showValue(value)}`);
    return {};
  }

  #relative(key: 'manager' | 'buddy'): Person | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const place = `${this.#place}.${key}`;
    const other = isJsonObject(value)
      ? read(new Reader(value, place, true))
      : readPerson(value, place);
    if (other.ok) return other.value.person;
    this.problems.push(...other.problems);
    return undefined;
  }
}
