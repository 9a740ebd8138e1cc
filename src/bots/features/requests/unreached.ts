import type { LiveCardRef } from '../../../core/message.ts';
import {
  approverUnreached,
  type UnreachedDeps,
} from '../../../engine/requests/unreached-approver.ts';
import { requestCard } from './request-card.ts';
import { requestPayload } from './request-ref.ts';

/** What happens when chat can't deliver a card to someone: an approver is replaced. */
export const unreachedBy =
  (deps: UnreachedDeps) =>
  async (personId: string, { view, payload }: LiveCardRef): Promise<void> => {
    if (view !== requestCard.id) return;
    const { requestId } = requestPayload.parse(JSON.parse(payload));
    await approverUnreached(requestId, personId, deps);
  };
