/** What someone reads whose press came too late: the request isn't open any more, and nothing changed. */
import { t } from '../../../core/translate.ts';
import { maySeeRequest } from '../../../engine/requests/create-request.ts';
import { readerOf, type Turn } from '../../live/context.ts';
import { type Card, note } from '../../view/card.ts';
import { standing, standingOf } from './request-standing.ts';

/** How it ended stands on its card, too; but that one may be far up, or lag behind. */
export async function closedRequest(requestId: string, turn: Turn): Promise<Card> {
  const { stores, actor } = turn;
  const request = await stores.requests.find(requestId);
  const integration = request && (await stores.integrations.find(request.integrationId));
  if (!request || !integration) return requestGone();
  if (!(await maySeeRequest(actor, request, stores))) return requestClosed();
  const reader = readerOf(turn);
  return note(
    t`This request is closed`,
    await standing(await standingOf(request, integration, reader), reader),
    t`Your press came too late and changed nothing.`,
  );
}

export const requestGone = (): Card =>
  note(t`This request no longer exists`, t`The person or the integration has been deleted.`);

/** For who can't see it, and of a bundle, whose apps may have ended in different ways. */
export const requestClosed = (): Card =>
  note(
    t`This request is closed`,
    t`It was already answered, withdrawn or ended. Nothing changed; its card shows how.`,
  );
