/** What `/metrics` reads each time that it is asked: of the database, the disks and the parts. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { compact } from '../core/compact.ts';
import { RepeatedErrors } from '../core/errors/repeated-errors.ts';
import type { Looks } from '../observe/meters.ts';
import { sqliteFile } from '../store/database.ts';
import { createJobDriver } from '../store/queue/job-driver.ts';
import type { Foundation } from './foundation.ts';

export interface LooksDeps extends Pick<Looks, 'parts'> {
  readonly onError: (error: unknown, where: string) => void;
}

type OpenRemovals = Awaited<ReturnType<Looks['removals']>>;

export function looksAt(
  { db, stores, config, now }: Pick<Foundation, 'db' | 'stores' | 'config' | 'now'>,
  { parts, onError }: LooksDeps,
): Looks {
  const queue = createJobDriver(db);
  const errors = new RepeatedErrors();
  const read = async <T>(what: string, work: () => Promise<T>, none: T): Promise<T> => {
    try {
      const found = await work();
      errors.wentWell(what);
      return found;
    } catch (error) {
      if (errors.isNew(what, error)) onError(error, what);
      return none;
    }
  };
  const disks = Object.entries({
    database: sqliteFile(config.databaseUrl),
    'audit-file': config.auditFile,
  });
  const freeOn = async (folder: string): Promise<number> => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  };
  const unsealedSeconds = async (): Promise<number> => {
    const since = await stores.auditChain.unsealedSince();
    return since ? Math.max(0, (now().getTime() - since.getTime()) / 1000) : 0;
  };
  return {
    queue: () => read('the depth of the queue', () => queue.depths(now()), []),
    removals: () =>
      read<OpenRemovals>('the count of removals', () => stores.removals.countOpen(), {}),
    unsealedSeconds: () => read('the age of unsealed entries', unsealedSeconds, Number.NaN),
    async freeBytes() {
      const free = disks.map(async ([name, file]) => {
        if (file === undefined) return undefined;
        const bytes = await read(`the disk of ${name}`, () => freeOn(dirname(file)), undefined);
        return bytes !== undefined && ([name, bytes] as const);
      });
      return Object.fromEntries(compact(await Promise.all(free)));
    },
    parts,
  };
}
