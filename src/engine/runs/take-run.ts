/** A worker takes a run: the lease, and the first step that begins. */
import type { Json } from '../../core/json.ts';
import { isWrite } from '../../core/network/is-write.ts';
import { together } from '../../core/together.ts';
import { cancelUnlessAllowed } from '../access/deferred-grants.ts';
import { putOffUntilSetUp } from '../access/set-up-first.ts';
import { isToStop, stopGrant } from '../access/stop-grants.ts';
import { gatherRead, type RunReads, readForRun } from '../calls/run-context.ts';
import type { Integration } from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { takeable, type Worker } from '../work/leased.ts';
import { goOn, inVain, type Next, type Went } from './begin-step.ts';
import { ended, store } from './change-run.ts';
import {
  type ActiveRun,
  isActive,
  lease,
  type Run,
  type RunAbout,
  type RunError,
  type RunIn,
  type RunInputs,
  type Step,
} from './run.ts';
import { RunUnit } from './run-unit.ts';
import { interrupted } from './settle-step.ts';
import { runWork } from './wake-run.ts';

/**
 * Where the wake-up says what the run is about, the run and that are read together.
 * @returns undefined when this worker can't have it now
 */
export async function takeRun(
  tx: Transaction,
  { runId, about }: Jobs['run.advance'],
  worker: Pick<Worker, 'workerId'>,
): Promise<{ readonly next: Next | undefined } | undefined> {
  const known = about ?? (await tx.runs.find(runId));
  const read = known && (await readRun(tx, runId, known));
  if (!read) return undefined;
  const { found, ...reads } = read;
  const isOff = isTurnedOff(found, reads.integration);
  const run = await takeLease(tx, { found, ...reads }, worker);
  if (!run) return undefined;
  // What stops a grant that was turned off changes more than the run.
  const again = isOff ? await readRun(tx, runId, run) : reads;
  const went = again && (await beginRun(run, again));
  if (!went) return undefined;
  const saved = await store(went.unit, went.run);
  if (went.next && saved.state === 'running') went.next.going.held.latest = saved;
  return { next: went.next };
}

/** What the run's first transaction reads, at once. */
interface BeginningReads extends RunReads {
  readonly unit: RunUnit;
  readonly inputs: RunInputs;
  /** Of the attempt so far. */
  readonly responses: readonly Json[];
  readonly steps: readonly Step[];
}

/** @returns undefined where it is no longer active */
async function readRun(
  tx: Transaction,
  runId: string,
  about: RunAbout,
): Promise<(BeginningReads & { readonly found: ActiveRun }) | undefined> {
  const unit = new RunUnit(tx);
  const [active, reads] = await together([
    tx.runs.findActive(runId),
    readForRun(tx, about),
    about.accountId === undefined ? unit.atApp(about) : undefined, // Nearly every first step of a grant is a write.
  ]);
  if (!active) return undefined;
  const { run, inputs } = active;
  // Only what is stored of the run itself says whose it is.
  if (!isSameAbout(run, about)) return readRun(tx, runId, run);
  const { id, attempt } = run;
  // Its version is the first until a worker takes it, so no step can have begun before. A retry begins another attempt.
  const isNew = run.version === 1 || run.state === 'retrying';
  const [responses, steps] = isNew
    ? [[], []]
    : await together([tx.runs.responses(id, attempt), tx.runs.steps(id, attempt)]);
  return { found: run, unit, inputs, responses, steps, ...reads };
}

const isSameAbout = (run: Run, about: RunAbout): boolean =>
  run.personId === about.personId &&
  run.integrationId === about.integrationId &&
  run.accountId === about.accountId;

/** Turning an integration off stops its first hundred runs at once. Another run may get here before it is stopped. */
const isTurnedOff = (run: ActiveRun, integration: Integration | undefined): boolean =>
  integration !== undefined && !integration.enabled && isToStop(run);

/** @returns the run with this worker's lease, which is not stored yet */
async function takeLease(
  tx: Transaction,
  { found, integration }: { found: ActiveRun; integration: Integration | undefined },
  worker: Pick<Worker, 'workerId'>,
): Promise<RunIn<'running'> | undefined> {
  const run = isTurnedOff(found, integration)
    ? await stopGrant(tx, found.id, { actor: { kind: 'system' } })
    : found;
  const taken = await takeable(tx, { kind: runWork, item: run }, worker);
  if (!taken) return undefined;
  if (taken.state === 'retrying') {
    if (await cancelUnlessAllowed(tx, taken)) return undefined;
    if (await putOffUntilSetUp(tx, taken, integration)) return undefined;
  }
  const newest = integration?.manifestVersionId ?? taken.manifestVersionId;
  return lease(taken, { workerId: worker.workerId, newestManifestVersionId: newest }, tx.now);
}

/** The run begins, or continues where another worker stopped. */
async function beginRun(
  run: RunIn<'running'>,
  reads: BeginningReads,
): Promise<Went & { readonly unit: RunUnit }> {
  const { unit, responses, steps } = reads;
  const { tx } = unit;
  const earlier = steps.find(({ index }) => index === responses.length);
  // First of all: if anything else ended the attempt here, the run would forget that the write may have been done.
  if (earlier?.state === 'sending' && isWrite(earlier))
    return { unit, run: await ended(unit, run, interrupted(earlier, tx.now)) };
  const gathered = await gatherRead(tx, run, reads);
  if (!gathered.ok) {
    const error: RunError = { code: gathered.code, message: gathered.why };
    return { unit, run: await ended(unit, run, inVain(error, earlier, tx.now)) };
  }
  const { context } = gathered;
  const { manifest } = context;
  const hasGenerated = Object.keys(reads.inputs.generated).length > 0;
  unit.known = { manifest, hasGenerated };
  const went = await goOn(unit, run, {
    held: { latest: run, known: unit.known },
    context,
    requests: run.kind === 'execute' ? manifest.execute : manifest.revoke,
    responses,
    stored: {},
    earlier,
    // Before its first step ends, it is in the lane that it was queued in.
    ...(responses.length === 0 && { slotTakenAt: tx.now }),
  });
  return { ...went, unit };
}

export async function takeLostLease(
  tx: Transaction,
  runId: string,
  deps: Pick<Worker, 'workerId'>,
): Promise<RunIn<'running'> | undefined> {
  const found = await tx.runs.find(runId);
  if (!found || !isActive(found)) return undefined;
  return takeLease(
    tx,
    { found, integration: await tx.integrations.find(found.integrationId) },
    deps,
  );
}
