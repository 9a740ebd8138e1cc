/**
 * When the last worker stopped in order, by the clock of then: no heartbeat is left of it. A start compares it with its own clock, which
 * may have been set back in between.
 */
import { z } from 'zod';
import type { Stores, UnitOfWork } from '../ports/unit-of-work.ts';
import { readSetting } from '../settings/read-setting.ts';

/** Of the setting. Its value is a time in JSON. */
const STOPPED_AT = 'worker-stopped-at';

export const noteStop = (transact: UnitOfWork): Promise<void> =>
  transact(async (tx) => {
    const before = await tx.settings.find(STOPPED_AT);
    await tx.settings.save(STOPPED_AT, before?.version ?? 0, JSON.stringify(tx.now));
  });

/** Undefined where none has. */
export async function lastStop({ settings }: Pick<Stores, 'settings'>): Promise<Date | undefined> {
  const found = await settings.find(STOPPED_AT);
  const at = readSetting(z.iso.datetime().nullable(), found?.value, null);
  return at === null ? undefined : new Date(at);
}
