/** Retry now and Cancel retry, on a run that waits for its second attempt; Cancel, on one that waits behind another. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { cancelDeferred, cancelRetry, retryNow } from '../../../engine/access/grant.ts';
import type { Actor } from '../../../engine/people/directory.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { allowed } from '../access/allowed.ts';

const payload = z.object({ runId: z.string() });

export const retryRunNow = buttonAction({
  id: 'run.retry-now',
  payload,
  handle: ({ runId }, turn: Turn) => decide(runId, 'retrying', retryNow, turn),
});

export const cancelRunRetry = buttonAction({
  id: 'run.cancel-retry',
  payload,
  handle: ({ runId }, turn: Turn) => decide(runId, 'retrying', cancelRetry, turn),
});

export const cancelDeferredRun = buttonAction({
  id: 'run.cancel-deferred',
  payload,
  handle: ({ runId }, turn: Turn) => decide(runId, 'deferred', cancelDeferred, turn),
});

/** A second click of the same person. */
const isBy = (by: Actor, { actor }: Turn): boolean =>
  by.kind === 'person' && by.personId === actor.id;

/** @param waits the state in which the run can still be changed */
async function decide(
  runId: string,
  waits: 'retrying' | 'deferred',
  decision: typeof retryNow,
  turn: Turn,
): Promise<Reply> {
  const run = await turn.stores.runs.find(runId);
  if (!run)
    return {
      kind: 'say',
      to: 'here',
      card: note(t`This run no longer exists`, t`There is nothing to retry.`),
    };
  const { refused } = await allowed('retry', run, turn);
  if (refused) return { kind: 'say', to: 'here', card: refused };

  const decided = await turn.transact(async (tx) => {
    const current = await tx.runs.find(runId);
    if (current?.state === 'cancelled' && isBy(current.cancelledBy, turn)) return true;
    if (current?.state !== waits) return false;
    await decision(tx, current, actorOf(turn));
    return true;
  });
  return decided
    ? { kind: 'nothing' } // The live cards say it.
    : {
        kind: 'say',
        to: 'here',
        card: note(
          t`This run is no longer waiting`,
          t`Someone else acted first, or it has already started. Its card shows the current state.`,
        ),
      };
}
