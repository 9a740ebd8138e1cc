/** Starting, retrying and cancelling runs: what a click on Grant, Revoke, Retry now and Cancel retry does. */
import { say } from '../core/say.ts';
import {
  type Deferred,
  deferGrant,
  grantWithAnswers,
  promoteDeferred,
} from './access/deferred-grants.ts';
import type { Actor, Integration, Person } from './directory.ts';
import { type Ready, readManifest, whetherGrantable } from './grantable.ts';
import type { Lane } from './lanes.ts';
import type { Manifest } from './manifest/schema.ts';
import { generateSecret } from './outcome.ts';
import type { Clock, NewId, RandomBytes } from './ports/time-and-chance.ts';
import type { Stores, Transaction } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';
import {
  cancel,
  hurry,
  isUnfinished,
  type Run,
  type RunFacts,
  type RunIn,
  type RunInputs,
} from './run.ts';
import { runEntry } from './run-entry.ts';
import { personSubject, touch, touchRun } from './subjects.ts';
import { wake } from './wake-run.ts';

/** What starting a run needs besides the transaction. */
export interface Starting {
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}

export interface Wish {
  readonly actor: Actor;
  readonly person: Person;
  readonly integration: Integration;
}

export type Started =
  | { readonly kind: 'started'; readonly run: Run }
  /** There was an unfinished run already, of a grant one with the same answers: its card is the one to look at. */
  | { readonly kind: 'joined'; readonly run: Run }
  /** A grant that starts as soon as what is in its way has ended. */
  | ({ readonly kind: 'deferred' } & Deferred)
  /** A revoke that starts as soon as the `execute` in flight has ended. */
  | { readonly kind: 'follows'; readonly run: Run }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Starts an `execute`, joins the unfinished one with the same answers, or waits behind one with other answers. Person and
 * integration are held as they are now: whoever turns the integration off, deletes it or ends the person's access comes
 * before or after.
 * @param wish with `sayUnanswered`, which tells people that the form asks by now for what nobody has answered, and what to do;
 * and with `lane`, where who started it doesn't tell whether someone waits
 */
export async function startGrant(
  tx: Transaction,
  wish: Wish &
    Omit<RunInputs, 'generated'> & {
      readonly sayUnanswered?: (unasked: string) => string;
      readonly lane?: Lane;
    },
  starting: Starting,
): Promise<Started> {
  const person = await tx.people.hold(wish.person.id);
  const integration = await tx.integrations.hold(wish.integration.id, 'shared');
  const { form, answers, days, sayUnanswered } = wish;
  const { name } = wish.integration;
  const ready = await whetherGrantable(tx, { person, integration, name, form, sayUnanswered });
  if (!ready.ok) return { kind: 'refused', why: ready.why };
  const inputs = {
    form,
    generated: generate(ready.manifest, starting),
    ...(answers && { answers }),
    ...(days !== undefined && { days }),
  };
  const whose = { personId: wish.person.id, integrationId: wish.integration.id };
  return retryStale(async () => {
    for (;;) {
      const same = await grantWithAnswers(tx, whose, form);
      if (same) return { kind: 'joined', run: same };
      const facts = newRun('execute', wish, ready.versionId, starting);
      const deferred = await deferGrant(tx, facts, inputs, starting);
      if (deferred) return { kind: 'deferred', ...deferred };
      const run = await insertRun(tx, facts, { inputs, lane: wish.lane }, starting);
      if (run) return { kind: 'started', run };
    }
  });
}

/**
 * Starts a `revoke`, also at an integration that is turned off, and at a deleted one whose secrets are still there. In the
 * same transaction every queued, waiting, retrying or deferred `execute` of that person and integration is cancelled; one in
 * flight is followed by the revoke, so it never leaves access behind.
 * Form values are for those who try a manifest: nobody is asked for any in chat.
 */
export async function startRevoke(
  tx: Transaction,
  wish: Revoking,
  starting: Starting,
): Promise<Started> {
  const ready = await readRevoke(tx, wish.integration);
  if (!ready.ok) return { kind: 'refused', why: ready.why };
  for (const { id } of await tx.runs.deferredOf(wish.person.id, wish.integration.id))
    await stopExecute(tx, id, wish.actor, starting);
  return beginRevoke(tx, wish, ready, starting);
}

type Revoking = Wish & { readonly form?: RunInputs['form'] };

/** Starts the revoke that was asked for before: a grant that waits was asked for after it, and waits for its end. */
export async function revokeBeforeDeferred(
  tx: Transaction,
  wish: Revoking,
  starting: Starting,
): Promise<Started> {
  const ready = await readRevoke(tx, wish.integration);
  return ready.ok ? beginRevoke(tx, wish, ready, starting) : { kind: 'refused', why: ready.why };
}

