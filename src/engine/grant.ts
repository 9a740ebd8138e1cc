/** Starting, retrying and cancelling runs: what a click on Grant, Revoke, Retry now and Cancel retry does. */
import { say } from '../core/say.ts';
import { unansweredOf } from './context.ts';
import {
  type Actor,
  type AuditEntry,
  fullName,
  type Integration,
  type Person,
} from './directory.ts';
import type { Lane } from './lanes.ts';
import { parseManifest } from './manifest/parse.ts';
import type { Manifest } from './manifest/schema.ts';
import { generateSecret } from './outcome.ts';
import type { Clock, NewId, RandomBytes } from './ports/time-and-chance.ts';
import type { Stores, Transaction } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';
import { cancel, hurry, isUnfinished, type Run, type RunIn, type RunInputs } from './run.ts';
import { personSubject, touch, touchRun } from './subjects.ts';

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
  /** There was an unfinished run already: its card is the one to look at. */
  | { readonly kind: 'joined'; readonly run: Run }
  /** A revoke that starts as soon as the `execute` in flight has ended. */
  | { readonly kind: 'follows'; readonly run: Run }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Starts an `execute`, or joins the unfinished run of that person and integration. Person and integration are held as
 * they are now: whoever turns the integration off, deletes it or ends the person's access comes before or after.
 * @param wish with `sayUnanswered`, which tells people that the form asks by now for what nobody has answered, and what to do
 */
export async function startGrant(
  tx: Transaction,
  wish: Wish &
    Omit<RunInputs, 'generated'> & { readonly sayUnanswered?: (unasked: string) => string },
  starting: Starting,
): Promise<Started> {
  const person = await tx.people.hold(wish.person.id);
  const integration = await tx.integrations.hold(wish.integration.id, 'shared');
  if (!person) return { kind: 'refused', why: say`The person is no longer in the directory.` };
  if (!person.active)
    return {
      kind: 'refused',
      why: say`${fullName(person)} has left. An admin can make them active again; then grant it.`,
    };
  if (!integration || integration.deletedAt)
    return { kind: 'refused', why: say`${wish.integration.name} was deleted meanwhile.` };
  if (!integration.enabled)
    return {
      kind: 'refused',
      why: say`${integration.name} is turned off. An admin can turn it on again.`,
    };
  const ready = await readManifest(tx, integration);
  if (!ready.ok) return { kind: 'refused', why: ready.why };
  const { form, answers, days } = wish;
  const unasked = unansweredOf(ready.manifest, form);
  if (unasked.length > 0) {
    const { sayUnanswered = unansweredAt(integration) } = wish;
    return { kind: 'refused', why: sayUnanswered(unasked.join(', ')) };
  }
  const generated = generate(ready.manifest, starting);
  const inputs = {
    form,
    generated,
    ...(answers && { answers }),
    ...(days !== undefined && { days }),
  };
  const started = await insertRun(tx, 'execute', wish, ready.versionId, inputs, starting);
  // What ends without access is nothing that a grant could join.
  return started.kind === 'joined' && (started.run.kind === 'revoke' || started.run.thenRevokeBy)
    ? {
        kind: 'refused',
        why: say`${wish.integration.name} is being revoked from ${fullName(wish.person)} right now. Grant it again when that has ended.`,
      }
    : started;
}

const unansweredAt =
  ({ name }: Integration) =>
  (unasked: string): string =>
    say`The form of ${name} was changed: it asks for ${unasked} by now, and nobody has answered that. Grant it anew.`;

/**
 * Starts a `revoke`, also at an integration that is turned off, and at a deleted one whose secrets are still there. In the
 * same transaction every queued, waiting or retrying `execute` of that person and integration is cancelled; one in flight
 * is followed by the revoke, so it never leaves access behind.
 * Form values are for those who try a manifest: nobody is asked for any in chat.
 */
