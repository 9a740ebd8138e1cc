/** A batch as it is stored: one sequence for many people. */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import type { Actor } from '../people/directory.ts';
import type { Unread } from '../work/unread.ts';

export const whomSchema = z.discriminatedUnion('kind', [
  /** People that an import has added (`Person.addedByImport`), while the import is stored. */
  z.object({ kind: z.literal('sync'), runId: z.string() }),
  z.object({ kind: z.literal('file'), importId: z.string() }),
  z.object({ kind: z.literal('people'), personIds: z.array(z.string()) }),
]);
export type Whom = DeepReadonly<z.output<typeof whomSchema>>;
export type ImportSource = Exclude<Whom, { readonly kind: 'people' }>;

export const batchCounts = z.object({
  assigned: z.number(),
  /** They have it already. */
  hadIt: z.number(),
  refused: z.number(),
  /** Why the first of those were refused. */
  reasons: z.array(z.string()),
});
export type BatchCounts = DeepReadonly<z.output<typeof batchCounts>>;

export const batchStates = { asked: true, running: true, done: true, dropped: true } as const;

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
  readonly state: keyof typeof batchStates;
  /** How many people are done. */
  readonly next: number;
  /** The last of them, for people of an import: an offset would skip someone when a person is erased. */
  readonly lastPersonId?: string;
  readonly counts: BatchCounts;
  readonly endedAt?: Date;
}

export const nothingAssigned: BatchCounts = { assigned: 0, hadIt: 0, refused: 0, reasons: [] };
