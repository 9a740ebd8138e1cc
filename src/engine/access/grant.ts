/** Starts, retries and cancels runs: what Grant, Revoke, Retry now and Cancel retry do. */
import { checkHours } from '../../core/hours.ts';
import { together } from '../../core/together.ts';
import { generate } from '../calls/outcome.ts';
import type { Actor, Integration, PersonAtApp } from '../people/directory.ts';
import { keepFacts, type TypedFacts, takenFact } from '../people/fact-claims.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { chosenForApproval, grantsAlone, sayNeedsApproval } from '../requests/needs-approval.ts';
import {
  cancel,
  expediteRun,
  type Run,
  type RunFacts,
  type RunIn,
  type RunInputs,
} from '../runs/run.ts';
import { aboutRun } from '../runs/run-entry.ts';
import { wake } from '../runs/wake-run.ts';
import type { Lane } from '../work/lanes.ts';
import { invalidate, invalidateRun, personTopic } from '../work/topics.ts';
import {
  type Deferred,
  deferGrant,
  grantWithAnswers,
  type InTheWay,
  promoteDeferred,
  whatIsInTheWay,
} from './deferred-grants.ts';
import { type ReadManifest, readManifest, whetherGrantable } from './grantable.ts';
import type { HoldSource } from './hold.ts';
import { endHoldsOfRun, type Holding, openHold } from './holds.ts';
import { makeWay, whyNotGranted } from './make-way.ts';
import { noRevoke } from './removals/failed-revoke.ts';
import { hasWritten } from './written.ts';

export interface Wish extends PersonAtApp {
  readonly actor: Actor;
}

export type StartResult =
  | { readonly kind: 'started'; readonly run: Run }
  /** There is an unfinished run already (for a grant: with the same answers). Its card is shown. */
  | { readonly kind: 'joined'; readonly run: Run }
  /** The grant starts when what blocks it has ended. */
  | ({ readonly kind: 'deferred' } & Deferred)
  | RefusedGrant;

/** Nothing was stored. */
export interface RefusedGrant {
  readonly kind: 'refused';
  /** A sentence for people. */
  readonly why: string;
  /** The typed fact that can't be theirs, where that is why. */
  readonly fact?: string;
  /** Whether only a reason is missing, since its removal is stuck or by hand. */
  readonly needsReason?: boolean;
}

/**
 * Starts an `execute`, joins the unfinished one with the same answers, or defers it behind one with other answers. At an app that an
 * admin still has to set up, a grant by hand is refused, and what was decided before (a request, a sequence, a rule) waits. It locks the
 * person and the integration: turning the integration off, deleting it or removing the access happens before or after.
 * @param wish `sayUnanswered` gives the sentence for new questions of the form without an answer; `lane` is needed where the
 * actor doesn't show whether someone waits
 * @throws {RangeError} the hours are not whole
 */
