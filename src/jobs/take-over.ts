/** Frees a dead worker's jobs at once, and the leases of its runs, deliveries and syncs. */
import { eachAlone } from '../core/each-alone.ts';
import { MINUTE_MS } from '../core/hours.ts';
import { discoveryWork } from '../engine/access/discover-access.ts';
import { endpointWork, newEvents } from '../engine/event-endpoints/wake-endpoint.ts';
import { roundWork } from '../engine/findings/hold-round.ts';
import { syncWork } from '../engine/imports/hold-sync.ts';
import { forgetSecrets } from '../engine/integrations/delete-integration.ts';
import { deliveryWork } from '../engine/messages/deliveries.ts';
import {
  BODY_LIFE_MS,
  EMAILED_LINK_LIFE_MS,
  isByLink,
  withoutBody,
} from '../engine/messages/delivery.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import type { Database } from '../engine/ports/unit-of-work.ts';
import type { AliveSpan } from '../engine/ports/upkeep-stores.ts';
import { startWork } from '../engine/reviews/start-review.ts';
import { bringDueForward, isActive } from '../engine/runs/run.ts';
import { runWork, wake } from '../engine/runs/wake-run.ts';
import { batchWork } from '../engine/sequences/batch.ts';
import { eventWork } from '../engine/sequences/events/record-event.ts';
import { lastStop, noteStop } from '../engine/work/last-stop.ts';
import { dueOf } from '../engine/work/lease.ts';
import { freed, wakeOverdue } from '../engine/work/leased.ts';
import { sealWork } from '../engine/work/seal-audit.ts';
import { deliveryTopic, invalidate, invalidateDelivery } from '../engine/work/topics.ts';

export interface TakingOver extends Database {
  readonly releaseJobsOf: (workerId: string, now: Date) => Promise<unknown>;
}

export interface Sweeping extends TakingOver {
  /** Where a clock was far ahead before: what was put off until then goes on. @param shown what it showed, where that is known */
  readonly bringForward: (now: Date, shown: Date | undefined) => Promise<void>;
  /** What this worker is at work on has not killed it, even if another worker has taken it. */
  readonly acquit: () => Promise<void>;
}

/** A worker without a heartbeat for this long counts as dead. A draining worker sends none, but ends sooner. */
export const DEAD_AFTER_MS = 30_000;

export const aliveAt = (now: Date): AliveSpan => ({
  from: new Date(now.getTime() - DEAD_AFTER_MS),
  to: new Date(now.getTime() + DEAD_AFTER_MS),
});

export async function takeOver(workerId: string, deps: TakingOver): Promise<void> {
  await deps.releaseJobsOf(workerId, deps.now());
  try {
    await freeRunsOf(workerId, deps);
  } catch (error) {
    // Another process took over the same worker, or the worker is alive. The next sweep does the rest.
    if (!(error instanceof StaleWrite)) throw error;
  }
}

/** What a worker does first. To take over may last long, and what comes after relies on a heartbeat that is not old. @param replaces dead workers */
export async function arrive(
  workerId: string,
  replaces: readonly string[],
  deps: TakingOver,
): Promise<void> {
  await storeBeat(workerId, deps);
  for (const dead of replaces) {
    await takeOver(dead, deps);
    await storeBeat(workerId, deps);
  }
}

/** A worker that stops leaves its work to others, and no heartbeat. What the clock shows is kept: it may be set back until the next start. */
export async function leave(workerId: string, deps: TakingOver): Promise<void> {
  await takeOver(workerId, deps);
  await noteStop(deps.transact);
}

