/** Imports rows of a file into the directory. A row that is refused is counted, and the others are still imported. */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { changePerson, comeBack } from '../people/change-person.ts';
import type { ChangedBy, Person } from '../people/directory.ts';
import { addImported, blank } from '../people/people.ts';
import { isAdmin } from '../people/permission.ts';
import {
  applyDetails,
  circleAbove,
  type PersonDetails,
  type Related,
  sayIdTaken,
} from '../people/person-details.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { queueReevaluation } from '../requests/queue-reevaluation.ts';
import { notePeople } from '../rules/note-people.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import type { ImportCounts } from './file-import.ts';
import { isPlannedAdmin, type PlannedRow } from './plan-import.ts';

export interface Importing extends Required<ChangedBy> {
  readonly importId: string;
  /** Whether people who are in the directory get the row's values. */
  readonly update: boolean;
}

/** Nobody reads more of them; the others are only counted. */
const MAX_REFUSALS = 20;

/** Adds new people, brings back people who left, and with `update` changes people who are in the directory. */
export async function importRows(
  tx: Transaction,
  { rows, before }: { readonly rows: readonly PlannedRow[]; readonly before: ImportCounts },
  importing: Importing,
): Promise<ImportCounts> {
  const known = await peopleIn(tx, rows);
  const isHere = ({ details }: PlannedRow): boolean => known.get(details.email)?.active === true;
  const unplanned = rows.filter(
    (row) => !isAsPlanned(row, known.get(row.details.email), importing),
  );
  const taken = await takenIds(
    tx,
    rows.filter((row) => !isHere(row) && !unplanned.includes(row)),
  );
  const refused = new Map([...taken, ...unplanned.map((row) => [row, sayChanged()] as const)]);
  const fresh = rows.filter((row) => !known.has(row.details.email) && !refused.has(row));
  const added = peopleOf(tx, fresh, known);
  const { actor, importId } = importing;
  await addImported(tx, added, { actor, importId, detail: { import: importId } });
  let counts = { ...before, created: before.created + added.length };
  for (const [row, why] of refused) counts = counted(refuse(counts, row, why), 'leftOut');
  for (const row of rows) {
    if (refused.has(row)) continue;
    const asRead = known.get(row.details.email);
    if (!asRead) continue;
    // A row above may have brought someone back, which ends their duties: they may have been this person's manager or buddy.
    const isStale = counts.returned > before.returned;
    const person = isStale ? ((await tx.people.find(asRead.id)) ?? asRead) : asRead;
    const details = detailsOf(row);
    if (!person.active) {
      await comeBack(tx, person, { ...importing, details, related: relatedOf(row, known) });
      counts = counted(counts, 'returned');
    } else if (importing.update) {
      // Their manager may come further down in the file, so the second phase sets it.
      const { managerEmail: _, buddyEmail: __, ...own } = details;
      const changed = await changePerson(tx, person, { ...importing, details: own });
      counts = changed.ok
        ? counted(counts, changed.changed.length > 0 ? 'updated' : 'untouched')
        : counted(refuse(counts, row, changed.problems.join('; ')), 'leftOut');
    } else {
      counts = counted(counts, 'untouched');
    }
  }
  return counts;
}

/**
 * Whether the row does what its plan said, with the person as they are now. A plan may be a day old, and the admin who pressed Import
 * has read only the plan: nobody else is added, comes back or becomes an admin.
 */
function isAsPlanned(
  { id, was, details: { role } }: PlannedRow,
  person: Person | undefined,
  { update }: Pick<Importing, 'update'>,
): boolean {
  if (!person) return id !== undefined && was !== 'left';
  if (!person.active) return person.id === id;
  return !update || was !== 'admin' || role !== 'admin' || isAdmin(person);
}

const sayChanged = (): string =>
  t`the directory has changed for them since Latchkey read the file; send the file again to import this row`;

/**
 * Rows that would add or bring back a second person with an employee ID, each with why. Someone who has it under another address may be
 * the same person.
 */
async function takenIds(
  { people }: Pick<Transaction, 'people'>,
  rows: readonly PlannedRow[],
): Promise<ReadonlyMap<PlannedRow, string>> {
  const idOf = ({ details: { employeeId = '' } }: PlannedRow): string => employeeId.trim();
  const ids = [...new Set(rows.map(idOf))].filter(Boolean);
  if (ids.length === 0) return new Map();
  await people.lockCompared();
  const holders = await people.findByEmployeeIds(ids);
  const has = new Map<string, Pick<Person, 'email'>>(
    holders.filter(({ active }) => active).map((each) => [each.employeeId ?? '', each]),
  );
  const taken = new Map<PlannedRow, string>();
  for (const row of rows) {
    const id = idOf(row);
    const other = has.get(id);
    if (id !== '' && other) taken.set(row, sayIdTaken(other));
    else if (id !== '') has.set(id, row.details);
  }
  return taken;
}

