/** Imports from the HR system and from files, with their rows, and whom none imports. */

import type { FileImport } from '../imports/file-import.ts';
import type { RowState, SyncAtWork, SyncRow, SyncRun, SyncState } from '../imports/sync-run.ts';
import type { Actor } from '../people/directory.ts';
import type { LeasedStore, Page } from './store.ts';

export interface FileImportStore {
  insert(fileImport: FileImport): Promise<void>;
  find(id: string): Promise<FileImport | undefined>;
  /** Compare-and-set on its version; gives it back with the next version. @throws {StaleWrite} */
  save(fileImport: FileImport): Promise<FileImport>;
  /** At most so many, the newest first. */
  newest(limit: number): Promise<readonly FileImport[]>;
}

/** What is left out doesn't narrow. */
export interface SyncFilter {
  readonly integrationId?: string;
  readonly states?: readonly SyncState[];
  readonly action?: SyncRun['action'];
  /** Whose reading was the whole truth of its source. */
  readonly isComplete?: true;
  /** Those that fell due by their schedule. */
  readonly isScheduled?: true;
  readonly mode?: SyncRun['mode'];
  /** Of whom the notice of this run tells. */
  readonly noticeRunId?: string;
}

/** Encrypted at rest are where the next page is, and where the next import begins. */
export interface SyncRunStore extends LeasedStore<SyncRun> {
  /** @returns 'taken' when one is at work for that integration already (a database constraint decides). */
  insert(run: SyncRun): Promise<'inserted' | 'taken'>;
  /**
   * @param cursor where the next page is; null: there is none; left out: it stays
   * @throws {StaleWrite}
   */
  save<R extends SyncRun>(run: R, cursor?: string | null): Promise<R>;
  /** Where the next page is, opened; undefined before the first and after the last. */
  cursor(runId: string): Promise<string | undefined>;
  /** Notes where the next import is to begin, sealed. Of several the last counts. */
  setMark(runId: string, mark: string): Promise<void>;
  /** That of the run, opened. */
  mark(runId: string): Promise<string | undefined>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: SyncFilter,
    page: Page,
  ): Promise<{ readonly runs: readonly SyncRun[]; readonly total: number }>;
  atWork(integrationId: string): Promise<SyncAtWork | undefined>;
  /** Notes that a page was read. @param address its hash */
  addPage(runId: string, address: string): Promise<void>;
  hasPage(runId: string, address: string): Promise<boolean>;
  /** Ended runs of the integration that still have all their rows, but for these. */
  unthinned(integrationId: string, but: readonly string[]): Promise<readonly string[]>;
  /** Only the rows of whom it created are left. */
  thinned(runId: string): Promise<void>;
}

/** What is left out doesn't narrow. */
export interface SyncRowFilter {
  readonly states?: readonly RowState[];
  readonly isChosen?: boolean;
  /** Every word of it is in the name or the address, in any case, with or without accents. */
  readonly search?: string;
}

export interface SyncRowStore {
  find(runId: string, seq: number): Promise<SyncRow | undefined>;
  /** At most 500 at once. */
  insertMany(rows: readonly SyncRow[]): Promise<void>;
  /** In the order that they were read; `total` counts all that match. */
  list(
    runId: string,
    filter: SyncRowFilter,
    page: Page,
  ): Promise<{ readonly rows: readonly SyncRow[]; readonly total: number }>;
  count(runId: string, filter: SyncRowFilter): Promise<number>;
  /** Those of these addresses that the run has a row of. At most 500. */
  known(runId: string, emails: readonly string[]): Promise<ReadonlySet<string>>;
  /** Of people who were here, with these addresses (at most 500): each one's first row. */
  ofPeople(runId: string, emails: readonly string[]): Promise<readonly SyncRow[]>;
  /** The first chosen ones in these states from one row on up to (without) another, in order. */
  chosenBetween(
    runId: string,
    which: { readonly from: number; readonly below: number; readonly states: readonly RowState[] },
    limit: number,
  ): Promise<readonly SyncRow[]>;
  /** New rows with these addresses, at most 250, become something else, and are not chosen any more. @returns how many there were */
  setState(runId: string, emails: readonly string[], state: RowState): Promise<number>;
  /** Of new ones, and of those who had left. @param emails at most 250 */
  choose(runId: string, emails: readonly string[], chosen: boolean): Promise<void>;
  /** Every new one from one row on up to (without) another. @param search see `SyncRowFilter` */
  chooseBetween(
    runId: string,
    rows: { readonly from: number; readonly below: number; readonly search: string },
    chosen: boolean,
  ): Promise<void>;
  /** Rows of `before` (people, not what was left out) with addresses that `runId` has no row of and that an active person has; by address, after that one. */
  goneSince(
    before: string,
    runId: string,
    afterEmail: string,
    limit: number,
  ): Promise<readonly SyncRow[]>;
  /** Deletes the first rows from `seq` on. @returns how many */
  deleteFrom(runId: string, seq: number, limit: number): Promise<number>;
  /** Deletes rows of others than whom the run created. @returns how many */
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
  /** Those of these whom no import adds, and why; `erased`: the person was, and nobody has added them again since. */
  among(emails: readonly string[]): Promise<ReadonlyMap<string, 'ignored' | 'erased'>>;
  /** Whose address contains the text; the newest first. */
  list(
    search: string,
    page: Page,
  ): Promise<{ readonly ignored: readonly IgnoredEmail[]; readonly total: number }>;
  delete(email: string): Promise<void>;
}
