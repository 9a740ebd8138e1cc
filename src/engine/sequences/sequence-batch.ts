/** A batch as it is stored: one sequence for many people. */
import type { Actor } from '../people/directory.ts';
import type { Unread } from '../work/unread.ts';

/** People that an import has added (`Person.addedByImport`), while the import is stored. */
export type ImportSource =
  | { readonly kind: 'sync'; readonly runId: string }
  | { readonly kind: 'file'; readonly importId: string };

export type Whom =
  | ImportSource
  | { readonly kind: 'people'; readonly personIds: readonly string[] };

export interface BatchCounts {
  readonly assigned: number;
  /** They have it already. */
  readonly hadIt: number;
  readonly refused: number;
  /** Why the first of those were refused. */
  readonly reasons: readonly string[];
}

export interface SequenceBatch {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  readonly whom: Whom | Unread;
  readonly past: 'hold' | 'fire';
  readonly askedBy: Actor;
  readonly createdAt: Date;
  /** When it last made progress. A running batch that makes none has lost its job. */
  readonly movedAt: Date;
  /** `asked`: an admin has yet to confirm it. */
  readonly state: 'asked' | 'running' | 'done' | 'dropped';
  /** How many people are done. */
  readonly next: number;
  /** The last of them, for people of an import: an offset would skip someone when a person is erased. */
  readonly lastPersonId?: string;
  readonly counts: BatchCounts;
  readonly endedAt?: Date;
}

export const nothingAssigned: BatchCounts = { assigned: 0, hadIt: 0, refused: 0, reasons: [] };
