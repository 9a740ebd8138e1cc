/**
 * The worker's part of a file import. It runs in small transactions, and each stores its progress with its work. So after a
 * crash another worker continues right there, and does nothing twice.
 */
import { t } from '../../core/translate.ts';
import type { Actor } from '../people/directory.ts';
import { invalidateJoinOf } from '../people/joins.ts';
import { StaleWrite } from '../ports/store.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { brokeDown, MAX_BREAKDOWNS } from '../work/leased.ts';
import type { FileImport, ImportCounts } from './file-import.ts';
import { connectRows, type Importing, importRows } from './import-rows.ts';
import {
  auditBegun,
  beginning,
  deleteDrafts,
  giveUpImport,
  previewId,
  saveProgress,
  type Underway,
} from './keep-import.ts';
import { parsePeopleCsv } from './people-csv.ts';
import { type ImportPlan, type PlannedRow, planImport, plannedRows } from './plan-import.ts';

export interface ImportingDeps extends Database, Time {}

/** Rows per transaction. Other writers wait for it, and a new row costs far less than a changed one. */
const NEW_ROWS_AT_ONCE = 250;
const CHANGED_ROWS_AT_ONCE = 50;
/** Between two transactions, so that others can write. */
const PAUSE_MS = 5;
/** How often the card is refreshed in one phase: chat platforms limit the rate of edits. */
const REFRESHES = 20;

/** Reads the file, or imports the rest of it. */
export async function advanceImport(importId: string, deps: ImportingDeps): Promise<void> {
  try {
    const fileImport = await deps.stores.fileImports.find(importId);
    if (fileImport?.progress.state === 'reading') await readFile(fileImport, deps);
    if (fileImport?.progress.state === 'importing') await goOn(fileImport, deps);
  } catch (error) {
    if (error instanceof Overtaken) return;
    await afterBreakdown(importId, deps);
    throw error;
  }
}

/**
 * The job is retried a few times. Before its last try the import is given up, so that it doesn't hang. The row has the count:
 * each try may be another worker's.
 */
const afterBreakdown = (importId: string, { transact }: ImportingDeps): Promise<void> =>
  transact(async (tx) => {
    const fileImport = await tx.fileImports.find(importId);
    if (!fileImport) return;
    const { progress } = fileImport;
    if (progress.state !== 'reading' && progress.state !== 'importing') return;
    const breakdowns = (progress.breakdowns ?? 0) + 1;
    if (breakdowns >= MAX_BREAKDOWNS) await giveUpImport(tx, importId, brokeDown());
    else await tx.fileImports.save({ ...fileImport, progress: { ...progress, breakdowns } });
  });

async function readFile(fileImport: FileImport, deps: ImportingDeps): Promise<void> {
  const { stores, transact } = deps;
  const draft = await stores.drafts.find(fileImport.id);
  const parsed = draft ? await parsePeopleCsv(draft.text) : notKept();
  if (!draft || !parsed.ok) {
    const why = parsed.ok ? '' : parsed.why;
    const refuse = () =>
      transact((tx) => saveProgress(tx, fileImport, { state: 'unreadable', why }));
    await unlessOvertaken(fileImport, refuse, deps);
    return;
  }
  const plan = await planImport(stores, parsed);
  const keep = async (tx: Transaction) => {
    await tx.drafts.put({ ...draft, text: JSON.stringify(plan.rows) });
    await tx.drafts.put({ ...draft, id: previewId(draft.id), text: JSON.stringify(plan.preview) });
    await saveProgress(tx, fileImport, { state: 'ready', plan: plan.counts });
  };
  await unlessOvertaken(fileImport, () => transact(keep), deps);
}

const notKept = () =>
  ({
    ok: false,
    why: t`The file is no longer kept: files are kept for one day. Send it again.`,
  }) as const;

async function goOn(begun: FileImport, deps: ImportingDeps): Promise<void> {
  const { stores, transact } = deps;
  const draft = await stores.drafts.find(begun.id);
  if (!draft) {
    const giveUp = () =>
      transact((tx) => saveProgress(tx, begun, { state: 'stuck', why: notKept().why }));
    await unlessOvertaken(begun, giveUp, deps);
    return;
  }
  await importAll(begun, plannedRows.parse(JSON.parse(draft.text)), deps);
}