export async function startGrant(tx: Transaction, wish: Granting): Promise<StartResult> {
  checkHours(wish.hours);
  const [person, integration] = await together([
    tx.people.hold(wish.person.id),
    tx.integrations.hold(wish.integration.id, 'shared'),
  ]);
  const { form, answers, hours, sayUnanswered } = wish;
  const { name } = wish.integration;
  const [ready, reads] = await together([
    whetherGrantable(tx, { person, integration, name, form, sayUnanswered }),
    readGrants(tx, wish),
  ]);
  if (!ready.ok) return { kind: 'refused', why: ready.why };
  const { source = 'by-hand' } = wish;
  const { notSetUp } = ready;
  if (source === 'by-hand' && notSetUp !== undefined) return { kind: 'refused', why: notSetUp };
  const options = source === 'by-hand' ? chosenForApproval(ready.manifest.form, form) : [];
  if (options.length > 0 && !(await grantsAlone(tx, wish.actor)))
    return { kind: 'refused', why: sayNeedsApproval(options) };
  const { typed } = wish;
  const typedFacts =
    typed && Object.keys(typed.facts).length > 0
      ? { ...typed, personId: wish.person.id, actor: wish.actor }
      : undefined;
  const taken = typedFacts && (await takenFact(tx, typedFacts));
  if (taken) return { kind: 'refused', why: taken.why, fact: taken.name };
  const way = await makeWay(tx, wish, reads.removal);
  if (way.kind === 'needs-reason' || way.kind === 'needs-approval') {
    const why = whyNotGranted(way, wish.person, wish.integration);
    return { kind: 'refused', why, ...(way.kind === 'needs-reason' && { needsReason: true }) };
  }
  const inputs = {
    form,
    generated: generate(ready.manifest, tx),
    answers,
    hours,
  };
  const wanted = { wish, inputs, versionId: ready.versionId, notSetUp };
  if (typedFacts) await keepTyped(tx, typedFacts);
  // Making way ends a removal, which may start grants that wait; and a grant waits for a fact that has to be confirmed.
  const isStale = reads.removal !== undefined || typedFacts !== undefined;
  const started = await startOrJoin(tx, wanted, isStale ? undefined : reads);
  await openHold(tx, { ...wish, source }, { runId: started.run.id });
  return started;
}

async function keepTyped(tx: Transaction, typed: TypedFacts): Promise<void> {
  const kept = await keepFacts(tx, typed);
  if (kept.kind === 'taken') throw new Error('Someone else got a fact within one transaction');
}

/** What is there already of that person and integration. In a transaction it is one statement. */
interface GrantReads extends InTheWay {
  /** Grants that wait. */
  readonly deferred: readonly Run[];
}

async function readGrants(tx: Transaction, { person, integration }: Wish): Promise<GrantReads> {
  const whose = { personId: person.id, integrationId: integration.id };
  const [inTheWay, deferred] = await together([
    whatIsInTheWay(tx, whose),
    tx.runs.deferredOf(whose.personId, whose.integrationId),
  ]);
  return { ...inTheWay, deferred };
}

export type Granting = Wish &
  Omit<RunInputs, 'generated'> & {
    /** Left out: someone granted it by hand. */
    readonly source?: HoldSource;
    readonly requestId?: string;
    readonly bundleId?: string;
    readonly rule?: Holding['rule'];
    /** What was typed about the person, which is saved where the grant isn't refused. */
    readonly typed?: Pick<TypedFacts, 'facts' | 'typedById'>;
    /** Why it is granted although its removal is stuck or by hand. */
    readonly reason?: string;
    readonly sayUnanswered?: (unasked: string) => string;
    readonly lane?: Lane;
  };

async function startOrJoin(
  tx: Transaction,
  wanted: {
    readonly wish: Granting;
    readonly inputs: RunInputs;
    readonly versionId: string;
    readonly notSetUp: string | undefined;
  },
  known: GrantReads | undefined,
): Promise<Exclude<StartResult, { kind: 'refused' }>> {
  const { wish, inputs, versionId, notSetUp } = wanted;
  for (let reads = known; ; reads = undefined) {
    const { deferred, ...inTheWay } = reads ?? (await readGrants(tx, wish));
    const same = await grantWithAnswers(tx, { active: inTheWay.run, deferred }, inputs.form);
    // Its version moves: what ends it in the same moment either sees the hold that is about to be opened, or was first.
    if (same) return { kind: 'joined', run: await tx.runs.save(same) };
    const facts = newRun(tx, wish, { kind: 'execute', manifestVersionId: versionId });
    const waiting = await deferGrant(tx, { facts, inputs }, { ...inTheWay, notSetUp });
    if (waiting) return { kind: 'deferred', ...waiting };
    const run = await insertRun(tx, facts, { inputs, lane: wish.lane });
    if (run) return { kind: 'started', run };
  }
}

/**
 * Starts a `revoke`, also at an integration that is turned off or being deleted. Removals call it, after they have stopped all
 * grants, and so does the trial of a manifest.
 * @param wish with the account to remove and the form's answers of its grant
 */
