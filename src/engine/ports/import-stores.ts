/** Stores of imports from apps and files, their rows, and the addresses that no import adds. */
import type { FileImport } from '../imports/file-import.ts';
import type {
  RowState,
  SkipReason,
  SyncAtWork,
  SyncRow,
  SyncRun,
  SyncState,
} from '../imports/sync-run.ts';
import type { Actor } from '../people/directory.ts';
import type { LeasedStore, Page, VersionedStore } from './store.ts';

export interface FileImportStore extends VersionedStore<FileImport> {
  insert(fileImport: FileImport): Promise<void>;
  /** At most so many, the newest first. */
  newest(limit: number): Promise<readonly FileImport[]>;
}

/** Values that are left out match everything. */
export interface SyncFilter {
  readonly integrationId?: string;
  readonly states?: readonly SyncState[];
  readonly action?: SyncRun['action'];
  /** Imports that read everybody in their source. */
  readonly isComplete?: true;
  /** Imports that their schedule started. */
  readonly isScheduled?: true;
  readonly mode?: SyncRun['mode'];
  /** Imports that share the notice of this run. */
  readonly noticeRunId?: string;
}

/** The address of the next page and the mark of the next import are encrypted at rest. */
export interface SyncRunStore extends LeasedStore<SyncRun> {
  /** @returns 'taken' when that integration already has one that has not ended (a database constraint decides). */
  insert(run: SyncRun): Promise<'inserted' | 'taken'>;
  /**
   * @param cursor the next page; null: there is none; left out: unchanged
   * @throws {StaleWrite}
   */
  save<R extends SyncRun>(run: R, cursor?: string | null): Promise<R>;
  /** The next page, decrypted. Undefined before the first page and after the last. */
  cursor(runId: string): Promise<string | undefined>;
  /** Stores where the next import begins, encrypted. The last call counts. */
  setMark(runId: string, mark: string): Promise<void>;
  /** The run's mark, decrypted. */
  mark(runId: string): Promise<string | undefined>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: SyncFilter,
    page: Page,
  ): Promise<{ readonly runs: readonly SyncRun[]; readonly total: number }>;
  /** The newest one of each integration that isn't deleted, by its id. */
  newestByApp(): Promise<ReadonlyMap<string, SyncRun>>;
  atWork(integrationId: string): Promise<SyncAtWork | undefined>;
  /** Stores that a page was read. @param address its hash */
  addPage(runId: string, address: string): Promise<void>;
  hasPage(runId: string, address: string): Promise<boolean>;
  /** Ended runs of the integration that still have all their rows, except these. */
  unthinned(integrationId: string, but: readonly string[]): Promise<readonly string[]>;
  /** Marks that only the rows of people that it created are left. */
  thinned(runId: string): Promise<void>;
}

/** Values that are left out match everything. */
export interface SyncRowFilter {
  readonly states?: readonly RowState[];
  readonly isChosen?: boolean;
  /** Each word has to be in the name or the address. Case and accents don't matter. */
  readonly search?: string;
}

export interface SyncRowStore {
  find(runId: string, seq: number): Promise<SyncRow | undefined>;
  /** At most 500 at once. */
  insertMany(rows: readonly SyncRow[]): Promise<void>;
  /** In reading order; `total` counts all that match. */
  list(
    runId: string,
    filter: SyncRowFilter,
    page: Page,
  ): Promise<{ readonly rows: readonly SyncRow[]; readonly total: number }>;
  count(runId: string, filter: SyncRowFilter): Promise<number>;
  /** Which of these addresses the run has a row for. At most 500. */
  known(runId: string, emails: readonly string[]): Promise<ReadonlySet<string>>;
  /** Rows with these addresses or employee IDs (at most 500 together), of people who were in the directory. */
  ofPeople(
    runId: string,
    by: { readonly emails: readonly string[]; readonly employeeIds: readonly string[] },
  ): Promise<readonly SyncRow[]>;
  /** The first chosen ones in these states, from one row up to but not including another, in order. */
  chosenBetween(
    runId: string,
    which: { readonly from: number; readonly below: number; readonly states: readonly RowState[] },
    limit: number,
  ): Promise<readonly SyncRow[]>;
  /** Those in that state, from one row up to but not including another, in order. */
  between(
    runId: string,
    which: { readonly from: number; readonly below: number; readonly state: RowState },
    limit: number,
  ): Promise<readonly SyncRow[]>;
  /** Those of these addresses (at most 500) that belong to new people of the run. */
  newAmong(runId: string, emails: readonly string[]): Promise<ReadonlySet<string>>;
  /** Employee ids that several of the rows have that are not left out as invalid or as duplicates. */
  sharedEmployeeIds(runId: string, limit: number): Promise<readonly string[]>;
  /** The rows with these employee IDs (at most 500) that are not left out as invalid or as duplicates. */
  withEmployeeIds(runId: string, ids: readonly string[]): Promise<readonly SyncRow[]>;
  /** Leaves out all rows with that employee ID. @returns how many were in each state before */
  leaveOutId(
    runId: string,
    employeeId: string,
    why: { readonly state: SkipReason; readonly note: string },
  ): Promise<ReadonlyMap<RowState, number>>;
  /** It is not imported, and says why where there is a reason. */
  leaveOut(
    runId: string,
    seq: number,
    why: { readonly state: SkipReason; readonly note: string | undefined },
  ): Promise<void>;
  setNote(runId: string, seq: number, note: string): Promise<void>;
  /** Sets the state of new rows with these addresses (at most 500), and unchooses them. @returns how many there were */
  setState(runId: string, emails: readonly string[], state: RowState): Promise<number>;
  /** Only for new people and people who had left. @param emails at most 250 */
  choose(runId: string, emails: readonly string[], chosen: boolean): Promise<void>;
  /** Every new one, from one row up to but not including another. @param search see `SyncRowFilter` */
  chooseBetween(
    runId: string,
    rows: { readonly from: number; readonly below: number; readonly search: string },
    chosen: boolean,
  ): Promise<void>;
  /** Rows of people in `before` who are active and have no row in `runId`; by address, after that one. */
  goneSince(range: {
    readonly before: string;
    readonly runId: string;
    readonly afterEmail: string;
    readonly limit: number;
  }): Promise<readonly SyncRow[]>;
  /** Deletes the first rows from `seq` on. @returns how many */
  deleteFrom(runId: string, seq: number, limit: number): Promise<number>;
  /** Deletes the rows of people that the run did not create. @returns how many */
  thin(runId: string, limit: number): Promise<number>;
}

/** An address that no sync imports. */
export interface IgnoredEmail {
  /** Trimmed, lower case. */
  readonly email: string;
  readonly by: Actor;
  readonly at: Date;
}

export interface IgnoredEmailStore {
  /** Keeps what is there. At most 250 at once. */
  addMany(ignored: readonly IgnoredEmail[]): Promise<void>;
  /** Those of these addresses that no import adds, and why. `erased`: the person was erased, and nobody has added them since. */
  among(emails: readonly string[]): Promise<ReadonlyMap<string, 'ignored' | 'erased'>>;
  /** Addresses that contain the text, the newest first. */
  list(
    search: string,
    page: Page,
  ): Promise<{ readonly ignored: readonly IgnoredEmail[]; readonly total: number }>;
  delete(email: string): Promise<void>;
}