/** We read the rows before the transaction. If one has changed since, the worker is alive and keeps all. @throws {StaleWrite} */
async function freeRunsOf(workerId: string, { stores, transact }: TakingOver): Promise<void> {
  const freeRuns = await freed(runWork, workerId, stores);
  const freeDeliveries = await freed(deliveryWork, workerId, stores);
  const freeSyncs = await freed(syncWork, workerId, stores);
  const freeRounds = await freed(roundWork, workerId, stores);
  const freeEndpoints = await freed(endpointWork, workerId, stores);
  await transact(async (tx) => {
    await freeRuns(tx);
    await freeDeliveries(tx);
    await freeSyncs(tx);
    await freeRounds(tx);
    await freeEndpoints(tx);
    await tx.workers.remove(workerId);
  });
}

/** How many worker processes use this database, including the caller's. They divide the shared limits by it. */
export async function countWorkers({
  stores,
  now,
}: Pick<TakingOver, 'stores' | 'now'>): Promise<number> {
  return Math.max(1, await stores.workers.living(aliveAt(now())));
}

/** A wake-up takes moments. After this time it is lost with a job that failed too often. */
const LATE_MS = MINUTE_MS;

/**
 * Takes over from every silent worker. Wakes work that lost its wake-up (runs, deliveries, syncs, and the starts and
 * batches of sequences). Deletes old data: bodies of messages that were sent long enough ago, and secrets of deleted
 * integrations whose last run has ended.
 */
export async function sweep(deps: TakingOver): Promise<void> {
  const now = deps.now();
  const silent = await deps.stores.workers.silent(aliveAt(now));
  await eachAlone(
    [
      ...silent.map((workerId) => () => takeOver(workerId, deps)),
      () => wakeLate(deps, now),
      () => dropBodies(deps, now),
      () => forgetDeleted(deps),
    ],
    (part) => part(),
  );
}

/** A worker whose own heartbeats were this far apart was cut off, or its clock jumped. The same may be true for all workers. */
const CUT_OFF_MS = DEAD_AFTER_MS / 2;

/**
 * A worker's regular work: it stores a heartbeat, then sweeps. Only one of each at a time, since with a locked database each
 * takes long. While a sweep does, the heartbeats go on: else others would take this worker for dead. When its own heartbeats
 * were far apart, it skips one sweep: after an outage or a jump of the clock all workers look dead until they can store a
 * heartbeat. The same goes for its first one where the clock was set back before. Others may have taken this one for dead, so
 * it clears its jobs.
 */
export function sweeper(workerId: string, deps: Sweeping): () => Promise<void> {
  let busy = false;
  let beating: Promise<Date> | undefined;
  const beat = (): Promise<Date> => {
    beating ??= storeBeat(workerId, deps).finally(() => {
      beating = undefined;
    });
    return beating;
  };
  let last: Date | undefined;
  let isBroughtForward = false;
  /** The latest that the clock has shown before it was set back. */
  let wrong: Date | undefined;
  return async () => {
    if (busy) {
      if (!last) return; // Before its first one, this worker reads what the clock has shown to others.
      const at = await beat();
      // A gap among these, or a jump of the clock, is for the next turn.
      if (Math.abs(at.getTime() - last.getTime()) <= CUT_OFF_MS) last = at;
      return;
    }
    busy = true;
    try {
      const before = last;
      // What started after the clock was set back finds the heartbeats of before.
      const shown = before ?? (await lastShown(deps.stores));
      const at = await beat();
      last = at;
      const gap = before ? at.getTime() - before.getTime() : 0;
      const aheadMs = shown ? shown.getTime() - at.getTime() : 0;
      if (shown && aheadMs > CUT_OFF_MS) {
        isBroughtForward = false; // Tried again with the next beat where it fails.
        wrong = new Date(shown.getTime() + CUT_OFF_MS); // It went on after that heartbeat.
        await bringRunsForward(aheadMs, deps);
        if (!before) await noteStop(deps.transact); // Else each start would bring them forward again.
      }
      if (!isBroughtForward) await deps.bringForward(at, wrong);
      isBroughtForward = true;
      const isSteady = Math.max(gap, aheadMs) <= CUT_OFF_MS;
      await (isSteady ? sweep(deps) : deps.acquit());
    } finally {
      busy = false;
    }
  };
}