export async function startRevoke(
  tx: Transaction,
  wish: Wish & { readonly form?: RunInputs['form'] },
  starting: Starting,
): Promise<Started> {
  const ready = await readRevoke(tx, wish.integration);
  if (!ready.ok) return { kind: 'refused', why: ready.why };
  // A revoke may set a password that nobody is to know, so it makes values as a grant does.
  const generated = generate(ready.manifest, starting);
  const inputs = { form: wish.form ?? {}, generated };
  for (;;) {
    const unfinished = await tx.runs.unfinished(wish.person.id, wish.integration.id);
    if (unfinished?.kind === 'execute') {
      const { kind, run } = await stopExecute(tx, unfinished.id, wish.actor, starting);
      if (kind === 'follows') return { kind, run };
    }
    const started = await insertRun(tx, 'revoke', wish, ready.versionId, inputs, starting);
    // Somebody has granted it just now: that is stopped, too.
    if (started.kind !== 'joined' || started.run.kind === 'revoke') return started;
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
  const cancelled = await tx.runs.save(cancel(run, actor, starting.now()));
  await tx.audit.add(runEntry('run.cancelled', run, actor, starting));
  await touchRun(tx, cancelled);
  return cancelled;
}

/** One wake-up per run; its first steps are interactive, since somebody has just clicked. */
export async function wake(
  tx: Transaction,
  run: Run,
  dueAt: Date,
  lane: Lane = run.state === 'queued' ? 'interactive' : 'background',
): Promise<void> {
  await tx.queue.push('run.advance', { runId: run.id }, { lane, dueAt, key: `run:${run.id}` });
}

async function insertRun(
  tx: Transaction,
  kind: Run['kind'],
  wish: Wish,
  manifestVersionId: string,
  inputs: RunInputs,
  starting: Starting,
): Promise<Started> {
  const now = starting.now();
  const run: RunIn<'queued'> = {
    id: starting.newId(),
    version: 1,
    kind,
    integrationId: wish.integration.id,
    personId: wish.person.id,
    manifestVersionId,
    startedBy: wish.actor,
    createdAt: now,
    attempt: 1,
    state: 'queued',
    dueAt: now,
  };
  while ((await tx.runs.insert(run, inputs)) === 'taken') {
    const other = await tx.runs.unfinished(wish.person.id, wish.integration.id);
    if (other) return { kind: 'joined', run: other };
    // What was in the way has ended meanwhile.
  }
  await wake(tx, run, now);
  await tx.audit.add(
    entry(kind === 'execute' ? 'grant.started' : 'revoke.started', wish, run, starting),
  );
  await touch(tx, personSubject(run.personId));
  return { kind: 'started', run };
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

type Ready =
  | { readonly ok: true; readonly manifest: Manifest; readonly versionId: string }
  | { readonly ok: false; readonly why: string };

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

async function readManifest(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<Ready> {
  if (integration.manifestVersionId === undefined)
    return {
      ok: false,
      why: say`${integration.name} has no manifest, so Latchkey can't do it by itself. Somebody has to do it by hand.`,
    };
  const version = await stores.integrations.findVersion(integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  if (!version || !parsed?.ok)
    return {
      ok: false,
      why: say`The manifest of ${integration.name} can't be read. An admin has to save it again.`,
    };
  if (parsed.manifest.kind !== 'provision')
    return {
      ok: false,
      why:
        parsed.manifest.kind === 'text'
          ? say`${integration.name} sends texts; it gives nobody access.`
          : say`${integration.name} imports people; it gives nobody access.`,
    };
  return { ok: true, manifest: parsed.manifest, versionId: version.id };
}

const entry = (what: string, wish: Wish, run: Run, starting: Starting): AuditEntry =>
  runEntry(what, run, wish.actor, starting);

function runEntry(what: string, run: Run, actor: Actor, { newId, now }: Starting): AuditEntry {
  const { id: runId, personId, integrationId } = run;
  return { id: newId(), at: now(), actor, what, personId, integrationId, runId };
}
