/**
 * What admins do with a file of people. An admin uploads it, the worker reads it and plans, the admin presses Import, and the
 * worker imports it (`advance-import.ts`). The admin may discard or stop it.
 */
import type { ChangedBy } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type FileImport } from './file-import.ts';
import {
  auditBegun,
  beginning,
  deleteDrafts,
  previewId,
  saveProgress,
  wake,
} from './keep-import.ts';
import { type PlanPreview, planPreview } from './plan-import.ts';

/** An admin uploads a file. It is kept for a day, and the worker reads it. */
export async function bringFile(
  tx: Transaction,
  file: { readonly name: string; readonly text: string; readonly personId: string },
  { actor }: ChangedBy,
): Promise<FileImport> {
  const fileImport: FileImport = {
    id: tx.newId(),
    version: 1,
    fileName: file.name,
    startedBy: actor,
    createdAt: tx.now,
    progress: { state: 'reading' },
  };
  await tx.drafts.put({ ...draftOf(fileImport, file.personId), text: file.text });
  await tx.fileImports.insert(fileImport);
  await wake(tx, fileImport.id);
  return fileImport;
}

/** An admin presses Import. @returns the import as it is now; unchanged if it isn't ready */
export async function startImport(
  tx: Transaction,
  fileImport: FileImport,
  { update, actor }: ChangedBy & { readonly update: boolean },
): Promise<FileImport> {
  const { progress } = fileImport;
  if (progress.state !== 'ready') return fileImport;
  const underway = beginning(progress.plan, update);
  const begun = await saveProgress(tx, { ...fileImport, startedBy: actor }, underway);
  await auditBegun(tx, begun, underway);
  await wake(tx, fileImport.id);
  return begun;
}

/** An admin discards the file; it is deleted. */
export async function discardImport(tx: Transaction, fileImport: FileImport): Promise<FileImport> {
  const { state } = fileImport.progress;
  if (state !== 'reading' && state !== 'ready' && state !== 'unreadable') return fileImport;
  await deleteDrafts(tx, fileImport.id);
  return saveProgress(tx, fileImport, { state: 'discarded' });
}

/** An admin stops it half-way. The worker notices at its next few rows. */
export async function stopImport(
  tx: Transaction,
  fileImport: FileImport,
  { actor }: ChangedBy,
): Promise<FileImport> {
  const { progress, id } = fileImport;
  if (progress.state !== 'importing') return fileImport;
  const { counts } = progress;
  const { created, returned, updated } = counts;
  await deleteDrafts(tx, id);
  await tx.audit('people.import-stopped', {
    actor,
    detail: { import: id, created, returned, updated },
  });
  return saveProgress(tx, fileImport, { state: 'stopped', counts });
}

/** What the plan says about the file; undefined if it is no longer kept. */
export async function previewOf(
  { drafts }: Pick<Stores, 'drafts'>,
  importId: string,
): Promise<PlanPreview | undefined> {
  const draft = await drafts.find(previewId(importId));
  return draft && planPreview.parse(JSON.parse(draft.text));
}

const draftOf = ({ id, fileName, createdAt }: FileImport, personId: string) =>
  ({ id, personId, kind: 'people', name: fileName, createdAt }) as const;
