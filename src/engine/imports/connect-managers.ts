/**
 * Sets managers after the last row: those who came after their reports, and those who take the place of another one. In most files
 * and sources half of the managers come after their reports, so those of people whom this import has just added are set together.
 */
import { chunksOf } from '../../core/batches.ts';
import { together } from '../../core/together.ts';
import { changePerson } from '../people/change-person.ts';
import type { Person } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import { aboutPerson } from '../people/person-changed.ts';
import { fieldNames } from '../people/person-details.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import { holdTopic, homeTopic, invalidate, personTopic } from '../work/topics.ts';
import { findPeople, managerIn, peopleIn } from './find-people.ts';
import { managersOf } from './managers-of-admins.ts';
import type { ConnectingRound, SyncRow } from './sync-run.ts';
import type { Taking } from './take-rows.ts';
import { newManagerOf } from './what-changes.ts';
import { topOf, withManagersMeant } from './with-managers.ts';

/** People in one statement. */
const PEOPLE_AT_ONCE = 250;

interface Connection {
  readonly person: Person;
  readonly manager: Person;
}

/**
 * Most rows need nothing.
 * @param most people who may change one by one
 * @returns `next`: the number of the first row that would be one too many
 */
export async function connectManagers(
  tx: Transaction,
  rows: readonly SyncRow[],
  { most, ...taking }: Taking & { readonly most: number },
): Promise<ConnectingRound & { readonly next?: number }> {
  if (!rows.some(namesManager)) return { set: 0, refused: 0, without: 0 };
  await tx.people.lockCompared(); // Nobody else decides now who reports to whom.
  const wanted = await whoGetsAnother(tx, rows, taking);
  const quiet = await quietAmong(
    tx,
    wanted.filter(({ person }) => isJustAdded(person, taking)).map(({ person }) => person.id),
  );
  const atOnce: Connection[] = [];
  let [set, refused, without, one] = [0, 0, 0, 0];
  let next: number | undefined;
  for (const { seq, person, manager } of wanted) {
    if (!manager) {
      without += 1;
    } else if (quiet.delete(person.id)) {
      atOnce.push({ person, manager });
    } else if (one === most) {
      next = seq;
      break;
    } else {
      one += 1;
      // Refused if it would make a circle: it may make none when another one is set.
      const details = { managerEmail: manager.email };
      const connected = await changePerson(tx, person, { ...taking, details });
      if (connected.ok) set += 1;
      else refused += 1;
    }
  }
  const connected = await connectAtOnce(tx, atOnce, taking);
  refused += atOnce.length - connected;
  return {
    set: set + connected,
    refused,
    without: without + refused,
    ...(next !== undefined && { next }),
  };
}

const namesManager = ({ details }: SyncRow): boolean =>
  Boolean(details?.managerEmail ?? details?.managerId);

/** Active people who get another manager. Undefined: the one whom the row names isn't here. */
async function whoGetsAnother(
  tx: Transaction,
  rows: readonly SyncRow[],
  { runId, owns }: Taking,
): Promise<
  readonly {
    readonly seq: number;
    readonly person: Person;
    readonly manager: Person | undefined;
  }[]
> {
  const named = await withManagersMeant(tx, runId, rows);
  const naming = named.filter(({ details }) => details?.managerEmail);
  const people = await findPeople(tx, naming);
  const now = await managersOf(tx, peopleIn(people, naming));
  return naming.flatMap((row) => {
    const found = people.of(row);
    if (found.kind !== 'person' || !found.person.active) return [];
    const { person } = found;
    const managerEmail = now.get(person.managerId ?? '');
    // For an admin, another admin has to confirm it.
    if (newManagerOf({ row, person, managerEmail }, owns) === undefined) return [];
    return [{ seq: row.seq, person, manager: managerIn(people, row, person) }];
  });
}

/** Whether this import has added them, and nobody has changed them since. A planned last day is a change. */
const isJustAdded = (
  { addedByImport, version, managerId }: Person,
  { runId }: Pick<Taking, 'runId'>,
): boolean => addedByImport === runId && version === 1 && managerId === undefined;

/** Those of them about whom nothing is open that has more to follow from another manager. */
async function quietAmong(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  const quiet = new Set(ids);
  for (const some of chunksOf(ids, PEOPLE_AT_ONCE)) {
    const [requests, tasks, reviews, removals, transitions] = await together([
      tx.requests.peopleWithOpen(some), // Also of their reports: a stage may be for the manager's manager.
      tx.tasks.peopleWithOpen(some),
      tx.reviews.peopleWithOpen(some),
      tx.removals.openOfPeople(some),
      tx.transitions.currentOf(some),
    ]);
    for (const id of [...requests, ...tasks, ...reviews]) quiet.delete(id);
    for (const { personId } of [...removals, ...transitions]) quiet.delete(personId);
  }
  return quiet;
}

/**
 * Sets the first managers of people who were just added. What follows is what follows from adding them with their manager.
 * @returns how many; one who would report to themselves over others is left out
 */
async function connectAtOnce(
  tx: Transaction,
  wanted: readonly Connection[],
  by: Taking,
): Promise<number> {
  if (wanted.length === 0) return 0;
  const connected = await withoutCircles(tx, wanted);
  await tx.people.saveManagers(
    connected.map(({ person, manager }) => ({ ...person, managerId: manager.id })),
  );
  const fields = await inWorkspaceLocale(tx, async () => fieldNames(['managerEmail']));
  await tx.auditAll(
    connected.map(({ person }) => ({
      ...aboutPerson(person, by, { fields }),
      what: 'person.changed',
    })),
  );
  const ids = connected.map(({ person }) => person.id);
  for (const some of chunksOf(ids, PEOPLE_AT_ONCE))
    await invalidate(tx, ...(await tx.holds.openOfPeople(some)).map(({ id }) => holdTopic(id)));
  for (const { person, manager } of connected)
    await invalidate(tx, personTopic(person.id), homeTopic(person.id), homeTopic(manager.id));
  await notePeople(tx, ids); // Rules may compare their managers.
  return connected.length;
}

/** Without those whose manager reports to them, directly or not. Call it after `lockCompared`. */
async function withoutCircles(
  tx: Transaction,
  wanted: readonly Connection[],
): Promise<readonly Connection[]> {
  const managers = new Set(wanted.map(({ manager }) => manager.id));
  const above = await tx.people.managersAbove([...managers]);
  return wanted.filter(({ person, manager }) => {
    if (topOf(manager.id, above) === person.id) return false;
    above.set(person.id, manager.id);
    return true;
  });
}
