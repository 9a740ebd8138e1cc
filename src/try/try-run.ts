/** Tries a manifest's `execute` and `revoke` with the same engine as in service. Its waits take real time. */
import type { Json } from '../core/json.ts';
import { t } from '../core/translate.ts';
import { startGrant, startRevoke } from '../engine/access/grant.ts';
import { type Context, gather } from '../engine/calls/context.ts';
import type { Tokens } from '../engine/calls/oauth.ts';
import { readStoreData } from '../engine/calls/outcome.ts';
import { describeRequest } from '../engine/calls/request.ts';
import { gatherRun } from '../engine/calls/run-context.ts';
import type { ProvisionManifest } from '../engine/manifest/schema.ts';
import { renderNotifications } from '../engine/messages/deliveries.ts';
import type { Notification } from '../engine/messages/delivery.ts';
import { type Person, SYSTEM } from '../engine/people/directory.ts';
import type { HttpAnswer } from '../engine/ports/http.ts';
import type { Stores, Transaction } from '../engine/ports/unit-of-work.ts';
import { advanceRun } from '../engine/runs/advance-run.ts';
import type { Run, RunError, RunInputs, Step } from '../engine/runs/run.ts';
import { readAnswer } from '../engine/runs/step-outcome.ts';
import { newWorker } from '../engine/work/leased.ts';
import type { SpokenEnv } from './env.ts';
import type { Exchanges } from './exchanges.ts';
import type { Fixture } from './fixture.ts';
import { knownTo } from './known.ts';
import {
  nothingDone,
  notReady,
  refused,
  shownBody,
  type TryDelivery,
  type TryResult,
  type TryStep,
} from './result.ts';
import { redactJson, redactValues, showAnswer } from './show.ts';

const WORKER = 'try';

interface RunWish {
  readonly kind: Run['kind'];
  readonly manifest: ProvisionManifest;
  readonly person: Person;
  readonly form: RunInputs['form'];
}

export async function tryRun(
  wanted: RunWish,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  const { kind, person, form, manifest } = wanted;
  const { integration } = fixture;
  // What is missing is named in the words of a try: no one can connect anything here.
  const { id: personId } = person;
  const ready = await gather(fixture.stores, { personId, integrationId: integration.id });
  if (!ready.ok) return notReady(ready, env.words);
  const wish = { actor: SYSTEM, person, integration, form };
  const started = await fixture.transact((tx) =>
    kind === 'execute' ? startGrant(tx, wish) : startRevoke(tx, wish),
  );
  if (started.kind === 'refused') return refused('refused', started.why);
  const gathered = await gatherRun(fixture.stores, started.run);
  if (!gathered.ok) return notReady(gathered, env.words);
  const known = knownTo(gathered.context, fixture, env);
  const notes: string[] = [];
  let answer: HttpAnswer | undefined;
  fixture.whenRunEnds(async (tx, ended) => {
    if (ended.state === 'succeeded' && kind === 'execute')
      notes.push(...(await notificationWarnings(tx, ended, { manifest, answer })));
  });
  const run = await follow(started.run, fixture, {
    ...env,
    http: {
      send: async (...asked) => (answer = await known.exchanges.http.send(...asked)),
    },
    tokens: known.tokens,
  });

  const redact = await known.redactNow();
  const steps = await fixture.stores.runs.steps(run.id, run.attempt);
  const responses = await fixture.stores.runs.responses(run.id, run.attempt);
  const deliveries = await fixture.stores.deliveries.forRun(run.id);
  const tried = steps.map((step) => ({ step, taken: known.exchanges.takeTries(step.tries) }));
  const last = tried.at(-1);
  const reason =
    last?.taken.answer?.kind === 'failed'
      ? redact(last.taken.answer.message)
      : await refusalOf(run, fixture.stores);
  return {
    ...nothingDone,
    status: statusOf(run),
    error: errorOf(run, last?.step, reason),
    warnings: [
      ...new Set([
        ...steps.flatMap(({ warnings }) => warnings).filter((each) => each !== reason),
        ...unsentWarnings(run, { manifest, variables: gathered.context.variables }, responses),
        ...notes.map(redact),
      ]),
    ],
    steps: tried.map(({ step, taken }) => showStep(step, taken, redact)),
    stored: kind === 'execute' ? redactValues(storedBy(manifest, responses), redact) : {},
    deliveries: deliveries.flatMap(({ outgoing }) =>
      outgoing ? [showDelivery(outgoing.notification, redact)] : [],
    ),
    oauth: { refreshed: await known.refreshed() },
  };
}

/** What the app said where it gave no token. */
async function refusalOf(run: Run, { oauth }: Pick<Stores, 'oauth'>): Promise<string | undefined> {
  if (!('error' in run) || run.error.code !== 'no-token') return undefined;
  return (await oauth.find(run.integrationId))?.failure?.why;
}

const UNSENT: readonly RunError['code'][] = ['bad-request', 'fact-missing'];

