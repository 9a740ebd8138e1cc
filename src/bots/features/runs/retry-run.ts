/** Retry now and Cancel retry, on a run that waits for its second attempt; Cancel, on one that waits behind another. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { cancelDeferred, cancelRetry, retryNow } from '../../../engine/access/grant.ts';
import { whyNotSetUp } from '../../../engine/integrations/integration-state.ts';
import { personIdOf } from '../../../engine/people/directory.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply, sayHere } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { allowed } from '../access/allowed.ts';

const payload = z.object({ runId: z.string() });

export const retryRunNow = buttonAction({
  id: 'run.retry-now',
  payload,
  handle: ({ runId }, turn: Turn) => decide(runId, RETRY, turn),
});

export const cancelRunRetry = buttonAction({
  id: 'run.cancel-retry',
  payload,
  handle: ({ runId }, turn: Turn) => decide(runId, CANCEL_RETRY, turn),
});

export const cancelDeferredRun = buttonAction({
  id: 'run.cancel-deferred',
  payload,
  handle: ({ runId }, turn: Turn) => decide(runId, CANCEL_DEFERRED, turn),
});

interface Decision {
  readonly what: 'retry' | 'cancel';
  /** The state in which the run can still be changed. */
  readonly waits: 'retrying' | 'deferred';
  readonly decide: typeof retryNow;
}

const RETRY: Decision = { what: 'retry', waits: 'retrying', decide: retryNow };
const CANCEL_RETRY: Decision = { what: 'cancel', waits: 'retrying', decide: cancelRetry };
const CANCEL_DEFERRED: Decision = { what: 'cancel', waits: 'deferred', decide: cancelDeferred };

async function decide(runId: string, decision: Decision, turn: Turn): Promise<Reply> {
  const run = await turn.stores.runs.find(runId);
  if (!run) return sayHere(note(t`This run no longer exists`, t`There is nothing to retry.`));
  const { refused, integration } = await allowed(decision.what, run, turn);
  if (refused) return sayHere(refused);
  // A retry now would only wait on, as the next one that is due does.
  const notSetUp =
    decision.what === 'retry' ? await whyNotSetUp(turn.stores, integration) : undefined;
  if (notSetUp !== undefined)
    return sayHere(note(t`${integration.name} can't be used now`, notSetUp));

  const decided = await turn.transact(async (tx) => {
    const current = await tx.runs.find(runId);
    if (current?.state === 'cancelled' && personIdOf(current.cancelledBy) === turn.actor.id)
      return true;
    if (current?.state !== decision.waits) return false;
    await decision.decide(tx, current, actorOf(turn));
    return true;
  });
  return decided
    ? { kind: 'nothing' } // The live cards say it.
    : sayHere(
        note(
          t`This run is no longer waiting`,
          t`Someone else acted first, or it has already started. Its card shows the current state.`,
        ),
      );
}
