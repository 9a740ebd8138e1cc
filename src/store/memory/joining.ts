import type { FileImport } from '../../engine/imports/file-import.ts';
import type { Join } from '../../engine/people/joins.ts';
import type { FileImportStore } from '../../engine/ports/import-stores.ts';
import type { JoinStore, RefusedUser, RefusedUserStore } from '../../engine/ports/people-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { createTable, type Journal } from './table.ts';

/** @param isHere whether somebody has that address who has not left */
export function createJoinStore(
  journal: Journal,
  isHere: (email: string) => Promise<boolean>,
): JoinStore {
  const joins = createTable<Join>('joins', journal);
  const open = async (): Promise<readonly Join[]> => {
    const asked = joins.rows().filter(({ state }) => state === 'open');
    const here = await Promise.all(asked.map(({ email }) => isHere(email)));
    return asked
      .filter((_, index) => !here[index])
      .toSorted((a, b) => b.joinedAt.getTime() - a.joinedAt.getTime() || (a.id < b.id ? 1 : -1));
  };
  return {
    async insert(join) {
      const taken = joins
        .rows()
        .some(
          ({ platform, tenant, userId }) =>
            platform === join.platform && tenant === join.tenant && userId === join.userId,
        );
      if (taken) return 'taken';
      joins.insert(join.id, join);
      return 'inserted';
    },
    find: async (id) => joins.get(id),
    byEmails: async (emails) => joins.rows().filter((join) => emails.includes(join.email)),
    save: async (join) => joins.put(join.id, join),
    async open({ offset, limit }) {
      const all = await open();
      return { joins: all.slice(offset, offset + limit), total: all.length };
    },
    countSince: async (since) => joins.rows().filter(({ joinedAt }) => joinedAt >= since).length,
    async ignoreOpen(decidedById) {
      const all = await open();
      for (const join of all) joins.put(join.id, { ...join, state: 'ignored', decidedById });
      return all.length;
    },
  };
}

export function createRefusedUserStore(journal: Journal): RefusedUserStore {
  const users = createTable<RefusedUser>('refused_users', journal);
  const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);
  return {
    put: async (user) => users.put(keyOf(user.platform, user.tenant, user.userId), user),
    find: async (platform, tenant, userId) => users.get(keyOf(platform, tenant, userId)),
    newest: async (limit) =>
      users
        .rows()
        .toSorted(
          (a, b) => b.refusedAt.getTime() - a.refusedAt.getTime() || (a.userId < b.userId ? -1 : 1),
        )
        .slice(0, limit),
    delete: async (platform, tenant, userId) => users.delete(keyOf(platform, tenant, userId)),
  };
}

export function createFileImportStore(journal: Journal): FileImportStore {
  const imports = createTable<FileImport>('file_imports', journal);
  return {
    insert: async (fileImport) => imports.insert(fileImport.id, fileImport),
    find: async (id) => imports.get(id),
    async save(fileImport) {
      const { id, version } = fileImport;
      if (imports.get(id)?.version !== version) throw new StaleWrite('file import', id, version);
      const next = { ...fileImport, version: version + 1 };
      imports.put(id, next);
      return next;
    },
    newest: async (limit) =>
      imports
        .rows()
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
        .slice(0, limit),
  };
}