/** The warnings of a request that couldn't be rendered, and so is no step. */
function unsentWarnings(
  run: Run,
  { manifest, variables }: Pick<RunWish, 'manifest'> & Pick<Context, 'variables'>,
  responses: readonly Json[],
): readonly string[] {
  if (!('error' in run) || !UNSENT.includes(run.error.code)) return [];
  const spec = manifest[run.kind][run.error.step ?? 0];
  const stored = storedBy(manifest, responses);
  return spec ? describeRequest(spec, variables(responses, stored), { manifest }).warnings : [];
}

/** A longer wait is reported as progress. */
const NOTICED_MS = 1000;

/** Works on the run until it ends. A failure that is retried after an hour in service is final here. */
async function follow(
  started: Run,
  { stores, transact }: Fixture,
  env: SpokenEnv & { readonly tokens: Tokens },
): Promise<Run> {
  const deps = { ...env, stores, transact, ...newWorker(WORKER) };
  for (;;) {
    const run = await stores.runs.find(started.id);
    if (!run) throw new Error('The run that was tried is gone');
    if (run.state === 'running') throw new Error('No one holds the run that was tried');
    if (run.state !== 'queued' && run.state !== 'waiting') return run;
    const left = run.dueAt.getTime() - env.now().getTime();
    if (run.state === 'waiting' && left > NOTICED_MS)
      env.progress(t`${run.why} Retrying in ${Math.ceil(left / 1000)} s …`);
    if (left > 0) await env.pause(left);
    await advanceRun(run.id, deps);
  }
}

function statusOf(run: Run): TryResult['status'] {
  if (run.state === 'succeeded') return 'succeeded';
  return run.state === 'blocked' ? 'blocked' : 'failed';
}

/** @param reason why there was no answer or no token, with what the app said: the person who tries a manifest needs it, and chat leaves it out */
function errorOf(run: Run, last: Step | undefined, reason: string | undefined): TryResult['error'] {
  if (!('error' in run)) return null;
  const { code, step = null, ...error } = run.error;
  const asked = last && `${last.method} ${last.url}`;
  if (reason !== undefined && code === 'no-answer') return { code, message: reason, step };
  if (reason !== undefined && code === 'no-token')
    return { code, message: `${error.message} ${reason}`, step };
  if (code === 'unknown-outcome' && asked !== undefined) {
    const message = t`${asked} has an unknown outcome: it may or may not have been done. ${reason ?? error.message}`;
    return { code, message, step };
  }
  return { code, message: error.message, step };
}

function showStep(
  step: Step,
  { request, answer, sendings }: ReturnType<Exchanges['takeTries']>,
  redact: Context['redact'],
): TryStep {
  return {
    method: step.method,
    url: step.url,
    status: step.status ?? null,
    tries: Math.max(sendings, step.tries),
    ms: (step.finishedAt ?? step.startedAt).getTime() - step.startedAt.getTime(),
    request,
    response: step.responseText === undefined ? null : showResponse(step.responseText, answer),
  };

  /** A stored answer may no longer be JSON without its secrets, but the answer itself is. */
  function showResponse(kept: string, came: HttpAnswer | undefined): Json {
    const shown = shownBody(kept);
    const whole = came && typeof shown === 'string' ? showAnswer(came, redact) : null;
    return redactJson(typeof whole === 'object' && whole !== null ? whole : shown, redact);
  }
}

/** The values that `store_data` took from the answers. */
function storedBy(
  { execute }: ProvisionManifest,
  responses: readonly Json[],
): Readonly<Record<string, Json>> {
  const stored = new Map<string, Json>();
  for (const [index, response] of responses.entries()) {
    const read = readStoreData(execute[index]?.storeData ?? {}, response);
    if (read.ok) for (const [key, value] of Object.entries(read.values)) stored.set(key, value);
  }
  return Object.fromEntries(stored);
}

/**
 * The notifications' warnings. They are found in the outcome's transaction, while the generated values still exist.
 * @param manifest its run's @param answer to its last request, which is stored for no later one
 */
async function notificationWarnings(
  tx: Transaction,
  run: Run,
  {
    manifest,
    answer,
  }: { readonly manifest: ProvisionManifest; readonly answer: HttpAnswer | undefined },
): Promise<readonly string[]> {
  const gathered = await gatherRun(tx, run);
  if (!gathered.ok) return [gathered.why];
  const earlier = await tx.runs.responses(run.id, run.attempt);
  const responses =
    answer?.kind === 'answer' ? [...earlier, readAnswer(answer.text).response] : earlier;
  const { problems, warnings } = renderNotifications(
    manifest.notifications,
    gathered.context.variables(responses),
  );
  return [...problems, ...warnings];
}

const showDelivery = (
  { type, to, subject, message }: Notification,
  redact: Context['redact'],
): TryDelivery => ({
  type,
  to: redact(to),
  subject: subject === undefined ? null : redact(subject),
  message: redact(message),
});
