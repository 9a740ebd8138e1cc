/**
 * A file of people on its way into the directory. An admin brings it, the worker reads it and says what it would do, the
 * admin says Import, and the worker does it in small transactions: each of them moves the mark of how far it is along
 * with what it has done, so that whoever goes on after a crash begins right there, and does nothing twice.
 */
import type { Actor, AuditEntry } from '../directory.ts';
import { touchJoinOf } from '../joins.ts';
import {
  type Clock,
  type NewId,
  StaleWrite,
  type Stores,
  type Transaction,
  type UnitOfWork,
} from '../ports.ts';
import { setUpSubject, touch } from '../subjects.ts';
import {
  type FileImport,
  type ImportCounts,
  type ImportProgress,
  importSubject,
  nothingImported,
  type PlanCounts,
} from './file-import.ts';
import { connectRows, type Importing, importRows } from './import-rows.ts';
import { parsePeopleCsv } from './people-csv.ts';
import {
  type ImportPlan,
  type PlannedRow,
  type PlanPreview,
  planImport,
  plannedRows,
  planPreview,
} from './plan-import.ts';

export interface ImportingParts {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly now: Clock;
  readonly newId: NewId;
  /** Milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

interface Bringing {
  readonly now: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

/** Rows a transaction: others wait for a write meanwhile, and a new row costs far less than a changed one. */
const NEW_ROWS_AT_ONCE = 250;
const CHANGED_ROWS_AT_ONCE = 50;
/** Between two transactions whoever waits for a write gets it. */
const PAUSE_MS = 5;
/** How often in all the card says how far it is: edits are few, and shared by everybody. */
const NEWS = 20;

/** Somebody brought a file: it is kept for a day, and the worker reads it. */
export async function bringFile(
  tx: Transaction,
  file: { readonly name: string; readonly text: string; readonly personId: string },
  { now, newId, actor }: Bringing,
): Promise<FileImport> {
  const fileImport: FileImport = {
    id: newId(),
    version: 1,
    fileName: file.name,
    startedBy: actor,
    createdAt: now(),
    progress: { state: 'reading' },
  };
  await tx.drafts.put({ ...draftOf(fileImport, file.personId), text: file.text });
  await tx.fileImports.insert(fileImport);
  await wake(tx, fileImport.id);
  return fileImport;
}

/** Somebody said Import. @returns the import as it is now; unchanged where it isn't ready (any more) */
export async function startImport(
  tx: Transaction,
  fileImport: FileImport,
  update: boolean,
  { now, newId, actor }: Bringing,
): Promise<FileImport> {
  const { progress } = fileImport;
  if (progress.state !== 'ready') return fileImport;
  const { plan } = progress;
  const begun = await save(tx, { ...fileImport, startedBy: actor }, beginning(plan, update));
  await tx.audit.add(begunEntry(begun, plan, update, { now, newId, actor }));
  await wake(tx, fileImport.id);
  return begun;
}

/**
 * The whole way at once and without the worker, for whoever waits for it; the rows are kept nowhere but here.
 * @param fileName for the audit log
 */
export async function importAtOnce(
  fileName: string,
  { rows, counts: plan }: ImportPlan,
  update: boolean,
  parts: ImportingParts & { readonly actor: Actor },
): Promise<ImportCounts> {
  const { transact, now, newId, actor } = parts;
  const begun: FileImport = {
    id: newId(),
    version: 1,
    fileName,
    startedBy: actor,
    createdAt: now(),
    progress: beginning(plan, update),
  };
  await transact(async (tx) => {
    await tx.fileImports.insert(begun);
    await tx.audit.add(begunEntry(begun, plan, update, parts));
  });
  const { progress } = await importAll(begun, rows, parts);
  if (progress.state !== 'done') throw new Error(`The import ended ${progress.state}`);
  return progress.counts;
}

const beginning = (plan: PlanCounts, update: boolean): Underway => ({
  state: 'importing',
  plan,
  update,
  phase: 'people',
  next: 0,
  counts: { ...nothingImported, leftOut: plan.invalid },
});

const begunEntry = (
  { id, fileName }: FileImport,
  { rows }: PlanCounts,
  update: boolean,
  { now, newId, actor }: Bringing,
): AuditEntry => ({
  id: newId(),
  at: now(),
  actor,
  what: 'people.import',
  detail: { import: id, file: fileName, rows, update },
});

/** Somebody thought better of it: the file is gone. */
export async function discardImport(tx: Transaction, fileImport: FileImport): Promise<FileImport> {
  const { state } = fileImport.progress;
  if (state !== 'ready' && state !== 'unreadable') return fileImport;
  await deleteDrafts(tx, fileImport.id);
  return save(tx, fileImport, { state: 'discarded' });
}

/** What the plan says of the file; undefined where it is no longer kept. */
export async function previewOf(
  { drafts }: Pick<Stores, 'drafts'>,
  importId: string,
): Promise<PlanPreview | undefined> {
  const draft = await drafts.find(previewId(importId));
  return draft && planPreview.parse(JSON.parse(draft.text));
}

/** The worker's part: reads the file, or imports what is left of it. */
export async function advanceImport(importId: string, parts: ImportingParts): Promise<void> {
  try {
    const fileImport = await parts.stores.fileImports.find(importId);
    if (fileImport?.progress.state === 'reading') await readFile(fileImport, parts);
    if (fileImport?.progress.state === 'importing') await goOn(fileImport, parts);
  } catch (error) {
    // Somebody else goes on with it: this worker was taken for dead.
    if (!(error instanceof StaleWrite)) throw error;
  }
}

async function readFile(fileImport: FileImport, parts: ImportingParts): Promise<void> {
  const { stores, transact, newId } = parts;
  const draft = await stores.drafts.find(fileImport.id);
  const parsed = draft ? parsePeopleCsv(draft.text) : NOT_KEPT;
  if (!draft || !parsed.ok) {
    const why = parsed.ok ? '' : parsed.why;
    await transact((tx) => save(tx, fileImport, { state: 'unreadable', why }));
    return;
  }
  const plan = await planImport(stores, parsed, newId);
  await transact(async (tx) => {
    await tx.drafts.put({ ...draft, text: JSON.stringify(plan.rows) });
    await tx.drafts.put({ ...draft, id: previewId(draft.id), text: JSON.stringify(plan.preview) });
    await save(tx, fileImport, { state: 'ready', plan: plan.counts });
  });
}

const NOT_KEPT = {
  ok: false,
  why: 'The file is no longer kept: it waits for a day only. Send it again.',
} as const;

async function goOn(begun: FileImport, parts: ImportingParts): Promise<void> {
  const { stores, transact } = parts;
  const draft = await stores.drafts.find(begun.id);
  if (!draft) {
    await transact((tx) => save(tx, begun, { state: 'stuck', why: NOT_KEPT.why }));
    return;
  }
  await importAll(begun, plannedRows.parse(JSON.parse(draft.text)), parts);
}

async function importAll(
  begun: FileImport,
  rows: readonly PlannedRow[],
  parts: ImportingParts,
): Promise<FileImport> {
  const { transact, pause } = parts;
  for (let current = begun; ; ) {
    const { progress } = current;
    if (progress.state !== 'importing') return current;
    current = await transact((tx) => importSome(tx, current, progress, rows, parts));
    await pause(PAUSE_MS);
  }
}

type Underway = Extract<ImportProgress, { state: 'importing' }>;

/** The next few rows, and the mark behind them, in one transaction. */
async function importSome(
  tx: Transaction,
  before: FileImport,
  progress: Underway,
  rows: readonly PlannedRow[],
  { now, newId }: ImportingParts,
): Promise<FileImport> {
  const { next, phase, update, counts } = progress;
  // Whoever else goes on with it waits here, and is told then that it has changed.
  const current = await tx.fileImports.save(before);
  const size = update ? CHANGED_ROWS_AT_ONCE : NEW_ROWS_AT_ONCE;
  const some = rows.slice(next, next + size);
  const importing: Importing = {
    now,
    newId,
    update,
    actor: current.startedBy,
    importId: current.id,
  };
  const result =
    phase === 'people'
      ? await importRows(tx, some, counts, importing)
      : await connectRows(tx, some, counts, importing);
  await touchJoinOf(tx, ...some.map(({ details }) => details.email));
  const after = next + some.length;
  if (after < rows.length)
    return save(
      tx,
      current,
      { ...progress, next: after, counts: result },
      isNews(next, after, rows.length),
    );
  if (phase === 'people')
    return save(tx, current, { ...progress, phase: 'relations', next: 0, counts: result });
  await deleteDrafts(tx, current.id);
  const { created, returned, updated, leftOut } = result;
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor: current.startedBy,
    what: 'people.imported',
    detail: { import: current.id, created, returned, updated, leftOut },
  });
  return save(tx, current, {
    state: 'done',
    plan: progress.plan,
    counts: result,
    finishedAt: now(),
  });
}

const isNews = (before: number, after: number, total: number): boolean =>
  Math.floor((before * NEWS) / total) !== Math.floor((after * NEWS) / total);

async function save(
  tx: Transaction,
  fileImport: FileImport,
  progress: ImportProgress,
  isToBeShown = true,
): Promise<FileImport> {
  const saved = await tx.fileImports.save({ ...fileImport, progress });
  if (isToBeShown) await touch(tx, importSubject(fileImport.id), setUpSubject);
  return saved;
}

/** What a card shows of the file is small; the rows may be megabytes. */
const previewId = (importId: string): string => `${importId}-preview`;

const draftOf = ({ id, fileName, createdAt }: FileImport, personId: string) =>
  ({ id, personId, kind: 'people', name: fileName, createdAt }) as const;

async function deleteDrafts(tx: Transaction, importId: string): Promise<void> {
  await tx.drafts.delete(importId);
  await tx.drafts.delete(previewId(importId));
}

const wake = (tx: Transaction, importId: string): Promise<void> =>
  tx.queue.push(
    'people.import',
    { importId },
    { lane: 'imports', key: `people.import:${importId}` },
  );
