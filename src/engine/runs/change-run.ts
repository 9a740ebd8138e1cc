/**
 * Changes a run that a worker holds. Each change is one transaction, and fenced: a worker that lost its lease stores
 * nothing. What follows from the end of an attempt is here too.
 */
import { isWrite } from '../../core/network/is-write.ts';
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import type { Account } from '../access/account.ts';
import { NEVER } from '../access/accounts.ts';
import { promoteDeferred } from '../access/deferred-grants.ts';
import { isHealthy } from '../access/health.ts';
import { endHoldsOfRun } from '../access/holds.ts';
import { foundBy, justGranted } from '../access/just-granted.ts';
import { queueCheck } from '../access/queue-check.ts';
import { wakeRemovalOf } from '../access/removals/wake-removal.ts';
import { hasWritten } from '../access/written.ts';
import { GONE } from '../calls/outcome.ts';
import { isAskable, manifestOf, provisionOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Access, Actor } from '../people/directory.ts';
import type { RunFilePart } from '../ports/run-stores.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { recordOutcome } from '../sequences/events/record-event.ts';
import { stillHeld, whileHeld } from '../work/leased.ts';
import { invalidateRun, refreshInvalidated } from '../work/topics.ts';
import {
  cancel,
  type FinalState,
  isUnfinished,
  isUnknown,
  type Run,
  type RunIn,
  type Step,
} from './run.ts';
import { type KnownOfRun, RunUnit } from './run-unit.ts';
import { checkWhenSettled } from './unknown-outcome.ts';
import { runWork, wake } from './wake-run.ts';

export interface RunDeps extends Database {
  readonly workerId: string;
}

/** A run that this worker holds. */
export interface HeldRun {
  /** As this worker stored it last. Only another process can have changed it since: a person stopped it, or took it over. */
  latest: RunIn<'running'>;
  readonly known?: KnownOfRun;
}

type EndedAttempt = RunIn<FinalState | 'retrying'>;

/** How an attempt ends. */
export interface Ending {
  readonly transition: (run: RunIn<'running'>, now: Date) => EndedAttempt;
  /** Its last step, unless that is stored already. */
  readonly step?: Step | undefined;
  /** In the same transaction. */
  readonly also?: (unit: RunUnit, run: RunIn<'running'>) => Promise<void>;
}

/** Ends the attempt: stores the last step, the run, the access and what follows. */
export const end = (held: HeldRun, deps: RunDeps, ending: Ending): Promise<boolean> =>
  change(held, deps, (unit, run) => ended(unit, run, ending));

/** @returns the run to store, in a transaction that changes it */
export async function ended(
  unit: RunUnit,
  run: RunIn<'running'>,
  { transition, step, also }: Ending,
): Promise<Run> {
  if (step) unit.put(step);
  const next = transition(run, unit.tx.now);
  // It was stopped after its last step, so its messages must not welcome the person.
  if (run.stoppedBy && next.state === 'succeeded') return stop(unit, run, run.stoppedBy);
  if (also) await also(unit, run);
  await afterwards(unit, next);
  return next;
}

/** Cancels a run that was stopped while it was running. It sends nothing more. */
export async function stop(unit: RunUnit, run: RunIn<'running'>, stoppedBy: Actor): Promise<Run> {
  const cancelled = cancel(run, stoppedBy, unit.tx.now);
  await afterwards(unit, cancelled);
  return cancelled;
}

const isGranted = (run: Run): boolean => run.state === 'succeeded' && run.kind === 'execute';

export async function afterwards(unit: RunUnit, run: EndedAttempt): Promise<void> {
  const { tx } = unit;
  const { id: runId, personId, integrationId } = run;
  const actor: Actor = { kind: 'system' };
  // The entry outlives the run.
  const detail = { kind: run.kind === 'execute' ? 'grant' : 'revoke' };
  unit.audit({ what: `run.${run.state}`, actor, personId, integrationId, runId, detail });
  // What follows from any other end reads what the unit has changed.
  if (!isGranted(run)) await unit.store();
  if (run.state === 'retrying') await wake(tx, run, { dueAt: run.dueAt });
  await together([
    isGranted(run) ? claim(unit, run) : undefined,
    endHolds(tx, run),
    wakeRemovalOf(tx, run),
    checkAccess(unit, run),
    recordEnd(tx, run),
    tx.emit({ kind: 'run-ended', run }),
    invalidateRun(tx, run),
    findDeferred(unit, run),
  ]);
}

/** A grant that is deferred later changes the version of this run first, so that the transaction runs again. */
async function findDeferred(unit: RunUnit, run: Run): Promise<void> {
  const { personId, integrationId } = run;
  const deferred = isUnfinished(run) ? [] : await unit.tx.runs.deferredOf(personId, integrationId);
  unit.hasDeferred = deferred.length > 0;
}

async function endHolds(tx: Transaction, run: Run): Promise<void> {
  if (run.kind === 'revoke') await keepRevoke(tx, run, tx.now);
  else if (!isUnfinished(run) && run.state !== 'succeeded' && !(await hasWritten(tx, run)))
    await endHoldsOfRun(tx, run);
}

async function checkAccess(unit: RunUnit, run: Run): Promise<void> {
  if (!isAskable(await newestManifest(unit, run))) return;
  const { tx } = unit;
  const { personId, integrationId } = run;
  await queueCheck(tx.queue, { personId, integrationId });
  if (isUnknown(run)) await checkWhenSettled(tx, run, tx.now);
}

