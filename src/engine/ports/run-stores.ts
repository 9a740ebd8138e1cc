/** Runs with their steps, answers, files and deliveries. */
import type { Json } from '../../core/json.ts';
import type { Delivery } from '../messages/delivery.ts';
import type { LastAnswer } from '../runs/last-answer.ts';
import type { ActiveRun, Run, RunIn, RunInputs, RunOutcome, Step } from '../runs/run.ts';
import type { LeasedStore, Page, Place, SeenBy } from './store.ts';

/** Values that are left out match everything. */
export interface RunFilter {
  /** About one of these people, or started by that person. */
  readonly concerning?: { readonly about: readonly string[]; readonly startedBy?: string };
  /** About active people who report to this one. */
  readonly managerId?: string;
  readonly integrationId?: string;
  readonly outcome?: RunOutcome;
  /** Also what they started. */
  readonly seenBy?: SeenBy | undefined;
}

export interface RunStore extends LeasedStore<Run> {
  /**
   * Also deletes the generated values of a run that reaches a final state.
   * @param mayHaveGenerated false where it is known to have none, so that nothing has to be read
   */
  save<R extends Run>(run: R, mayHaveGenerated?: boolean): Promise<R>;
  /** With its inputs. Undefined: no worker may take it. */
  findActive(
    id: string,
  ): Promise<{ readonly run: ActiveRun; readonly inputs: RunInputs } | undefined>;
  /** Those that exist, in no order; at most a few hundred ids. */
  findMany(ids: readonly string[]): Promise<readonly Run[]>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: RunFilter,
    page: Page,
  ): Promise<{ readonly runs: readonly Run[]; readonly total: number }>;
  /** The same after that place, or from the newest. */
  listAfter(place: Place | undefined, limit: number, filter: RunFilter): Promise<readonly Run[]>;
  /**
   * @returns 'taken' when that person already has an active run at that integration. A database constraint decides, so two clicks
   * at once can't both win. There may be several deferred runs.
   */
  insert(run: Run, inputs: RunInputs): Promise<'inserted' | 'taken'>;
  /** The inputs at its start, decrypted. */
  inputs(runId: string): Promise<RunInputs>;
  /** Replaces the inputs of a deferred run that is about to start. */
  putInputs(runId: string, inputs: RunInputs): Promise<void>;
  /** The active run, never a deferred one. */
  unfinished(personId: string, integrationId: string): Promise<Run | undefined>;
  /** The oldest first. */
  deferredOf(personId: string, integrationId: string): Promise<readonly RunIn<'deferred'>[]>;
  /** Of each integration at which grants are deferred. */
  deferredByIntegration(): Promise<readonly DeferredAt[]>;
  /** Every unfinished run of a person, deferred ones too. */
  unfinishedOf(personId: string): Promise<readonly Run[]>;
  /** Every unfinished run of an integration, deferred ones too. */
  unfinishedAt(integrationId: string): Promise<readonly Run[]>;
  /** The last run that ended `succeeded`, per integration. */
  lastSucceeded(personId: string): Promise<readonly Run[]>;
  /** The steps of one attempt, in order. */
  steps(runId: string, attempt: number): Promise<readonly Step[]>;
  /** Inserts the steps or overwrites them (by run, attempt and index). */
  putSteps(steps: readonly Step[]): Promise<void>;
  /** The parsed responses of one attempt's finished steps, in order; `{}` for an answer that was not JSON. */
  responses(runId: string, attempt: number): Promise<readonly Json[]>;
  /** Inserts the response of a step or overwrites it. The fence of the transaction undoes what a worker that lost the run stores. */
  putResponse(step: Pick<Step, 'runId' | 'attempt' | 'index'>, response: Json): Promise<void>;
}

export interface DeferredAt {
  readonly integrationId: string;
  /** How many grants. */
  readonly grants: number;
  /** When the oldest of them was decided. */
  readonly since: Date;
}

/** What stays of runs that were deleted because of their age. */
export interface RunAnswerStore {
  find(runId: string): Promise<LastAnswer | undefined>;
}

/** A file that a step of a run saved. */
export interface RunFile {
  /** Bytes. */
  readonly size: number;
  readonly contentType?: string;
}

export interface RunFilePart {
  readonly runId: string;
  readonly name: string;
  /** From 0. The first part replaces an earlier file of this name. */
  readonly index: number;
  readonly last: boolean;
  readonly bytes: Uint8Array;
  /** Only in the last part. */
  readonly contentType?: string;
}

/** Files are stored in parts, so that none is in memory as a whole. Each part is encrypted at rest. */
export interface RunFileStore {
  putPart(part: RunFilePart): Promise<void>;
  /** Undefined for a file that has no last part yet. */
  find(runId: string, name: string): Promise<RunFile | undefined>;
  part(runId: string, name: string, index: number): Promise<RunFilePart | undefined>;
}

/** Encrypted at rest. */
export interface DeliveryStore extends LeasedStore<Delivery> {
  insert(delivery: Delivery): Promise<void>;
  /** In their order. */
  forRun(runId: string): Promise<readonly Delivery[]>;
  /**
   * Those that ended before this and still have their body. For links in emails, the limit is `linksBefore`, which is earlier.
   * At most 100.
   */
  withBodySince(before: Date, linksBefore: Date): Promise<readonly Delivery[]>;
  /** Those that still have their body, and go to that person or belong to their run. Some wait to be sent, some can't be read. */
  keptOf(personId: string): Promise<readonly Delivery[]>;
  /** Those that failed since then, and those whose outcome is unknown; the newest first. */
  unsent(
    since: Date,
    page: Page,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly total: number }>;
}
