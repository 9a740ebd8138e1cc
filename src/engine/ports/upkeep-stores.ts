/** The audit log, settings, what is due once, what is kept for a while, and who works. */

import type { AuditEntry } from '../people/directory.ts';
import type { Page } from './store.ts';

/** What is left out doesn't narrow. */
export interface AuditFilter {
  /** About them, or done by them. */
  readonly personId?: string;
  readonly integrationId?: string;
  /** What it begins with: `grant`, `integration.`, … */
  readonly what?: string;
  readonly from?: Date;
  /** Not included. */
  readonly before?: Date;
}

export interface AuditStore {
  add(entry: AuditEntry): Promise<void>;
  /** At most 250 at once. */
  addMany(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first. */
  list(page: Page, filter?: AuditFilter): Promise<readonly AuditEntry[]>;
  count(filter: AuditFilter): Promise<number>;
}

/** Settings as JSON text by key; what they mean is in `settings.ts`. */
export interface SettingsStore {
  find(key: string): Promise<{ readonly version: number; readonly value: string } | undefined>;
  /** Compare-and-set on the version; 0 where there is none yet. @throws {StaleWrite} */
  save(key: string, version: number, value: string): Promise<void>;
}

/** What falls due at a time happens once, however many processes look. */
export interface FiringStore {
  /** True for the first caller with this subject and time only. */
  claim(subject: string, at: Date): Promise<boolean>;
  /** A look without claiming. */
  isClaimed(subject: string, at: Date): Promise<boolean>;
  deleteBefore(before: Date): Promise<void>;
}

/** What is kept for a while only. Runs, requests, tasks and assignments of sequences are those that have ended, with everything of theirs. */
export type Perishable =
  | 'runs'
  | 'requests'
  | 'tasks'
  | 'assignments'
  | 'joins'
  | 'refused-users'
  /** Facts that named an account which is gone. */
  | 'accounts'
  | 'holds'
  | 'file-imports'
  | 'sync-runs'
  | 'sequence-events'
  | 'sequence-batches'
  | 'messages'
  | 'buried-jobs'
  | 'drafts'
  | 'links'
  | 'web-sessions'
  | 'form-sessions'
  | 'options'
  | 'inbox'
  | 'firings';

export interface Retention {
  /**
   * Deletes, in a transaction of its own, a few of those that ended (or were made, where they don't end) before this.
   * @returns how many rows; 0 when none is left
   */
  deleteSome(what: Perishable, before: Date): Promise<number>;
}

export interface WorkerStore {
  /** Registers the worker or renews its heartbeat. */
  beat(workerId: string, now: Date): Promise<void>;
  remove(workerId: string): Promise<void>;
  /** Workers whose last heartbeat is before `before`. */
  silentSince(before: Date): Promise<readonly string[]>;
  /** How many have beaten since then. */
  livingSince(since: Date): Promise<number>;
  /** The newest heartbeat of any worker. */
  lastBeat(): Promise<Date | undefined>;
}
