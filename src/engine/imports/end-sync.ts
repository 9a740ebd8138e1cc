/** How a sync run ends or waits for an admin, and which events that emits. */
import { type Actor, SYSTEM } from '../people/directory.ts';
import { areMany } from '../people/many-people.ts';
import type { SyncFilter } from '../ports/import-stores.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { noteEveryone } from '../rules/note-people.ts';
import type { RunError } from '../runs/run.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { invalidate, setUpTopic, syncTopic } from '../work/topics.ts';
import { type HeldRun, storeSync, wakeSync } from './hold-sync.ts';
import {
  cancelSync,
  failSync,
  finishSync,
  type HeldImport,
  type HoldReason,
  hasEnded,
  holdReasons,
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
  const held = run.approvedBy ? undefined : await whyToHold(tx, run);
  if (!held) return storeSync(tx, { ...run, phase: 'importing' });
  const ready = await storeSync(tx, offerSync(run, tx.now, held));
  await tx.emit({ kind: 'import-held', run: ready });
  return undefined;
}

/** People who get another department or manager, in per cent of the active people. */
const MAX_MOVES_PERCENT = 20;

/** Defined for an import that would add or change very many people: something may be wrong with the source. */
async function whyToHold(stores: Stores, run: SyncRun): Promise<HeldImport | undefined> {
  if (run.action !== 'create') return undefined;
  const { fresh, ends, pastEnds, unended, moved, exchanged } = run.counts;
  const { total: people } = await stores.people.search('', { offset: 0, limit: 1 });
  const isMore = (count: number, percent: number) => count * 100 > people * percent;
  const reasons: Readonly<Record<HoldReason, boolean>> = {
    growth: await isMuchGrowth(stores, run, people),
    // Also end dates that the source no longer has: these people would not be offboarded.
    ends: areMany(Math.max(ends, unended), people),
    'past-ends': pastEnds > 0,
    moves: isMore(moved, MAX_MOVES_PERCENT),
    addresses: areMany(exchanged, people),
  };
  const why = holdReasons.filter((reason) => reasons[reason]);
  return why.length > 0 ? { fresh, people, why } : undefined;
}

/** Only by schedule, and never in the first import of an integration. */
async function isMuchGrowth(stores: Stores, run: SyncRun, people: number): Promise<boolean> {
  if (!run.scheduledFor) return false;
  const { importMostPeople, importMostPercent } = await workspaceSettings(stores);
  const { fresh } = run.counts;
  if (fresh <= importMostPeople || fresh * 100 <= people * importMostPercent) return false;
  const earlier = await stores.syncRuns.list(
    { integrationId: run.integrationId, states: ['done'], action: 'create' },
    { offset: 0, limit: 1 },
  );
  return earlier.total > 0;
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
  if (done.action === 'create' && done.reading !== 'cut-off') await cancelOlder(tx, done);
  if (await bringsMore(tx, done)) await noteEveryone(tx); // Rules that compare it stood still.
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

/** Imports that wait for an OK and were read before it: the source may say something else by now, such as another last day. */
async function cancelOlder(tx: Transaction, { integrationId, createdAt }: SyncRun): Promise<void> {
  const { runs } = await tx.syncRuns.list(
    { integrationId, states: ['ready'] },
    { offset: 0, limit: MAX_WAITING },
  );
  for (const run of runs)
    if (run.state === 'ready' && run.held && run.createdAt < createdAt)
      await storeSync(tx, cancelSync(run, SYSTEM, tx.now), null);
}

/** Of one source. A schedule rests while one waits, so the others are of admins. */
const MAX_WAITING = 100;

/** Whether it is the first one that is done since the import owns a name that it brings. */
async function bringsMore(stores: Stores, { id, integrationId }: SyncRun): Promise<boolean> {
  const { runs } = await stores.syncRuns.list(
    { integrationId, states: ['done'] },
    { offset: 0, limit: 2 },
  );
  const before = runs.find((run) => run.id !== id);
  if (!before) return true;
  const names = await stores.storedNames.list();
  return names.some(
    (each) => each.integrationId === integrationId && each.since > before.createdAt,
  );
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
