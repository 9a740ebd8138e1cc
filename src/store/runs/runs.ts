import type { Knex } from 'knex';
import { z } from 'zod';
import { parseJson, stringifyJson } from '../../core/json.ts';
import { together } from '../../core/together.ts';
import type { RunFilter, RunStore } from '../../engine/ports/run-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import {
  formValues,
  isActive,
  isUnfinished,
  outcomes,
  type Run,
  type RunError,
  type RunIn,
  type RunInputs,
  shownAnswers,
} from '../../engine/runs/run.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { findBy, findManyById } from '../work/find-by.ts';
import { leasedRows } from '../work/leased-rows.ts';
import { lengthInJson, readLength } from '../work/length.ts';
import { afterPlace, newestFirst } from '../work/newest-first.ts';
import { putRows } from '../work/put-rows.ts';
import { onlySeen } from '../work/seen-by.ts';
import { totalOf } from '../work/total.ts';
import { messageOf, type RunRow, toChangingColumns, toFixedColumns, toRun } from './run-rows.ts';
import { createStepColumns, type StepRow } from './step-rows.ts';

interface ResponseRow {
  readonly run_id: string;
  readonly attempt: number;
  readonly step_index: number;
  /** Sealed JSON. */
  readonly response: string;
}

const runInputs = z
  .object({
    form: formValues,
    generated: z.record(z.string(), z.string()),
    answers: shownAnswers.optional(),
    days: z.number().int().positive().optional(),
    hours: z.number().int().positive().optional(),
  })
  .transform(
    ({ answers, days, hours, ...rest }): RunInputs => ({
      ...rest,
      answers,
      hours: readLength({ days, hours }) ?? undefined,
    }),
  );

/** The key of a step, and of its answer. */
const STEP = ['run_id', 'attempt', 'step_index'] as const;

const UNKNOWN: RunError['code'] = 'unknown-outcome';

function narrow(
  db: Knex,
  query: Knex.QueryBuilder,
  { concerning, managerId, integrationId, outcome, seenBy }: RunFilter,
): void {
  if (concerning)
    query.where((either) => {
      either.whereIn('person_id', concerning.about);
      if (concerning.startedBy !== undefined)
        either.orWhere({ started_by_person: concerning.startedBy });
    });
  if (managerId !== undefined)
    query.whereIn(
      'person_id',
      db('people').where({ manager_id: managerId, active: true }).select('id'),
    );
  if (seenBy) {
    const also = [db('runs').where({ started_by_person: seenBy.readerId }).select('id')];
    onlySeen(query, { db, table: 'runs', also }, seenBy);
  }
  if (integrationId !== undefined) query.where({ integration_id: integrationId });
  if (outcome !== undefined) query.whereIn('state', outcomes[outcome]);
  if (outcome === 'unknown') query.where({ error_code: UNKNOWN });
  if (outcome === 'failed') query.whereNot({ error_code: UNKNOWN });
}

/** The condition of the index `runs_one_active`, so that a database uses that index. */
const IS_ACTIVE = "finished_at is null and state <> 'deferred'";

