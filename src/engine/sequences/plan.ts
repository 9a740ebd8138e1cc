/** When what one person has is due: computed anew whenever the days that it counts from may have changed. */

import { say } from '../../core/say.ts';
import { dayIn } from '../days.ts';
import type { Person } from '../directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Clock, NewId } from '../ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings.ts';
import { personSubject, touch } from '../subjects.ts';
import { isOpen, type OpenItem, type PlannedItem, planAt } from './planned-item.ts';
import type { Sequence, SequenceAssignment, SequenceItem } from './sequence.ts';
import { type Calendar, dueAt } from './timing.ts';

/** Who is told, in the transaction of the change itself. */
export interface SequenceNews {
  /** Somebody has to look at it: it could not begin, or its time was over when its day was moved. */
  needsLook(tx: Transaction, planned: PlannedItem): Promise<void>;
}

export interface Planning {
  readonly now: Clock;
  readonly newId: NewId;
  /** The installation's, for people of whom no time zone is known; an IANA name. */
  readonly timeZone: string;
  readonly sequenceNews: SequenceNews;
}

/** The workspace's working days. */
export async function calendarOf(stores: Pick<Stores, 'settings'>): Promise<Calendar> {
  const { weekend, holidays } = await workspaceSettings(stores);
  return { weekend, holidays };
}

/** When an item is due for somebody; undefined while the day that it counts from isn't known. */
export function whenDue(
  { timing }: SequenceItem,
  about: {
    readonly sequence: Pick<Sequence, 'anchor'>;
    readonly assignment: Pick<SequenceAssignment, 'assignedAt'>;
    readonly person: Person;
  },
  calendar: Calendar,
  { timeZone: installations }: Pick<Planning, 'timeZone'>,
): Date | undefined {
  const { assignedAt } = about.assignment;
  const timeZone = about.person.timeZone ?? installations;
  const anchorDay = anchorDayOf(about.sequence, about.person, dayIn(timeZone, assignedAt));
  return dueAt(timing, { anchorDay, timeZone, assignedAt }, calendar);
}

function anchorDayOf(
  { anchor }: Pick<Sequence, 'anchor'>,
  { startDate, endDate }: Person,
  assignedOn: string,
): string | undefined {
  return anchor === 'assignment' ? assignedOn : anchor === 'start-date' ? startDate : endDate;
}

/**
 * Moves what has not happened yet to when it is due now. What that puts into the past stays until somebody says that
 * it is to happen; what was past and is no more happens by itself again.
 * @returns those that moved
 */
async function replan(
  tx: Transaction,
  personId: string,
  parts: Planning,
): Promise<readonly PlannedItem[]> {
  const person = await tx.people.hold(personId);
  if (!person) return [];
  const calendar = await calendarOf(tx);
  const moved: PlannedItem[] = [];
  for (const planned of await tx.plannedItems.openOf({ personId })) {
    const next = await movedItem(tx, planned, person, calendar, parts);
    if (!next) continue;
    moved.push(await keepMoved(tx, planned, next, parts));
  }
  return moved;
}

/** Whoever has to say whether it is to happen is told once, and not for each item of a person. */
export async function keepMoved(
  tx: Transaction,
  before: OpenItem,
  next: OpenItem,
  parts: Planning,
): Promise<PlannedItem> {
  const saved = await tx.plannedItems.save(next);
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor: { kind: 'system' },
    what: 'sequence.moved',
    personId: saved.personId,
    detail: { plannedItemId: saved.id, due: saved.dueAt?.toISOString() ?? say`not known` },
  });
  await touch(tx, personSubject(saved.personId));
  if (saved.state === 'past' && before.state !== 'past')
    await parts.sequenceNews.needsLook(tx, saved);
  return saved;
}

/** People who are looked at together; whoever clicks waits for one of them at most. */
const PEOPLE_AT_ONCE = 100;

/** The job: one person, or everybody of whom something has yet to happen. */
export async function replanSequences(
  { personId }: Jobs['sequences.replan'],
  parts: Planning & { readonly stores: Stores; readonly transact: UnitOfWork },
): Promise<void> {
  if (personId !== undefined) {
    await parts.transact((tx) => replan(tx, personId, parts));
    return;
  }
  for (let after = ''; ; ) {
    const ids = await parts.stores.plannedItems.peopleWithOpen(after, PEOPLE_AT_ONCE);
    for (const id of ids) await parts.transact((tx) => replan(tx, id, parts));
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** The item as it should be planned; undefined where it is. */
export async function movedItem(
  stores: Stores,
  planned: PlannedItem,
  person: Person,
  calendar: Calendar,
  parts: Planning,
): Promise<OpenItem | undefined> {
  if (!isOpen(planned)) return undefined;
  const item = await stores.sequences.findItem(planned.itemId);
  const assignment = await stores.assignments.find(planned.assignmentId);
  const sequence = assignment && (await stores.sequences.find(assignment.sequenceId));
  if (!item || !assignment || !sequence) return undefined;
  const due = whenDue(item, { sequence, assignment, person }, calendar, parts);
  return due?.getTime() === planned.dueAt?.getTime()
    ? undefined
    : planAt(planned, due, 'hold', parts.now());
}
