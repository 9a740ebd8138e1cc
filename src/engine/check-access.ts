/** Asks `exists` of one person at one integration, and keeps the answer. Not durable: only its result is kept. */

import { type Asking, ask } from './ask.ts';
import { gather } from './context.ts';
import type { Access } from './directory.ts';
import { judgeExists } from './exists.ts';
import { hurryWhenGone } from './hurry-when-gone.ts';
import { BUSY_PAUSE_MS, RESPONSE_BYTES } from './limits.ts';
import type { Queue } from './ports/jobs.ts';
import type { Clock } from './ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from './ports/unit-of-work.ts';
import { retryStale } from './retry-stale.ts';
import type { RunInputs } from './run.ts';
import { offboardingSubject, personSubject, touch } from './subjects.ts';
import { liftRunning } from './time-limits.ts';

export interface Checking extends Asking {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly now: Clock;
  /** Form values, for those who try a manifest: nobody is asked for any in chat. */
  readonly form?: RunInputs['form'];
}

/** Somebody looks at the card: a service that needs longer than this is shown as unknown, with Try again. */
const CHECK_TIMEOUT_MS = 30_000;

type Answer = Pick<Access, 'state' | 'reason'>;
/** Nothing was sent, since others are being asked there: it is asked again soon. */
interface Postponed {
  readonly postponeMs: number;
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
    await parts.transact((tx) => queueCheck(tx.queue, personId, integrationId, dueAt));
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

/** One check of one person at one integration waits at a time, however many cards ask for it. */
export const queueCheck = (
  queue: Queue,
  personId: string,
  integrationId: string,
  dueAt?: Date,
): Promise<void> =>
  queue.push(
    'access.check',
    { personId, integrationId },
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

  const limits = { timeoutMs: CHECK_TIMEOUT_MS, maxBytes: RESPONSE_BYTES };
  const asked = await ask(manifest.exists, gathered.context, limits, parts);
  if (asked.kind === 'not-asked') return { state: 'unknown', reason: asked.why };
  const { answer, context, variables } = asked;
  if (answer.kind === 'failed' && answer.code === 'host-busy')
    return { postponeMs: answer.retryAfterMs ?? BUSY_PAUSE_MS };
  const { state, reason } = judgeExists(manifest.exists, answer, variables);
  return { state, reason: context.redact(reason) };
}
