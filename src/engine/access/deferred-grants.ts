/**
 * Grants that wait. At most one run of a person and integration is active. A grant with other answers is stored as a
 * `deferred` run, and starts when nothing blocks it any more.
 */
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { generate } from '../calls/outcome.ts';
import {
  type AccessIds,
  type Actor,
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
  SYSTEM,
} from '../people/directory.ts';
import { type WaitingFacts, waitingFacts } from '../people/fact-questions.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import { isAdmin, mayGrant } from '../people/permission.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { chosenForApprovalAt } from '../requests/needs-approval.ts';
import {
  isUnfinished,
  promote,
  type Run,
  type RunFacts,
  type RunIn,
  type RunInputs,
  refuse,
  type UnfinishedRun,
} from '../runs/run.ts';
import { aboutRun } from '../runs/run-entry.ts';
import { stopRun } from '../runs/stop-run.ts';
import { wake } from '../runs/wake-run.ts';
import { endTask } from '../tasks/end-task.ts';
import {
  invalidate,
  invalidateRun,
  personTopic,
  requestsBehind,
  runTopic,
} from '../work/topics.ts';
import { type Grantable, whetherGrantable } from './grantable.ts';
import { type Hold, isOfRule } from './hold.ts';
import { endHoldsOfRun, startHoldsOfRun } from './holds.ts';
import type { OpenRemoval } from './removals/removal.ts';
import { hasWritten } from './written.ts';

/** What a grant of that person and integration may have to wait for. */
export interface InTheWay {
  /** The run that is active there. */
  readonly run: Run | undefined;
  readonly removal: OpenRemoval | undefined;
  /** Facts that the person or an admin has to confirm first. */
  readonly facts: WaitingFacts | undefined;
  /** Why nothing can be sent to the app, as a sentence for people, where that was asked. */
  readonly notSetUp?: string | undefined;
}

export async function whatIsInTheWay(
  tx: Transaction,
  { personId, integrationId }: AccessIds,
): Promise<InTheWay> {
  const [run, removal, facts] = await together([
    tx.runs.unfinished(personId, integrationId),
    tx.removals.open(personId, integrationId),
    waitingFacts(tx, personId, integrationId),
  ]);
  return { run, removal, facts };
}

const isFree = ({ run, removal, facts, notSetUp }: InTheWay): boolean =>
  !run && !removal && !facts && notSetUp === undefined;

/**
 * The unfinished grant with the same answers, which a second one joins: the active one, unless it is being stopped, or one that
 * waits.
 * @param deferred those that wait
 */
export async function grantWithAnswers(
  tx: Transaction,
  { active, deferred }: { readonly active: Run | undefined; readonly deferred: readonly Run[] },
  form: RunInputs['form'],
): Promise<Run | undefined> {
  const joinable = active?.kind === 'execute' && !active.stoppedBy ? [active] : [];
  for (const run of [...joinable, ...deferred])
    if (hasSameAnswers((await tx.runs.inputs(run.id)).form, form)) return run;
  return undefined;
}

/** The order of a multiple choice and empty fields don't count. The number of days is no answer. */
export const hasSameAnswers = (a: RunInputs['form'], b: RunInputs['form']): boolean =>
  canonical(a) === canonical(b);

const canonical = (form: RunInputs['form']): string =>
  JSON.stringify(
    Object.entries(form)
      .filter(([, value]) => value.length > 0)
      .map(([id, value]) => [id, typeof value === 'string' ? value : [...value].toSorted()])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );

export interface Deferred {
  readonly run: Run;
  /** The run that it waits for, if any. */
  readonly behind?: Run;
  /** Facts that have to be confirmed first, if any. */
  readonly facts?: WaitingFacts;
  /** What an admin has to do first, as a sentence for people. */
  readonly notSetUp?: string | undefined;
}

/**
 * Stores the grant as deferred. A run that blocks it is saved, too, so that its version moves: a transaction that ends that run
 * at the same moment came before, and nothing blocks, or it retries and sees the deferred grant. Facts are confirmed while the
 * person is locked, as here.
 * @returns undefined where nothing blocks the grant
 */
export async function deferGrant(
  tx: Transaction,
  { facts, inputs }: { readonly facts: RunFacts; readonly inputs: RunInputs },
  inTheWay: InTheWay,
): Promise<Deferred | undefined> {
  if (isFree(inTheWay)) return undefined;
  // A removal needs no such save: grants and removals both lock the person.
  const behind = inTheWay.run && (await tx.runs.save(inTheWay.run));
  const run: Run = { ...facts, state: 'deferred' };
  await tx.runs.insert(run, inputs);
  await tx.audit('grant.deferred', aboutRun(run, run.startedBy));
  await invalidate(tx, personTopic(run.personId));
  return { run, behind, facts: inTheWay.facts, notSetUp: inTheWay.notSetUp };
}

