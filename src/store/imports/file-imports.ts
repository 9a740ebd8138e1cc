import type { Knex } from 'knex';
import { type FileImport, importProgress } from '../../engine/imports/file-import.ts';
import type { FileImportStore } from '../../engine/ports/import-stores.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import { jsonColumn, type RowOf, readColumnOr } from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import { actor, date, number, rowMapper, text } from '../work/row-mapper.ts';
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

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('file_imports', {
  id: text,
  version: number,
  fileName: text,
  startedBy: actor,
  createdAt: date,
});

const toImport = (row: FileImportRow): FileImport => ({
  ...fromColumns(row),
  progress: readColumnOr(progressColumn, row.progress, {
    state: 'unreadable' as const,
    why: cannotBeRead(),
  }),
});

const toRow = (fileImport: FileImport) => ({
  ...toColumns(fileImport),
  progress: JSON.stringify(fileImport.progress),
});
