/** Stores of the audit log, settings, occurrences and workers, and the purge of old data. */
import type { AuditEntry } from '../people/directory.ts';
import type { Link, LinkedEntry, StoredEntry } from '../work/audit-chain.ts';
import type { Page } from './store.ts';

/** Values that are left out match everything. */
export interface AuditFilter {
  /** About this person, or done by them. */
  readonly personId?: string;
  readonly integrationId?: string;
  /** The beginning of its name: `grant`, `integration.`, … */
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
  /** The same for a file: those before that entry, or all of them. */
  listBefore(
    entry: Pick<AuditEntry, 'id' | 'at'> | undefined,
    limit: number,
    filter: AuditFilter,
  ): Promise<readonly AuditEntry[]>;
  /** Counts no more than that many. */
  count(filter: AuditFilter, most: number): Promise<number>;
}

/** The chain that seals the audit log (`work/audit-chain.ts`). */
export interface AuditChainStore {
  hasUnsealed(): Promise<boolean>;
  /** Seals the oldest entries without a place. @returns how many */
  sealSome(limit: number, now: Date): Promise<number>;
  /** The newest link. Undefined: nothing is sealed yet. */
  head(): Promise<Link | undefined>;
  find(seq: number): Promise<Link | undefined>;
  /** Those after that place, in order. */
  chain(afterSeq: number, limit: number): Promise<readonly Link[]>;
  /** The same, each with its entry. */
  links(afterSeq: number, limit: number): Promise<readonly LinkedEntry[]>;
  /** Sealed entries after that place that still have their frame, in order. */
  entriesAfter(
    afterSeq: number,
    limit: number,
  ): Promise<readonly { readonly seq: number; readonly entry: AuditEntry }[]>;
  /** Sealed entries that match, after that place, in order. */
  entries(filter: AuditFilter, afterSeq: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Entries that name erased or purged ones, also those that aren't sealed yet; by id, after that one. */
  deletions(afterId: string, limit: number): Promise<readonly StoredEntry[]>;
  /** Entries that claim a place and that the chain doesn't name, by that place. */
  strays(limit: number): Promise<readonly StoredEntry[]>;
  unsealed(): Promise<{ readonly count: number; readonly oldest: StoredEntry | undefined }>;
  /** When the oldest entry without a place was made. */
  unsealedSince(): Promise<Date | undefined>;
  /** Ed25519, base64url. The key is made when it is first needed. */
  sign(text: string): Promise<string>;
  /** Its 32 bytes, base64url. */
  publicKey(): Promise<string>;
}

/** Settings as JSON text by key. `settings.ts` has their meaning. */
export interface SettingsStore {
  find(key: string): Promise<{ readonly version: number; readonly value: string } | undefined>;
  /** Compare-and-set on the version; 0 when there is none yet. @throws {StaleWrite} */
  save(key: string, version: number, value: string): Promise<void>;
}

/** Makes sure that each occurrence takes effect once, however many processes check. */
export interface OccurrenceStore {
  /** True for the first caller with this subject and time only. */
  claim(subject: string, at: Date): Promise<boolean>;
  /** Claims one that isn't claimed, as this transaction has read. Where another one is faster, this one runs again. */
  insert(subject: string, at: Date): Promise<void>;
  /** Checks without claiming. */
  isClaimed(subject: string, at: Date): Promise<boolean>;
  /** The newest times of that subject that are claimed and not after `at`, the newest first. */
  lastClaimed(subject: string, at: Date, limit: number): Promise<readonly Date[]>;
  deleteBefore(before: Date): Promise<void>;
}

/** Data that is purged. For runs, requests, tasks and assignments: only those that have ended, with all their data. */
export type Perishable =
  | 'runs'
  | 'requests'
  /** Those of which no request is left. */
  | 'bundle-requests'
  | 'tasks'
  | 'assignments'
  | 'joins'
  | 'refused-users'
  /** Facts that named an account which no longer exists. */
  | 'accounts'
  | 'holds'
  /** Findings that are resolved. */
  | 'findings'
  | 'file-imports'
  | 'sync-runs'
  | 'sequence-events'
  | 'sequence-batches'
  | 'messages'
  /** Events that were sent, or not, to an endpoint. */
  | 'event-deliveries'
  | 'buried-jobs'
  | 'drafts'
  | 'links'
  | 'web-sessions'
  | 'form-sessions'
  | 'options'
  | 'inbox'
  | 'occurrences'
  /** Of programs: what their writes were answered. */
  | 'api-answers'
  | 'api-tokens'
  /** What stays of runs. */
  | 'run-answers'
  /** Sealed entries of the audit log. Their hashes stay. */
  | 'audit'
  /** Files with the whole database as it was before a migration. */
  | 'copies';

export interface Retention {
  /**
   * Deletes, in its own transaction, a few of those that ended before this. Data that doesn't end counts from its creation.
   * @returns how many rows; 0 when none is left
   */
  deleteSome(what: Perishable, before: Date): Promise<number>;
}

/**
 * When a worker that is alive had its last heartbeat, both ends included. One from after it is of a clock that was ahead, and
 * its worker may have died since.
 */
export interface AliveSpan {
  readonly from: Date;
  readonly to: Date;
}

export interface WorkerStore {
  /** Registers the worker or renews its heartbeat. */
  beat(workerId: string, now: Date): Promise<void>;
  remove(workerId: string): Promise<void>;
  /** Workers whose last heartbeat isn't of that time. */
  silent(alive: AliveSpan): Promise<readonly string[]>;
  /** How many have their last heartbeat in that time. */
  living(alive: AliveSpan): Promise<number>;
  /** The newest heartbeat of any worker. */
  lastBeat(): Promise<Date | undefined>;
  /** The last heartbeat of this one. */
  beatOf(workerId: string): Promise<Date | undefined>;
}
