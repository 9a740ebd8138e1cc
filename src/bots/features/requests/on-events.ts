/** Who is notified of requests. Approvers get the card; the person and the requester learn how it ended. */

import { postNotice } from '../../../engine/messages/notices.ts';
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { requestsFulfilledBy } from '../../../engine/work/topics.ts';
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
    const { id: requestId, state, kind, personId, requestedById } = request;
    for (const readerId of new Set([personId, requestedById])) {
      if (by.kind === 'person' && by.personId === readerId) continue;
      const isGrantedSoon = state === 'approved' && kind === 'grant' && readerId === personId;
      // Their access has a message of its own.
      if (isGrantedSoon && requestedById === personId) continue;
      await notifyPerson(tx, readerId, requestCard.with({ requestId }));
    }
  },

  /** It was approved and could not be granted. */
  async 'run-ended'(tx, { run }) {
    if (run.kind !== 'execute' || (run.state !== 'failed' && run.state !== 'blocked')) return;
    const requests = await requestsFulfilledBy(tx, run, { runId: run.id });
    for (const { id: requestId, requestedById } of requests)
      await notifyPerson(tx, requestedById, requestCard.with({ requestId }));
  },

  'approver-unreached': (tx, { request: { id: requestId, requestedById }, approverId }) =>
    post(tx, requestedById, approverUnreachedNotice.with({ requestId, approverId })),
} satisfies EventHandlers;

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
