/** When the items of a person are due. It is computed again when an anchor day, a time zone or the calendar may have changed. */
import { dayIn } from '../../core/days.ts';
import { eachAlone } from '../../core/each-alone.ts';
import { byId } from '../../core/ids.ts';
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { type Person, SYSTEM } from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Database, Stores, Transaction } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import type { Zoned } from '../work/due.ts';
import { invalidate, invalidateItem, personTopic } from '../work/topics.ts';
import { isOpen, type OpenItem, type PlannedItem, planAt } from './planned-item.ts';
import type { Sequence, SequenceAssignment, SequenceItem } from './sequence.ts';
import { type Calendar, DueTimes, dueAt } from './timing.ts';

/** The workspace's working days. */
export async function calendarOf(stores: Pick<Stores, 'settings'>): Promise<Calendar> {
  const { weekend, holidays } = await workspaceSettings(stores);
  return { weekend, holidays };
}

/** When an item is due for a person; undefined while the anchor day isn't known. */
export function whenDue(
  { timing }: SequenceItem,
  about: {
    readonly sequence: Pick<Sequence, 'anchor'>;
    readonly assignment: Pick<SequenceAssignment, 'assignedAt'>;
    readonly person: Person;
  },
  {
    calendar,
    timeZone: installations,
    dueTimes,
  }: Zoned & { readonly calendar: Calendar; readonly dueTimes?: DueTimes },
): Date | undefined {
  const { assignedAt } = about.assignment;
  const timeZone = about.person.timeZone ?? installations;
  const anchorDay = anchorDayOf(about.sequence, about.person, () => dayIn(timeZone, assignedAt));
  const counted = { anchorDay, timeZone, assignedAt };
  return dueTimes ? dueTimes.of(timing, counted, calendar) : dueAt(timing, counted, calendar);
}

function anchorDayOf(
  { anchor }: Pick<Sequence, 'anchor'>,
  { startDate, endDate }: Person,
  assignedOn: () => string,
): string | undefined {
  return anchor === 'assignment' ? assignedOn() : anchor === 'start-date' ? startDate : endDate;
}

/**
 * Moves open items to their new due times. An item whose new time is over becomes `past`. A past item whose new time is ahead
 * becomes `planned`.
 */
async function replan(
  tx: Transaction,
  personIds: readonly string[],
  known: KnownSequences,
): Promise<void> {
  const people = byId(await tx.people.holdMany(personIds));
  const [calendar, open] = await together([calendarOf(tx), tx.plannedItems.openOf({ personIds })]);
  const { timeZone } = tx;
  const moved = await movedOf(open, tx, { people, known: known.within(tx), calendar, timeZone });
  await move(
    tx,
    moved.map(({ planned, due }) => ({
      planned,
      next: planAt(planned, { due, late: 'hold' }, tx.now),
    })),
  );
  await invalidate(tx, ...personIds.map(personTopic));
}

/** Saves an item that was about to fire and now has another time. */
export async function keepMoved(tx: Transaction, before: OpenItem, next: OpenItem): Promise<void> {
  await move(tx, [{ planned: before, next }]);
}

/** The event's notification comes once for a person, not for each item. */
async function move(
  tx: Transaction,
  moves: readonly { readonly planned: OpenItem; readonly next: OpenItem }[],
): Promise<void> {
  if (moves.length === 0) return;
  const saved = await tx.plannedItems.saveMoved(moves.map(({ next }) => next));
  await invalidateItem(tx, ...moves.flatMap(({ planned, next }) => [planned, next]));
  for (const [index, { planned }] of moves.entries()) {
    const next = saved[index];
    if (next?.state === 'past' && planned.state !== 'past')
      await tx.emit({ kind: 'sequence-item-stuck', planned: next });
  }
  await tx.auditAll(
    saved.map(({ id, personId, dueAt: due }) => ({
      actor: SYSTEM,
      what: 'sequence.moved',
      personId,
      detail: { plannedItemId: id, due: due?.toISOString() ?? t`not known` },
    })),
  );
}

/** People whose items are looked at, and moved, together. A click waits for that transaction. */
const AT_ONCE = 50;
/**
 * Shortest pause between two transactions. A pause is as long as the transaction before it. SQLite has one writer and no queue
 * for it: others retry after a while, and succeed only if it is free for half of the time.
 */
const PAUSE_MS = 5;

export interface Replanning extends Zoned, Database, Time {}

