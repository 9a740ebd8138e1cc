/** Who is notified of requests. Approvers get the card; the person and the requester learn how it ended. */
import { postNotice } from '../../../engine/messages/notices.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { requestCard } from './request-card.ts';
import { approverUnreachedNotice, requestNotice } from './request-notice.ts';

export const requestEvents = {
  async 'approval-requested'(tx, { request, approverIds }) {
    for (const personId of approverIds)
      await post(tx, personId, requestCard.with({ requestId: request.id }));
    await notifyChannel(tx, request);
  },

  /** Existing cards follow the request, so only people without a card get a message. */
  async 'request-ended'(tx, { request: { id, personId, requestedById } }) {
    if (personId !== requestedById) await post(tx, personId, requestCard.with({ requestId: id }));
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
  await postNotice(tx, requestNotice.with({ requestId }), integrationId, 'followed');
}

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof requestCard.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
