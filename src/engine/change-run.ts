/**
 * Changes of a run that a worker holds. Each is one transaction, and fenced: a worker that lost its lease stores
 * nothing. What follows from the end of an attempt is here too.
 */
import { say } from '../core/say.ts';
import { promoteDeferred } from './access/deferred-grants.ts';
import { canAsk } from './can-ask.ts';
import { queueCheck } from './check-access.ts';
import type { Access } from './directory.ts';
import { recordOutcome } from './events/record-event.ts';
import { hurryWhenGone } from './hurry-when-gone.ts';
import type { RunFilePart } from './ports/run-stores.ts';
import type { Clock, NewId, RandomBytes } from './ports/time-and-chance.ts';
import type { Transaction, UnitOfWork } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';
import { isUnfinished, isUnknown, type Run, type RunIn, renew, type Step } from './run.ts';
import { hasWritten, revokeAfter } from './stop-grants.ts';
import { touchRun } from './subjects.ts';
import { liftRunning } from './time-limits.ts';
import { checkWhenSettled } from './unknown-outcome.ts';
import { wake } from './wake-run.ts';

export interface Changing {
  readonly transact: UnitOfWork;
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly workerId: string;
  /** What to tell people in chat when a run has ended; in the transaction of the outcome. */
  readonly announce: (tx: Transaction, ended: Run) => Promise<void>;
  /** What to tell people where the revoke that was to follow a run can't be done; in the transaction of its end. */
  readonly announceLeft?: (tx: Transaction, ended: Run) => Promise<void>;
}

/** Ends the attempt: stores the last step, the run, what is known of the access, and what follows. */
export async function end(
  runId: string,
  parts: Changing,
  transition: (run: RunIn<'running'>, now: Date) => Run,
  step?: Step,
  also?: (tx: Transaction) => Promise<void>,
): Promise<void> {
  await change(runId, parts, async (tx, run) => {
    const now = parts.now();
    if (step) await tx.runs.putStep(step);
    if (also) await also(tx);
    const ended = transition(run, now);
    await afterwards(tx, ended, parts);
    return ended;
  });
}

export async function afterwards(tx: Transaction, run: Run, parts: Changing): Promise<void> {
  const { id: runId, personId, integrationId } = run;
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor: { kind: 'system' },
    what: `run.${run.state}`,
    personId,
    integrationId,
    runId,
  });
  if (run.state === 'retrying') await wake(tx, run, run.dueAt);
  if (run.state === 'succeeded') await claim(tx, run, parts.now());
  if (await leavesNothing(tx, run)) {
    await liftRunning(tx, personId, integrationId);
    await hurryWhenGone(tx, run, parts.now());
  }
  if (await canAsk(tx, run)) {
    await queueCheck(tx.queue, personId, integrationId);
    if (isUnknown(run)) await checkWhenSettled(tx, run, parts.now());
  }
  await recordEnd(tx, run, parts);
  await parts.announce(tx, run);
}

/** What may start sequences: access that is there now, and what has failed for good. */
async function recordEnd(tx: Transaction, run: Run, parts: Changing): Promise<void> {
  const { id: runId, personId, integrationId } = run;
  if (run.state === 'succeeded' && run.kind === 'execute')
    await recordOutcome(tx, { kind: 'access-granted', integrationId }, { runId }, personId, parts);
  if (run.state === 'failed' || run.state === 'blocked')
    await recordOutcome(tx, { kind: 'run-failed', integrationId }, { runId }, personId, parts);
}

/**
 * Whether there is nothing that could end later: it was revoked where nobody can ask whether it is gone (else the answer
 * says so), or granting it failed for good before anything was sent that may have given access, to somebody who isn't
 * known to have it from before.
 */
async function leavesNothing(tx: Transaction, run: Run): Promise<boolean> {
  if (run.kind === 'revoke') return run.state === 'succeeded' && !(await canAsk(tx, run));
  if (run.state !== 'failed' && run.state !== 'blocked') return false;
  const access = await tx.access.find(run.personId, run.integrationId);
  return (!access || access.state === 'none') && !(await hasWritten(tx, run));
}

/** Of a deleted integration nothing is known any more: whoever deletes it comes before or after. */
async function claim(tx: Transaction, run: Run, now: Date): Promise<void> {
  const { personId, integrationId } = run;
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!integration || integration.deletedAt) return;
  await tx.access.put(claimed(run, await tx.access.find(personId, integrationId), now));
}

const NEVER = new Date(0);

/** What a run that succeeded says of the access, until `exists` is asked (or for good, where there is none). */
function claimed(run: Run, before: Access | undefined, now: Date): Access {
  const state = run.kind === 'execute' ? 'has' : 'none';
  return {
    personId: run.personId,
    integrationId: run.integrationId,
    state,
    reason: reasonOf(run),
    since: before?.state === state ? before.since : now,
    checkedAt: before?.checkedAt ?? NEVER,
  };
}

function reasonOf(run: Run): string {
  if (run.kind === 'execute') return say`Granted by Latchkey.`;
  return run.state === 'succeeded' && run.foundGone
    ? say`There was no account to revoke.`
    : say`Revoked by Latchkey.`;
}

/**
 * Changes the run in one transaction, if it is still ours; then starts the revoke that waited for its end, or the grant
 * behind it. Where a revoke is noted on the run in this very moment, or a grant is deferred, all of it is done again with
 * that.
 * @returns false where another worker has taken it: then nothing is stored.
 */
export const change = (
  runId: string,
  parts: Changing,
  transition: (tx: Transaction, run: RunIn<'running'>) => Promise<Run>,
): Promise<boolean> =>
  retryStale(() =>
    parts.transact(async (tx) => {
      const run = await ours(tx, runId, parts);
      if (!run) return false;
      const saved = await tx.runs.save(await transition(tx, run));
      if (run.thenRevokeBy && !isUnfinished(saved)) {
        const revoke = await revokeAfter(tx, saved, run.thenRevokeBy, parts);
        if (revoke?.kind === 'refused' && (await hasWritten(tx, saved)))
          await parts.announceLeft?.(tx, saved);
      }
      if (!isUnfinished(saved)) await promoteDeferred(tx, saved, parts);
      await touchRun(tx, saved);
      return true;
    }),
  );

/** Stores something of the run and renews its lease, if it is still ours. @returns whether it was. */
export const storeWhileOurs = (
  runId: string,
  parts: Changing,
  store: (tx: Transaction) => Promise<void>,
): Promise<boolean> =>
  change(runId, parts, async (tx, run) => {
    await store(tx);
    return renew(run, parts.now());
  });

/** The lease is longer than any exchange, so a part doesn't renew it. */
export const putPartWhileOurs = (part: RunFilePart, parts: Changing): Promise<boolean> =>
  parts.transact(async (tx) => {
    if (!(await ours(tx, part.runId, parts))) return false;
    await tx.files.putPart(part);
    return true;
  });

/** The fence: the run as it is now, if this worker still holds it. */
async function ours(
  tx: Transaction,
  runId: string,
  { workerId }: Changing,
): Promise<RunIn<'running'> | undefined> {
  const run = await tx.runs.find(runId);
  return run?.state === 'running' && run.workerId === workerId ? run : undefined;
}
