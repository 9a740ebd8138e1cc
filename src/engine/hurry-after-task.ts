import type { Transaction } from './ports/unit-of-work.ts';
import type { Task } from './task.ts';

/** What waits for somebody to take access away by hand is looked at with the next tick, now that they have. */
export async function hurryAfterTask(
  tx: Transaction,
  { id, personId, integrationId }: Task,
  now: Date,
): Promise<void> {
  if (integrationId === undefined) return;
  const limit = await tx.timeLimits.current(personId, integrationId);
  if (limit?.state === 'ending' && limit.taskId === id)
    await tx.timeLimits.save({ ...limit, nextTryAt: now });
  const offboarding = await tx.offboardings.current(personId);
  if (!offboarding) return;
  for (const item of await tx.offboardings.items(offboarding.id))
    if (item.taskId === id && item.nextTryAt)
      await tx.offboardings.putItem({ ...item, nextTryAt: now });
}
