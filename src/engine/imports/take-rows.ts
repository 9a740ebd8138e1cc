/** Imports chosen rows into the directory. Idempotent: the second time it does nothing. */
import { together } from '../../core/together.ts';
import { sentences, t } from '../../core/translate.ts';
import { cancelOffboarding, planOffboarding } from '../offboarding/offboard.ts';
import { type Brought, sayTaken, takenFacts } from '../people/brought-facts.ts';
import { changePerson, comeBack, reactivate } from '../people/change-person.ts';
import type { ChangedBy, Person } from '../people/directory.ts';
import { gettingFormer } from '../people/exchanged-address.ts';
import { settleKnown } from '../people/fact-claims.ts';
import { invalidateJoinOf } from '../people/joins.ts';
import { addImported, blank } from '../people/people.ts';
import { auditStored, personChanged } from '../people/person-changed.ts';
import { applyDetails, type PersonDetails } from '../people/person-details.ts';
import {
  hasReadableFacts,
  hasSame,
  withBrought,
  withoutStored,
  withReadableFacts,
} from '../people/stored-values.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import { invalidate, setUpTopic } from '../work/topics.ts';
import { findPeople, managerIn, type PeopleOfRows, peopleIn } from './find-people.ts';
import { type Giving, giveAddresses, wasGivenAddress } from './given-addresses.ts';
import { managersOf } from './managers-of-admins.ts';
import { type SyncCounts, type SyncRow, skip } from './sync-run.ts';
import { changesNothing, changesOf, type RowChanges } from './what-changes.ts';
import { topOf, withManagersMeant } from './with-managers.ts';

export interface Taking extends Giving {
  /** The writer of stored values. */
  readonly integrationId: string;
}

export interface TakenRows {
  readonly counts: SyncCounts;
  /** People whose manager isn't here (yet), or who get another one. */
  readonly unconnected: number;
  /** Sentences: last days that could not be planned. */
  readonly warnings: readonly string[];
}

/** Adds new people, brings back chosen people who left, and fills and changes fields of people who are here. */
export async function takeRows(
  tx: Transaction,
  { rows: read, before }: { readonly rows: readonly SyncRow[]; readonly before: SyncCounts },
  taking: Taking,
): Promise<TakenRows> {
  const { given, partly, rows, people, managers, ignored } = await prepare(tx, read, taking);
  const fresh: NewPerson[] = [];
  const unwanted: string[] = [];
  const here: string[] = [];
  const warnings: string[] = [];
  let counts = { ...before, updated: before.updated + given, partly: before.partly + partly };
  let unconnected = 0;
  for (const row of rows) {
    const { email } = row;
    // A row above may have brought someone back: this person's manager or buddy, or whom this row's address or employee ID named.
    const isStale = counts.returned > before.returned;
    const found = (isStale ? await findPeople(tx, [row]) : people).of(row);
    if (email === undefined || found.kind === 'unclear') continue;
    const person = found.kind === 'person' ? found.person : undefined;
    const manager = managerIn(people, row, person);
    if (row.details?.managerEmail && !manager) unconnected += 1;
    if (row.state === 'new' && ignored.has(email)) {
      unwanted.push(email);
    } else if (!person) {
      // The person who was here has another address since, or was erased: the row added nobody when it was counted.
      if (row.state === 'fill' || ignored.has(email)) continue;
      fresh.push({ row, person: newPerson(blank(tx.newId(), email), { row, manager }, taking) });
    } else if (!person.active) {
      if (row.state === 'left') {
        const back = await bringBack(tx, { row, person, manager }, taking);
        warnings.push(...(await setEnd(tx, back, { ...taking, endDate: row.details?.endDate })));
        counts = withOneBack(counts);
      }
    } else {
      const managerEmail = managers.get(person.managerId ?? '');
      const taken = await change(tx, { row, person, manager, managerEmail }, taking);
      warnings.push(...taken.warnings);
      if (taken.waits && manager) unconnected += 1;
      if (taken.isChanged && !wasGivenAddress(person, taking))
        counts = { ...counts, updated: counts.updated + 1 };
      else if (row.state === 'new') here.push(email); // Another process has just added them.
    }
  }
  const added = withEachOther(fresh);
  unconnected -= added.connected;
  if (fresh.length > 0) warnings.push(...(await add(tx, added.people, taking)));
  if (unwanted.length > 0) await tx.syncRows.setState(taking.runId, unwanted, 'ignored');
  if (here.length > 0) await tx.syncRows.setState(taking.runId, here, 'existing');
  const skipped = skip(skip(counts.skipped, 'ignored', unwanted.length), 'existing', here.length);
  return {
    counts: {
      ...counts,
      created: counts.created + fresh.length,
      fresh: counts.fresh - unwanted.length - here.length,
      skipped,
    },
    unconnected,
    warnings,
  };
}

