/** Asks `exists` of one person at one integration, and keeps the answer. Not durable: only its result is kept. */

import { missingFacts, notChecked } from './access/needed-facts.ts';
import { type Asking, ask } from './ask.ts';
import { gather } from './context.ts';
import type { Access } from './directory.ts';
import { judgeExists } from './exists.ts';
import { hurryWhenGone } from './hurry-when-gone.ts';
import { BUSY_PAUSE_MS, RESPONSE_BYTES } from './limits.ts';
import type { ManifestExists } from './manifest/schema.ts';
import { isSuccess } from './outcome.ts';
import type { HttpAnswer } from './ports/http.ts';
import type { Jobs, Queue } from './ports/jobs.ts';
import type { Clock } from './ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';
import type { RunInputs } from './run.ts';
import { repeatAfter } from './step-outcome.ts';
import { offboardingSubject, personSubject, touch } from './subjects.ts';
import { liftRunning } from './time-limits.ts';
import { touchUnknownRuns } from './unknown-outcome.ts';

export interface Checking extends Asking {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly now: Clock;
  /** Form values, for those who try a manifest: nobody is asked for any in chat. */
  readonly form?: RunInputs['form'];
  /** Where the queue asks again what may be asked again: what came of it so far. Left out: it is asked once. */
  readonly before?: Asked;
}

/** How often it was asked, and since when, in milliseconds UTC. */
export interface Asked {
  readonly tries: number;
  readonly since: number;
}

/** Somebody looks at the card: a service that needs longer than this is shown as unknown, with Try again. */
const CHECK_TIMEOUT_MS = 30_000;

type Answer = Pick<Access, 'state' | 'reason'>;
/** It is asked again soon: nothing was sent, since others are being asked there, or it may be repeated without asking. */
interface Postponed {
  readonly postponeMs: number;
  readonly asked?: Asked | undefined;
}

/** @returns what is known now; undefined where the manifest has no `exists` or the person or integration is gone. */
export async function checkAccess(
  personId: string,
  integrationId: string,
  parts: Checking,
): Promise<Access | undefined> {
  const askedAt = parts.now();
  const answer = await askExists(personId, integrationId, parts);
  if (!answer) return undefined;
  if ('postponeMs' in answer) {
    const dueAt = new Date(parts.now().getTime() + answer.postponeMs);
    await parts.transact((tx) =>
      queueCheck(tx.queue, personId, integrationId, { dueAt, asked: answer.asked }),
    );
    return undefined;
  }
  const keep = async (tx: Transaction): Promise<Access | undefined> => {
    // Whoever deletes the integration forgets what is known of access, so that comes before or after.
    const integration = await tx.integrations.hold(integrationId, 'shared');
    if (!integration || integration.deletedAt) return undefined;
    const before = await tx.access.find(personId, integrationId);
    // An answer that was slow says less than one to a later question.
    if (before && before.checkedAt > askedAt) return before;
    const access: Access = {
      personId,
      integrationId,
      ...answer,
      since: before?.state === answer.state ? before.since : parts.now(),
      checkedAt: askedAt,
    };
    await tx.access.put(access);
    const leaving = await tx.offboardings.current(personId);
    await touch(tx, personSubject(personId), ...(leaving ? [offboardingSubject(leaving.id)] : []));
    await touchUnknownRuns(tx, access);
    if (access.state === 'none') {
      if (await wasRevoked(tx, access)) await liftRunning(tx, personId, integrationId);
      await hurryWhenGone(tx, access, parts.now());
    }
    return access;
  };
  return retryStale(() => parts.transact(keep));
}

/** It is gone because Latchkey has revoked it, and not for a reason that may pass. */
async function wasRevoked(
  { runs }: Transaction,
  { personId, integrationId }: Access,
): Promise<boolean> {
  const last = (await runs.lastSucceeded(personId)).find(
    (run) => run.integrationId === integrationId,
  );
  return last?.kind === 'revoke' && !(await runs.unfinished(personId, integrationId));
}

/** The worker's part: what may be asked again without asking goes back into the queue, due when it may. */
export const checkQueued = (
  { personId, integrationId, asked }: Jobs['access.check'],
  parts: Omit<Checking, 'before' | 'form'>,
): Promise<Access | undefined> =>
  checkAccess(personId, integrationId, {
    ...parts,
    before: asked ?? { tries: 0, since: parts.now().getTime() },
  });

/** One check of one person at one integration waits at a time, however many cards ask for it. */
export const queueCheck = (
  queue: Queue,
  personId: string,
  integrationId: string,
  { dueAt, asked }: { readonly dueAt?: Date; readonly asked?: Asked | undefined } = {},
): Promise<void> =>
  queue.push(
    'access.check',
    { personId, integrationId, ...(asked && { asked }) },
    { lane: 'interactive', key: `check:${personId}:${integrationId}`, ...(dueAt && { dueAt }) },
  );

async function askExists(
  personId: string,
  integrationId: string,
  parts: Checking,
): Promise<Answer | Postponed | undefined> {
  const { integrations, people } = parts.stores;
  const integration = await integrations.find(integrationId);
  if (!integration || integration.deletedAt || !(await people.find(personId))) return undefined;
  const gathered = await gather(parts.stores, {
    personId,
    integrationId,
    inputs: { form: parts.form ?? {}, generated: {} },
  });
  if (!gathered.ok) return { state: 'unknown', reason: gathered.why };
  const { manifest } = gathered.context;
  if (!manifest.exists) return undefined;
  // To ask about nobody gets the answer that nobody is there.
  const missing = missingFacts(manifest, 'exists', gathered.context.variables([]));
  if (missing.length > 0) return { state: 'unknown', reason: notChecked(missing) };

  const limits = { timeoutMs: CHECK_TIMEOUT_MS, maxBytes: RESPONSE_BYTES };
  const asked = await ask(manifest.exists, gathered.context, limits, parts);
  if (asked.kind === 'not-asked') return { state: 'unknown', reason: asked.why };
  const { answer, context, variables } = asked;
  const { before } = parts;
  if (answer.kind === 'failed' && answer.code === 'host-busy')
    return { postponeMs: answer.retryAfterMs ?? BUSY_PAUSE_MS, asked: before };
  const again = before && askAgain(manifest.exists, answer, before, parts.now());
  if (again) return again;
  const { state, reason } = judgeExists(manifest.exists, answer, variables);
  return { state, reason: context.redact(reason) };
}

/** As it is with every request, but within the time in which somebody still looks at the card. */
function askAgain(
  spec: ManifestExists,
  answer: HttpAnswer,
  before: Asked,
  now: Date,
): Postponed | undefined {
  if (answer.kind === 'answer' && isSuccess(spec, answer.status)) return undefined;
  // It is known already that the host is down, and said at once.
  if (answer.kind === 'failed' && answer.code === 'circuit-open') return undefined;
  const tries = before.tries + 1;
  const postponeMs = repeatAfter({
    answer,
    method: spec.method,
    step: { tries, startedAt: new Date(before.since) },
    now,
    windowMs: CHECK_TIMEOUT_MS,
  });
  return postponeMs === undefined ? undefined : { postponeMs, asked: { ...before, tries } };
}
