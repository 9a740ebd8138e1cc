/** How a sync run ends or waits for an admin, and which events that emits. */

import type { SyncFilter } from '../ports/import-stores.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { RunError } from '../runs/run.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { invalidate, setUpTopic, syncTopic } from '../work/topics.ts';
import { type HeldRun, storeSync, wakeSync } from './hold-sync.ts';
import {
  failSync,
  finishSync,
  type Growth,
  offerSync,
  type SyncIn,
  type SyncRun,
} from './sync-run.ts';

/** After reading, the run waits for an admin or imports. @returns undefined if it waits */
export async function decideAfterReading(
  tx: Transaction,
  run: HeldRun,
): Promise<HeldRun | undefined> {
  if (run.mode === 'preview') {
    await storeSync(tx, offerSync(run, tx.now));
    return undefined;
  }
  const held = run.approvedBy ? undefined : await growthToHold(tx, run);
  if (!held) return storeSync(tx, { ...run, phase: 'importing' });
  const ready = await storeSync(tx, offerSync(run, tx.now, held));
  await tx.emit({ kind: 'import-held', run: ready });
  return undefined;
}

/**
 * Defined for a scheduled import that would add very many people to few: something may be wrong with the source. The first
 * import of an integration is never held.
 */
async function growthToHold(stores: Stores, run: SyncRun): Promise<Growth | undefined> {
  if (!run.scheduledFor || run.action !== 'create') return undefined;
  const earlier = await stores.syncRuns.list(
    { integrationId: run.integrationId, states: ['done'], action: 'create' },
    { offset: 0, limit: 1 },
  );
  if (earlier.total === 0) return undefined;
  const { fresh } = run.counts;
  const { importMostPeople, importMostPercent } = await workspaceSettings(stores);
  const { total: people } = await stores.people.search('', { offset: 0, limit: 1 });
  const isMuch = fresh > importMostPeople && fresh * 100 > people * importMostPercent;
  return isMuch ? { fresh, people } : undefined;
}

export async function endDone(tx: Transaction, run: HeldRun): Promise<void> {
  const previous = await lastEnded(tx, {
    integrationId: run.integrationId,
    isScheduled: true,
  });
  const failures = previous?.state === 'failed' ? previous.failures : 0;
  const done = await storeSync(tx, {
    ...finishSync(run, tx.now),
    failures,
    noticeRunId: run.id,
  });
  await invalidate(tx, setUpTopic);
  const { created, returned, updated, newlyMissing } = done.counts;
  if (created + returned + updated > 0)
    await tx.audit('sync.done', {
      actor: done.approvedBy ?? done.startedBy,
      integrationId: done.integrationId,
      detail: { syncId: done.id, created, returned, updated },
    });
  const isNewlyCutOff = done.reading === 'cut-off' && previous?.reading !== 'cut-off';
  const hasChanges = created + returned + updated + newlyMissing + failures > 0 || isNewlyCutOff;
  if (done.scheduledFor && hasChanges) await tx.emit({ kind: 'import-ended', run: done });
}

export async function endFailed(tx: Transaction, run: HeldRun, error: RunError): Promise<void> {
  // Runs that a person started count too: a success ends the failures before it.
  const previous = await lastEnded(tx, { integrationId: run.integrationId });
  const before = previous?.state === 'failed' ? previous : undefined;
  const isSame = before !== undefined && areAlike(before.error, error);
  const noticeRunId = (isSame && before.noticeRunId) || (run.scheduledFor && run.id);
  const failed = await storeSync(
    tx,
    {
      ...failSync(run, error, tx.now),
      failures: (before?.failures ?? 0) + 1,
      noticeRunId,
    },
    null,
  );
  if (noticeRunId === failed.id) await tx.emit({ kind: 'import-ended', run: failed });
  else if (noticeRunId !== undefined) await invalidate(tx, syncTopic(noticeRunId));
}

async function lastEnded(
  stores: Stores,
  which: Pick<SyncFilter, 'integrationId' | 'isScheduled'>,
): Promise<SyncIn<'done' | 'failed'> | undefined> {
  const { runs } = await stores.syncRuns.list(
    { ...which, states: ['done', 'failed'] },
    { offset: 0, limit: 1 },
  );
  const [last] = runs;
  return last?.state === 'done' || last?.state === 'failed' ? last : undefined;
}

/** Numbers are ignored: a wait in seconds or a request id doesn't make it a different failure. */
const areAlike = (one: RunError, other: RunError): boolean =>
  one.code === other.code &&
  one.step === other.step &&
  one.message.replaceAll(/\d+/g, '') === other.message.replaceAll(/\d+/g, '');

/** Another job continues it, after the other jobs of its lane. */
export async function handOver(tx: Transaction, run: SyncIn<'queued'>): Promise<void> {
  const queued = await tx.syncRuns.save(run);
  await wakeSync(tx, queued, queued.dueAt);
}
