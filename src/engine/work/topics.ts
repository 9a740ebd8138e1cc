/** Topics of live cards. Invalidating a topic refreshes every message that follows it. */
import { chunksOf } from '../../core/batches.ts';
import { compact } from '../../core/compact.ts';
import { together } from '../../core/together.ts';
import type { Delivery } from '../messages/delivery.ts';
import type { Offboarding } from '../offboarding/offboarding.ts';
import type { AccessIds } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { AccessRequest } from '../requests/access-request.ts';
import type { Run } from '../runs/run.ts';
import type { PlannedItem } from '../sequences/planned-item.ts';

export const personTopic = (personId: string): string => `person:${personId}`;
export const runTopic = (runId: string): string => `run:${runId}`;
export const deliveryTopic = (deliveryId: string): string => `delivery:${deliveryId}`;
export const integrationTopic = (integrationId: string): string => `integration:${integrationId}`;
/** What starts a sequence automatically: its occasions, its hooks, and their past starts. */
export const sequenceStartsTopic = (sequenceId: string): string => `sequence-starts:${sequenceId}`;
/** The assignment of a sequence to many people. */
export const batchTopic = (batchId: string): string => `sequence-batch:${batchId}`;
export const discoveryTopic = 'discoveries';
/** The rounds of accounts of all integrations, and what they found. */
export const findingsTopic = 'findings';
export const settingsTopic = 'settings';
/** Everyone's API tokens. */
export const tokensTopic = 'api-tokens';
/** How far the installation is set up. */
export const setUpTopic = 'set-up';
export const requestTopic = (requestId: string): string => `request:${requestId}`;
export const bundleTopic = (bundleId: string): string => `bundle:${bundleId}`;
export const bundleRequestTopic = (bundleRequestId: string): string =>
  `bundle-request:${bundleRequestId}`;
export const sequenceTopic = (sequenceId: string): string => `sequence:${sequenceId}`;
export const ruleTopic = (ruleId: string): string => `rule:${ruleId}`;
export const taskTopic = (taskId: string): string => `task:${taskId}`;
/** The progress of a review, and cards of its reviewers from before these had topics of their own. */
export const reviewTopic = (reviewId: string): string => `review:${reviewId}`;
/** What one reviewer decides in a review. A large company has thousands of reviewers, and a decision concerns one of them. */
export const reviewPartTopic = (reviewId: string, reviewerId: string): string =>
  `review-part:${reviewId}:${reviewerId}`;
export const campaignTopic = (campaignId: string): string => `review-campaign:${campaignId}`;
export const offboardingTopic = (offboardingId: string): string => `offboarding:${offboardingId}`;
export const holdTopic = (holdId: string): string => `hold:${holdId}`;
export const authenticatorTopic = (id: string): string => `authenticator:${id}`;
/** Who approves for someone, and when. */
export const delegationTopic = (personId: string): string => `delegation:${personId}`;
export const removalTopic = (removalId: string): string => `removal:${removalId}`;
/** A fact about a person, known or not. */
export const factTopic = (personId: string, name: string): string => `fact:${personId}:${name}`;
export const syncTopic = (runId: string): string => `sync:${runId}`;
/** The removals that are stuck at an integration. */
export const stuckTopic = (integrationId: string): string => `stuck:${integrationId}`;
export const homeTopic = (personId: string): string => `home:${personId}`;
export const endpointTopic = (endpointId: string): string => `event-endpoint:${endpointId}`;
/** The questions about a link, which become what was done on its page. */
export const linkTopic = (linkId: string): string => `link:${linkId}`;
/** The message with the link itself. */
export const sentLinkTopic = (linkId: string): string => `sent-link:${linkId}`;

/** Every message that follows one of these topics is refreshed. Its job commits with the change. */
export async function invalidate(tx: Transaction, ...topics: readonly string[]): Promise<void> {
  for (const topic of topics) tx.invalidated.add(topic);
}

/**
 * Queues the refreshes, at the end of the transaction: a change often invalidates a topic more than once. Cards about access follow
 * its holds, removals, requests and tasks without a topic that someone has to think of.
 */
export async function refreshInvalidated(tx: Transaction): Promise<void> {
  const topics = [...tx.invalidated];
  const accesses = [...tx.changedAccess.values()];
  tx.invalidated.clear();
  tx.changedAccess.clear();
  const found = await together([
    ...[...chunksOf(topics, TOPICS_AT_ONCE)].map(async (some) =>
      (await tx.messages.byTopics(some)).map(({ id }) => id),
    ),
    ...[...chunksOf(accesses, ACCESSES_AT_ONCE)].map((some) => tx.messages.about(some)),
  ]);
  for (const id of new Set(found.flat())) await queueRefresh(tx, { id });
}

/** A statement takes a limited number of values. */
const TOPICS_AT_ONCE = 500;
/** PostgreSQL takes four times as long for each of a hundred as for each of ten. */
const ACCESSES_AT_ONCE = 25;

export const queueRefresh = (tx: Transaction, { id }: { readonly id: string }): Promise<void> =>
  tx.queue.push('message.refresh', { messageId: id }, { lane: 'chat', key: `refresh:${id}` });

