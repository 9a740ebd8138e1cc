/** Who is notified of a run that failed: the person who started it, and admins where its manifest stops it. */
import { MINUTE_MS } from '../../../core/hours.ts';
import {
  addresseeOf,
  notifyAtOnce,
  notifyPerson,
  notifyTogether,
} from '../../../engine/messages/notify-person.ts';
import { personIdOf } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { RunIn } from '../../../engine/runs/run.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { requestsFulfilledBy } from '../../../engine/work/topics.ts';
import { failedRuns } from './failed-runs.ts';
import { runCard } from './run-card.ts';

/** As long as this the person who started it still looks at its card, which shows the failure. */
const STILL_THERE_MS = MINUTE_MS;

export const runEvents = {
  async 'run-ended'(tx, { run }) {
    if (run.state === 'failed') return notifyStarter(tx, run);
    // A run that was stopped by a condition of its manifest isn't retried. Admins get its card with the app's answer.
    if (run.state !== 'blocked') return;
    const starterId = personIdOf(run.startedBy);
    for (const { id: personId } of await tx.people.admins()) {
      if (personId === starterId) continue; // They have the card already.
      const card = runCard.with({ runId: run.id });
      await notifyAtOnce(tx, personId, { card });
    }
  },

  /** An edit of its card notifies nobody. What Latchkey cancels has a job for that (`cancelled-grant.ts`). */
  async 'run-cancelled'(tx, { run, by }) {
    const personId = personIdOf(run.startedBy);
    if (personId === undefined || by.kind === 'system' || personIdOf(by) === personId) return;
    if ((await requestsFulfilledBy(tx, run, { runId: run.id })).length > 0) return;
    await notifyPerson(tx, personId, { card: runCard.with({ runId: run.id }) });
  },
} satisfies EventHandlers;

/** A removal retries its revokes, and its own notifications say where it is stuck. A request's card says how it ended. */
async function notifyStarter(tx: Transaction, run: RunIn<'failed'>): Promise<void> {
  const personId = personIdOf(run.startedBy);
  const { now } = tx;
  if (personId === undefined || run.kind === 'revoke') return;
  if (now.getTime() - run.createdAt.getTime() < STILL_THERE_MS) return;
  if ((await requestsFulfilledBy(tx, run, { runId: run.id })).length > 0) return;
  await notifyTogether(tx, await addresseeOf(tx, personId, 'run-failed'), {
    first: runCard.with({ runId: run.id }),
    others: () => failedRuns.with({ personId }),
  });
}