async function importAll(
  begun: FileImport,
  rows: readonly PlannedRow[],
  deps: ImportingDeps,
): Promise<FileImport> {
  const { transact, pause } = deps;
  for (let current = begun; ; ) {
    if (!isUnderway(current)) return current;
    const before = current;
    const step = () => transact((tx) => importSome(tx, before, rows));
    current = await unlessOvertaken(before, step, deps);
    await pause(PAUSE_MS);
  }
}

type ImportUnderway = FileImport & { readonly progress: Underway };

const isUnderway = (fileImport: FileImport): fileImport is ImportUnderway =>
  fileImport.progress.state === 'importing';

/** Another worker has continued the file, or an admin has discarded or stopped it. */
class Overtaken extends Error {
  readonly code = 'overtaken';
}

/** @throws {Overtaken} if the file has changed without this step */
async function unlessOvertaken<T>(
  { id, version }: FileImport,
  step: () => Promise<T>,
  { stores }: ImportingDeps,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof StaleWrite)) throw error;
    if ((await stores.fileImports.find(id))?.version === version) throw error;
    throw new Overtaken('Someone else goes on with this file', { cause: error });
  }
}

/** Imports the next few rows and stores the progress, in one transaction. */
async function importSome(
  tx: Transaction,
  before: ImportUnderway,
  rows: readonly PlannedRow[],
): Promise<FileImport> {
  const { breakdowns: _, ...progress } = before.progress; // This step works, so they are over.
  const { next, phase, update, counts } = progress;
  // Another worker waits here, and then gets a `StaleWrite`.
  const current = await tx.fileImports.save(before);
  const size = update ? CHANGED_ROWS_AT_ONCE : NEW_ROWS_AT_ONCE;
  const some = rows.slice(next, next + size);
  const { id: importId, startedBy: actor, fileName: name } = current;
  const source = { kind: 'file', importId, name } as const;
  const importing: Importing = { update, actor, importId, source };
  const result =
    phase === 'people'
      ? await importRows(tx, { rows: some, before: counts }, importing)
      : await connectRows(tx, { rows: some, before: counts }, importing);
  await invalidateJoinOf(tx, ...some.map(({ details }) => details.email));
  const after = next + some.length;
  if (after < rows.length) {
    const onward = { ...progress, next: after, counts: result };
    return isRefreshDue(next, after, rows.length)
      ? saveProgress(tx, current, onward)
      : tx.fileImports.save({ ...current, progress: onward });
  }
  if (phase === 'people')
    return saveProgress(tx, current, { ...progress, phase: 'relations', next: 0, counts: result });
  await deleteDrafts(tx, current.id);
  const { created, returned, updated, leftOut } = result;
  await tx.audit('people.imported', {
    actor: current.startedBy,
    detail: { import: current.id, created, returned, updated, leftOut },
  });
  return saveProgress(tx, current, {
    state: 'done',
    plan: progress.plan,
    counts: result,
    finishedAt: tx.now,
  });
}

const isRefreshDue = (before: number, after: number, total: number): boolean =>
  Math.floor((before * REFRESHES) / total) !== Math.floor((after * REFRESHES) / total);

/**
 * The whole import without the worker, for a caller that waits for it. The rows are stored nowhere else.
 * @param fileName for the audit log
 */
export async function importAtOnce(
  {
    fileName,
    update,
    rows,
    counts: plan,
  }: ImportPlan & { readonly fileName: string; readonly update: boolean },
  deps: ImportingDeps & { readonly actor: Actor },
): Promise<ImportCounts> {
  const { transact, actor } = deps;
  const underway = beginning(plan, update);
  const begun = await transact(async (tx) => {
    const first: FileImport = {
      id: tx.newId(),
      version: 1,
      fileName,
      startedBy: actor,
      createdAt: tx.now,
      progress: underway,
    };
    await tx.fileImports.insert(first);
    await auditBegun(tx, first, underway);
    return first;
  });
  const { progress } = await importAll(begun, rows, deps);
  if (progress.state !== 'done') throw new Error(`The import ended ${progress.state}`);
  return progress.counts;
}