/** Sets managers and buddies that come further down in the file. */
export async function connectRows(
  tx: Transaction,
  { rows, before }: { readonly rows: readonly PlannedRow[]; readonly before: ImportCounts },
  importing: Importing,
): Promise<ImportCounts> {
  const wanted = rows.filter(({ details }) => details.managerEmail ?? details.buddyEmail);
  if (wanted.some(({ details }) => details.managerEmail)) await tx.people.lockCompared();
  const known = await peopleIn(tx, wanted);
  const connected: string[] = [];
  let counts = before;
  for (const row of wanted) {
    const person = known.get(row.details.email);
    if (!person?.active) continue; // They have left since, or were refused above.
    const isChanged = person.id === row.id || (importing.update && row.id === undefined);
    if (!isChanged) continue;
    if (row.details.managerEmail !== undefined && isAdmin(person) && !isPlannedAdmin(row)) {
      counts = refuse(counts, row, sayChanged());
      continue;
    }
    const { manager, buddy } = relatedOf(row, known);
    if (person.id === row.id) {
      const fits = person.managerId === undefined && manager !== undefined;
      const circle = fits ? await circleAbove(tx, person, manager) : undefined;
      if (circle !== undefined) counts = refuse(counts, row, t`manager: ${circle}`);
      const managerId = fits && circle === undefined ? manager.id : person.managerId;
      const buddyId = person.buddyId ?? buddy?.id;
      if (managerId === person.managerId && buddyId === person.buddyId) continue;
      await tx.people.save({ ...person, managerId, buddyId });
      await invalidate(tx, personTopic(person.id));
      connected.push(person.id);
    } else {
      const { managerEmail, buddyEmail } = detailsOf(row);
      const relations = { managerEmail, buddyEmail };
      const changed = await changePerson(tx, person, { ...importing, details: relations });
      if (!changed.ok) counts = refuse(counts, row, changed.problems.join('; '));
    }
  }
  await notePeople(tx, connected); // Rules may compare their managers.
  // What became open since they were added may have other approvers and reviewers now.
  const [requests, reviews] = await together([
    tx.requests.peopleWithOpen(connected),
    tx.reviews.peopleWithOpen(connected),
  ]);
  for (const personId of new Set([...requests, ...reviews]))
    await queueReevaluation(tx.queue, { personId, sameStanding: true });
  return counts;
}

/** All people that these rows name. */
async function peopleIn(
  tx: Transaction,
  rows: readonly PlannedRow[],
): Promise<ReadonlyMap<string, Person>> {
  const emails = rows.flatMap(({ details: { email, managerEmail, buddyEmail } }) =>
    [email, managerEmail, buddyEmail].filter((each) => each !== undefined),
  );
  const found = await tx.people.findByEmails([...new Set(emails)]);
  return new Map(found.map((person) => [person.email, person]));
}

function relatedOf({ details }: PlannedRow, known: ReadonlyMap<string, Person>): Related {
  const active = (email = '') => {
    const person = known.get(email);
    return person?.active ? person : undefined;
  };
  return { manager: active(details.managerEmail), buddy: active(details.buddyEmail) };
}

/** New people. People who are added together can already be each other's manager. */
function peopleOf(
  tx: Transaction,
  rows: readonly PlannedRow[],
  known: ReadonlyMap<string, Person>,
): readonly Person[] {
  const people = new Map(known);
  for (const { id = tx.newId(), details } of rows)
    people.set(details.email, blank(id, details.email));
  return rows.flatMap((row) => {
    const person = people.get(row.details.email);
    return person ? [applyDetails(person, detailsOf(row), relatedOf(row, people))] : [];
  });
}

const counted = (
  counts: ImportCounts,
  what: 'returned' | 'updated' | 'untouched' | 'leftOut',
): ImportCounts => ({ ...counts, [what]: counts[what] + 1 });

const refuse = (
  counts: ImportCounts,
  { line, details }: PlannedRow,
  why: string,
): ImportCounts => ({
  ...counts,
  refused: counts.refused + 1,
  refusals: [...counts.refusals, t`Line ${line}, ${details.email}: ${why}.`].slice(0, MAX_REFUSALS),
});

/** zod types missing fields as `undefined`; JSON never has that value. */
const detailsOf = ({ details }: PlannedRow) =>
  details as PersonDetails & { readonly email: string };
