/** Changes of an open task: another assignee or due date, reminders, and an assignee who has left. */
import { addDays, dayIn, instantOf } from '../../core/days.ts';
import { DAY_MS } from '../../core/hours.ts';
import type { Actor } from '../people/directory.ts';
import type { TaskFilter } from '../ports/access-stores.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import { ANY_ADMIN } from '../work/audit-details.ts';
import type { Occurrence, Source, Zoned } from '../work/due.ts';
import type { EventOf } from '../work/events.ts';
import { everyDue } from '../work/paged.ts';
import { invalidate, personTopic, taskTopic } from '../work/topics.ts';
import { type Doer, doerOf, notThemselves } from './doer.ts';
import { giveToAdmins } from './manual.ts';
import type { Task, TaskIn } from './task.ts';

/** Reminders come in the morning, not at midnight. */
const MORNING = '09:00';
/** Between reminders. */
const REMIND_EVERY_MS = 3 * DAY_MS;
/** So long after the due date admins are notified, too. */
const OVERDUE_DAYS = 7;

export interface TaskChange extends Doer {
  /** ISO date. Undefined: none. */
  readonly dueDate: string | undefined;
  /** The person who has its card already. */
  readonly shownTo?: string;
}

/** Another assignee or due date. A new assignee gets the card. */
export async function reassignTask(
  tx: Transaction,
  task: TaskIn<'open'>,
  { actor, assignee, insteadOf, dueDate, shownTo }: TaskChange & { readonly actor: Actor },
): Promise<Task> {
  if (task.assigneeId === assignee?.id && task.dueDate === dueDate) return task;
  const { assigneeId: before, insteadOf: whyBefore, remindedAt, ...rest } = task;
  const saved = await tx.tasks.save({
    ...rest,
    assigneeId: assignee?.id,
    insteadOf: before === assignee?.id ? whyBefore : insteadOf,
    ...(remindedAt && task.dueDate === dueDate && { remindedAt }),
    dueDate,
  });
  await tx.audit('task.reassigned', {
    actor,
    personId: task.personId,
    integrationId: task.integrationId,
    detail: {
      taskId: task.id,
      assigneeId: assignee?.id ?? ANY_ADMIN,
      assigneeIdBefore: before ?? ANY_ADMIN,
      ...(dueDate !== undefined && { dueDate }),
    },
  });
  await invalidate(tx, taskTopic(task.id), personTopic(task.personId));
  if (before !== assignee?.id) await tx.emit({ kind: 'task-opened', task: saved, shownTo });
  return saved;
}

/** Open tasks that wait for the person's manager or buddy move to the new one; without one, to any admin. */
export async function moveToNewHelper(
  tx: Transaction,
  { before, person, by: actor }: Pick<EventOf<'person-changed'>, 'before' | 'person' | 'by'>,
): Promise<void> {
  for (const helper of ['manager', 'buddy'] as const) {
    const [formerId, newId] = [before[`${helper}Id`], person[`${helper}Id`]];
    if (formerId === undefined || formerId === newId) continue;
    const doer = notThemselves(await doerOf(tx, { kind: helper }, person), person);
    const theirs = { personId: person.id, assigneeId: formerId };
    const tasks: Task[] = [];
    for await (const task of openTasks(tx, theirs)) tasks.push(task);
    for (const task of tasks)
      if (task.state === 'open' && (await isFor(tx, task)) === helper)
        await reassignTask(tx, task, { ...doer, actor, dueDate: task.dueDate });
  }
}

/** To whom the settings or the sequence gave it: the current manager or buddy, a named person, or others. */
async function isFor(tx: Transaction, task: Task): Promise<string | undefined> {
  const planned = await tx.plannedItems.startedBy({ taskId: task.id });
  const item = planned && (await tx.sequences.findItem(planned.itemId));
  if (item?.does.kind === 'task') return item.does.assignee.kind;
  if (task.kind === 'other' || task.integrationId === undefined) return undefined;
  const integration = await tx.integrations.find(task.integrationId);
  return settingsOf(integration).assignee?.kind ?? 'manager';
}

export const taskSources = ({ timeZone }: Zoned): readonly Source[] => [
  {
    name: 'task-reminder',
    async *due({ tasks, people }, now) {
      const remindedBefore = new Date(now.getTime() - REMIND_EVERY_MS);
      // Where the day begins first (UTC+14), tomorrow by UTC is today.
      const tomorrow = addDays(dayIn('UTC', now), 1);
      const page = (offset: number) => tasks.dueBy(tomorrow, remindedBefore, offset);
      for await (const task of everyDue(page, ({ id }) => id)) {
        const occurrence = reminderOf(task, await zoneOf(people, task, timeZone));
        if (occurrence && occurrence.at <= now) yield occurrence;
      }
    },
    async fire(tx, occurrence, now) {
      const task = await tx.tasks.find(occurrence.subject.split(':')[0] ?? '');
      // It was done since, or has another due date.
      if (task?.state !== 'open' || !task.dueDate) return;
      const zone = await zoneOf(tx.people, task, timeZone);
      if (reminderOf(task, zone)?.at.getTime() !== occurrence.at.getTime()) return;
      const overdue = addDays(task.dueDate, OVERDUE_DAYS) <= dayIn(zone, now);
      const reminded = await tx.tasks.save({ ...task, remindedAt: now });
      await invalidate(tx, taskTopic(task.id));
      await tx.emit({ kind: 'task-due', task: reminded, isOverdue: overdue });
    },
  },
  {
    name: 'task-assignee-left',
    async *due(stores) {
      for await (const task of openTasks(stores)) {
        const { id, version, createdAt: at } = task;
        // With its version: someone may come back, get the task, and leave once more.
        if (await hasLeft(stores, task)) yield { subject: `${id}:${version}`, at };
      }
    },
    async fire(tx, { subject }) {
      const task = await tx.tasks.find(subject.split(':')[0] ?? '');
      if (task?.state === 'open' && (await hasLeft(tx, task))) await giveToAdmins(tx, task);
    },
  },
];

/** Its assignee's, since the reminder comes in their morning. */
const zoneOf = async (
  people: Stores['people'],
  { assigneeId }: Task,
  installations: string,
): Promise<string> =>
  (assigneeId === undefined ? undefined : await people.timeZoneOf(assigneeId)) ?? installations;

/** With its version: a day that is moved, and moved back, is due once more. */
function reminderOf(
  { id, version, dueDate, remindedAt }: Task,
  timeZone: string,
): Occurrence | undefined {
  if (dueDate === undefined) return undefined;
  const at = remindedAt
    ? new Date(remindedAt.getTime() + REMIND_EVERY_MS)
    : instantOf(dueDate, MORNING, timeZone);
  return { subject: `${id}:${version}`, at };
}

async function hasLeft({ people }: Pick<Stores, 'people'>, { assigneeId }: Task): Promise<boolean> {
  if (assigneeId === undefined) return false;
  return (await people.find(assigneeId))?.active !== true;
}

/** All of them: there are dozens at most. */
async function* openTasks(
  { tasks }: Pick<Stores, 'tasks'>,
  whose: Pick<TaskFilter, 'personId' | 'assigneeId'> = {},
): AsyncIterable<Task> {
  const AT_ONCE = 100;
  for (let offset = 0; ; offset += AT_ONCE) {
    const page = await tasks.list({ ...whose, state: 'open' }, { offset, limit: AT_ONCE });
    yield* page.tasks;
    if (page.tasks.length < AT_ONCE) return;
  }
}
