import type { Knex } from 'knex';
import { type FileImport, importProgress } from '../../engine/imports/file-import.ts';
import type { FileImportStore } from '../../engine/ports/import-stores.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import { jsonColumn, type RowOf, readActor, readColumnOr, time } from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import { versionedRows } from '../work/versioned-rows.ts';

type FileImportRow = RowOf<typeof toRow>;

export const progressColumn = jsonColumn('file_imports.progress', importProgress);

export function createFileImportStore(db: Knex): FileImportStore {
  const imports = () => db<FileImportRow>('file_imports');

  return {
    async newest(limit) {
      const rows = await imports().orderBy(newestFirst()).limit(limit);
      return rows.map(toImport);
    },

    ...versionedRows(imports, 'file import', { toRow, fromRow: toImport }),
  };
}

const toImport = (row: FileImportRow): FileImport => ({
  id: row.id,
  version: row.version,
  fileName: row.file_name,
  startedBy: readActor(row.started_by, 'file_imports.started_by'),
  createdAt: time(row.created_at),
  progress: readColumnOr(progressColumn, row.progress, {
    state: 'unreadable' as const,
    why: cannotBeRead(),
  }),
});

const toRow = (fileImport: FileImport) => ({
  id: fileImport.id,
  version: fileImport.version,
  file_name: fileImport.fileName,
  started_by: JSON.stringify(fileImport.startedBy),
  created_at: fileImport.createdAt.getTime(),
  progress: JSON.stringify(fileImport.progress),
});
