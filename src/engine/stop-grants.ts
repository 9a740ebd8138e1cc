/**
 * What stops grants that have yet to end: an end date, an integration that is turned off or deleted. None of them leaves
 * access behind: what a grant may have done already is followed by a revoke.
 */
import type { Actor } from './directory.ts';
import { revokeBeforeDeferred, type Started, type Starting, stopExecute } from './grant.ts';
import { cancelGrantTasks } from './manual.ts';
import type { Transaction } from './ports/unit-of-work.ts';
import type { Run, Step } from './run.ts';
import { cancelStopped } from './sequences/cancel-planned.ts';

export interface Stopping extends Starting {
  /** What to tell people of a run that may have given access, where nothing can take it away; in the same transaction. */
  readonly announceLeft?: (tx: Transaction, run: Run) => Promise<void>;
}

export interface Stopped {
  /** Cancelled: nothing more of them is sent. */
  readonly cancelled: readonly Run[];
  /** In flight: each is followed by a revoke. */
  readonly followed: readonly Run[];
  /** Revokes of what cancelled ones had begun. */
  readonly revokes: readonly Run[];
  /** What was begun and can't be revoked, and why: somebody has to look at it. */
  readonly left: readonly { readonly run: Run; readonly why: string }[];
}

/**
 * Stops every `execute` of one person, or at one integration, every task to give something by hand, and what sequences have planned. Whoever calls it holds that
 * person or integration, so that no grant starts meanwhile.
 */
export async function stopGrants(
  tx: Transaction,
  whose: { readonly personId: string } | { readonly integrationId: string },
  actor: Actor,
  starting: Stopping,
): Promise<Stopped> {
  const cancelled: Run[] = [];
  const followed: Run[] = [];
  const revokes: Run[] = [];
  const left: { run: Run; why: string }[] = [];
  await cancelGrantTasks(tx, whose, actor, starting);
  await cancelStopped(tx, whose, actor, starting);
  const unfinished =
    'personId' in whose
      ? await tx.runs.unfinishedOf(whose.personId)
      : await tx.runs.unfinishedAt(whose.integrationId);
  for (const found of unfinished) {
    if (found.kind !== 'execute') continue;
    const { kind, run } = await stopExecute(tx, found.id, actor, starting);
    if (kind === 'follows') followed.push(run);
    if (kind !== 'cancelled') continue;
    cancelled.push(run);
    if (!(await hasWritten(tx, run))) continue;
    const revoke = await revokeAfter(tx, run, actor, starting);
    if (revoke?.kind === 'refused') {
      left.push({ run, why: revoke.why });
      await starting.announceLeft?.(tx, run);
    } else if (revoke) revokes.push(revoke.run);
  }
  return { cancelled, followed, revokes, left };
}

/** Whether the run has sent anything that may have given access. */
export async function hasWritten(tx: Transaction, { id, attempt }: Run): Promise<boolean> {
  for (let each = 1; each <= attempt; each += 1)
    if ((await tx.runs.steps(id, each)).some(isWrite)) return true;
  return false;
}

const isWrite = ({ method }: Step): boolean => method !== 'GET' && method !== 'HEAD';

/**
 * Starts the revoke that follows a run which was stopped. Nobody waits for an answer any more, so where it is refused
 * the audit log says that the access stays.
 */
export async function revokeAfter(
  tx: Transaction,
  run: Run,
  actor: Actor,
  starting: Starting,
): Promise<Started | undefined> {
  const { id: runId, personId, integrationId } = run;
  const person = await tx.people.find(personId);
  const integration = await tx.integrations.find(integrationId);
  if (!person || !integration) return undefined;
  const started = await revokeBeforeDeferred(tx, { actor, person, integration }, starting);
  if (started.kind === 'refused')
    await tx.audit.add({
      id: starting.newId(),
      at: starting.now(),
      actor,
      what: 'revoke.refused',
      personId,
      integrationId,
      runId,
      detail: { why: started.why },
    });
  return started;
}
