/** Where tries of manifests store what they would: a database that serves one try after another, as it serves tests. */
import type { OpenMemory } from '../../../src/store/memory.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { temporaryDatabase } from './database.ts';

export const temporaryMemory: OpenMemory = async (now, options) => {
  const { db, vault, stores, cleanup } = await temporaryDatabase(now);
  return { stores, transact: unitOfWork(db, vault, { now, ...options }), close: cleanup };
};