export function createRunStore(db: Knex, vault: Vault): RunStore {
  const runs = () => db<RunRow>('runs');
  const steps = () => db<StepRow>('run_steps');
  const responses = () => db<ResponseRow>('run_responses');
  const stepColumns = createStepColumns(vault);
  const messages = sealedTexts(vault, sealedColumns.runMessage);
  const inputsOf = sealedTexts(vault, sealedColumns.runInputs);
  const responseTexts = sealedTexts(vault, sealedColumns.response);

  const sealInputs = (runId: string, inputs: RunInputs): Promise<string> =>
    inputsOf.sealJson({ id: runId }, { ...inputs, ...lengthInJson(inputs.hours) });

  const openInputs = (row: Pick<RunRow, 'id' | 'inputs'>): Promise<RunInputs> =>
    inputsOf.openJson(runInputs, row);

  /** Drops generated passwords of a run that has ended for good, since nothing needs them any more. */
  const dropGenerated = async (row: Pick<RunRow, 'id' | 'inputs'>) => {
    const { id } = row;
    const inputs = await openInputs(row);
    if (Object.keys(inputs.generated).length === 0) return;
    const without = await sealInputs(id, { ...inputs, generated: {} });
    await runs().where({ id }).update({ inputs: without });
  };

  const changingColumnsOf = async (run: Run) =>
    Object.assign(toChangingColumns(run), await messages.sealWords(run, messageOf(run)));

  const read = async (row: RunRow): Promise<Run> => toRun(row, await messages.openWords(row));

  const readAll = (rows: readonly RunRow[]): Promise<readonly Run[]> => Promise.all(rows.map(read));

  return {
    find: findBy('id', runs, read),

    async findActive(id) {
      const row = await runs().where({ id }).first();
      const run = row && (await read(row));
      return run && isActive(run) ? { run, inputs: await openInputs(row) } : undefined;
    },

    findMany: findManyById(runs, read),

    async list(filter, { offset, limit }) {
      const matching = () => {
        const query = runs();
        narrow(db, query, filter);
        return query;
      };
      // Sorts by columns of an index. Sorting whole rows would read the inputs of every matching run.
      const page = matching().orderBy(newestFirst()).select('id').offset(offset).limit(limit);
      const rows = await runs()
        .whereIn('id', db.from(page.as('page')).select('id'))
        .orderBy(newestFirst());
      const total = await totalOf({ offset, limit }, rows.length, matching);
      return { runs: await readAll(rows), total };
    },

    async listAfter(place, limit, filter) {
      const query = runs().orderBy(newestFirst()).limit(limit);
      narrow(db, query, filter);
      afterPlace(place, query);
      return readAll(await query);
    },

    async insert(run, inputs) {
      const sealed = await sealInputs(run.id, inputs);
      const inserted = await runs()
        .insert({ ...toFixedColumns(run), ...(await changingColumnsOf(run)), inputs: sealed })
        .onConflict(db.raw(`(person_id, integration_id) where ${IS_ACTIVE}`) as never)
        .ignore()
        .returning('id');
      return inserted.length === 0 ? 'taken' : 'inserted';
    },

    async save(run, mayHaveGenerated = true) {
      const { id, version } = run;
      const next = { ...run, version: version + 1 };
      const columns = await changingColumnsOf(next);
      const update = async () => runs().where({ id, version }).update(columns);
      const readInputs = async () => runs().where({ id }).first('inputs');
      const [row, changed] = await together([
        mayHaveGenerated && !isUnfinished(run) ? readInputs() : undefined,
        update(),
      ]);
      if (changed === 0) throw new StaleWrite('run', id, version);
      if (row) await dropGenerated({ id, ...row });
      return next;
    },

    async inputs(runId) {
      const row = await runs().where({ id: runId }).first('inputs');
      if (row === undefined) throw new RunNotFound(runId);
      return openInputs({ id: runId, ...row });
    },

    async putInputs(runId, inputs) {
      await runs()
        .where({ id: runId })
        .update({ inputs: await sealInputs(runId, inputs) });
    },

    async unfinished(personId, integrationId) {
      const row = await runs()
        .where({ person_id: personId, integration_id: integrationId })
        .whereRaw(IS_ACTIVE)
        .first();
      return row && read(row);
    },

    async deferredOf(personId, integrationId) {
      const rows = await runs()
        .where({ person_id: personId, integration_id: integrationId, state: 'deferred' })
        .orderBy(['created_at', 'id']);
      return (await readAll(rows)) as readonly RunIn<'deferred'>[]; // The query's condition guarantees it.
    },

    async deferredByIntegration() {
      const rows: readonly { id: string; grants: number | string; since: number | string }[] =
        await db('runs')
          .where({ state: 'deferred' })
          .groupBy('integration_id')
          .select({ id: 'integration_id' })
          .count({ grants: '*' })
          .min({ since: 'created_at' });
      return rows.map(({ id, grants, since }) => ({
        integrationId: id,
        grants: Number(grants),
        since: new Date(Number(since)),
      }));
    },

    async unfinishedOf(personId) {
      const rows = await runs()
        .where({ person_id: personId })
        .whereNull('finished_at')
        .orderBy('created_at');
      return readAll(rows);
    },

    async unfinishedAt(integrationId) {
      const rows = await runs()
        .where({ integration_id: integrationId })
        .whereNull('finished_at')
        .orderBy('created_at');
      return readAll(rows);
    },

    async lastSucceeded(personId) {
      const ranked = runs()
        .where({ person_id: personId, state: 'succeeded' })
        .select('*')
        .rowNumber('rank', (over) =>
          over.partitionBy('integration_id').orderBy('finished_at', 'desc').orderBy('id', 'desc'),
        );
      const rows: RunRow[] = await db.from(ranked.as('ranked')).where('rank', 1);
      return readAll(rows);
    },

    async steps(runId, attempt) {
      const rows = await steps().where({ run_id: runId, attempt }).orderBy('step_index');
      return Promise.all(rows.map((row) => stepColumns.read(row)));
    },

    async putSteps(all) {
      const rows = await Promise.all(all.map((step) => stepColumns.write(step)));
      await putRows(steps(), rows, STEP);
    },

    async responses(runId, attempt) {
      const rows = await responses().where({ run_id: runId, attempt }).orderBy('step_index');
      return Promise.all(rows.map(async (row) => parseJson(await responseTexts.open(row))));
    },

    async putResponse({ runId, attempt, index }, response) {
      const key = { run_id: runId, attempt, step_index: index };
      // A worker that has lost the run may find the answer of its successor. The fence undoes what it stores.
      const row = { ...key, response: await responseTexts.seal(key, stringifyJson(response)) };
      await putRows(responses(), [row], STEP);
    },

    ...leasedRows(runs, readAll),
  };
}

/** Thrown when a run with this id has no inputs: it was purged, or the id is wrong. */
class RunNotFound extends Error {
  readonly code = 'run-not-found';
  constructor(runId: string) {
    super(`There is no run ${runId}`);
    this.name = 'RunNotFound';
  }
}
