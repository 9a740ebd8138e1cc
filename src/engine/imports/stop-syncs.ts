/** What stops imports of an integration: being turned off, or deleted. */
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { retryStale } from '../work/retry-stale.ts';
import { invalidate, syncTopic } from '../work/topics.ts';
import { cancelSync, hasEnded } from './sync-run.ts';

/**
 * Ends the one at work, which its worker notices at the next page or batch, and those that wait for an admin. What was
 * done until then stays.
 */
export async function stopSyncs(
  tx: Transaction,
  integrationId: string,
  actor: Actor,
): Promise<void> {
  const { runs } = await tx.syncRuns.list(
    { integrationId, states: ['queued', 'running', 'waiting', 'ready'] },
    { offset: 0, limit: MOST },
  );
  // Its worker renews the lease many times a second: where that came first, it is read again.
  for (const { id } of runs)
    await retryStale(async () => {
      const run = await tx.syncRuns.find(id);
      if (!run || hasEnded(run)) return;
      await tx.syncRuns.save(cancelSync(run, actor, tx.now), null);
      await invalidate(tx, syncTopic(id));
    });
}

/** One is at work at most; previews end after a day. */
const MOST = 100;