/** The rows that count, and what they are compared with, as it is once addresses were given. */
async function prepare(tx: Transaction, read: readonly SyncRow[], taking: Taking) {
  if (read.some(({ state, details }) => state === 'new' && details?.employeeId !== undefined))
    await tx.people.lockCompared(); // Others who are added or changed now may get these employee IDs.
  const given = await giveAddresses(tx, read, taking);
  const named = await withManagersMeant(tx, taking.runId, read);
  const people = await findPeople(tx, named);
  const { rows, partly } = await withoutTaken(tx, named, people);
  const managers = await managersOf(tx, peopleIn(people, rows));
  const ignored = await tx.ignoredEmails.among(rows.flatMap(({ email }) => email ?? []));
  return { given, partly, rows, people, managers, ignored };
}

/** Someone new, as their row says. */
function newPerson(
  empty: Person,
  { row, manager }: Omit<RowOfPerson, 'person'>,
  { integrationId }: Taking,
): Person {
  const made = applyDetails(empty, detailsOf(row, manager), { manager });
  return withBrought(withReadableFacts(made), valuesOf(row), integrationId);
}

/** A row of someone who had left was counted as skipped. */
const withOneBack = ({ skipped, ...counts }: SyncCounts): SyncCounts => ({
  ...counts,
  returned: counts.returned + 1,
  skipped: { ...skipped, left: (skipped.left ?? 1) - 1 },
});

/**
 * The rows without the facts that someone else has by now, which their notes say. When a row was judged, which may be days ago, they
 * were free, and a row of another page may have brought the same.
 * @returns `partly`: how many said nothing before
 */
async function withoutTaken(
  tx: Transaction,
  rows: readonly SyncRow[],
  people: PeopleOfRows,
): Promise<{ readonly rows: readonly SyncRow[]; readonly partly: number }> {
  const brought = new Map(
    rows.flatMap((row) => {
      const bringing = broughtBy(row, people);
      return bringing ? [[row, bringing] as const] : [];
    }),
  );
  if (brought.size === 0) return { rows, partly: 0 };
  const taken = await takenFacts(tx, [...brought.values()]);
  const left: SyncRow[] = [];
  let partly = 0;
  for (const row of rows) {
    const bringing = brought.get(row);
    const refused = bringing && taken(bringing);
    if (!bringing || !refused || refused.size === 0) {
      left.push(row);
      continue;
    }
    const kept = Object.entries(bringing.stored).filter(([name]) => !refused.has(name));
    left.push({ ...row, details: { ...row.details, stored: Object.fromEntries(kept) } });
    const note = (await tx.syncRows.find(row.runId, row.seq))?.note;
    await tx.syncRows.setNote(row.runId, row.seq, sentences(note, sayTaken([...refused.values()])));
    if (note === undefined) partly += 1;
  }
  return { rows: left, partly };
}

function broughtBy(row: SyncRow, people: PeopleOfRows): Brought | undefined {
  const { email, state, details: { stored } = {} } = row;
  const found = people.of(row);
  if (email === undefined || !stored || found.kind === 'unclear') return undefined;
  if (found.kind === 'nobody') return { key: email, person: undefined, stored };
  const { person } = found;
  // Someone who comes back has none of the facts that they had.
  if (!person.active)
    return state === 'left' ? { key: person.id, person: undefined, stored } : undefined;
  return hasReadableFacts(person) ? { key: person.id, person, stored } : undefined;
}

