import type { LiveCardRef } from '../../../core/message.ts';
import {
  approverUnreached,
  type UnreachedDeps,
} from '../../../engine/requests/unreached-approver.ts';
import { requestCard, requestPayload } from './request-card.ts';

/** What is done about a person to whom chat can't deliver a card: an approver is replaced. */
export const unreachedBy =
  (deps: UnreachedDeps) =>
  async (personId: string, { view, payload }: LiveCardRef): Promise<void> => {
    if (view !== requestCard.id) return;
    const { requestId } = requestPayload.parse(JSON.parse(payload));
    await approverUnreached(requestId, personId, deps);
  };
