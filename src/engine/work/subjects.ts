/** What a live card is about. A change of a subject refreshes every message that follows it. */

import type { Delivery } from '../messages/delivery.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AccessRequest } from '../requests/access-request.ts';
import type { Run } from '../runs/run.ts';

export const personSubject = (personId: string): string => `person:${personId}`;
export const runSubject = (runId: string): string => `run:${runId}`;
export const deliverySubject = (deliveryId: string): string => `delivery:${deliveryId}`;
export const integrationSubject = (integrationId: string): string => `integration:${integrationId}`;
/** What starts a sequence by itself: its occasions, its hooks, and what they did. */
export const sequenceStartsSubject = (sequenceId: string): string =>
  `sequence-starts:${sequenceId}`;
/** A sequence that is given to many people. */
export const batchSubject = (batchId: string): string => `sequence-batch:${batchId}`;
/** The workspace's settings. */
export const settingsSubject = 'settings';
/** How far the installation is set up. */
export const setUpSubject = 'set-up';
export const requestSubject = (requestId: string): string => `request:${requestId}`;
export const sequenceSubject = (sequenceId: string): string => `sequence:${sequenceId}`;
export const taskSubject = (taskId: string): string => `task:${taskId}`;
export const reviewSubject = (reviewId: string): string => `review:${reviewId}`;
export const offboardingSubject = (offboardingId: string): string => `offboarding:${offboardingId}`;
export const holdSubject = (holdId: string): string => `hold:${holdId}`;
export const removalSubject = (removalId: string): string => `removal:${removalId}`;
/** A fact of a person, known or not. */
export const factSubject = (personId: string, name: string): string => `fact:${personId}:${name}`;
export const syncSubject = (runId: string): string => `sync:${runId}`;
/** The removals that are stuck at an integration. */
export const stuckSubject = (integrationId: string): string => `stuck:${integrationId}`;
/** What somebody's Home shows. */
export const homeSubject = (personId: string): string => `home:${personId}`;
export const linkSubject = (linkId: string): string => `link:${linkId}`;

/** Queues a refresh of every message that follows one of `subjects`, in the transaction of the change itself. */
export async function touch(tx: Transaction, ...subjects: readonly string[]): Promise<void> {
  for (const { id } of await tx.messages.bySubjects(subjects))
    await tx.queue.push(
      'message.refresh',
      { messageId: id },
      { lane: 'chat', key: `refresh:${id}` },
    );
}

export const touchIntegration = (tx: Transaction, integrationId: string): Promise<void> =>
  touch(tx, integrationSubject(integrationId), setUpSubject);

export async function touchRun(tx: Transaction, run: Run): Promise<void> {
  const goesOn = run.state === 'queued' || run.state === 'running' || run.state === 'waiting';
  await touch(
    tx,
    runSubject(run.id),
    personSubject(run.personId),
    ...(run.state === 'succeeded' ? [setUpSubject] : []), // The first one is a step of setting up.
    ...(isInHomes(run) ? await homesOfAdmins(tx) : []),
    ...(goesOn || run.kind === 'revoke' ? [] : await requestsBehind(tx, run, { runId: run.id })),
  );
}

/** Failed and unknown runs are named there, until their retry or somebody has made an end of that. */
const isInHomes = (run: Run): boolean =>
  'error' in run || run.attempt > 1 || run.state === 'cancelled';

/** Where failed runs, messages that were not sent, starts and ends are named. */
export const homesOfAdmins = async ({ people }: Transaction): Promise<readonly string[]> =>
  (await people.admins()).map(({ id }) => homeSubject(id));

/** Its own card, and those of the ends that access has or had: they offer to ask where nobody has. */
export async function touchRequest(
  tx: Transaction,
  { id, personId, integrationId }: AccessRequest,
): Promise<void> {
  const holds = await tx.holds.of(personId, integrationId);
  await touch(tx, requestSubject(id), ...holds.map((hold) => holdSubject(hold.id)));
}

/** Whatever shows it: its own card, the run that it tells of, what the person's sequences have done. */
export async function touchDelivery(
  tx: Transaction,
  { id, runId, plannedItemId, state }: Delivery,
): Promise<void> {
  const planned =
    plannedItemId === undefined ? undefined : await tx.plannedItems.find(plannedItemId);
  await touch(
    tx,
    deliverySubject(id),
    ...(runId === undefined ? [] : [runSubject(runId)]),
    ...(planned ? [personSubject(planned.personId)] : []),
    ...(state === 'failed' || state === 'unknown' ? await homesOfAdmins(tx) : []),
  );
}

/** The requests that a run or a task fulfils, as subjects; a second one may have been approved before the first was done. */
export async function requestsBehind(
  tx: Transaction,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
  { runId, taskId }: { readonly runId?: string; readonly taskId?: string },
): Promise<readonly string[]> {
  const { requests } = await tx.requests.list(
    { state: 'approved', personIds: [personId], integrationId },
    { offset: 0, limit: 100 },
  );
  return requests.flatMap((request) =>
    request.state === 'approved' &&
    ((runId !== undefined && request.runId === runId) ||
      (taskId !== undefined && request.taskId === taskId))
      ? [requestSubject(request.id)]
      : [],
  );
}
