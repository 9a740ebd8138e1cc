/**
 * Changes a run that a worker holds. Each change is one transaction, and fenced: a worker that lost its lease stores
 * nothing. What follows from the end of an attempt is here too.
 */
import { isWrite } from '../../core/is-write.ts';
import { t } from '../../core/translate.ts';
import { NEVER } from '../access/accounts.ts';
import { promoteDeferred } from '../access/deferred-grants.ts';
import { isHealthy } from '../access/health.ts';
import { endHoldsOfRun } from '../access/holds.ts';
import { queueCheck } from '../access/queue-check.ts';
import { wakeRemovalOf } from '../access/removals/wake-removal.ts';
import { hasWritten } from '../access/written.ts';
import { canAsk, provisionOf } from '../integrations/manifest-of.ts';
import type { Access, Actor } from '../people/directory.ts';
import type { RunFilePart } from '../ports/run-stores.ts';
import type { Clock, NewId } from '../ports/time-and-chance.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { recordOutcome } from '../sequences/events/record-event.ts';
import { stillHeld } from '../work/leased.ts';
import { invalidateRun } from '../work/topics.ts';
import { cancel, isUnfinished, isUnknown, type Run, type RunIn, renew, type Step } from './run.ts';
import { checkWhenSettled } from './unknown-outcome.ts';
import { runWork, wake } from './wake-run.ts';

export interface RunDeps {
  readonly newId: NewId;
  readonly now: Clock;
  readonly transact: UnitOfWork;
  readonly workerId: string;
}

/** Ends the attempt: stores the last step, the run, the access and what follows. @param also in the same transaction */
export async function end(
  runId: string,
  deps: RunDeps,
  transition: (run: RunIn<'running'>, now: Date) => Run,
  step?: Step,
  also?: (tx: Transaction, run: RunIn<'running'>) => Promise<void>,
): Promise<void> {
  await change(runId, deps, async (tx, run) => {
    if (step) await tx.runs.putStep(step);
    const ended = transition(run, tx.now);
    // It was stopped after its last step, so its messages must not welcome the person.
    if (run.stoppedBy && ended.state === 'succeeded') return stop(tx, run, run.stoppedBy);
    if (also) await also(tx, run);
    await afterwards(tx, ended);
    return ended;
  });
}

/** Cancels a run that was stopped while it was running. It sends nothing more. */
export async function stop(tx: Transaction, run: RunIn<'running'>, stoppedBy: Actor): Promise<Run> {
  const cancelled = cancel(run, stoppedBy, tx.now);
  await afterwards(tx, cancelled);
  return cancelled;
}

/**
 * Stores that a request is about to leave, and renews the lease. A run that was stopped ends here instead.
 * @param also in the same transaction
 * @returns whether it may be sent
 */
export async function beginStep(
  step: Step,
  deps: RunDeps,
  also: (tx: Transaction, run: RunIn<'running'>) => Promise<void>,
): Promise<boolean> {
  let isBegun = false;
  await change(step.runId, deps, async (tx, run) => {
    isBegun = false;
    if (run.stoppedBy) return stop(tx, run, run.stoppedBy);
    await tx.runs.putStep(step);
    await also(tx, run);
    isBegun = true;
    return renew(run, tx.now);
  });
  return isBegun;
}

export async function afterwards(tx: Transaction, run: Run): Promise<void> {
  const { id: runId, personId, integrationId } = run;
  await tx.audit(`run.${run.state}`, { actor: { kind: 'system' }, personId, integrationId, runId });
  if (run.state === 'retrying') await wake(tx, run, run.dueAt);
  if (run.state === 'succeeded' && run.kind === 'execute') await claim(tx, run, tx.now);
  if (run.kind === 'revoke') await keepRevoke(tx, run, tx.now);
  else if (!isUnfinished(run) && run.state !== 'succeeded' && !(await hasWritten(tx, run)))
    await endHoldsOfRun(tx, run);
  await wakeRemovalOf(tx, run);
  if (await canAsk(tx, run)) {
    await queueCheck(tx.queue, personId, integrationId);
    if (isUnknown(run)) await checkWhenSettled(tx, run, tx.now);
  }
  await recordEnd(tx, run);
  await tx.emit({ kind: 'run-ended', run });
}

