/** An integration is turned off or deleted: its unfinished grants are stopped. */
import { queueEmptying } from '../integrations/queue-emptying.ts';
import { type Actor, type Integration, SYSTEM } from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import type { Run } from '../runs/run.ts';
import { stopRun } from '../runs/stop-run.ts';
import { cancelStopped } from '../sequences/cancel-planned.ts';
import { closeAccountTask } from '../tasks/account-task.ts';
import { cancelGrantTasks } from '../tasks/end-task.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import type { Hold } from './hold.ts';
import { endHoldsOfRun } from './holds.ts';
import { beginRemoval } from './removals/begin-removal.ts';
import { hasWritten } from './written.ts';

/** Of each kind, in one transaction: a person waits for it. */
const STOPPED_AT_ONCE = 100;

interface Stopping {
  readonly actor: Actor;
}

/**
 * Stops the first unfinished grants there, tasks to grant it by hand, and planned items of sequences. A job stops the rest.
 * Access that a stopped grant may have granted is removed.
 * @returns how many grants are cancelled, and how many are in flight and end before their next step
 */
export async function stopGrantsAt(
  tx: Transaction,
  integration: Integration,
  deps: Stopping,
): Promise<{ readonly cancelled: number; readonly followed: number }> {
  const { id: integrationId } = integration;
  const grants = await grantsToStop(tx, integrationId);
  for (const { id } of grants.slice(0, STOPPED_AT_ONCE)) await stopGrant(tx, id, deps);
  const others = await stopPlans(tx, integrationId, deps);
  await closeAccountTask(tx, integrationId, { state: 'cancelled', actor: deps.actor });
  if (grants.length > STOPPED_AT_ONCE || others === STOPPED_AT_ONCE)
    await tx.queue.push(
      'integration.stop-grants',
      { integrationId, before: tx.now.getTime() },
      { lane: 'background', key: `stop-grants:${integrationId}` },
    );
  const followed = grants.filter(({ state }) => state === 'running').length;
  return { cancelled: grants.length - followed, followed };
}

/**
 * The job: it stops the rest in small transactions, and goes on with what is left after an interruption. Newer grants stay,
 * since the integration may have been turned on again.
 */
export async function stopOtherGrants(
  { integrationId, before: ms }: Jobs['integration.stop-grants'],
  { transact }: { readonly transact: UnitOfWork },
): Promise<void> {
  const parts = { actor: SYSTEM } as const;
  const before = new Date(ms);
  const grants = await transact(async (tx) => {
    const integration = await tx.integrations.hold(integrationId, 'shared');
    return grantsToStop(tx, integrationId, integration?.enabled ? before : undefined);
  });
  for (const { id } of grants) await transact((tx) => stopGrant(tx, id, parts));
  while ((await transact((tx) => stopPlans(tx, integrationId, { ...parts, before }))) > 0);
  await transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration?.deletingSince) await queueEmptying(tx.queue, integrationId);
  });
}

/** Unfinished grants that are not being stopped. @param before left out: all, also of a clock that was ahead */
export const grantsToStop = async (
  { runs }: Pick<Stores, 'runs'>,
  integrationId: string,
  before?: Date,
): Promise<readonly Run[]> =>
  (await runs.unfinishedAt(integrationId)).filter(
    (run) => isToStop(run) && (!before || run.createdAt <= before),
  );

export const isToStop = ({ kind, stoppedBy }: Run): boolean => kind === 'execute' && !stoppedBy;

/** @returns the run as it is now */
export async function stopGrant(tx: Transaction, runId: string, { actor }: Stopping): Promise<Run> {
  const found = await tx.runs.find(runId);
  const person = found && (await tx.people.hold(found.personId)); // Before the run, as grants and removals do.
  const { kind, run } = await stopRun(tx, runId, actor);
  if (kind === 'ended') return run;
  if (kind === 'cancelled' && !(await hasWritten(tx, run))) {
    await endHoldsOfRun(tx, run);
    return run;
  }
  const integration = await tx.integrations.find(run.integrationId);
  // `revoke` ends all of it: where another reason granted it before, that stays. Of a deleted app nothing is known any more.
  if (integration && !integration.deletingSince && !integration.deletedAt) {
    const open = await tx.holds.openAt(run.personId, run.integrationId);
    const own = open.filter((hold) => hold.runId === run.id);
    for (const other of open)
      if (!own.includes(other) && (await hasGranted(tx, other))) return letGo(tx, run, own);
  }
  const cause = { kind: 'stopped-grant', id: run.id } as const;
  if (person && integration) await beginRemoval(tx, { person, integration, cause, actor });
  return run;
}

/** What granted it is kept for some time: it succeeded where it is no longer there. */
async function hasGranted(tx: Transaction, { runId, taskId }: Hold): Promise<boolean> {
  const run = runId === undefined ? undefined : await tx.runs.find(runId);
  const task = taskId === undefined ? undefined : await tx.tasks.find(taskId);
  return (!run || run.state === 'succeeded') && (!task || task.state === 'done');
}

async function letGo(tx: Transaction, run: Run, holds: readonly Hold[]): Promise<Run> {
  for (const hold of holds) {
    await tx.holds.save({ ...hold, ended: { at: tx.now, why: 'revoked' } });
    await invalidate(tx, personTopic(run.personId));
  }
  return run;
}

/** Stops tasks to grant it by hand and planned items. @returns the larger number of the two, at most 100 */
async function stopPlans(
  tx: Transaction,
  integrationId: string,
  { actor, before }: Stopping & { readonly before?: Date },
): Promise<number> {
  const limit = STOPPED_AT_ONCE;
  const integration = await tx.integrations.hold(integrationId, 'shared');
  const isOn = integration?.enabled && !integration.deletedAt;
  const older = { actor, limit, before: isOn ? before : undefined };
  const tasks = await cancelGrantTasks(tx, { integrationId }, older);
  if (isOn) return tasks; // It was turned on again: planned items stay.
  return Math.max(tasks, await cancelStopped(tx, { integrationId }, { actor, limit }));
}
