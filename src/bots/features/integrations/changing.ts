/** Changes of an integration, with the actor for the audit log. */
import { held } from '../../../engine/integrations/change-integration.ts';
import type { ChangedBy, Integration } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import type { Reply } from '../../view/action.ts';
import { refuse } from '../admins.ts';
import { wasDeleted } from './integration-target.ts';

export const changing = (turn: Turn): ChangedBy => ({
  actor: actorOf(turn),
});

/**
 * Changes it as it is in the transaction: another admin may have changed it since it was read.
 * @returns what `work` returns, or the refusal where it was deleted
 */
export const changeHeld = <R>(
  integration: Integration,
  turn: Turn,
  work: (tx: Transaction, now: Integration) => Promise<R>,
): Promise<R | Reply> =>
  turn.transact(async (tx) => {
    const now = await held(tx, integration);
    return now.deletedAt ? refuse(wasDeleted(now.name)) : work(tx, now);
  });
