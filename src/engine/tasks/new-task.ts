import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import type { TaskFacts, TaskIn } from './task.ts';

type NewTask = Omit<TaskFacts, 'id' | 'version' | 'createdAt' | 'comments'>;

interface OpenedBy extends Omit<AuditNote, 'what' | 'detail'> {
  /** The person who has its card already. */
  readonly shownTo?: string;
}

/** Inserts an open task, audits it, and notifies those who may do it. */
export async function insertTask(
  tx: Transaction,
  wanted: NewTask,
  { shownTo, ...about }: OpenedBy,
): Promise<TaskIn<'open'>> {
  const { assigneeId } = wanted;
  // Held, so that a leaver's tasks are handed over before this one is made or after. Without an assignee any admin may do it.
  const [assignee] =
    assigneeId === undefined ? [] : await tx.people.holdMany([assigneeId], 'shared');
  const task: TaskIn<'open'> = {
    ...wanted,
    assigneeId: assignee?.active ? assignee.id : undefined,
    insteadOf:
      assigneeId === undefined || assignee?.active ? wanted.insteadOf : { personId: assigneeId },
    id: tx.newId(),
    version: 1,
    createdAt: tx.now,
    comments: [],
    state: 'open',
  };
  await tx.tasks.insert(task);
  await tx.audit('task.opened', { ...about, detail: { taskId: task.id, kind: task.kind } });
  await tx.emit({ kind: 'task-opened', task, shownTo });
  return task;
}