function detailsOf(row: SyncRow, manager: Person | undefined): PersonDetails {
  const { managerEmail: _, managerId: __, endDate: ___, stored: ____, ...rest } = row.details ?? {};
  return {
    ...rest,
    firstName: row.firstName,
    lastName: row.lastName,
    managerEmail: manager?.email,
  };
}

/** The row's stored values that are not empty. */
const valuesOf = ({ details }: SyncRow): NonNullable<RowChanges['stored']> =>
  Object.fromEntries(
    Object.entries(details?.stored ?? {}).filter(([, value]) => value !== null && value !== ''),
  );

interface RowOfPerson {
  readonly row: SyncRow;
  readonly person: Person;
  /** The person whom the row names as manager. */
  readonly manager: Person | undefined;
}

/** With the same employee ID they are the same person; else their address may be someone else's now. */
async function bringBack(
  tx: Transaction,
  { row, person, manager }: RowOfPerson,
  taking: Taking,
): Promise<Person> {
  const details = detailsOf(row, manager);
  const employeeId = row.details?.employeeId;
  if (employeeId === undefined || employeeId !== person.employeeId) {
    const back = await comeBack(tx, person, { ...taking, details, related: { manager } });
    return changeStored(tx, { person: back, values: valuesOf(row) }, taking);
  }
  const back = await reactivate(tx, person, taking);
  const managerEmail = (await managersOf(tx, [back])).get(back.managerId ?? '');
  await change(tx, { row, person: back, manager, managerEmail }, taking);
  return (await tx.people.find(person.id)) ?? back;
}

interface Changed {
  readonly isChanged: boolean;
  /** They get another manager, who is set after the last row. */
  readonly waits: boolean;
  readonly warnings: readonly string[];
}

async function change(
  tx: Transaction,
  {
    row,
    person,
    manager,
    managerEmail,
  }: RowOfPerson & { readonly managerEmail: string | undefined },
  taking: Taking,
): Promise<Changed> {
  const { integrationId, owns } = taking;
  const changes = changesOf({ row, person, managerEmail, integrationId }, owns);
  if (changesNothing(changes)) return { isChanged: false, waits: false, warnings: [] };
  const isFirst =
    manager !== undefined &&
    changes.managerEmail === manager.email &&
    person.managerId === undefined;
  const atOnce = changes.managerEmail === '' || isFirst;
  const wanted = atOnce ? { managerEmail: changes.managerEmail } : {};
  const after = await changeFields(
    tx,
    { person, details: { ...changes.details, ...wanted } },
    taking,
  );
  const saved = await changeStored(tx, { person: after, values: changes.stored }, taking);
  const warnings = await setEnd(tx, saved, { ...taking, endDate: changes.endDate });
  const gets = changes.managerEmail !== undefined && !atOnce;
  const hasEnd = changes.endDate !== undefined && warnings.length === 0;
  const isChanged = saved.version !== person.version || hasEnd || gets;
  // A first manager may be refused now, since someone between them has another one only after the last row.
  return { isChanged, waits: gets || (isFirst && saved.managerId === undefined), warnings };
}

/** Without the fields that are refused: a manager who reports to the person, an address that someone else has got since. */
async function changeFields(
  tx: Transaction,
  { person, details }: { readonly person: Person; readonly details: PersonDetails },
  taking: Taking,
): Promise<Person> {
  if (Object.keys(details).length === 0) return person;
  const changed = await changePerson(tx, person, { ...taking, details });
  if (changed.ok) return changed.person;
  const others = Object.entries(details).filter(([field]) => !(field in changed.errors));
  if (others.length === 0) return person;
  const again = await changePerson(tx, person, { ...taking, details: Object.fromEntries(others) });
  return again.ok ? again.person : person;
}

