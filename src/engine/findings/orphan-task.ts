/** Orphans open one task for each app, which closes when none is left to decide. */
import type { Actor, Integration } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { closeAccountTask, openAccountTask } from '../tasks/account-task.ts';

/** @param actor who decided the last one; the system where a list did */
export async function followOrphans(
  tx: Transaction,
  integration: Integration,
  actor: Actor,
): Promise<void> {
  const { id: integrationId, enabled, deletingSince } = integration;
  const orphans = { integrationId, kind: 'orphan', states: ['open'] } as const;
  const { findings } = await tx.findings.list(orphans, { offset: 0, limit: 1 });
  if (findings.length > 0 && enabled && !deletingSince) return openAccountTask(tx, integration);
  const state = actor.kind === 'system' ? 'cancelled' : 'done';
  await closeAccountTask(tx, integrationId, { state, actor });
}
