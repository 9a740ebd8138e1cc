import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import {
  errorCodes,
  moves,
  type Run,
  type RunError,
  type RunFacts,
} from '../../engine/runs/run.ts';
import {
  jsonColumn,
  oneOf,
  present,
  type RowOf,
  readActor,
  readColumnOr,
  time,
  withoutNulls,
} from '../work/columns.ts';
import { dueAtOf, finishedAtOf, leaseColumns, leaseOf } from '../work/leased-rows.ts';

/** The columns of `runs` without sealed ones. */
export type RunColumns = RowOf<typeof toFixedColumns> & RowOf<typeof toChangingColumns>;

export interface RunRow extends RunColumns {
  /** Sealed JSON of the run's inputs. */
  readonly inputs: string;
  /** Sealed: the sentence for people. */
  readonly message: string | null;
}

export const kinds: Record<Run['kind'], true> = { execute: true, revoke: true };

const plainError = z.object({ code: z.enum(errorCodes), step: z.number().optional() });
export const errorColumn = jsonColumn('runs.error', plainError);

const isErrorCode = (code: string): code is RunError['code'] =>
  (errorCodes as readonly string[]).includes(code);

export const runError = plainError.extend({ message: z.string(), detail: z.string().optional() });

/** The run's sentence for people: what it waits for, why it failed, or why it was cancelled. */
export function messageOf(run: Run): string | undefined {
  if ('error' in run) return run.error.message;
  return run.state === 'waiting' || run.state === 'cancelled' ? run.why : undefined;
}

/** @param message the result of `messageOf` */
export function toRun(row: RunRow, message: string | null): Run {
  const facts = toFacts(row);
  const state = oneOf(moves, row.state, 'runs.state');
  switch (state) {
    case 'queued':
      return { state, dueAt: dueAtOf(row, 'runs'), ...facts };
    case 'waiting':
      return {
        ...facts,
        state,
        dueAt: dueAtOf(row, 'runs'),
        why: present(message, 'runs.message'),
      };
    case 'running':
      return { state, ...facts, ...leaseOf(row, 'runs') };
    case 'retrying':
      return { ...facts, state, dueAt: dueAtOf(row, 'runs'), error: error(row, message) };
    case 'deferred':
      return { ...facts, state };
    case 'succeeded':
      return {
        ...facts,
        state,
        finishedAt: finishedAtOf(row, 'runs'),
        ...(row.found_gone && { foundGone: true }),
      };
    case 'failed':
    case 'blocked':
      return { ...facts, state, finishedAt: finishedAtOf(row, 'runs'), error: error(row, message) };
    case 'cancelled':
      return {
        ...facts,
        state,
        finishedAt: finishedAtOf(row, 'runs'),
        cancelledBy: readActor(present(row.cancelled_by, 'runs.cancelled_by'), 'runs.cancelled_by'),
        why: message ?? undefined,
      };
    default:
      return unreachable(state);
  }
}

/** The columns that are written once. Some are in indexes, which an update that names them would check. */
export const toFixedColumns = (run: Run) => ({
  id: run.id,
  kind: run.kind,
  integration_id: run.integrationId,
  person_id: run.personId,
  started_by: JSON.stringify(run.startedBy),
  /** The person's id from it, for searches. */
  started_by_person: run.startedBy.kind === 'person' ? run.startedBy.personId : null,
  created_at: run.createdAt.getTime(),
  account_id: run.accountId ?? null,
});

/** The columns that change with its state. */
export function toChangingColumns(run: Run) {
  return {
    version: run.version,
    manifest_version_id: run.manifestVersionId,
    attempt: run.attempt,
    stopped_by: jsonOrNull(run.stoppedBy),
    state: run.state,
    ...leaseColumns(run),
    /** JSON of its code and its step. */
    error: 'error' in run ? plain(run.error) : null,
    /** The code from it, for searches. */
    error_code: 'error' in run ? run.error.code : null,
    cancelled_by: jsonOrNull('cancelledBy' in run ? run.cancelledBy : undefined),
    /** Null unless a look-up of a revoke found no account. */
    found_gone: run.state === 'succeeded' && run.foundGone ? true : null,
  };
}

function toFacts(row: RunRow): RunFacts {
  return withoutNulls({
    id: row.id,
    version: row.version,
    kind: oneOf(kinds, row.kind, 'runs.kind'),
    integrationId: row.integration_id,
    personId: row.person_id,
    manifestVersionId: row.manifest_version_id,
    startedBy: readActor(row.started_by, 'runs.started_by'),
    createdAt: time(row.created_at),
    attempt: row.attempt,
    stoppedBy: row.stopped_by === null ? null : readActor(row.stopped_by, 'runs.stopped_by'),
    accountId: row.account_id,
  });
}

const error = (row: RunRow, sentence: string | null): RunError => {
  const message = present(sentence, 'runs.message');
  const text = present(row.error, 'runs.error');
  const { code, step } = readColumnOr(errorColumn, text, {
    code: row.error_code !== null && isErrorCode(row.error_code) ? row.error_code : 'internal',
    step: undefined,
  });
  return { code, message, step };
};

/** Without the error's sentence, which is sealed. */
const plain = ({ code, step }: RunError): string => JSON.stringify({ code, step });

const jsonOrNull = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);
