/** Imports chosen rows into the directory. Idempotent: the second time it does nothing. */
import { changePerson, comeBack } from '../people/change-person.ts';
import type { Actor, Person } from '../people/directory.ts';
import { invalidateJoinOf } from '../people/joins.ts';
import { addImported, blank } from '../people/people.ts';
import { applyDetails, type PersonDetails } from '../people/person-details.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, setUpTopic } from '../work/topics.ts';
import { detailsThatFill } from './judge-rows.ts';
import { namesManagerOfAdmin } from './managers-of-admins.ts';
import { type SyncCounts, type SyncRow, skip } from './sync-run.ts';

export interface Taking {
  readonly actor: Actor;
  readonly runId: string;
}

export interface TakenRows {
  readonly counts: SyncCounts;
  /** People whose manager isn't here (yet). */
  readonly unconnected: number;
}

/** Adds new people, brings back chosen people who left, and fills empty fields. */
export async function takeRows(
  tx: Transaction,
  { rows, before }: { readonly rows: readonly SyncRow[]; readonly before: SyncCounts },
  taking: Taking,
): Promise<TakenRows> {
  const known = await peopleIn(tx, rows);
  const ignored = await tx.ignoredEmails.among(rows.flatMap(({ email }) => email ?? []));
  const fresh: Person[] = [];
  const unwanted: string[] = [];
  const here: string[] = [];
  let counts = before;
  let unconnected = 0;
  for (const row of rows) {
    const { email } = row;
    if (email === undefined) continue;
    const asRead = known.get(email);
    // A row above may have brought someone back, which ends their duties: they may have been this person's manager or buddy.
    const isStale = asRead !== undefined && counts.returned > before.returned;
    const person = isStale ? ((await tx.people.find(asRead.id)) ?? asRead) : asRead;
    const manager = managerIn(known, row);
    if (row.details?.managerEmail !== undefined && !manager) unconnected += 1;
    if (row.state === 'new' && ignored.has(email)) {
      unwanted.push(email);
    } else if (!person) {
      fresh.push(applyDetails(blank(tx.newId(), email), detailsOf(row, manager), { manager }));
    } else if (!person.active) {
      if (row.state === 'left') {
        const details = detailsOf(row, manager);
        await comeBack(tx, person, { ...taking, details, related: { manager } });
        const left = (counts.skipped.left ?? 1) - 1;
        counts = {
          ...counts,
          returned: counts.returned + 1,
          skipped: { ...counts.skipped, left },
        };
      }
    } else if (await fill(tx, { row, person, manager }, taking)) {
      counts = { ...counts, updated: counts.updated + 1 };
    } else if (row.state === 'new') {
      here.push(email); // Another process has just added them.
    }
  }
  if (fresh.length > 0) await add(tx, fresh, taking);
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
  };
}

/** Sets managers who came after their reports. @returns how many people stay without theirs */
export async function connectManagers(
  tx: Transaction,
  rows: readonly SyncRow[],
  taking: Taking,
): Promise<number> {
  let without = 0;
  const wanted = rows.filter(({ details }) => details?.managerEmail !== undefined);
  const known = await peopleIn(tx, wanted);
  for (const row of wanted) {
    const manager = managerIn(known, row);
    const person = known.get(row.email ?? '');
    if (!person?.active || person.managerId !== undefined) continue;
    if (row.details && namesManagerOfAdmin(person, row.details)) continue; // An admin has to confirm it.
    // Refused if it would make a circle.
    const details = { managerEmail: manager?.email };
    const connected = manager && (await changePerson(tx, person, { ...taking, details }));
    if (!connected?.ok) without += 1;
  }
  return without;
}

async function peopleIn(
  tx: Transaction,
  rows: readonly SyncRow[],
): Promise<ReadonlyMap<string, Person>> {
  const emails = rows.flatMap(({ email, details }) => [email ?? [], details?.managerEmail ?? []]);
  const found = await tx.people.findByEmails([...new Set(emails.flat())]);
  return new Map(found.map((person) => [person.email, person]));
}

function managerIn(known: ReadonlyMap<string, Person>, { email, details }: SyncRow) {
  const { managerEmail } = details ?? {};
  const manager = managerEmail === email ? undefined : known.get(managerEmail ?? '');
  return manager?.active ? manager : undefined;
}

function detailsOf(row: SyncRow, manager: Person | undefined): PersonDetails {
  const { managerEmail: _, ...rest } = row.details ?? {};
  return {
    ...rest,
    firstName: row.firstName,
    lastName: row.lastName,
    managerEmail: manager?.email,
  };
}

interface RowOfPerson {
  readonly row: SyncRow;
  readonly person: Person;
  /** The person whom the row names as manager. */
  readonly manager: Person | undefined;
}

async function fill(
  tx: Transaction,
  { row, person, manager }: RowOfPerson,
  taking: Taking,
): Promise<boolean> {
  const lacked = row.details && detailsThatFill(person, row.details, manager);
  if (!lacked) return false;
  const changed = await changePerson(tx, person, { ...taking, details: lacked });
  if (changed.ok) return true;
  const { managerEmail: _, ...rest } = lacked; // Only the manager can be refused: if they report to the person.
  if (Object.keys(rest).length === 0) return false;
  return (await changePerson(tx, person, { ...taking, details: rest })).ok;
}

async function add(
  tx: Transaction,
  people: readonly Person[],
  { actor, runId }: Taking,
): Promise<void> {
  await addImported(tx, people, { actor, importId: runId, detail: { syncId: runId } });
  await invalidateJoinOf(tx, ...people.map(({ email }) => email));
  await invalidate(tx, setUpTopic); // The first one is a step of setting up.
}
