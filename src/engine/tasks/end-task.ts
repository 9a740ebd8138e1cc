/** Ends tasks, done or cancelled. What waited for them goes on. */
import { endHoldsOfTask } from '../access/holds.ts';
import { reconsiderRemoval } from '../access/removals/wake-removal.ts';
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { recordOutcome } from '../sequences/events/record-event.ts';
import { releaseWaiting } from '../sequences/waiting.ts';
import { invalidate, personTopic, requestsBehind, taskTopic } from '../work/topics.ts';
import type { Task, TaskIn } from './task.ts';

/**
 * Cancels tasks to grant it: the person leaves, a removal begins, or the integration is turned off or deleted.
 * @returns how many tasks were cancelled
 */
export async function cancelGrantTasks(
  tx: Transaction,
  whose: { readonly personId?: string; readonly integrationId?: string },
  {
    actor,
    limit = Number.POSITIVE_INFINITY,
    before,
  }: {
    readonly actor: Actor;
    /** How many at most; left out: all of them. */
    readonly limit?: number;
    /** Newer tasks stay. */
    readonly before?: Date;
  },
): Promise<number> {
  const AT_ONCE = 100;
  let cancelled = 0;
  for (let offset = 0; ; ) {
    const page = { offset, limit: AT_ONCE };
    const { tasks } = await tx.tasks.list({ ...whose, state: 'open' }, page);
    for (const task of tasks) {
      if (cancelled === limit) return cancelled;
      const isNewer = before !== undefined && task.createdAt > before;
      if (task.state === 'open' && task.kind === 'grant' && !isNewer) {
        await endTask(tx, task, { state: 'cancelled', actor });
        cancelled += 1;
      } else offset += 1;
    }
    if (tasks.length < AT_ONCE) return cancelled;
  }
}

export async function endTask(
  tx: Transaction,
  task: TaskIn<'open'>,
  { state, actor }: { readonly state: 'done' | 'cancelled'; readonly actor: Actor },
): Promise<Task> {
  const { personId, integrationId } = task;
  const ended = await tx.tasks.save({
    ...task,
    state,
    endedAt: tx.now,
    ...(actor.kind === 'person' && { endedById: actor.personId }),
  });
  await tx.audit(`task.${state}`, {
    actor,
    personId: task.personId,
    integrationId: task.integrationId,
    detail: { taskId: task.id, kind: task.kind },
  });
  await invalidate(
    tx,
    taskTopic(task.id),
    personTopic(task.personId),
    ...(integrationId === undefined
      ? []
      : await requestsBehind(tx, { personId, integrationId }, { taskId: task.id })),
  );
  if (state === 'done' && task.kind === 'grant' && integrationId !== undefined)
    await recordOutcome(
      tx,
      { kind: 'access-granted', integrationId },
      { by: { taskId: task.id }, personId },
    );
  if (state === 'cancelled' && task.kind === 'grant' && integrationId !== undefined) {
    await endHoldsOfTask(tx, { personId, integrationId }, task.id);
    await reconsiderRemoval(tx, { personId, integrationId });
  }
  await releaseWaiting(tx, ended.id);
  await tx.emit({ kind: 'task-ended', task: ended });
  return ended;
}
