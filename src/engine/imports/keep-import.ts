/** Stores a file import: its progress, and two drafts, one with its rows and one with the preview for its card. */
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, setUpTopic } from '../work/topics.ts';
import {
  type FileImport,
  type ImportProgress,
  importSubject,
  nothingImported,
  type PlanCounts,
} from './file-import.ts';

export type Underway = Extract<ImportProgress, { state: 'importing' }>;

export const beginning = (plan: PlanCounts, update: boolean): Underway => ({
  state: 'importing',
  plan,
  update,
  phase: 'people',
  next: 0,
  counts: { ...nothingImported, leftOut: plan.invalid },
});

export const auditBegun = (
  tx: Transaction,
  { id, fileName, startedBy }: FileImport,
  { plan, update }: Underway,
): Promise<void> =>
  tx.audit('people.import', {
    actor: startedBy,
    detail: { import: id, file: fileName, rows: plan.rows, update },
  });

/** Also refreshes the cards that show it. */
export async function saveProgress(
  tx: Transaction,
  fileImport: FileImport,
  progress: ImportProgress,
): Promise<FileImport> {
  const saved = await tx.fileImports.save({ ...fileImport, progress });
  await invalidate(tx, importSubject(fileImport.id), setUpTopic);
  return saved;
}

/** Gives it up; the rest is not imported. @param why a sentence for people */
export async function giveUpImport(tx: Transaction, importId: string, why: string): Promise<void> {
  const file = await tx.fileImports.find(importId);
  if (file?.progress.state === 'reading')
    await saveProgress(tx, file, { state: 'unreadable', why });
  if (file?.progress.state === 'importing') await saveProgress(tx, file, { state: 'stuck', why });
}

/** A draft of its own: the preview is small, and the rows may be megabytes. */
export const previewId = (importId: string): string => `${importId}-preview`;

export async function deleteDrafts(tx: Transaction, importId: string): Promise<void> {
  await tx.drafts.delete(importId);
  await tx.drafts.delete(previewId(importId));
}

export const wake = (tx: Transaction, importId: string): Promise<void> =>
  tx.queue.push(
    'people.import',
    { importId },
    { lane: 'imports', key: `people.import:${importId}` },
  );