export async function startRevoke(
  tx: Transaction,
  wish: Wish & { readonly form?: RunInputs['form']; readonly accountId?: string },
): Promise<StartResult> {
  const ready = await readRevoke(tx, wish.integration);
  if (!ready.ok) return { kind: 'refused', why: ready.why };
  // A revoke may set a password that nobody should know, so it generates values as a grant does.
  const generated = generate(ready.manifest, tx);
  const inputs = { form: wish.form ?? {}, generated };
  const { accountId } = wish;
  const facts = {
    ...newRun(tx, wish, { kind: 'revoke', manifestVersionId: ready.versionId }),
    accountId,
  };
  const run = await insertRun(tx, facts, { inputs });
  if (run) return { kind: 'started', run };
  const other = await tx.runs.unfinished(wish.person.id, wish.integration.id);
  if (!other) throw new Error('A run was in the way and is gone within one transaction');
  return { kind: 'joined', run: other };
}

/** @returns the run as it is now, unchanged where it no longer waits for its retry. */
export async function retryNow(tx: Transaction, run: Run, actor: Actor): Promise<Run> {
  if (run.state !== 'retrying') return run;
  const hurried = await tx.runs.save(expediteRun(run, tx.now));
  await wake(tx, hurried, { lane: 'interactive' });
  await tx.audit('run.retry-now', aboutRun(run, actor));
  await invalidateRun(tx, hurried);
  return hurried;
}

/** @returns the run as it is now, unchanged where it no longer waits for its retry. */
export async function cancelRetry(tx: Transaction, run: Run, actor: Actor): Promise<Run> {
  if (run.state !== 'retrying') return run;
  return cancelRun(tx, run, actor);
}

/** @returns the run as it is now, unchanged where it no longer waits behind another. */
export const cancelDeferred = async (tx: Transaction, run: Run, actor: Actor): Promise<Run> =>
  run.state === 'deferred' ? cancelRun(tx, run, actor) : run;

async function cancelRun(
  tx: Transaction,
  run: RunIn<'retrying'> | RunIn<'deferred'>,
  actor: Actor,
): Promise<Run> {
  const cancelled = await tx.runs.save(cancel(run, actor, tx.now));
  await tx.audit('run.cancelled', aboutRun(run, actor));
  await invalidateRun(tx, cancelled);
  if (!(await hasWritten(tx, run))) await endHoldsOfRun(tx, run);
  await promoteDeferred(tx, run);
  await tx.emit({ kind: 'run-cancelled', run: cancelled, by: actor });
  return cancelled;
}

const newRun = (
  tx: Transaction,
  { actor, person, integration }: Wish,
  of: Pick<Run, 'kind' | 'manifestVersionId'>,
): RunFacts => ({
  ...of,
  id: tx.newId(),
  version: 1,
  integrationId: integration.id,
  personId: person.id,
  startedBy: actor,
  createdAt: tx.now,
  attempt: 1,
});

/** @returns undefined where another run was started just now */
async function insertRun(
  tx: Transaction,
  facts: RunFacts,
  { inputs, lane }: { readonly inputs: RunInputs; readonly lane?: Lane },
): Promise<Run | undefined> {
  const now = tx.now;
  const run: RunIn<'queued'> = { ...facts, state: 'queued', dueAt: now };
  if ((await tx.runs.insert(run, inputs)) === 'taken') return undefined;
  const what = run.kind === 'execute' ? 'grant.started' : 'revoke.started';
  await together([
    wake(tx, run, { dueAt: now, lane }),
    tx.audit(what, aboutRun(run, run.startedBy)),
  ]);
  await invalidate(tx, personTopic(run.personId));
  return run;
}

async function readRevoke(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<ReadManifest> {
  const ready = await readManifest(stores, integration);
  if (!ready.ok || ready.manifest.revoke.length > 0) return ready;
  return { ok: false, why: noRevoke(integration) };
}
