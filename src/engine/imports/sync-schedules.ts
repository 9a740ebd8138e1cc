/** Syncs that a schedule starts. Words: a schedule *rests* while an admin has paused it. */
import { DAY_MS, HOUR_MS } from '../../core/hours.ts';
import { changeSettings } from '../integrations/change-integration.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { versionsReader } from '../integrations/version-facts.ts';
import { lastTime, readSchedule } from '../manifest/schedule.ts';
import { type ChangedBy, type Integration, SYSTEM } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import type { ChangeResult } from '../work/change-result.ts';
import type { Occurrence, Source, Zoned } from '../work/due.ts';
import { invalidate, syncTopic } from '../work/topics.ts';
import { startSync } from './start-sync.ts';
import { cancelSync } from './sync-run.ts';

/** Times that pass while it rests are skipped. A run at work continues. @returns the integration as it is now */
export const pauseSchedule = settingPaused(true);

/** It starts again at its next time. @returns the integration as it is now */
export const resumeSchedule = settingPaused(false);

function settingPaused(isPaused: boolean) {
  return (
    tx: Transaction,
    integration: Integration,
    deps: ChangedBy,
  ): Promise<ChangeResult<Integration>> =>
    changeSettings(tx, integration, {
      ...deps,
      change: { schedule: { isPaused, since: tx.now.toISOString() } },
    });
}

export const syncSources = (deps: Zoned): readonly Source[] => [beginning(deps), forgetting()];

/**
 * Of the times that passed while Latchkey was stopped, only the last one starts a run. A time is skipped while a run of that
 * integration is at work or waits for an admin.
 */
function beginning(deps: Zoned): Source {
  return {
    name: 'sync-schedule',
    async *due(stores, now) {
      const occurrences: Occurrence[] = [];
      const going = (await stores.integrations.list()).filter(
        (each) => each.enabled && !settingsOf(each).schedule?.isPaused,
      );
      const ids = going.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
      const versions = await schedulesOf(stores, ids);
      for (const integration of going) {
        const { id: subject, manifestVersionId = '' } = integration;
        const schedule = versions.get(manifestVersionId);
        const at = schedule && lastTime(schedule.pattern, deps.timeZone, now);
        const resumed = new Date(settingsOf(integration).schedule?.since ?? 0);
        if (at && at > schedule.savedAt && at > resumed) occurrences.push({ subject, at });
      }
      yield* occurrences.toSorted((a, b) => a.at.getTime() - b.at.getTime());
    },
    async fire(tx, { subject, at }) {
      const integration = await tx.integrations.find(subject);
      if (!integration || (await waitsForAdmin(tx, subject))) return;
      if (await isOver(tx, subject, at)) return;
      const scheduled = { mode: 'import', scheduledFor: at } as const;
      await startSync(tx, integration, { ...scheduled, actor: SYSTEM });
    },
  };
}

interface Schedule {
  readonly pattern: string;
  /** Times until then are skipped, and so are those until it was resumed. */
  readonly savedAt: Date;
}

const schedulesOf = versionsReader((version): Schedule | undefined => {
  if (!version.manifest.includes('"schedule"')) return undefined; // Cheap, and most have none.
  const manifest = manifestIn(version);
  const text = manifest?.kind === 'sync' ? manifest.schedule : undefined;
  const read = text === undefined ? undefined : readSchedule(text);
  return read?.ok ? { pattern: read.pattern, savedAt: version.createdAt } : undefined;
});

/** An import that takes longer is not waited for: leavers keep their access until then. */
const AWAITED_MS = HOUR_MS;
const AT_WORK = { offset: 0, limit: 1000 };

/**
 * Whether an import that changes last days is at work, and its source has not been read since a last day ended. Imports that follow each
 * other without a pause keep nobody's access.
 */
export async function mayMoveLastDays(
  { syncRuns }: Pick<Stores, 'syncRuns'>,
  now: Date,
): Promise<(endedAt: Date) => boolean> {
  const { runs } = await syncRuns.list({ states: ['queued', 'running', 'waiting'] }, AT_WORK);
  const awaited = runs.filter(
    ({ mode, owns, createdAt }) =>
      mode === 'import' &&
      owns.includes('end') &&
      Math.abs(now.getTime() - createdAt.getTime()) < AWAITED_MS,
  );
  const before = await Promise.all(
    awaited.map(({ integrationId }) =>
      syncRuns.list({ integrationId, states: ['done'] }, { offset: 0, limit: 1 }),
    ),
  );
  const readAt = before.map(({ runs: [last] }) => last?.createdAt);
  return (endedAt) => readAt.some((at) => at === undefined || at < endedAt);
}

async function waitsForAdmin(stores: Stores, integrationId: string): Promise<boolean> {
  const ready = await stores.syncRuns.list(
    { integrationId, states: ['ready'], isScheduled: true },
    { offset: 0, limit: 1 },
  );
  return ready.total > 0;
}

/**
 * After a change of the time zone, a time may lie before the last run: then it is over. A last run in the future says nothing: the
 * clock was wrong then.
 */
async function isOver(tx: Transaction, integrationId: string, at: Date): Promise<boolean> {
  const { runs } = await tx.syncRuns.list(
    { integrationId, isScheduled: true },
    { offset: 0, limit: 1 },
  );
  const last = runs[0]?.scheduledFor;
  return last !== undefined && last >= at && last <= tx.now;
}

/** A preview is soon outdated. A held import waits for longer, since admins may be away. */
const PREVIEW_MS = DAY_MS;
const HELD_MS = 7 * DAY_MS;
/** The rest at the next tick. */
const AT_ONCE = 100;

/** Expires runs that wait for an admin: they block their schedule, and their rows grow old. */
function forgetting(): Source {
  return {
    name: 'sync-forgotten',
    async *due(stores, now) {
      const { runs } = await stores.syncRuns.list(
        { states: ['ready'] },
        { offset: 0, limit: AT_ONCE },
      );
      for (const run of runs) {
        if (run.state !== 'ready') continue;
        const at = new Date(run.readyAt.getTime() + (run.held ? HELD_MS : PREVIEW_MS));
        if (at <= now) yield { subject: run.id, at };
      }
    },
    async fire(tx, { subject }) {
      const run = await tx.syncRuns.find(subject);
      if (run?.state !== 'ready') return;
      await tx.syncRuns.save(cancelSync(run, SYSTEM, tx.now), null);
      await invalidate(tx, syncTopic(run.id));
    },
  };
}
