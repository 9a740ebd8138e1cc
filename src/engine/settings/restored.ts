/** A copy of the database carries when it was made, so that the first start on it can note in the audit log what it is. */
import { z } from 'zod';
import type { Actor } from '../people/directory.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { readSetting } from './read-setting.ts';

/** Of the setting in a copy. Its value is a time in JSON, or null once a start has noted it. */
export const COPIED_AT = 'copied-at';

/** @returns when this database was copied, at the first start on a copy */
export async function noteRestored(transact: UnitOfWork, actor: Actor): Promise<Date | undefined> {
  return transact(async (tx) => {
    const found = await tx.settings.find(COPIED_AT);
    const copiedAt = readSetting(z.iso.datetime().nullable(), found?.value, null);
    if (!found || copiedAt === null) return undefined;
    await tx.settings.save(COPIED_AT, found.version, 'null');
    await tx.audit('database.restored', { actor, detail: { copiedAt } });
    return new Date(copiedAt);
  });
}