/**
 * What blocked the grants has ended: the oldest deferred grant starts. If it may not start any more, it is cancelled with a
 * reason, and the next one is tried. Call it last in the transaction of that end.
 */
export async function promoteDeferred(
  tx: Transaction,
  { personId, integrationId }: AccessIds,
): Promise<void> {
  for (const { id } of await tx.runs.deferredOf(personId, integrationId)) {
    if (!isFree(await whatIsInTheWay(tx, { personId, integrationId }))) return;
    const run = await tx.runs.find(id);
    if (run?.state === 'deferred') await startOrRefuse(tx, run);
  }
}

/** Something that any grant of the person may have waited for has ended. */
export async function promoteAllDeferred(tx: Transaction, personId: string): Promise<void> {
  const waiting = (await tx.runs.unfinishedOf(personId)).filter(
    ({ state }) => state === 'deferred',
  );
  for (const integrationId of new Set(waiting.map((run) => run.integrationId)))
    await promoteDeferred(tx, { personId, integrationId });
}

/**
 * A fact that they need will not be confirmed: the grants that wait for it are cancelled.
 * @param why a sentence for people
 */
export async function cancelWaitingFor(
  tx: Transaction,
  { personId, name }: { readonly personId: string; readonly name: string },
  why: string,
): Promise<void> {
  for (const run of await tx.runs.unfinishedOf(personId)) {
    if (run.state !== 'deferred') continue;
    const facts = await waitingFacts(tx, personId, run.integrationId);
    if (facts?.names.includes(name)) await cancelFor(tx, run, why);
  }
}

/** The grant behind a hold, where it has not started. Its time begins then, and its end date moves. */
export async function deferredRunOf(
  { runs }: Pick<Transaction, 'runs'>,
  { runId }: Hold,
): Promise<RunIn<'deferred'> | undefined> {
  const run = runId === undefined ? undefined : await runs.find(runId);
  return run?.state === 'deferred' ? run : undefined;
}

/**
 * Holds are about to end: a grant that no other hold wants is cancelled, or, where a worker has it, stopped before its next request.
 * Beside others, a task to grant it by hand is, too.
 * @param holds of one person at one app
 * @returns those that are still open, since their grants may have given something
 */
export async function letGoOfGrants(
  tx: Transaction,
  holds: readonly Hold[],
): Promise<readonly Hold[]> {
  const [first] = holds;
  if (!first) return [];
  const { personId, integrationId } = first;
  const isLetGo = ({ id }: Hold): boolean => holds.some((each) => each.id === id);
  const others = (await tx.holds.openAt(personId, integrationId)).filter((each) => !isLetGo(each));
  const why = await inWorkspaceLocale(tx, async () =>
    isOfRule(first) ? t`The rule no longer grants it.` : t`The access has expired.`,
  );
  for (const runId of new Set(holds.map((hold) => hold.runId))) {
    if (runId === undefined || others.some((other) => other.runId === runId)) continue;
    const run = await tx.runs.find(runId);
    if (!run || !isUnfinished(run)) continue;
    if (run.state === 'running') await stopRun(tx, runId, SYSTEM);
    else await cancelFor(tx, run, why);
  }
  if (others.length > 0) await cancelUnwantedTasks(tx, holds, others);
  await promoteDeferred(tx, first); // After all of them: none starts what another one lets go of.
  return (await tx.holds.openAt(personId, integrationId)).filter(isLetGo);
}

/** Those that only rules wanted. */
async function cancelUnwantedTasks(
  tx: Transaction,
  holds: readonly Hold[],
  others: readonly Hold[],
): Promise<void> {
  for (const taskId of new Set(holds.map((hold) => hold.taskId))) {
    if (taskId === undefined || others.some((other) => other.taskId === taskId)) continue;
    const task = await tx.tasks.find(taskId);
    if (task?.state === 'open' && task.isAsked === false)
      await endTask(tx, task, { state: 'cancelled', actor: SYSTEM });
  }
}

async function cancelFor(
  tx: Transaction,
  run: Exclude<UnfinishedRun, RunIn<'running'>>,
  why: string,
): Promise<void> {
  const refused = await tx.runs.save(refuse(run, why, tx.now));
  await tx.audit('run.cancelled', aboutRun(run, SYSTEM));
  // Access that the first attempt may have granted stays, as after Cancel retry.
  if (!(await hasWritten(tx, run))) await endHoldsOfRun(tx, run);
  await invalidateRun(tx, refused);
  await tx.emit({ kind: 'run-cancelled', run: refused, by: SYSTEM });
  await tx.queue.push(
    'grant.cancelled',
    { runId: run.id },
    { lane: 'chat', key: `grant-cancelled:${run.id}` },
  );
}

