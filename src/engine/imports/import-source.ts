import type { ChangeSource } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { SyncRun } from './sync-run.ts';

/** How the audit log and events name what an import changes. */
export async function sourceOf(
  { integrations }: Pick<Stores, 'integrations'>,
  { id: runId, integrationId }: Pick<SyncRun, 'id' | 'integrationId'>,
): Promise<ChangeSource> {
  const integration = await integrations.find(integrationId);
  return { kind: 'sync', runId, integrationId, name: integration?.name ?? '' };
}
