/** What is said about a request besides its card: in the integration's channel, and to whoever asked. */
import { z } from 'zod';
import { fullName, labelOf } from '../../engine/directory.ts';
import { note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import type { Reader } from './context.ts';

/** In a channel others read along: it says who asks for what, and neither why nor what they have. */
export const requestNotice = liveCard({
  id: 'request-notice',
  payload: z.object({ requestId: z.string() }),
  subject: ({ requestId }) => `request-notice:${requestId}`, // Said once: nothing changes it afterwards.

  async render({ requestId }, { stores }: Reader) {
    const request = await stores.requests.find(requestId);
    const [requester, integration] = request
      ? [
          await stores.people.find(request.requestedById),
          await stores.integrations.find(request.integrationId),
        ]
      : [];
    return requester && integration
      ? note(
          `${fullName(requester)} asks for ${labelOf(integration)}`,
          'Those who decide have the request in their direct conversation with me.',
        )
      : note('Somebody asked for access', 'The request is gone meanwhile.');
  },
});

export const approverUnreachedNotice = liveCard({
  id: 'approver-unreached',
  payload: z.object({ requestId: z.string(), approverId: z.string() }),
  subject: ({ requestId }) => `approver-unreached:${requestId}`,

  async render({ requestId, approverId }, { stores }: Reader) {
    const request = await stores.requests.find(requestId);
    const [approver, integration] = [
      await stores.people.find(approverId),
      request && (await stores.integrations.find(request.integrationId)),
    ];
    return note(
      `Your request${integration ? ` for ${labelOf(integration)}` : ''}`,
      `I can't reach ${approver ? fullName(approver) : 'who decides it'} in chat, so I have written an email where that is possible, and Latchkey admins may decide it, too.`,
    );
  },
});