/**
 * A retry is due, an hour or more after the click. It is cancelled with a reason if it is not allowed any more.
 * @returns whether it was cancelled
 */
export async function cancelUnlessAllowed(
  tx: Transaction,
  run: RunIn<'retrying'>,
): Promise<boolean> {
  const [person, integration] = [
    await tx.people.find(run.personId),
    await tx.integrations.find(run.integrationId),
  ];
  if (!person || !integration) return false; // The run fails with that reason.
  const why = await inWorkspaceLocale(tx, () => whyNoLonger(tx, run, { person, integration }));
  if (why === undefined) return false;
  await cancelFor(tx, run, why);
  await promoteDeferred(tx, run);
  return true;
}

async function startOrRefuse(tx: Transaction, run: RunIn<'deferred'>): Promise<void> {
  const { personId, integrationId } = run;
  const integration = await tx.integrations.find(integrationId);
  const inputs = await tx.runs.inputs(run.id);
  const ready = await whetherReady(tx, { run, integration, inputs });
  if (!ready.ok) {
    await cancelFor(tx, run, ready.why);
    return;
  }
  if (ready.notSetUp !== undefined) return; // It waits on (`set-up-first.ts`).
  // The manifest may be newer than the click, and generate more.
  const generated = { ...generate(ready.manifest, tx), ...inputs.generated };
  if (Object.keys(generated).length > Object.keys(inputs.generated).length)
    await tx.runs.putInputs(run.id, { ...inputs, generated });
  const started = await tx.runs.save(promote(run, ready.versionId, tx.now));
  await wake(tx, started, { lane: 'background' }); // The click was long ago.
  await tx.audit('grant.started', aboutRun(run, run.startedBy));
  await startHoldsOfRun(tx, run);
  const requests = await requestsBehind(tx, run, { runId: run.id });
  await invalidate(tx, runTopic(run.id), personTopic(personId), ...requests);
}

const whetherReady = (
  tx: Transaction,
  wanted: {
    readonly run: RunIn<'deferred'>;
    readonly integration: Integration | undefined;
    readonly inputs: RunInputs;
  },
): Promise<Grantable> =>
  // The reason is stored and everyone reads it.
  inWorkspaceLocale(tx, async () => {
    const { run, integration } = wanted;
    const person = await tx.people.find(run.personId);
    const ready = await whetherGrantable(tx, {
      person,
      integration,
      name: integration?.name ?? '',
      form: wanted.inputs.form,
    });
    if (!ready.ok || !person || !integration) return ready;
    const why = await whyNoLonger(tx, run, { person, integration });
    return why === undefined ? ready : { ok: false, why };
  });

/**
 * A grant by hand may start months after its click: may the person who granted it still do so? Grants from requests and
 * sequences need no such check, since someone else approved them.
 * @returns a sentence for people: why it isn't granted any more, and what to do; undefined where it is granted
 */
async function whyNoLonger(
  tx: Transaction,
  run: Run,
  about: PersonAtApp,
): Promise<string | undefined> {
  const open = await tx.holds.openAt(run.personId, run.integrationId);
  const holds = open.filter(({ runId }) => runId === run.id);
  if (holds.some(({ source }) => source !== 'by-hand')) return undefined;
  const { form } = await tx.runs.inputs(run.id);
  const options = await chosenForApprovalAt(tx, about.integration, form);
  let why: string | undefined;
  // Several people may have granted the same: one of them is enough.
  for (const by of [run.startedBy, ...holds.map(({ givenBy }) => givenBy)]) {
    const whyNot = await whyNotBy(tx, by, { ...about, options });
    if (whyNot === undefined) return undefined;
    why ??= whyNot;
  }
  return why;
}

async function whyNotBy(
  tx: Transaction,
  by: Actor,
  {
    person,
    integration,
    options,
  }: {
    readonly person: Person;
    readonly integration: Integration;
    readonly options: readonly string[];
  },
): Promise<string | undefined> {
  if (by.kind !== 'person') return undefined;
  const granter = await tx.people.find(by.personId);
  if (!granter || !mayGrant(granter, person, integration))
    return t`${granter ? fullName(granter) : t`The person who granted it`} can no longer grant ${integration.name} to ${fullName(person)}. If it's still needed, ask a Latchkey admin to grant it.`;
  return options.length > 0 && !isAdmin(granter)
    ? t`It now needs approval: ${options.join(', ')}. Grant it again; that creates a request for someone else to approve.`
    : undefined;
}