async function changeStored(
  tx: Transaction,
  { person, values }: { readonly person: Person; readonly values: RowChanges['stored'] },
  taking: Taking,
): Promise<Person> {
  const names = Object.keys(values);
  if (names.length === 0 || !hasReadableFacts(person)) return person;
  const cleared = names.filter((name) => values[name] === null);
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const next = withBrought(withoutStored(person, cleared), set, taking.integrationId);
  const saved = await tx.people.save(next);
  await settleKnown(tx, [saved]); // Nobody has to confirm what the source says.
  const changed = names.filter((name) => !hasSame(next, person, name));
  if (changed.length > 0) {
    await auditStored(tx, saved, { ...taking, names: changed });
    await personChanged(tx, { before: person, person: saved, stored: changed }, taking);
  } else await notePeople(tx, [saved.id]); // Rules now believe the values that were there.
  return saved;
}

/**
 * A last day plans the offboarding, or moves it. No last day any more cancels it, unless a person planned it by hand. One that was
 * cancelled is planned again only by the import that owns last days: with another one they would come and go.
 * @returns a sentence where that is refused. It has the address, by which erasure finds it.
 */
async function setEnd(
  tx: Transaction,
  person: Person,
  {
    endDate,
    owns,
    ...by
  }: ChangedBy & Pick<Taking, 'owns'> & { readonly endDate: string | undefined },
): Promise<readonly string[]> {
  if (endDate === undefined || endDate === (person.endDate ?? '')) return [];
  if (endDate !== '') {
    const last = owns.has('end') ? undefined : await tx.offboardings.last(person.id);
    if (last?.state === 'cancelled' && last.endDate === endDate)
      return [
        t`${person.email}: no last day was planned, since the same one was cancelled before. If it's right, plan it with Offboard….`,
      ];
    const planned = await planOffboarding(tx, { ...by, person, endDate });
    return planned.kind === 'refused'
      ? [t`${person.email}: no last day was planned. ${planned.why}`]
      : [];
  }
  const current = await tx.offboardings.current(person.id);
  if (current?.startedById !== undefined)
    return [t`${person.email}: the last day stays, since someone planned it by hand.`];
  if (current) await cancelOffboarding(tx, current.id, by);
  return [];
}

interface NewPerson {
  readonly person: Person;
  readonly row: SyncRow;
}

/**
 * New people who are added together may be each other's managers. A row that would close a circle goes without.
 * @returns `connected`: how many got theirs here
 */
function withEachOther(fresh: readonly NewPerson[]): {
  readonly people: readonly NewPerson[];
  readonly connected: number;
} {
  const byEmail = new Map(fresh.map(({ person }) => [person.email, person.id]));
  const above = new Map<string, string>();
  const people = fresh.map((each): NewPerson => {
    const { person, row } = each;
    const managerId = byEmail.get(row.details?.managerEmail ?? '');
    if (person.managerId !== undefined || managerId === undefined) return each;
    if (topOf(managerId, above) === person.id) return each;
    above.set(person.id, managerId);
    return { row, person: { ...person, managerId } };
  });
  return { people, connected: above.size };
}

async function add(
  tx: Transaction,
  wanted: readonly NewPerson[],
  taking: Taking,
): Promise<readonly string[]> {
  const { actor, runId } = taking;
  const added = wanted.map(({ person }) => person);
  const [former] = await together([
    gettingFormer(tx, added, tx.now),
    invalidateJoinOf(tx, ...added.map(({ email }) => email)),
  ]);
  const fresh = wanted.map(({ person, row }) => ({
    row,
    person: former.has(person.id) ? { ...person, exchangedAt: tx.now } : person,
  }));
  const people = fresh.map(({ person }) => person);
  await addImported(tx, people, { actor, importId: runId, detail: { syncId: runId } });
  await invalidate(tx, setUpTopic); // The first one is a step of setting up.
  const warnings: string[] = [];
  for (const { person, row } of fresh)
    warnings.push(
      ...(await setEnd(tx, person, { ...taking, endDate: row.details?.endDate || undefined })),
    );
  return warnings;
}
