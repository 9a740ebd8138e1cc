/** A sequence for many people at once, as it is kept. */
import type { Actor } from '../people/directory.ts';

/** Whom an import has added (`Person.addedByImport`), for as long as the import is kept. */
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
  readonly whom: Whom;
  readonly past: 'hold' | 'fire';
  readonly askedBy: Actor;
  readonly createdAt: Date;
  /** When it last went on; of one that runs and stands still, the job was lost. */
  readonly movedAt: Date;
  /** `asked`: an admin has yet to confirm it. */
  readonly state: 'asked' | 'running' | 'done' | 'dropped';
  /** People who are done with. */
  readonly next: number;
  /** The last of those, where an import has added them: an erased person moves no one past another. */
  readonly lastPersonId?: string;
  readonly counts: BatchCounts;
  readonly endedAt?: Date;
}

export const nothingAssigned: BatchCounts = { assigned: 0, hadIt: 0, refused: 0, reasons: [] };
