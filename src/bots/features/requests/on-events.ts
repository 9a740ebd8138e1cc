/** Who is notified of requests. Approvers get the card; the person and the requester learn how it ended. */

import { postNotice } from '../../../engine/messages/notices.ts';
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { requestsFulfilledBy } from '../../../engine/work/topics.ts';
import { cameToNothing } from '../runs/run-again.ts';
import { requestCard } from './request-card.ts';
import { approverUnreachedNotice, requestNotice } from './request-notice.ts';

export const requestEvents = {
  async 'approval-requested'(tx, { request, approverIds }) {
    for (const personId of approverIds)
      await post(tx, personId, requestCard.with({ requestId: request.id }));
    await notifyChannel(tx, request);
  },

  /** The cards follow the request, but an edit notifies nobody: the person and the requester also get a new message. */
  async 'request-ended'(tx, { request, by }) {
    const { id: requestId, personId, requestedById } = request;
    for (const readerId of new Set([personId, requestedById])) {
      if (by.kind === 'person' && by.personId === readerId) continue;
      const isOwn = readerId === personId && requestedById === personId;
      if (isOwn && (await isGrantedNow(tx, request))) continue; // Their access has a message of its own.
      await notifyPerson(tx, readerId, requestCard.with({ requestId }));
    }
  },

  /** It was approved and was not granted. Its approvers may not see the run, so they get the request, too. */
  async 'run-ended'(tx, { run }) {
    if (!cameToNothing(run)) return;
    for (const request of await requestsFulfilledBy(tx, run, { runId: run.id }))
      await notifyOfFailure(tx, request.id, request.requestedById);
  },

  async 'run-cancelled'(tx, { run, by }) {
    for (const { id: requestId, requestedById } of await requestsFulfilledBy(tx, run, {
      runId: run.id,
    }))
      if (by.kind !== 'person' || by.personId !== requestedById)
        await notifyPerson(tx, requestedById, requestCard.with({ requestId }));
  },

  /** Nobody grants it by hand any more. */
  async 'task-ended'(tx, { task: { kind, state, requestId } }) {
    if (kind !== 'grant' || state !== 'cancelled' || requestId === undefined) return;
    const request = await tx.requests.find(requestId);
    if (request) await notifyPerson(tx, request.requestedById, requestCard.with({ requestId }));
  },

  'approver-unreached': (tx, { request: { id: requestId, requestedById }, approverId }) =>
    post(tx, requestedById, approverUnreachedNotice.with({ requestId, approverId })),
} satisfies EventHandlers;

/** Whether a run grants it now; by hand, or behind another grant, it takes longer. */
async function isGrantedNow(tx: Transaction, request: AccessRequest): Promise<boolean> {
  if (request.state !== 'approved' || request.runId === undefined) return false;
  return (await tx.runs.find(request.runId))?.state !== 'deferred';
}

async function notifyOfFailure(
  tx: Transaction,
  requestId: string,
  requestedById: string,
): Promise<void> {
  const verdicts = await tx.requests.verdicts(requestId);
  for (const personId of new Set([requestedById, ...verdicts.map((each) => each.personId)]))
    await notifyPerson(tx, personId, requestCard.with({ requestId }));
}

/** Once for each request, where the integration has a channel. */
async function notifyChannel(tx: Transaction, request: AccessRequest): Promise<void> {
  const { id: requestId, integrationId, createdAt } = request;
  const integration = await tx.integrations.find(integrationId);
  if (!integration?.settings?.notices) return;
  if (!(await tx.occurrences.claim(`request-notice:${requestId}`, createdAt))) return;
  await postNotice(tx, requestNotice.with({ requestId }), { integrationId, follows: 'followed' });
}

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof requestCard.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
