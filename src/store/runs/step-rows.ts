import { z } from 'zod';
import { type Step, stepStates } from '../../engine/runs/run.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  readColumnOr,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';

export interface StepRow {
  readonly run_id: string;
  readonly attempt: number;
  readonly step_index: number;
  readonly method: string;
  /** Sealed, since it may contain form values. */
  readonly url: string;
  readonly state: string;
  readonly tries: number;
  readonly interruptions: number | null;
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly status: number | null;
  /** Sealed. */
  readonly response_text: string | null;
  readonly warnings: string;
  readonly idempotency_key: string | null;
}

export const warningsColumn = jsonColumn('run_steps.warnings', z.array(z.string()));

interface StepColumns {
  read(row: StepRow): Promise<Step>;
  write(step: Step): Promise<StepRow>;
}

export function createStepColumns(vault: Vault): StepColumns {
  const urls = sealedTexts(vault, sealedColumns.stepUrl);
  const responseTexts = sealedTexts(vault, sealedColumns.stepResponseText);
  return {
    async read(row) {
      return withoutNulls({
        runId: row.run_id,
        attempt: row.attempt,
        index: row.step_index,
        method: row.method,
        url: await urls.open(row),
        state: oneOf(stepStates, row.state, 'run_steps.state'),
        tries: row.tries,
        interruptions: row.interruptions,
        startedAt: time(row.started_at),
        finishedAt: timeOrNull(row.finished_at),
        status: row.status,
        responseText: await responseTexts.open(row),
        warnings: readColumnOr(warningsColumn, row.warnings, []),
        idempotencyKey: row.idempotency_key,
      });
    },

    async write(step) {
      const key = { run_id: step.runId, attempt: step.attempt, step_index: step.index };
      return {
        run_id: step.runId,
        attempt: step.attempt,
        step_index: step.index,
        method: step.method,
        url: await urls.seal(key, step.url),
        state: step.state,
        tries: step.tries,
        interruptions: step.interruptions ?? null,
        started_at: step.startedAt.getTime(),
        finished_at: msOrNull(step.finishedAt),
        status: step.status ?? null,
        response_text: await responseTexts.seal(key, step.responseText),
        warnings: JSON.stringify(step.warnings),
        idempotency_key: step.idempotencyKey ?? null,
      };
    },
  };
}