/** @returns what it stored */
const storeBeat = (workerId: string, { transact, now }: TakingOver): Promise<Date> =>
  transact(async (tx) => {
    const at = now();
    await tx.workers.beat(workerId, at);
    return at;
  });

/** The latest that the clock is known to have shown to any worker. */
async function lastShown(stores: Sweeping['stores']): Promise<Date | undefined> {
  const shown = [await stores.workers.lastBeat(), await lastStop(stores)];
  return shown.reduce((one, other) => (one && other && one > other ? one : (other ?? one)));
}

const AT_ONCE = 100;

/**
 * The clock went back, so runs wait for times from before. This moves their times back too. A run that waits for its
 * retry keeps its time, since people see it.
 */
async function bringRunsForward(byMs: number, deps: TakingOver): Promise<void> {
  for (let offset = 0; ; offset += AT_ONCE) {
    const page = { offset, limit: AT_ONCE };
    const { runs, total } = await deps.stores.runs.list({ outcome: 'under-way' }, page);
    for (const run of runs) await bringRunForward(run.id, byMs, deps);
    if (offset + AT_ONCE >= total) return;
  }
}

async function bringRunForward(
  runId: string,
  byMs: number,
  { stores, transact, now }: TakingOver,
): Promise<void> {
  const run = await stores.runs.find(runId);
  if (!run || !isActive(run)) return;
  const earlier = bringDueForward(run, byMs, now());
  if (earlier === run) return;
  try {
    await transact(async (tx) => wake(tx, await tx.runs.save(earlier), { dueAt: dueOf(earlier) }));
  } catch (error) {
    if (!(error instanceof StaleWrite)) throw error; // Another worker works on it, so it doesn't wait.
  }
}

async function wakeLate({ stores, transact }: TakingOver, now: Date): Promise<void> {
  const before = new Date(now.getTime() - LATE_MS);
  await eachAlone(
    [
      () => wakeOverdue(runWork, before, { stores, transact }),
      () => wakeOverdue(deliveryWork, before, { stores, transact }),
      () => wakeOverdue(roundWork, before, { stores, transact }),
      () => wakeOverdue(syncWork, before, { stores, transact }),
      () => wakeOverdue(eventWork, before, { stores, transact }),
      () => wakeOverdue(discoveryWork, before, { stores, transact }),
      () => wakeOverdue(startWork, before, { stores, transact }),
      () => wakeOverdue(batchWork, before, { stores, transact }),
      () => wakeOverdue(endpointWork, before, { stores, transact }),
      () => wakeOverdue(sealWork, now, { stores, transact }),
      () => wakeOverdue(newEvents, now, { stores, transact }),
    ],
    (part) => part(),
  );
}

async function dropBodies({ stores, transact }: TakingOver, now: Date): Promise<void> {
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const old = await stores.deliveries.withBodySince(ago(BODY_LIFE_MS), ago(EMAILED_LINK_LIFE_MS));
  if (old.length === 0) return;
  try {
    await transact(async (tx) => {
      for (const delivery of old) {
        await tx.deliveries.save(withoutBody(delivery, 'dropped'));
        // The run's card must also show that nobody opened the link.
        if (delivery.state === 'sent' && isByLink(delivery.via))
          await invalidateDelivery(tx, delivery);
        else await invalidate(tx, deliveryTopic(delivery.id));
      }
    });
  } catch (error) {
    // Someone just revealed one, or another process does the same. The next sweep does the rest.
    if (!(error instanceof StaleWrite)) throw error;
  }
}

async function forgetDeleted({ stores, transact }: TakingOver): Promise<void> {
  await eachAlone(await stores.integrations.deletedWithSecrets(), (integration) =>
    transact((tx) => forgetSecrets(tx, integration)),
  );
}
