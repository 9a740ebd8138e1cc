import type { Access } from './directory.ts';
import type { Transaction } from './ports/unit-of-work.ts';

/**
 * What takes this access away is looked at with the next tick, now that it seems to be gone: else whoever waits for it would be told
 * when the next try is due, which may be a day later.
 */
export async function hurryWhenGone(
  tx: Transaction,
  { personId, integrationId }: Pick<Access, 'personId' | 'integrationId'>,
  now: Date,
): Promise<void> {
  const limit = await tx.timeLimits.current(personId, integrationId);
  if (limit?.state === 'ending') await tx.timeLimits.save({ ...limit, nextTryAt: now });
  const offboarding = await tx.offboardings.current(personId);
  if (offboarding?.state !== 'running') return;
  const item = (await tx.offboardings.items(offboarding.id)).find(
    (each) => each.integrationId === integrationId,
  );
  if (item?.nextTryAt) await tx.offboardings.putItem({ ...item, nextTryAt: now });
}
