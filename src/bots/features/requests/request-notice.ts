/** What is said about a request outside its card: in the integration's channel, and to the requester. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, labelOf } from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { routeFor } from '../../../engine/settings/route.ts';
import { requestTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { openRequestCard } from './request-list.ts';
import { requestsWords } from './request-title.ts';

/**
 * Others in a channel can read this. So it shows who requests what, its state and who approved, but neither the reason
 * nor what the person has. Readers who may see more open the request in their direct conversation.
 */
export const requestNotice = liveCard({
  id: 'request-notice',
  payload: z.object({ requestId: z.string() }),
  topic: ({ requestId }) => requestTopic(requestId),

  async render({ requestId }, context: Reader): Promise<Card> {
    const { stores } = context;
    const request = await stores.requests.find(requestId);
    const [requester, integration] = request
      ? [
          await stores.people.find(request.requestedById),
          await stores.integrations.find(request.integrationId),
        ]
      : [];
    if (!request || !requester || !integration)
      return note(t`Someone requested access`, t`The request no longer exists.`);
    return withButtons(
      note(
        requestsWords(fullName(requester), labelOf(integration), request.state === 'open'),
        await standing(request, context),
      ),
      { label: t`Open the request`, does: openRequestCard.with({ requestId }) },
    );
  },
});

async function standing(request: AccessRequest, context: Reader): Promise<string> {
  if (request.state === 'open')
    return t`It's waiting for approval. The approvers have it in their direct messages with me.`;
  const { stores } = context;
  const when = showTime(request.decidedAt, context);
  switch (request.state) {
    case 'approved':
    case 'denied': {
      const verdict = (await stores.requests.verdicts(request.id)).at(-1);
      const person = verdict && (await stores.people.find(verdict.personId));
      if (request.state === 'approved')
        return person
          ? t`✓ Approved by ${fullName(person)} on ${when}.`
          : t`✓ Approved on ${when}.`;
      return person ? t`✗ Denied by ${fullName(person)} on ${when}.` : t`✗ Denied on ${when}.`;
    }
    case 'withdrawn':
      return t`It was withdrawn on ${when}.`;
    case 'expired':
      return t`It expired with no decision on ${when}.`;
    case 'cancelled':
      return routeFor(request)?.kind === 'stuck'
        ? t`It ended on ${when}: too few people are left who could approve it.`
        : t`It ended on ${when}: no one could use it any more.`;
    default:
      return unreachable(request);
  }
}

export const approverUnreachedNotice = liveCard({
  id: 'approver-unreached',
  payload: z.object({ requestId: z.string(), approverId: z.string() }),
  topic: ({ requestId }) => `approver-unreached:${requestId}`,

  async render({ requestId, approverId }, { stores }: Reader) {
    const request = await stores.requests.find(requestId);
    const [approver, integration] = [
      await stores.people.find(approverId),
      request && (await stores.integrations.find(request.integrationId)),
    ];
    return note(
      integration ? t`Your request for ${labelOf(integration)}` : t`Your request`,
      approver
        ? t`I can't reach ${fullName(approver)} in chat. I emailed them where possible, and Latchkey admins can approve it too.`
        : t`I can't reach the approver in chat. I emailed them where possible, and Latchkey admins can approve it too.`,
    );
  },
});