/** The job: for one person, or for everyone with open items. */
export async function replanSequences(
  { personId }: Jobs['sequences.replan'],
  deps: Replanning,
): Promise<void> {
  const { stores, transact, now, pause } = deps;
  const known = knownSequences();
  const moveAll = (ids: readonly string[]) => transact((tx) => replan(tx, ids, known));
  if (personId !== undefined) return moveAll([personId]);
  await eachAlone(pagesOfPeople(stores), async (ids) => {
    // If that fails, `replan` checks each of them.
    const moving = await whoseMove(ids, known, deps).catch(() => ids);
    if (moving.length === 0) return pause(0);
    const begun = now().getTime();
    try {
      // If one person's data is broken, the others are moved without them.
      await moveAll(moving).catch(() => eachAlone(moving, (id) => moveAll([id])));
    } finally {
      await pause(Math.max(PAUSE_MS, now().getTime() - begun));
    }
  });
}

async function* pagesOfPeople({
  plannedItems,
}: Pick<Stores, 'plannedItems'>): AsyncGenerator<readonly string[]> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const ids: readonly string[] = await plannedItems.peopleWithOpen(after, AT_ONCE);
    yield ids;
    after = ids.at(-1);
  }
}

/**
 * Of these people, those with an item whose due time has changed, in the same order. Nobody is held: mostly nothing moves, and
 * `replan` checks again.
 */
async function whoseMove(
  ids: readonly string[],
  known: KnownSequences,
  { stores, timeZone }: Replanning,
): Promise<readonly string[]> {
  const calendar = await calendarOf(stores);
  const people = byId(await stores.people.findMany(ids));
  const open = await stores.plannedItems.openOf({ personIds: ids });
  const within = known.within(stores);
  const moved = await movedOf(open, stores, { people, known: within, calendar, timeZone });
  const moving = new Set(moved.map(({ planned }) => planned.personId));
  return ids.filter((id) => moving.has(id));
}

interface MovedItem {
  readonly planned: OpenItem;
  readonly due: Date | undefined;
}

/** Items whose due time has changed. */
async function movedOf(
  open: readonly OpenItem[],
  stores: Pick<Stores, 'assignments'>,
  {
    people,
    known,
    calendar,
    timeZone,
  }: {
    readonly people: ReadonlyMap<string, Person>;
    readonly known: ReadSequences;
    readonly calendar: Calendar;
    readonly timeZone: string;
  },
): Promise<readonly MovedItem[]> {
  const assignmentIds = [...new Set(open.map(({ assignmentId }) => assignmentId))];
  const assignments = byId(await stores.assignments.findMany(assignmentIds));
  const moved: MovedItem[] = [];
  for (const planned of open) {
    const person = people.get(planned.personId);
    const assignment = assignments.get(planned.assignmentId);
    const item = await known.findItem(planned.itemId);
    const sequence = assignment && (await known.find(assignment.sequenceId));
    if (!person || !assignment || !item || !sequence) continue;
    const { dueTimes } = known;
    const about = { sequence, assignment, person };
    const due = whenDue(item, about, { calendar, timeZone, dueTimes });
    if (due?.getTime() !== planned.dueAt?.getTime()) moved.push({ planned, due });
  }
  return moved;
}

type ReadSequences = Pick<Stores['sequences'], 'find' | 'findItem'> & {
  readonly dueTimes?: DueTimes;
};

/** Sequences and their items, each read once in a job, and when they are due. A change during the job queues another job. */
interface KnownSequences {
  /** Reads what isn't known yet with these stores. */
  readonly within: (stores: Pick<Stores, 'sequences'>) => ReadSequences;
}

function knownSequences(): KnownSequences {
  const dueTimes = new DueTimes();
  const once = <T>() => {
    const found = new Map<string, T>();
    return (find: (id: string) => Promise<T>) =>
      async (id: string): Promise<T> => {
        const known = found.get(id) ?? (await find(id));
        found.set(id, known);
        return known;
      };
  };
  const [find, findItem] = [once<Sequence | undefined>(), once<SequenceItem | undefined>()];
  return {
    within: ({ sequences }) => ({
      dueTimes,
      find: find((id) => sequences.find(id)),
      findItem: findItem((id) => sequences.findItem(id)),
    }),
  };
}

/** The item with its new due time; undefined if that hasn't changed. */
export async function movedItem(
  tx: Transaction,
  planned: PlannedItem,
  { person, calendar }: { readonly person: Person; readonly calendar: Calendar },
): Promise<OpenItem | undefined> {
  if (!isOpen(planned)) return undefined;
  const people = byId([person]);
  const [moved] = await movedOf([planned], tx, {
    people,
    known: tx.sequences,
    calendar,
    timeZone: tx.timeZone,
  });
  return moved && planAt(planned, { due: moved.due, late: 'hold' }, tx.now);
}
