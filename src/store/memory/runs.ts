import type { Json } from '../../core/json.ts';
import { type RunFilter, type RunStore, StaleWrite } from '../../engine/ports.ts';
import {
  isUnfinished,
  outcomes,
  type Run,
  type RunInputs,
  type Step,
  type UnfinishedRun,
} from '../../engine/run.ts';
import { RunNotFound } from '../runs.ts';
import { createTable, type Journal, keyOf } from './table.ts';

export function createRunStore(journal: Journal): RunStore {
  const runs = createTable<Run>('runs', journal);
  const inputs = createTable<RunInputs>('runs', journal);
  const steps = createTable<Step>('run_steps', journal);
  const responses = createTable<{
    readonly runId: string;
    readonly attempt: number;
    readonly index: number;
    readonly response: Json;
  }>('run_responses', journal);

  const unfinishedOf = (personId: string): readonly Run[] =>
    runs
      .rows()
      .filter((run) => run.personId === personId && isUnfinished(run))
      .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());

  const unfinished = (personId: string, integrationId: string): Run | undefined =>
    unfinishedOf(personId).find((run) => run.integrationId === integrationId);

  function inputsOf(runId: string): RunInputs {
    const found = inputs.get(runId);
    if (!found) throw new RunNotFound(runId);
    return found;
  }

  return {
    find: async (id) => runs.get(id),

    async list(filter, { offset, limit }) {
      const found = runs
        .rows()
        .filter((run) => matches(run, filter))
        .toSorted(
          (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
        );
      return { runs: found.slice(offset, offset + limit), total: found.length };
    },

    async insert(run, startedWith) {
      if (isUnfinished(run) && unfinished(run.personId, run.integrationId)) return 'taken';
      runs.insert(run.id, run);
      inputs.put(run.id, startedWith);
      return 'inserted';
    },

    async save(run) {
      if (runs.get(run.id)?.version !== run.version) throw new StaleWrite('run', run.id);
      const next: Run = { ...run, version: run.version + 1 };
      runs.put(run.id, next);
      // Generated passwords are dropped as soon as the run has ended for good.
      if (!isUnfinished(run)) inputs.put(run.id, { ...inputsOf(run.id), generated: {} });
      return next;
    },

    inputs: async (runId) => inputsOf(runId),
    unfinished: async (personId, integrationId) => unfinished(personId, integrationId),
    unfinishedOf: async (personId) => unfinishedOf(personId),

    async lastSucceeded(personId) {
      const last = new Map<string, Succeeded>();
      for (const run of runs.rows()) {
        if (run.personId !== personId || run.state !== 'succeeded') continue;
        const known = last.get(run.integrationId);
        if (!known || isLater(run, known)) last.set(run.integrationId, run);
      }
      return [...last.values()];
    },

    steps: async (runId, attempt) =>
      steps
        .rows()
        .filter((step) => step.runId === runId && step.attempt === attempt)
        .toSorted((a, b) => a.index - b.index),
    putStep: async (step) => steps.put(keyOf(step.runId, step.attempt, step.index), step),

    responses: async (runId, attempt) =>
      responses
        .rows()
        .filter((each) => each.runId === runId && each.attempt === attempt)
        .toSorted((a, b) => a.index - b.index)
        .map(({ response }) => response),
    insertResponse: async (runId, attempt, index, response) =>
      responses.insert(keyOf(runId, attempt, index), { runId, attempt, index, response }),

    leasedBy: async (workerId) =>
      runs.rows().filter((run) => run.state === 'running' && run.workerId === workerId),
    overdue: async (before) =>
      runs
        .rows()
        .filter(isUnfinished)
        .filter((run) => takeableFrom(run) < before)
        .toSorted((a, b) => takeableFrom(a).getTime() - takeableFrom(b).getTime())
        .slice(0, 100),
  };
}

function matches(run: Run, { concerning, integrationId, outcome }: RunFilter): boolean {
  const { startedBy } = run;
  const concerns =
    !concerning ||
    concerning.about.includes(run.personId) ||
    (startedBy.kind === 'person' && startedBy.personId === concerning.startedBy);
  return (
    concerns &&
    (integrationId === undefined || run.integrationId === integrationId) &&
    (outcome === undefined || outcomes[outcome].some((state) => state === run.state))
  );
}

const takeableFrom = (run: UnfinishedRun): Date =>
  run.state === 'running' ? run.leasedUntil : run.dueAt;

type Succeeded = Extract<Run, { state: 'succeeded' }>;

const isLater = (a: Succeeded, b: Succeeded): boolean =>
  a.finishedAt.getTime() - b.finishedAt.getTime() > 0 ||
  (a.finishedAt.getTime() === b.finishedAt.getTime() && a.id > b.id);
