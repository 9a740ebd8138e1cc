import { newId } from '../../src/core/ids.ts';
import { newRound, noCounts, type SyncIn } from '../../src/engine/imports/sync-run.ts';

/** A sync that was begun just now, by the schedule. */
export const aSyncRun = (
  about: Partial<SyncIn<'queued'>> & Pick<SyncIn<'queued'>, 'integrationId' | 'createdAt'>,
): SyncIn<'queued'> => ({
  id: newId(),
  version: 1,
  manifestVersionId: newId(),
  action: 'create',
  mode: 'import',
  startedBy: { kind: 'system' },
  phase: 'reading',
  pages: 0,
  counts: noCounts,
  warnings: [],
  tries: 0,
  importedUpTo: -1,
  owns: [],
  unconnected: 0,
  connecting: newRound,
  failures: 0,
  state: 'queued',
  dueAt: about.createdAt,
  ...about,
});
