/**
 * Grants that wait until an admin has entered an app's secrets or connected it: deferred ones, and those whose retry is due meanwhile.
 * They go on when that is done. Who adds a rule for an app needn't be who sets it up, so admins are notified of what waits.
 */
import { chunksOf } from '../../core/batches.ts';
import { DAY_MS, HOUR_MS } from '../../core/hours.ts';
import { notSetUpWords, statesOf, whyNotSetUp } from '../integrations/integration-state.ts';
import type { Integration } from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { expediteRun, type Run, type RunIn, retryLater } from '../runs/run.ts';
import { wake } from '../runs/wake-run.ts';
import { keyOf, type Source } from '../work/due.ts';
import { invalidateRun } from '../work/topics.ts';
import { promoteDeferred } from './deferred-grants.ts';

/** An admin who adds an app and its rule may be about to set it up. */
const NOTIFIED_AFTER_MS = HOUR_MS;
/** As of removals that stay stuck. */
const NOTIFIED_EVERY_MS = 7 * DAY_MS;
/** Jobs that one transaction queues. */
const QUEUED_AT_ONCE = 250;

/** Call it in the transaction that may have set up the app. */
export const queueSetUpGrants = (tx: Transaction, wanted: Jobs['grants.set-up']): Promise<void> =>
  tx.queue.push('grants.set-up', wanted, {
    lane: 'background',
    key: `set-up:${wanted.integrationId}:${wanted.personId ?? ''}`,
  });

/** The job. Without a person it queues one for each, so that none whose grant can't be read keeps the others waiting. */
export async function startSetUpGrants(
  { integrationId, personId }: Jobs['grants.set-up'],
  { transact }: { readonly transact: UnitOfWork },
): Promise<void> {
  if (personId !== undefined)
    return transact((tx) => startGrantsOf(tx, { integrationId, personId }));
  const waiting = await transact(async (tx) =>
    (await tx.runs.unfinishedAt(integrationId)).filter(isWaiting),
  );
  const people = new Set(waiting.map((run) => run.personId));
  for (const some of chunksOf([...people], QUEUED_AT_ONCE))
    await transact(async (tx) => {
      for (const each of some) await queueSetUpGrants(tx, { integrationId, personId: each });
    });
}

async function startGrantsOf(
  tx: Transaction,
  { integrationId, personId }: Required<Jobs['grants.set-up']>,
): Promise<void> {
  if (!(await tx.people.hold(personId))) return;
  await tx.integrations.hold(integrationId, 'shared');
  const run = await tx.runs.unfinished(personId, integrationId);
  if (run && lacksToken(run)) {
    await wake(tx, await tx.runs.save(expediteRun(run, tx.now)));
    await invalidateRun(tx, run);
  }
  await promoteDeferred(tx, { personId, integrationId });
}

export const waitingSource: Source = {
  name: 'grants-waiting',
  async *due(stores, now) {
    const due = new Map<string, Date>();
    for (const { integrationId, since } of await stores.runs.deferredByIntegration()) {
      const key = keyOf(waitingSource, { subject: integrationId });
      const [last] = await stores.occurrences.lastClaimed(key, now, 1);
      // The last notification counted the oldest grant, too: the next one comes a week later, also where the oldest ends meanwhile.
      const first =
        last && last >= since
          ? last.getTime() + NOTIFIED_EVERY_MS
          : since.getTime() + NOTIFIED_AFTER_MS;
      // Near the time when admins read it, from which the week counts: Latchkey may have been off since it was due.
      const late = Math.floor((now.getTime() - first) / HOUR_MS);
      if (late >= 0) due.set(integrationId, new Date(first + late * HOUR_MS));
    }
    if (due.size === 0) return;
    const integrations = await stores.integrations.findMany([...due.keys()]);
    for (const each of await statesOf(stores, integrations)) {
      const at = due.get(each.integration.id);
      if (at && notSetUpWords(each) !== undefined) yield { subject: each.integration.id, at };
    }
  },
  fire: (tx, { subject: integrationId }) => tx.emit({ kind: 'grants-waiting', integrationId }),
};

const isWaiting = (run: Run): boolean => run.state === 'deferred' || lacksToken(run);

const lacksToken = (run: Run): run is RunIn<'retrying'> =>
  run.state === 'retrying' && run.error.code === 'no-token';

/**
 * A retry is due, and nothing can be sent to the app: it is due an hour later.
 * @returns whether that is so
 */
export async function putOffUntilSetUp(
  tx: Transaction,
  run: RunIn<'retrying'>,
  integration: Integration | undefined,
): Promise<boolean> {
  if (!integration || (await whyNotSetUp(tx, integration)) === undefined) return false;
  const later = await tx.runs.save(retryLater(run, tx.now));
  await wake(tx, later, { dueAt: later.dueAt });
  await invalidateRun(tx, later);
  return true;
}
