/** What a dead worker held becomes free at once: its jobs, and the leases of its runs, deliveries and syncs. */

import { eachAlone } from '../core/each-alone.ts';
import { syncWork } from '../engine/imports/hold-sync.ts';
import { forgetSecrets } from '../engine/integrations/delete-integration.ts';
import { deliveryWork } from '../engine/messages/deliveries.ts';
import { BODY_LIFE_MS, EMAILED_LINK_LIFE_MS, withoutBody } from '../engine/messages/delivery.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../engine/ports/unit-of-work.ts';
import { bringDueForward, isActive } from '../engine/runs/run.ts';
import { runWork, wake } from '../engine/runs/wake-run.ts';
import { batchWork } from '../engine/sequences/batch.ts';
import { eventWork } from '../engine/sequences/events/record-event.ts';
import { dueOf } from '../engine/work/lease.ts';
import { freed, wakeOverdue } from '../engine/work/leased.ts';
import { deliveryTopic, invalidate, invalidateDelivery } from '../engine/work/topics.ts';

export interface TakingOver {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly releaseJobsOf: (workerId: string) => Promise<unknown>;
  readonly now: Clock;
}

/** A worker that has not beaten for this long is dead, wherever it ran. One that drains beats no more, and still lives. */
export const DEAD_AFTER_MS = 30_000;

export async function takeOver(workerId: string, deps: TakingOver): Promise<void> {
  await deps.releaseJobsOf(workerId);
  try {
    await freeRunsOf(workerId, deps);
  } catch (error) {
    // Another process takes over from the same worker, or it lives and went on: the next sweep does what is left.
    if (!(error instanceof StaleWrite)) throw error;
  }
}

/** The rows are read before the transaction: if one has changed since, the worker lives, and keeps all of them. @throws {StaleWrite} */
async function freeRunsOf(workerId: string, { stores, transact }: TakingOver): Promise<void> {
  const freeRuns = await freed(runWork, workerId, stores);
  const freeDeliveries = await freed(deliveryWork, workerId, stores);
  const freeSyncs = await freed(syncWork, workerId, stores);
  await transact(async (tx) => {
    await freeRuns(tx);
    await freeDeliveries(tx);
    await freeSyncs(tx);
    await tx.workers.remove(workerId);
  });
}

/** How many worker processes work on this database, the caller's own included: what they share is divided by them. */
export async function countWorkers({
  stores,
  now,
}: Pick<TakingOver, 'stores' | 'now'>): Promise<number> {
  const since = new Date(now().getTime() - DEAD_AFTER_MS);
  return Math.max(1, await stores.workers.livingSince(since));
}

/** A wake-up comes within moments; one that is this late was lost with a job that failed too often. */
const LATE_MS = 60_000;

/**
 * Takes over from every worker that fell silent, wakes what has lost its wake-up (runs, deliveries, syncs, and what starts
 * sequences or gives them to many), and drops what is over: bodies of messages that were sent long enough ago, secrets of deleted integrations whose last run has ended.
 */
export async function sweep(deps: TakingOver): Promise<void> {
  const now = deps.now();
  const before = new Date(now.getTime() - DEAD_AFTER_MS);
  const silent = await deps.stores.workers.silentSince(before);
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

/** A worker whose own beats were so far apart was cut off, or its clock jumped: so may have been everybody's. */
const CUT_OFF_MS = DEAD_AFTER_MS / 2;

/**
 * Makes what a worker does every few seconds: it says that it lives, then sweeps. One at a time, since with a database
 * that is locked each takes long. Where its own beats were far apart it leaves the sweep out once: after a cut or a jump
 * of the clock everybody looks dead, until they have had the time to say that they are not.
 */
export function sweeper(workerId: string, deps: TakingOver): () => Promise<void> {
  let busy = false;
  let last: Date | undefined;
  return async () => {
    if (busy) return;
    busy = true;
    try {
      const before = last;
      const at = await deps.transact(async (tx) => {
        const now = deps.now();
        await tx.workers.beat(workerId, now);
        return now;
      });
      last = at;
      const gap = before ? at.getTime() - before.getTime() : 0;
      if (Math.abs(gap) <= CUT_OFF_MS) await sweep(deps);
      else if (gap < 0) await bringForward(-gap, deps);
    } finally {
      busy = false;
    }
  };
}

const AT_ONCE = 100;

/** The clock went back, so runs wait for times that it had before. One that waits for its retry says so, with its time. */
async function bringForward(byMs: number, deps: TakingOver): Promise<void> {
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
    await transact(async (tx) => wake(tx, await tx.runs.save(earlier), dueOf(earlier)));
  } catch (error) {
    if (!(error instanceof StaleWrite)) throw error; // Somebody works on it, so it doesn't wait.
  }
}

async function wakeLate({ stores, transact }: TakingOver, now: Date): Promise<void> {
  const before = new Date(now.getTime() - LATE_MS);
  await eachAlone(
    [
      () => wakeOverdue(runWork, before, { stores, transact }),
      () => wakeOverdue(deliveryWork, before, { stores, transact }),
      () => wakeOverdue(syncWork, before, { stores, transact }),
      () => wakeOverdue(eventWork, before, { stores, transact }),
      () => wakeOverdue(batchWork, before, { stores, transact }),
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
        // That a link was never opened is for the run's card, too.
        if (delivery.state === 'sent' && delivery.via === 'email-link')
          await invalidateDelivery(tx, delivery);
        else await invalidate(tx, deliveryTopic(delivery.id));
      }
    });
  } catch (error) {
    // One was revealed just now, or another process is at it: the next sweep finds what is left.
    if (!(error instanceof StaleWrite)) throw error;
  }
}

async function forgetDeleted({ stores, transact }: TakingOver): Promise<void> {
  await eachAlone(await stores.integrations.deletedWithSecrets(), (integration) =>
    transact((tx) => forgetSecrets(tx, integration)),
  );
}
