/** Works on a run here until it ends. A worker elsewhere may do parts of it. */
import { inWorkspaceLocale } from '../engine/people/locales.ts';
import { advanceRun } from '../engine/runs/advance-run.ts';
import { isActive, type Run } from '../engine/runs/run.ts';
import { newWorker } from '../engine/work/leased.ts';
import type { Session } from './session.ts';

/** How often we check a run that another process works on. */
const LOOK_MS = 300;

/** The parts of a session that work on runs and removals needs. */
export type Working = Pick<
  Session,
  | 'stores'
  | 'transact'
  | 'http'
  | 'tokens'
  | 'now'
  | 'newId'
  | 'randomBytes'
  | 'actor'
  | 'output'
  | 'pause'
> & { readonly config: Pick<Session['config'], 'timeZone'> };

/** @returns the run when it has ended, waits for its retry, or waits for another run */
export async function workOn(started: Run, session: Working): Promise<Run> {
  const { stores, now, pause } = session;
  const runId = started.id;
  const worker = newWorker(session.newId());
  let run = started;
  while (isActive(run) && run.state !== 'retrying') {
    await inWorkspaceLocale(stores, () => advanceRun(runId, { ...session, ...worker })); // It stores texts.
    run = (await stores.runs.find(runId)) ?? run;
    if (!isActive(run) || run.state === 'retrying') break;
    const dueInMs = run.state === 'waiting' ? run.dueAt.getTime() - now().getTime() : 0;
    await pause(Math.min(Math.max(dueInMs, run.state === 'queued' ? 0 : LOOK_MS), 1000));
  }
  return run;
}

export async function reportSteps(
  run: Run,
  { stores, output }: Pick<Session, 'stores' | 'output'>,
): Promise<void> {
  for (const step of await stores.runs.steps(run.id, run.attempt)) {
    output.note(
      `${step.index + 1}. ${step.method} ${step.url}  ${step.state}${step.status === undefined ? '' : `, status ${step.status}`}`,
    );
    // Which host, for instance, and what allows it.
    for (const warning of step.warnings) output.note(`   ${warning}`);
  }
}
