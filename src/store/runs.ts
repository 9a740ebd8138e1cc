import type { Knex } from 'knex';
import { z } from 'zod';
import { parseJson, stringifyJson } from '../core/json.ts';
import { type RunStore, StaleWrite } from '../engine/ports.ts';
import type { Run, RunInputs } from '../engine/run.ts';
import { readJson } from './columns.ts';
import { type RunRow, toRun, toRunColumns } from './run-rows.ts';
import { createStepColumns, type StepRow } from './step-rows.ts';
import type { Identity, Vault } from './vault.ts';

interface ResponseRow {
  readonly run_id: string;
  readonly attempt: number;
  readonly step_index: number;
  /** Sealed JSON. */
  readonly response: string;
}

const runInputs: z.ZodType<RunInputs> = z.object({
  form: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  generated: z.record(z.string(), z.string()),
});

export function createRunStore(db: Knex, vault: Vault): RunStore {
  const runs = () => db<RunRow>('runs');
  const steps = () => db<StepRow>('run_steps');
  const responses = () => db<ResponseRow>('run_responses');
  const stepColumns = createStepColumns(vault);

  return {
    async find(id) {
      const row = await runs().where({ id }).first();
      return row && toRun(row);
    },

    async insert(run, inputs) {
      const sealed = await vault.seal(inputsIdentity(run.id), JSON.stringify(inputs));
      const inserted = await runs()
        .insert({ ...toRunColumns(run), inputs: sealed })
        .onConflict(db.raw('(person_id, integration_id) where finished_at is null') as never)
        .ignore()
        .returning('id');
      return inserted.length === 0 ? 'taken' : 'inserted';
    },

    async save(run) {
      const { id, version } = run;
      const next: Run = { ...run, version: version + 1 };
      if ((await runs().where({ id, version }).update(toRunColumns(next))) === 0) {
        throw new StaleWrite('run', id);
      }
      return next;
    },

    async inputs(runId) {
      const row = await runs().where({ id: runId }).first('inputs');
      if (row === undefined) {
        throw new RunNotFound(runId);
      }
      const text = await vault.open(inputsIdentity(runId), row.inputs);
      return readJson(runInputs, text, 'runs.inputs');
    },

    async unfinished(personId, integrationId) {
      const row = await runs()
        .where({ person_id: personId, integration_id: integrationId })
        .whereNull('finished_at')
        .first();
      return row && toRun(row);
    },

    async unfinishedOf(personId) {
      const rows = await runs()
        .where({ person_id: personId })
        .whereNull('finished_at')
        .orderBy('created_at');
      return rows.map(toRun);
    },

    async lastSucceeded(personId) {
      const ranked = runs()
        .where({ person_id: personId, state: 'succeeded' })
        .select('*')
        .rowNumber('rank', (over) =>
          over.partitionBy('integration_id').orderBy('finished_at', 'desc').orderBy('id', 'desc'),
        );
      const rows: RunRow[] = await db.from(ranked.as('ranked')).where('rank', 1);
      return rows.map(toRun);
    },

    async steps(runId, attempt) {
      const rows = await steps().where({ run_id: runId, attempt }).orderBy('step_index');
      return Promise.all(rows.map((row) => stepColumns.read(row)));
    },

    async putStep(step) {
      await steps()
        .insert(await stepColumns.write(step))
        .onConflict(['run_id', 'attempt', 'step_index'])
        .merge();
    },

    async responses(runId, attempt) {
      const rows = await responses().where({ run_id: runId, attempt }).orderBy('step_index');
      const opened = rows.map(async (row) =>
        parseJson(await vault.open(responseIdentity(runId, attempt, row.step_index), row.response)),
      );
      return Promise.all(opened);
    },

    async insertResponse(runId, attempt, index, response) {
      const identity = responseIdentity(runId, attempt, index);
      await responses().insert({
        run_id: runId,
        attempt,
        step_index: index,
        response: await vault.seal(identity, stringifyJson(response)),
      });
    },

    async leasedBy(workerId) {
      const rows = await runs().where({ worker_id: workerId, state: 'running' });
      return rows.map(toRun);
    },
  };
}

/** Thrown when the inputs of a run are asked for that is not there (it was purged, or the id is wrong). */
export class RunNotFound extends Error {
  readonly code = 'run-not-found';
  constructor(runId: string) {
    super(`There is no run ${runId}`);
    this.name = 'RunNotFound';
  }
}

const inputsIdentity = (runId: string): Identity => ({
  table: 'runs',
  row: runId,
  column: 'inputs',
});

const responseIdentity = (runId: string, attempt: number, index: number): Identity => ({
  table: 'run_responses',
  row: `${runId}/${attempt}/${index}`,
  column: 'response',
});
