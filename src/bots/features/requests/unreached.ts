import type { LiveCardRef } from '../../../core/message.ts';
import { MAX_ITEMS } from '../../../engine/bundles/change-bundle.ts';
import {
  approverUnreached,
  type UnreachedDeps,
} from '../../../engine/requests/unreached-approver.ts';
import { bundleRequestPayload, bundleRequestRefs } from '../bundles/bundle-ref.ts';
import { requestCard } from './request-card.ts';
import { requestPayload } from './request-ref.ts';

/** What happens when chat can't deliver a card to someone: an approver is replaced. */
export const unreachedBy =
  (deps: UnreachedDeps) =>
  async (personId: string, { view, payload }: LiveCardRef): Promise<void> => {
    if (view === requestCard.id) {
      const { requestId } = requestPayload.parse(JSON.parse(payload));
      await approverUnreached(requestId, personId, deps);
    }
    if (view === bundleRequestRefs.id) await bundleUnreached(payload, personId, deps);
  };

/** Each of its open requests escalates. One email is enough, since it leads to all of them: the last, as it may fail. */
async function bundleUnreached(
  payload: string,
  personId: string,
  deps: UnreachedDeps,
): Promise<void> {
  const { bundleRequestId } = bundleRequestPayload.parse(JSON.parse(payload));
  const filter = { bundleRequestId, state: 'open', waitsForId: personId } as const;
  const { requests } = await deps.stores.requests.list(filter, { offset: 0, limit: MAX_ITEMS });
  for (const [index, { id }] of requests.entries())
    await approverUnreached(
      id,
      personId,
      index === requests.length - 1 ? deps : { ...deps, mailer: undefined },
    );
}
