/** `execute` and `revoke` of a manifest, over the same engine as in service, with its waits in real time. */
import type { Json } from '../../core/json.ts';
import { advanceRun } from '../../engine/advance-run.ts';
import { type Context, gatherRun } from '../../engine/context.ts';
import type { Person } from '../../engine/directory.ts';
import { startGrant, startRevoke } from '../../engine/grant.ts';
import type { ProvisionManifest } from '../../engine/manifest/schema.ts';
import { renderNotifications } from '../../engine/notify.ts';
import { readStoreData } from '../../engine/outcome.ts';
import type { Transaction } from '../../engine/ports.ts';
import type { Run, RunInputs, Step } from '../../engine/run.ts';
import { type Exchanges, noteExchanges } from './exchanges.ts';
import {
  nothingDone,
  refused,
  shownBody,
  type TryDelivery,
  type TryResult,
  type TryStep,
} from './result.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

const WORKER = 'try';

interface Wanted {
  readonly kind: Run['kind'];
  readonly manifest: ProvisionManifest;
  readonly person: Person;
  readonly form: RunInputs['form'];
}

export async function tryRun(wanted: Wanted, stage: Stage, world: World): Promise<TryResult> {
  const { kind, person, form, manifest } = wanted;
  const wish = { actor: { kind: 'system' } as const, person, integration: stage.integration };
  const started = await stage.transact((tx) =>
    kind === 'execute' ? startGrant(tx, { ...wish, form }, world) : startRevoke(tx, wish, world),
  );
  if (started.kind === 'refused') return refused('refused', started.why);
  const gathered = await gatherRun(stage.stores, started.run);
  if (!gathered.ok) return refused('not-set-up', gathered.why);
  const { redact } = gathered.context;
  const exchanges = noteExchanges(world.http, redact, world.progress);
  const sent: { deliveries: readonly TryDelivery[]; warnings: readonly string[] }[] = [];
  const run = await follow(
    started.run,
    stage,
    { ...world, http: exchanges.http },
    async (tx, ended) => {
      if (ended.state === 'succeeded' && kind === 'execute')
        sent.push(await renderDeliveries(tx, ended, manifest));
    },
  );

  const steps = await stage.stores.runs.steps(run.id, run.attempt);
  const responses = await stage.stores.runs.responses(run.id, run.attempt);
  return {
    ...nothingDone,
    status: statusOf(run),
    error: errorOf(run),
    warnings: [
      ...new Set([
        ...steps.flatMap(({ warnings }) => warnings),
        ...sent.flatMap(({ warnings }) => warnings),
      ]),
    ],
    steps: steps.map((step) => showStep(step, exchanges)),
    stored: kind === 'execute' ? storedBy(manifest, responses, redact) : {},
    deliveries: sent.flatMap(({ deliveries }) => deliveries),
  };
}

/** Works on the run until it has ended; what in service is retried after an hour has failed here. */
async function follow(
  started: Run,
  { stores, transact }: Stage,
  world: World,
  announce: (tx: Transaction, ended: Run) => Promise<void>,
): Promise<Run> {
  const underWay = new Set<string>();
  const parts = { ...world, stores, transact, workerId: WORKER, underWay, announce };
  for (;;) {
    const run = await stores.runs.find(started.id);
    if (!run) throw new Error('The run that was tried is gone');
    if (run.state === 'running') throw new Error('The run that was tried is held by nobody');
    if (run.state !== 'queued' && run.state !== 'waiting') return run;
    const left = run.dueAt.getTime() - world.now().getTime();
    if (left > 0) await world.pause(left);
    await advanceRun(run.id, parts);
  }
}

function statusOf(run: Run): TryResult['status'] {
  if (run.state === 'succeeded') return 'succeeded';
  return run.state === 'blocked' ? 'blocked' : 'failed';
}

function errorOf(run: Run): TryResult['error'] {
  if (!('error' in run)) return null;
  const { code, message, step } = run.error;
  return { code, message, step: step ?? null };
}

const showStep = (step: Step, exchanges: Exchanges): TryStep => ({
  method: step.method,
  url: step.url,
  status: step.status ?? null,
  tries: step.tries,
  ms: (step.finishedAt ?? step.startedAt).getTime() - step.startedAt.getTime(),
  request: exchanges.take(step),
  response: step.responseText === undefined ? null : shownBody(step.responseText),
});

/** What `store_data` took out of the answers. */
function storedBy(
  { execute }: ProvisionManifest,
  responses: readonly Json[],
  redact: (text: string) => string,
): Readonly<Record<string, Json>> {
  const stored = new Map<string, Json>();
  for (const [index, response] of responses.entries()) {
    const read = readStoreData(execute[index]?.storeData ?? {}, response);
    if (read.ok) for (const [key, value] of Object.entries(read.values)) stored.set(key, value);
  }
  return Object.fromEntries([...stored].map(([key, value]) => [key, redactJson(value, redact)]));
}

export function redactJson(value: Json, redact: (text: string) => string): Json {
  if (typeof value === 'string') return redact(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value))
    return (value as readonly Json[]).map((each) => redactJson(each, redact));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [redact(key), redactJson(inner, redact)]),
  );
}

/** In the transaction of the outcome, while the run's generated values are still there. */
async function renderDeliveries(
  tx: Transaction,
  run: Run,
  manifest: ProvisionManifest,
): Promise<{ deliveries: readonly TryDelivery[]; warnings: readonly string[] }> {
  const gathered = await gatherRun(tx, run);
  if (!gathered.ok) return { deliveries: [], warnings: [gathered.why] };
  const { context } = gathered;
  const responses = await tx.runs.responses(run.id, run.attempt);
  const rendered = renderNotifications(manifest.notifications, context.variables(responses));
  return {
    deliveries: rendered.deliveries.map((each) => showDelivery(each, context)),
    warnings: [...rendered.problems, ...rendered.warnings].map(context.redact),
  };
}

const showDelivery = (
  each: { type: string; to: string; subject?: string; message: string },
  { redact }: Pick<Context, 'redact'>,
): TryDelivery => ({
  type: each.type,
  to: redact(each.to),
  subject: each.subject === undefined ? null : redact(each.subject),
  message: redact(each.message),
});