export const invalidateIntegration = (tx: Transaction, integrationId: string): Promise<void> =>
  invalidate(tx, integrationTopic(integrationId), setUpTopic);

export async function invalidateRun(tx: Transaction, run: Run): Promise<void> {
  const goesOn = run.state === 'queued' || run.state === 'running';
  await invalidate(
    tx,
    runTopic(run.id),
    personTopic(run.personId),
    ...(run.state === 'succeeded' ? [setUpTopic] : []), // The first run that succeeds is a set-up step.
    ...(isInHomes(run) ? await homesOfAdmins(tx) : []),
    ...(goesOn || run.kind === 'revoke' ? [] : await requestsBehind(tx, run, { runId: run.id })),
  );
}

/** Homes list failed and unknown runs until a retry or a person settles them. */
const isInHomes = (run: Run): boolean =>
  'error' in run || run.attempt > 1 || run.state === 'cancelled';

/** Homes of admins list failed runs, unsent messages, new hires and leavers. */
export const homesOfAdmins = async ({ people }: Transaction): Promise<readonly string[]> =>
  (await people.admins()).map(({ id }) => homeTopic(id));

/** Refreshes the request's card, and those of the person, which say that it is requested. */
export const invalidateRequest = (tx: Transaction, request: AccessRequest): Promise<void> =>
  invalidate(tx, ...topicsOf(request), personTopic(request.personId));

/** Of its own card, and of the card of its bundle. */
export const topicsOf = ({
  id,
  bundleRequestId,
}: Pick<AccessRequest, 'id' | 'bundleRequestId'>): readonly string[] =>
  compact([requestTopic(id), bundleRequestId !== undefined && bundleRequestTopic(bundleRequestId)]);

/** Of an offboarding that is planned, or was until now: its card, those of the person, and the homes of admins, which list who will leave. */
export const invalidatePlannedEnd = async (
  tx: Transaction,
  { id, personId }: Pick<Offboarding, 'id' | 'personId'>,
): Promise<void> =>
  invalidate(tx, offboardingTopic(id), personTopic(personId), ...(await homesOfAdmins(tx)));

/** Of an item of a sequence, in its states of before and after: the person's cards, and the homes of admins where it needs, or needed, one. */
export async function invalidateItem(
  tx: Transaction,
  ...states: readonly Pick<PlannedItem, 'personId' | 'state'>[]
): Promise<void> {
  const needsAdmin = states.some(({ state }) => state === 'past' || state === 'failed');
  await invalidate(
    tx,
    ...states.map(({ personId }) => personTopic(personId)),
    ...(needsAdmin ? await homesOfAdmins(tx) : []),
  );
}

/** Refreshes everything that shows the delivery: its own card, its run, and the person's sequences. */
export async function invalidateDelivery(
  tx: Transaction,
  { id, runId, plannedItemId, state }: Delivery,
): Promise<void> {
  const planned =
    plannedItemId === undefined ? undefined : await tx.plannedItems.find(plannedItemId);
  await invalidate(
    tx,
    deliveryTopic(id),
    ...(runId === undefined ? [] : [runTopic(runId)]),
    ...(planned ? [personTopic(planned.personId)] : []),
    ...(state === 'failed' || state === 'unknown' ? await homesOfAdmins(tx) : []),
  );
}

/** Topics of the requests, and of the bundle requests, that a run or a task fulfils. */
export async function requestsBehind(
  tx: Transaction,
  access: AccessIds,
  by: { readonly runId?: string; readonly taskId?: string },
): Promise<readonly string[]> {
  const [requests, bundles] = await together([
    requestsFulfilledBy(tx, access, by),
    tx.bundleRequests.begunBy(by),
  ]);
  return [
    ...requests.map(({ id }) => requestTopic(id)),
    ...bundles.map(({ id }) => bundleRequestTopic(id)),
  ];
}

/** Refreshes the review's progress, and the cards of these reviewers. */
export const invalidateParts = (
  tx: Transaction,
  reviewId: string,
  reviewerIds: readonly string[],
): Promise<void> =>
  invalidate(
    tx,
    reviewTopic(reviewId),
    ...reviewerIds.map((reviewerId) => reviewPartTopic(reviewId, reviewerId)),
  );

/** The same for all its reviewers. */
export const invalidateReview = async (tx: Transaction, reviewId: string): Promise<void> =>
  invalidateParts(tx, reviewId, await tx.reviews.reviewers(reviewId));

/** The requests that a run or a task fulfils. A second one may be approved before the first is done. */
export async function requestsFulfilledBy(
  { requests: stored }: Pick<Stores, 'requests'>,
  { personId, integrationId }: AccessIds,
  { runId, taskId }: { readonly runId?: string; readonly taskId?: string },
): Promise<readonly AccessRequest[]> {
  const { requests } = await stored.list(
    { state: 'approved', personIds: [personId], integrationId },
    { offset: 0, limit: 100 },
  );
  return requests.filter(
    (request) =>
      request.state === 'approved' &&
      ((runId !== undefined && request.runId === runId) ||
        (taskId !== undefined && request.taskId === taskId)),
  );
}
