/** Stops the imports of an integration that is turned off or deleted. */
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, syncTopic } from '../work/topics.ts';
import { cancelSync, hasEnded } from './sync-run.ts';

/**
 * Cancels the run at work, whose worker notices at its next page or batch, and the runs that wait for an admin. What they have
 * imported stays.
 */
export async function stopSyncs(
  tx: Transaction,
  integrationId: string,
  actor: Actor,
): Promise<void> {
  const { runs } = await tx.syncRuns.list(
    { integrationId, states: ['queued', 'running', 'waiting', 'ready'] },
    { offset: 0, limit: MAX_SYNCS },
  );
  for (const { id } of runs) {
    const run = await tx.syncRuns.find(id);
    if (!run || hasEnded(run)) continue;
    await tx.syncRuns.save(cancelSync(run, actor, tx.now), null);
    await invalidate(tx, syncTopic(id));
  }
}

/** At most one is at work, and previews expire after a day. */
const MAX_SYNCS = 100;