/** Stores that the account was revoked, or that a look-up found none. */
async function keepRevoke(tx: Transaction, run: Run, now: Date): Promise<void> {
  const account = run.accountId === undefined ? undefined : await tx.accounts.find(run.accountId);
  if (run.state !== 'succeeded' || !account) return;
  if (!run.foundGone) {
    if (await isProof(tx, run, now)) await tx.accounts.save({ ...account, revokedAt: now });
    return;
  }
  const reason = t`The app says that there is no such account.`;
  const answer = { state: 'none', reason, checkedAt: now, byStatus: true } as const;
  // "No account" may be wrong: a late write can create the account again, and a token without rights finds nobody.
  const isSettled = account.writtenAt === undefined || account.writtenAt <= now;
  const isGone = isSettled && (!account.wasThere || (await isHealthy(tx, run.integrationId, now)));
  await tx.accounts.save({ ...account, answer, ...(isGone && { goneAt: now }) });
}

/**
 * With an `exists` request, a check proves the removal later. Without one, the revoke itself has to prove it: the app answered
 * each write with 2xx, or with "no such account" to a token that works.
 */
async function isProof(tx: Transaction, run: RunIn<'succeeded'>, now: Date): Promise<boolean> {
  const provision = await provisionOf(tx, await tx.integrations.find(run.integrationId));
  if (!provision || provision.exists) return true;
  const is2xx = (status: number): boolean => status >= 200 && status < 300;
  const isHealthyNow = await isHealthy(tx, run.integrationId, now);
  const steps = await tx.runs.steps(run.id, run.attempt);
  return steps.every(
    ({ method, status = 0 }) =>
      !isWrite({ method }) || is2xx(status) || (isHealthyNow && (status === 404 || status === 410)),
  );
}

/** Access that was granted and runs that failed for good may start sequences. */
async function recordEnd(tx: Transaction, run: Run): Promise<void> {
  const { id: runId, personId, integrationId } = run;
  if (run.state === 'succeeded' && run.kind === 'execute')
    await recordOutcome(tx, { kind: 'access-granted', integrationId }, { runId }, personId);
  if (run.state === 'failed' || run.state === 'blocked')
    await recordOutcome(tx, { kind: 'run-failed', integrationId }, { runId }, personId);
}

/** Stores nothing about a deleted integration. The lock orders this and the deletion. */
async function claim(tx: Transaction, run: Run, now: Date): Promise<void> {
  const { personId, integrationId } = run;
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!integration || integration.deletedAt) return;
  await tx.access.put(claimed(run, await tx.access.find(personId, integrationId), now));
}

/** A grant that succeeded says that the person has access, until a check replaces it. Without `exists` it stays. */
const claimed = (run: Run, before: Access | undefined, now: Date): Access => ({
  personId: run.personId,
  integrationId: run.integrationId,
  state: 'has',
  reason: t`Granted by Latchkey.`,
  since: before?.state === 'has' ? before.since : now,
  checkedAt: before?.checkedAt ?? NEVER,
});

/**
 * Changes the run in one transaction, if this worker still holds it. When the run ends, the deferred grant behind it starts.
 * If the run is stopped or a grant is deferred at the same time, the transaction runs again and sees that.
 * @returns false when another worker has taken it; then nothing is stored
 */
export const change = (
  runId: string,
  deps: RunDeps,
  transition: (tx: Transaction, run: RunIn<'running'>) => Promise<Run>,
): Promise<boolean> =>
  deps.transact(async (tx) => {
    const run = await stillHeld(tx, runWork, runId, deps);
    if (!run) return false;
    const saved = await tx.runs.save(await transition(tx, run));
    if (!isUnfinished(saved)) await promoteDeferred(tx, saved);
    await invalidateRun(tx, saved);
    return true;
  });

/** The lease is longer than any request takes, so storing a part doesn't renew it. */
export const putPartWhileOurs = (part: RunFilePart, deps: RunDeps): Promise<boolean> =>
  deps.transact(async (tx) => {
    if (!(await stillHeld(tx, runWork, part.runId, deps))) return false;
    await tx.files.putPart(part);
    return true;
  });
