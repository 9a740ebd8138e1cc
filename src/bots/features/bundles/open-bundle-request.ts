/** Opens the card of a bundle request from a list; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { BundleRequest } from '../../../engine/bundles/bundle-request.ts';
import { type ItemNow, itemsNow, maySeeBundleRequest } from '../../../engine/bundles/progress.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { maySeeRequest } from '../../../engine/requests/create-request.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import type { Card } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { type Asker, requestNotSeen } from '../whom-to-ask.ts';
import { bundleRequestRef } from './bundle-ref.ts';

/** All of its items for its requester, its person, and who manages them; for an approver those that they may see. */
export async function visibleItems(
  reader: Person,
  bundleRequest: BundleRequest,
  stores: Stores,
): Promise<readonly ItemNow[]> {
  const items = await itemsNow(stores, bundleRequest);
  if (await maySeeBundleRequest(reader, bundleRequest, stores)) return items;
  const isSeen = await Promise.all(
    items.map(
      async ({ request }) =>
        request !== undefined && (await maySeeRequest(reader, request, stores)),
    ),
  );
  return items.filter((_, index) => isSeen[index]);
}

export const openBundleRequest = buttonAction({
  id: 'bundle.open-request',
  payload: z.object({ bundleRequestId: z.string() }),

  async handle({ bundleRequestId }, turn: Turn): Promise<Reply> {
    const { stores, actor } = turn;
    const bundleRequest = await stores.bundleRequests.find(bundleRequestId);
    if (bundleRequest && (await visibleItems(actor, bundleRequest, stores)).length > 0)
      return showCard(bundleRequestRef(bundleRequestId));
    const about = bundleRequest ? { personId: bundleRequest.personId } : {};
    await auditRefusal(() => t`see this request`, turn, about);
    return refuse(await notSeen(turn));
  },
});

export const notSeen = (asker: Asker): Promise<Card> =>
  requestNotSeen(t`You can't see this request`, asker);
