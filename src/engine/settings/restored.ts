/** A copy of the database carries when it was made, so that the first start on it can note in the audit log what it is. */
import { z } from 'zod';
import type { Actor } from '../people/directory.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { readSetting } from './read-setting.ts';

/** Of the setting in a copy. Its value is a time in JSON, or null once a start has noted it. */
export const COPIED_AT = 'copied-at';

/** Of the setting in a copy that `latchkey restore` put in its place: the user who ran it, in JSON, or null once that is noted. */
export const RESTORED_BY = 'restored-by';

/**
 * @param actor who starts it; counts where the copy came to its place in another way
 * @returns when this database was copied, at the first start on a copy
 */
export async function noteRestored(transact: UnitOfWork, actor: Actor): Promise<Date | undefined> {
  return transact(async (tx) => {
    const found = await tx.settings.find(COPIED_AT);
    const copiedAt = readSetting(z.iso.datetime().nullable(), found?.value, null);
    if (!found || copiedAt === null) return undefined;
    await tx.settings.save(COPIED_AT, found.version, 'null');
    const by = await tx.settings.find(RESTORED_BY);
    const user = readSetting(z.string().nullable(), by?.value, null);
    if (by) await tx.settings.save(RESTORED_BY, by.version, 'null');
    const restoredBy: Actor = user === null ? actor : { kind: 'operator', user };
    await tx.audit('database.restored', { actor: restoredBy, detail: { copiedAt } });
    return new Date(copiedAt);
  });
}
