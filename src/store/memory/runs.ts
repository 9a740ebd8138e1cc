import type { Json } from '../../core/json.ts';
import type { RunFilter, RunStore } from '../../engine/ports/run-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import {
  type ActiveRun,
  isActive,
  isUnfinished,
  outcomeOf,
  type Run,
  type RunIn,
  type RunInputs,
  type Step,
} from '../../engine/runs/run.ts';
import { RunNotFound } from '../runs/runs.ts';
import { createTable, DuplicateRow, type Journal, keyOf } from './table.ts';

interface Answered {
  readonly index: number;
  readonly response: Json;
}

export function createRunStore(journal: Journal): RunStore {
  const runs = createTable<Run>('runs', journal);
  const inputs = createTable<RunInputs>('runs', journal);
  /** Of each person and integration the active run. */
  const open = createTable<string>('runs', journal);
  /** By attempt, in order. */
  const steps = createTable<readonly Step[]>('run_steps', journal);
  const responses = createTable<readonly Answered[]>('run_responses', journal);

  const unfinishedOf = (personId: string): readonly Run[] =>
    runs
      .rows()
      .filter((run) => run.personId === personId && isUnfinished(run))
      .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1));

  const unfinished = (personId: string, integrationId: string): Run | undefined =>
    runs.get(open.get(keyOf(personId, integrationId)) ?? '');

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
      if (isActive(run) && unfinished(run.personId, run.integrationId)) return 'taken';
      runs.insert(run.id, run);
      inputs.put(run.id, startedWith);
      if (isActive(run)) open.put(keyOf(run.personId, run.integrationId), run.id);
      return 'inserted';
    },

    async save(run) {
      if (runs.get(run.id)?.version !== run.version)
        throw new StaleWrite('run', run.id, run.version);
      const next: Run = { ...run, version: run.version + 1 };
      const other = unfinished(run.personId, run.integrationId);
      if (isActive(run) && other && other.id !== run.id) throw new DuplicateRow('runs');
      runs.put(run.id, next);
      if (isActive(run)) open.put(keyOf(run.personId, run.integrationId), run.id);
      if (isUnfinished(run)) return next;
      // Generated passwords are dropped as soon as the run has ended for good.
      inputs.put(run.id, { ...inputsOf(run.id), generated: {} });
      // A deferred one that is cancelled was not the active one.
      if (other?.id === run.id) open.delete(keyOf(run.personId, run.integrationId));
      return next;
    },

    inputs: async (runId) => inputsOf(runId),
    unfinished: async (personId, integrationId) => unfinished(personId, integrationId),
    deferredOf: async (personId, integrationId) =>
      unfinishedOf(personId)
        .filter((run): run is RunIn<'deferred'> => run.state === 'deferred')
        .filter((run) => run.integrationId === integrationId),
    unfinishedOf: async (personId) => unfinishedOf(personId),

    unfinishedAt: async (integrationId) =>
      runs
        .rows()
        .filter((run) => run.integrationId === integrationId && isUnfinished(run))
        .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),

    async lastSucceeded(personId) {
      const last = new Map<string, Succeeded>();
      for (const run of runs.rows()) {
        if (run.personId !== personId || run.state !== 'succeeded') continue;
        const known = last.get(run.integrationId);
        if (!known || isLater(run, known)) last.set(run.integrationId, run);
      }
      return [...last.values()];
    },

    steps: async (runId, attempt) => steps.get(keyOf(runId, attempt)) ?? [],
    async putStep(step) {
      const key = keyOf(step.runId, step.attempt);
      steps.put(key, placed(steps.get(key) ?? [], step));
    },

    responses: async (runId, attempt) =>
      (responses.get(keyOf(runId, attempt)) ?? []).map(({ response }) => response),
    async insertResponse(runId, attempt, index, response) {
      const key = keyOf(runId, attempt);
      const known = responses.get(key) ?? [];
      if (known.some((each) => each.index === index)) throw new DuplicateRow('run_responses');
      responses.put(key, placed(known, { index, response }));
    },

    leasedBy: async (workerId) =>
      runs.rows().filter((run) => run.state === 'running' && run.workerId === workerId),
    overdue: async (before) =>
      runs
        .rows()
        .filter(isActive)
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
    (outcome === undefined || outcomeOf(run) === outcome)
  );
}

const takeableFrom = (run: ActiveRun): Date =>
  run.state === 'running' ? run.leasedUntil : run.dueAt;

/** The list with one more, or one replaced, in the order of their index. */
const placed = <T extends { readonly index: number }>(list: readonly T[], one: T): readonly T[] =>
  [...list.filter(({ index }) => index !== one.index), one].toSorted((a, b) => a.index - b.index);

type Succeeded = Extract<Run, { state: 'succeeded' }>;

const isLater = (a: Succeeded, b: Succeeded): boolean =>
  a.finishedAt.getTime() - b.finishedAt.getTime() > 0 ||
  (a.finishedAt.getTime() === b.finishedAt.getTime() && a.id > b.id);
