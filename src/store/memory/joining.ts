import type { FileImport } from '../../engine/import/file-import.ts';
import type { Join } from '../../engine/joins.ts';
import { type FileImportStore, type JoinStore, StaleWrite } from '../../engine/ports.ts';
import { createTable, type Journal } from './table.ts';

export function createJoinStore(journal: Journal): JoinStore {
  const joins = createTable<Join>('joins', journal);
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
  };
}

export function createFileImportStore(journal: Journal): FileImportStore {
  const imports = createTable<FileImport>('file_imports', journal);
  return {
    insert: async (fileImport) => imports.insert(fileImport.id, fileImport),
    find: async (id) => imports.get(id),
    async save(fileImport) {
      const { id, version } = fileImport;
      if (imports.get(id)?.version !== version) throw new StaleWrite('file import', id);
      const next = { ...fileImport, version: version + 1 };
      imports.put(id, next);
      return next;
    },
  };
}
