/** The next step of a run begins, or the run ends, in a transaction that is open. */
import type { Json } from '../../core/json.ts';
import { isWrite } from '../../core/network/is-write.ts';
import { noteWrite } from '../access/accounts.ts';
import type { Context } from '../calls/context.ts';
import { type Described, describeRequest } from '../calls/request.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import { deliveriesOf, storeDeliveries } from '../messages/deliveries.ts';
import { missingFacts, notRevoked } from '../people/needed-facts.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { brokeDown } from '../work/leased.ts';
import { type Ending, ended, type HeldRun, stop } from './change-run.ts';
import { fail, type Run, type RunError, type RunIn, renew, type Step, succeed } from './run.ts';
import type { RunUnit } from './run-unit.ts';
import type { StepToSend } from './send-step.ts';
import { whoseName } from './whose-account.ts';

/** A run in this worker's hands. */
export interface Going {
  readonly held: HeldRun;
  readonly context: Context;
  readonly requests: readonly ManifestRequest[];
  /** Of the steps that are done. */
  readonly responses: readonly Json[];
  /** What these steps stored with the person since this worker took the run. */
  readonly stored: Readonly<Record<string, Json>>;
  /** The next step, where an earlier worker began it. */
  readonly earlier: Step | undefined;
  /** When this worker took it from the lane that it was queued in. Left out: its first step has ended. */
  readonly slotTakenAt?: Date;
}

/** What comes next, outside of any transaction. */
export type Next =
  | { readonly kind: 'send'; readonly going: Going; readonly sending: StepToSend }
  /** The next step needs a token that may have to be refreshed. */
  | { readonly kind: 'token'; readonly going: Going };

/** The run as it is to be stored, and what comes next where it continues. */
export interface Went {
  readonly run: Run;
  readonly next?: Next | undefined;
}

/**
 * The next step begins, or the run ends.
 * @param going `isTokenFresh`: the context has a token that is valid for the next step
 */
export async function goOn(
  unit: RunUnit,
  run: RunIn<'running'>,
  { isTokenFresh, ...going }: Going & { readonly isTokenFresh?: true },
): Promise<Went> {
  const { tx } = unit;
  const { context, requests, responses, stored, earlier } = going;
  const index = responses.length;
  const spec = requests[index];
  if (!spec) return { run: await ended(unit, run, success(run, going)) };
  const giveUp = async (code: RunError['code'], message: string): Promise<Went> => ({
    run: await ended(unit, run, inVain({ code, message, step: index }, earlier, tx.now)),
  });
  // A look-up with an empty value may find another person, and the next steps would remove that person's access.
  const missing =
    run.kind === 'revoke'
      ? missingFacts(context.manifest, 'revoke', context.variables(responses))
      : [];
  if (missing.length > 0) return giveUp('fact-missing', notRevoked(missing));
  if (run.kind === 'execute' && isWrite(spec)) {
    const variables = context.variables(responses, stored);
    const theirs = await whoseName(unit, run, { context, variables });
    if (theirs !== undefined) return giveUp('not-matched', theirs);
  }
  const hasToken = isTokenFresh ?? going.context.manifest.oauth === undefined;
  if (!hasToken) return { run: renew(run, tx.now), next: { kind: 'token', going } };
  const describe = (known: Context): Described =>
    describeRequest(spec, known.variables(responses, stored), {
      manifest: known.manifest,
      savedFiles: savedFilesOf(requests.slice(0, index)),
    });
  const described = describe(context);
  if (!described.ok) return giveUp('bad-request', context.redact(described.error));
  const interruptions = earlier?.state === 'sending' ? (earlier.interruptions ?? 0) + 1 : 0;
  if (interruptions === MAX_BEGINNINGS) return giveUp('internal', brokeDown());
  const { request, warnings } = described;
  const shown: ShownStep = {
    index,
    method: request.method,
    url: context.redact(request.url),
  };
  const idempotencyKey =
    (spec.polling
      ? undefined
      : (earlier ?? (await unknownBefore(tx, run, shown)))?.idempotencyKey) ?? tx.newId();
  const step: Step = {
    runId: run.id,
    attempt: run.attempt,
    state: 'sending',
    tries: (earlier?.tries ?? 0) + 1,
    // Time in a queue doesn't count: the repeat window begins with the first sending.
    startedAt: earlier && earlier.tries > 0 ? earlier.startedAt : tx.now,
    warnings,
    ...shown,
    ...(interruptions > 0 && { interruptions }),
    ...(isWrite(request) && { idempotencyKey }),
  };
  const sending: StepToSend = { spec, step, request, context, describe };
  const begun = await begin(unit, run, { step, context, responses, stored });
  return {
    run: begun,
    next: begun.state === 'running' ? { kind: 'send', going, sending } : undefined,
  };
}

/** Stores that a request is about to leave, and renews the lease. A run that was stopped ends here instead. */
export async function begin(
  unit: RunUnit,
  run: RunIn<'running'>,
  {
    step,
    context,
    responses,
    stored,
  }: Pick<StepToSend, 'step' | 'context'> & Pick<Going, 'responses' | 'stored'>,
): Promise<Run> {
  const { tx } = unit;
  if (run.stoppedBy) return stop(unit, run, run.stoppedBy);
  unit.put(step);
  if (isWrite(step) && run.kind === 'execute') {
    const atApp = await unit.atApp(run);
    await noteWrite(tx, run, { atApp, context, variables: context.variables(responses, stored) });
  }
  return renew(run, tx.now);
}

const success = ({ id, kind }: Run, { context, responses, stored }: Going): Ending => {
  const deliveries =
    kind === 'execute' ? deliveriesOf(context, context.variables(responses, stored)) : [];
  return { transition: succeed, also: ({ tx }) => storeDeliveries(tx, id, deliveries) };
};

/** It fails before its next request. */
export const inVain = (error: RunError, earlier: Step | undefined, now: Date): Ending => ({
  transition: (run) => fail(run, error, now),
  step: earlier && { ...earlier, state: 'failed', finishedAt: now },
});

const savedFilesOf = (earlier: readonly ManifestRequest[]): ReadonlySet<string> =>
  new Set(earlier.flatMap(({ saveAsFile }) => (saveAsFile === undefined ? [] : [saveAsFile])));

/** A step that began this often in a row and never ended probably kills its worker. */
const MAX_BEGINNINGS = 5;

type ShownStep = Pick<Step, 'index' | 'method' | 'url'>;

/**
 * The same write of the previous attempt, if its outcome is unknown. Its idempotency key lets the app recognise it. A newer
 * manifest may have another request at this index, and apps refuse a key that belongs to another request.
 */
async function unknownBefore(
  { runs }: Pick<Transaction, 'runs'>,
  run: RunIn<'running'>,
  { index, method, url }: ShownStep,
): Promise<Step | undefined> {
  if (run.attempt === 1) return undefined;
  const before = await runs.steps(run.id, run.attempt - 1);
  return before.find(
    (step) =>
      step.index === index &&
      step.state === 'unknown' &&
      step.method === method &&
      step.url === url,
  );
}