async function newestManifest(unit: RunUnit, run: Run): Promise<Manifest | undefined> {
  const { tx, known } = unit;
  const integration = await (isGranted(run)
    ? unit.holdIntegration(run)
    : tx.integrations.find(run.integrationId));
  return known && integration?.manifestVersionId === run.manifestVersionId
    ? known.manifest
    : manifestOf(tx, integration);
}

/** Stores that the account was revoked, or that a look-up found none. */
async function keepRevoke(tx: Transaction, run: Run, now: Date): Promise<void> {
  const account = run.accountId === undefined ? undefined : await tx.accounts.find(run.accountId);
  if (run.state === 'failed' && account && (await foundNobody(tx, run, account)))
    await tx.accounts.save({ ...account, revokedAt: now });
  if (run.state !== 'succeeded' || !account) return;
  if (!run.foundGone) {
    if (await isProof(tx, run, now)) await tx.accounts.save({ ...account, revokedAt: now });
    return;
  }
  const foundAt = await foundBy(tx, account);
  if (foundAt && now < foundAt) {
    const unsure = { state: 'unknown', reason: justGranted(), checkedAt: now } as const;
    await tx.accounts.save({ ...account, answer: unsure });
    return;
  }
  const reason = t`The app reports no such account.`;
  const answer = { state: 'none', reason, checkedAt: now, byStatus: true } as const;
  // "No account" may be wrong: a late write can create the account again, and a token without rights finds nobody.
  const isSettled = account.writtenAt === undefined || account.writtenAt <= now;
  const isGone = isSettled && (!account.wasThere || (await isHealthy(tx, run.integrationId, now)));
  await tx.accounts.save({ ...account, answer, ...(isGone && { goneAt: now }) });
}

/** Nothing says that it ever was there, and the revoke was answered with 404 or 410: there is nothing to revoke. */
async function foundNobody(
  tx: Transaction,
  { id, attempt, error }: RunIn<'failed'>,
  { wasThere, writtenAt }: Account,
): Promise<boolean> {
  if (wasThere || writtenAt) return false;
  const steps = await tx.runs.steps(id, attempt);
  return GONE.includes(steps.find(({ index }) => index === error.step)?.status ?? 0);
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
      !isWrite({ method }) || is2xx(status) || (isHealthyNow && GONE.includes(status)),
  );
}

/** Access that was granted and runs that failed for good may start sequences. */
async function recordEnd(tx: Transaction, run: Run): Promise<void> {
  const { id: runId, personId, integrationId } = run;
  if (isGranted(run))
    await recordOutcome(tx, { kind: 'access-granted', integrationId }, { by: { runId }, personId });
  if (run.state === 'failed' || run.state === 'blocked')
    await recordOutcome(tx, { kind: 'run-failed', integrationId }, { by: { runId }, personId });
}

/** The person has access. Nothing is stored about a deleted integration. */
async function claim(unit: RunUnit, run: Run): Promise<void> {
  const [integration, atApp] = await together([unit.holdIntegration(run), unit.atApp(run)]);
  if (integration && !integration.deletedAt)
    atApp.changeAccess(claimed(run, atApp.access, unit.tx.now));
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

/** Stores the unit with the run, and refreshes its cards. When it has ended, the deferred grant behind it starts. */
export async function store(unit: RunUnit, run: Run): Promise<Run> {
  const { tx } = unit;
  if (unit.hasDeferred === undefined) await invalidateRun(tx, run);
  const [saved] = await together([
    tx.runs.save(run, unit.known?.hasGenerated),
    unit.store(),
    refreshInvalidated(tx),
    tx.putOff.store(),
  ]);
  if (unit.hasDeferred) await promoteDeferred(tx, saved);
  return saved;
}

type Transition = (unit: RunUnit, run: RunIn<'running'>) => Promise<Run>;

/**
 * Changes the run in one transaction, if this worker still holds it. If the run is stopped or a grant is deferred at the same
 * time, the transaction runs again and sees that.
 * @param instead stored alone where something breaks before the COMMIT. After a COMMIT it is not known what was stored.
 * @returns false when another worker has taken it; then nothing is stored
 */
export async function change(
  held: HeldRun,
  { instead, ...deps }: RunDeps & { readonly instead?: Transition },
  transition: Transition,
): Promise<boolean> {
  let isComplete = false;
  const attempt = async (wanted: Transition): Promise<boolean> => {
    const saved = await whileHeld({ kind: runWork, known: held.latest }, deps, async (tx, run) => {
      isComplete = false;
      const unit = new RunUnit(tx, held.known);
      const next = await store(unit, await wanted(unit, run));
      await refreshInvalidated(tx);
      await tx.putOff.store(); // The last of what may break before the COMMIT.
      isComplete = true;
      return next;
    });
    if (saved?.state === 'running') held.latest = saved;
    return saved !== undefined;
  };
  try {
    return await attempt(transition);
  } catch (error) {
    if (instead && !isComplete) await attempt(instead);
    throw error;
  }
}

/** The lease is longer than any request takes, so storing a part doesn't renew it. */
export const putPartWhileOurs = (part: RunFilePart, deps: RunDeps): Promise<boolean> =>
  deps.transact(async (tx) => {
    if (!(await stillHeld(tx, { kind: runWork, id: part.runId }, deps))) return false;
    await tx.files.putPart(part);
    return true;
  });
