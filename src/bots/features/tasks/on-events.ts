/** Who is notified of tasks: the assignee, or every admin where it has none. A task for the manager or the buddy follows to a new one. */
import { notifyAtOnce, notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { moveToNewHelper } from '../../../engine/tasks/change-task.ts';
import { type Task, wishesOf } from '../../../engine/tasks/task.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { taskCard } from './task-card.ts';
import { taskNotice } from './task-notice.ts';

export const taskEvents = {
  'person-changed': (tx, changed) => moveToNewHelper(tx, changed),

  async 'task-opened'(tx, { task, shownTo }) {
    for (const personId of await doersOf(tx, task))
      if (personId !== shownTo)
        await notifyAtOnce(tx, personId, { card: taskCard.with({ taskId: task.id }) });
  },

  /** Sends the same card again, after their quiet hours; after a week, to admins too. */
  async 'task-due'(tx, { task, isOverdue }) {
    const readers = [...(await doersOf(tx, task)), ...(isOverdue ? await adminIds(tx) : [])];
    for (const personId of new Set(readers))
      await notifyPerson(tx, personId, { card: taskCard.with({ taskId: task.id }) });
  },

  /** Tells the person and the requester that the grant is done. A removal notifies of its own end. */
  async 'task-ended'(tx, { task }) {
    if (task.state !== 'done' || task.kind !== 'grant') return;
    for (const { id, active } of await tx.people.findMany([...(await concernedBy(tx, task))]))
      if (active && id !== task.endedById)
        await notifyAtOnce(tx, id, { card: taskNotice.with({ taskId: task.id }) });
  },
} satisfies EventHandlers;

const doersOf = async (tx: Transaction, { assigneeId }: Task): Promise<readonly string[]> =>
  assigneeId === undefined ? adminIds(tx) : [assigneeId];

const adminIds = async (tx: Transaction): Promise<readonly string[]> =>
  (await tx.people.admins()).map(({ id }) => id);

/** The person and the requesters. */
async function concernedBy(tx: Transaction, task: Task): Promise<ReadonlySet<string>> {
  const ids = new Set([task.personId]);
  for (const { requestId } of wishesOf(task)) {
    const request = requestId === undefined ? undefined : await tx.requests.find(requestId);
    if (request) ids.add(request.requestedById);
  }
  return ids;
}