async function beginRevoke(
  tx: Transaction,
  wish: Revoking,
  ready: Extract<Ready, { ok: true }>,
  starting: Starting,
): Promise<Started> {
  // A revoke may set a password that nobody is to know, so it makes values as a grant does.
  const generated = generate(ready.manifest, starting);
  const inputs = { form: wish.form ?? {}, generated };
  for (;;) {
    const unfinished = await tx.runs.unfinished(wish.person.id, wish.integration.id);
    if (unfinished?.kind === 'execute') {
      const { kind, run } = await stopExecute(tx, unfinished.id, wish.actor, starting);
      if (kind === 'follows') return { kind, run };
    }
    if (unfinished?.kind === 'revoke') return { kind: 'joined', run: unfinished };
    const facts = newRun('revoke', wish, ready.versionId, starting);
    const run = await insertRun(tx, facts, { inputs }, starting);
    if (run) return { kind: 'started', run };
    // What was granted or revoked just now is looked at, too.
  }
}

/**
 * Cancels an `execute` that nobody works on; one in flight will be followed by a revoke. A worker may take it or end it
 * in this very moment: then it is looked at again.
 */
export const stopExecute = (
  tx: Transaction,
  runId: string,
  actor: Actor,
  starting: Starting,
): Promise<{ readonly kind: 'cancelled' | 'follows' | 'ended'; readonly run: Run }> =>
  retryStale(async () => {
    const run = await tx.runs.find(runId);
    if (!run) throw new Error(`There is no run ${runId} any more`);
    if (!isUnfinished(run)) return { kind: 'ended', run };
    if (run.state !== 'running') {
      const cancelled = await tx.runs.save(cancel(run, actor, starting.now()));
      await tx.audit.add(runEntry('run.cancelled', run, actor, starting));
      await touchRun(tx, cancelled);
      return { kind: 'cancelled', run: cancelled };
    }
    if (run.thenRevokeBy) return { kind: 'follows', run };
    const followed = await tx.runs.save({ ...run, thenRevokeBy: actor });
    await tx.audit.add(runEntry('revoke.follows', run, actor, starting));
    await touchRun(tx, followed);
    return { kind: 'follows', run: followed };
  });

/** @returns the run as it is now, unchanged where it no longer waits for its retry. */
export async function retryNow(
  tx: Transaction,
  run: Run,
  actor: Actor,
  starting: Starting,
): Promise<Run> {
  if (run.state !== 'retrying') return run;
  const hurried = await tx.runs.save(hurry(run, starting.now()));
  await wake(tx, hurried, starting.now(), 'interactive');
  await tx.audit.add(runEntry('run.retry-now', run, actor, starting));
  await touchRun(tx, hurried);
  return hurried;
}

/** @returns the run as it is now, unchanged where it no longer waits for its retry. */
export async function cancelRetry(
  tx: Transaction,
  run: Run,
  actor: Actor,
  starting: Starting,
): Promise<Run> {
  if (run.state !== 'retrying') return run;
  return cancelRun(tx, run, actor, starting);
}

/** @returns the run as it is now, unchanged where it no longer waits behind another. */
export const cancelDeferred = async (
  tx: Transaction,
  run: Run,
  actor: Actor,
  starting: Starting,
): Promise<Run> => (run.state === 'deferred' ? cancelRun(tx, run, actor, starting) : run);

async function cancelRun(
  tx: Transaction,
  run: RunIn<'retrying'> | RunIn<'deferred'>,
  actor: Actor,
  starting: Starting,
): Promise<Run> {
  const cancelled = await tx.runs.save(cancel(run, actor, starting.now()));
  await tx.audit.add(runEntry('run.cancelled', run, actor, starting));
  await touchRun(tx, cancelled);
  await promoteDeferred(tx, run, starting);
  return cancelled;
}

const newRun = (
  kind: Run['kind'],
  { actor, person, integration }: Wish,
  manifestVersionId: string,
  { newId, now }: Starting,
): RunFacts => ({
  id: newId(),
  version: 1,
  kind,
  integrationId: integration.id,
  personId: person.id,
  manifestVersionId,
  startedBy: actor,
  createdAt: now(),
  attempt: 1,
});

/** @returns undefined where another run was started just now */
async function insertRun(
  tx: Transaction,
  facts: RunFacts,
  { inputs, lane }: { readonly inputs: RunInputs; readonly lane?: Lane | undefined },
  starting: Starting,
): Promise<Run | undefined> {
  const now = starting.now();
  const run: RunIn<'queued'> = { ...facts, state: 'queued', dueAt: now };
  if ((await tx.runs.insert(run, inputs)) === 'taken') return undefined;
  await wake(tx, run, now, lane);
  const what = run.kind === 'execute' ? 'grant.started' : 'revoke.started';
  await tx.audit.add(runEntry(what, run, run.startedBy, starting));
  await touch(tx, personSubject(run.personId));
  return run;
}

/** A fresh value for each `generate` item, the same for the whole run. */
const generate = (
  { initialDataForm }: Manifest,
  { randomBytes }: Starting,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    initialDataForm
      .filter((item) => item.generate)
      .map(({ id }) => [id, generateSecret(randomBytes)]),
  );

/** Why Latchkey can't take access away there; undefined where it can. */
export async function whyNoRevoke(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<string | undefined> {
  const ready = await readRevoke(stores, integration);
  return ready.ok ? undefined : ready.why;
}

async function readRevoke(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<Ready> {
  const ready = await readManifest(stores, integration);
  if (!ready.ok || ready.manifest.revoke.length > 0) return ready;
  const { name } = integration;
  return {
    ok: false,
    why: say`${name} has no revoke in its manifest. Take the access away in ${name} itself.`,
  };
}
