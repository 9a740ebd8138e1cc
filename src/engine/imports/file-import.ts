/**
 * Imports of people from a CSV file. (`sync-run.ts` is the import from an app.)
 *
 * Words. A *file import* is one file on its way into the directory. Its *plan* says what the file would change in the
 * directory as it is now. A *problem* is a row, or a part of one, that can't be imported, with its line. A *draft* keeps the rows
 * for a day.
 *
 * | state        | what it means                                | what ends it                                             |
 * |--------------|----------------------------------------------|----------------------------------------------------------|
 * | `reading`    | the worker reads the file and plans          | `ready` or `unreadable`; an admin may discard it         |
 * | `unreadable` | the file can't be read; `why` says it        | an admin may discard it                                  |
 * | `ready`      | the plan waits for an admin                  | the admin imports it (`importing`) or discards it        |
 * | `importing`  | the worker imports people, then relations    | `done`; `stopped` by an admin; `stuck` if it breaks down |
 * | `done`       | every row was imported, left out or refused  | nothing                                                  |
 * | `discarded`  | an admin chose not to import it              | nothing                                                  |
 * | `stopped`    | an admin stopped it; what was imported stays | nothing                                                  |
 * | `stuck`      | it was given up; `why` says it               | nothing                                                  |
 *
 * Events: none of `work/events.ts`.
 *
 * Begin with `import-people.ts` (what admins do), then `advance-import.ts` (the worker), `plan-import.ts` and
 * `import-rows.ts`.
 */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { Actor } from '../people/directory.ts';

/** Why a row, or a part of it, is not imported. */
const problemReason = z.enum([
  'no-email',
  'bad-email',
  'duplicate',
  'bad-value',
  'bad-phone',
  'unknown-person',
  'circle',
  'refused',
]);
export type ProblemReason = z.infer<typeof problemReason>;

/** In the order in which cards list them. */
export const problemReasons = (): Readonly<Record<ProblemReason, string>> => ({
  'no-email': t`no email address`,
  'bad-email': t`not an email address`,
  duplicate: t`an address that is already further up`,
  'bad-value': t`a value that isn't allowed`,
  'bad-phone': t`an invalid phone number`,
  'unknown-person': t`an unknown manager or buddy`,
  circle: t`a manager who would report to the person`,
  refused: t`refused by the directory`,
});

const count = z.number().int().nonnegative();
const planCounts = z.object({
  /** Rows that are not empty, without the header. */
  rows: count,
  fresh: count,
  /** Rows of people who had left. */
  returning: count,
  existing: count,
  /** Rows that are left out. */
  invalid: count,
  /** Rows that are imported without a manager, a buddy or a phone number. */
  partly: count,
  /** Why, for the first of them: each a sentence with its line. */
  partlyWhy: z.array(z.string()).default([]),
  /** New or returning people whom the file makes admins. */
  admins: count,
  /** Active people that an update would make admins. */
  promoted: count,
  /** Admins whose manager the file names. */
  managersOfAdmins: count.default(0),
  byReason: z.partialRecord(problemReason, count),
});
export type PlanCounts = z.infer<typeof planCounts>;

const importCounts = z.object({
  created: count,
  returned: count,
  updated: count,
  /** People in the directory who stay as they are. */
  untouched: count,
  /** Rows that the plan left out, or that the directory refused. */
  leftOut: count,
  /** Rows, or their managers and buddies, that the directory refused. */
  refused: count.default(0),
  /** The first of those, each as a sentence with its line. */
  refusals: z.array(z.string()),
});
export type ImportCounts = z.infer<typeof importCounts>;

/** In a row, without a step in between; left out: none. */
const breakdowns = count.optional();

/** The progress of a file import, by state. */
export const importProgress = z.discriminatedUnion('state', [
  z.object({ state: z.literal('reading'), breakdowns }),
  z.object({ state: z.literal('unreadable'), why: z.string() }),
  z.object({ state: z.literal('ready'), plan: planCounts }),
  z.object({
    state: z.literal('importing'),
    plan: planCounts,
    /** Whether people in the directory get the file's values. */
    update: z.boolean(),
    /** First all people, then their managers and buddies. */
    phase: z.enum(['people', 'relations']),
    /** The next row of this phase, from 0. */
    next: count,
    counts: importCounts,
    breakdowns,
  }),
  z.object({
    state: z.literal('done'),
    plan: planCounts,
    counts: importCounts,
    finishedAt: z.coerce.date(),
  }),
  z.object({ state: z.literal('discarded') }),
  /** An admin stopped it half-way. What was imported stays. */
  z.object({ state: z.literal('stopped'), counts: importCounts }),
  /** It broke down several times and was given up. */
  z.object({ state: z.literal('stuck'), why: z.string() }),
]);
export type ImportProgress = z.infer<typeof importProgress>;

export interface ImportFacts {
  /** The draft with the file has the same id. */
  readonly id: string;
  readonly version: number;
  readonly fileName: string;
  readonly startedBy: Actor;
  readonly createdAt: Date;
}
export type FileImport = ImportFacts & { readonly progress: ImportProgress };
export type ImportState = ImportProgress['state'];

export const importSubject = (importId: string): string => `import:${importId}`;

export const nothingImported: ImportCounts = {
  created: 0,
  returned: 0,
  updated: 0,
  untouched: 0,
  leftOut: 0,
  refused: 0,
  refusals: [],
};
