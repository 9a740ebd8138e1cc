/**
 * Gives up a job whose worker has died twice: ends its run, or other work, with a sentence for people. A third try would
 * probably kill the next worker too, with everything else that runs there.
 */
import { isWrite } from '../../core/network/is-write.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { endStopped } from '../access/discover-access.ts';
import { setAside } from '../access/removals/removals.ts';
import { giveUpRound } from '../findings/hold-round.ts';
import { endFailed } from '../imports/end-sync.ts';
import { giveUpImport } from '../imports/keep-import.ts';
import { isAtWork, leaseSync } from '../imports/sync-run.ts';
import { storeDelivery } from '../messages/deliver.ts';
import { giveUp, loseSight } from '../messages/delivery.ts';
import type { AccessIds } from '../people/directory.ts';
import type { AnyJob } from '../ports/jobs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { chooseWithoutAsking } from '../requests/choose-route.ts';
import { end, type RunDeps } from '../runs/change-run.ts';
import { failForGood, isActive, lease, type RunError, type Step } from '../runs/run.ts';
import { batchTopic, invalidate, personTopic, sequenceStartsTopic } from './topics.ts';

const why = () =>
  t`Latchkey crashed twice while doing this and won't try again. Tell your Latchkey admins; the log has more.`;

export async function giveUpJob(job: AnyJob, deps: RunDeps): Promise<void> {
  switch (job.name) {
    case 'run.advance':
      return endRun(job.payload.runId, deps);
    case 'sync.advance':
      return endSync(job.payload.runId, deps);
    case 'people.import':
      return deps.transact((tx) => giveUpImport(tx, job.payload.importId, why()));
    case 'delivery.send':
      return endDelivery(job.payload.deliveryId, deps);
    case 'sequence.batch':
      return deps.transact((tx) => endBatch(tx, job.payload.batchId));
    case 'sequence.start':
      return deps.transact(async (tx) => {
        const event = await tx.sequenceEvents.find(job.payload.eventId);
        if (event?.state !== 'waiting') return;
        const { id, version, sequenceId, personId, cause, at } = event;
        const facts = { id, version, sequenceId, personId, cause, at, endedAt: deps.now() };
        await tx.sequenceEvents.save({ ...facts, state: 'refused', why: why() });
        await invalidate(tx, sequenceStartsTopic(sequenceId));
      });
    case 'request.route':
      return deps.transact((tx) => chooseWithoutAsking(tx, job.payload.requestId));
    case 'access.discover':
      return deps.transact((tx) => giveUpDiscovery(tx, job.payload.integrationId));
    case 'accounts.advance':
      return deps.transact((tx) => giveUpRound(tx, job.payload.roundId, why()));
    case 'access.check':
      return deps.transact((tx) => isUnknown(tx, job.payload));
    case 'removal.advance':
      return deps.transact((tx) => setAside(tx, job.payload.removalId, why()));
    // Nobody waits for these jobs any more, or the code that needs them queues them again.
    case 'review.advance': // Each sweep looks again.
    case 'removal.reconsider':
    case 'removal.ended':
    case 'removal.notify':
    case 'removals.expedite':
    case 'grants.set-up':
    case 'integration.empty':
    case 'integration.stop-grants':
    case 'options.fetch':
    case 'fact.ask':
    case 'grant.cancelled':
    case 'message.refresh':
    case 'message.post':
    case 'notice.post':
    case 'requests.re-evaluate':
    case 'sequences.replan':
    case 'person.erase':
    case 'rules.evaluate':
    case 'transition.follow': // Open ones are followed every hour.
    case 'events.send': // Each sweep looks again.
    case 'audit.seal': // Each sweep looks again.
    case 'audit.mail-head':
    case 'purge':
      return;
    default:
      unreachable(job);
  }
}

/** A write that was being sent may have been done. If so, the outcome of the run is unknown. */
async function endRun(runId: string, deps: RunDeps): Promise<void> {
  const leased = await deps.transact(async (tx) => {
    const run = await tx.runs.find(runId);
    if (!run || !isActive(run)) return undefined;
    return tx.runs.save(
      lease(
        run,
        { workerId: deps.workerId, newestManifestVersionId: run.manifestVersionId },
        tx.now,
      ),
    );
  });
  if (!leased) return;
  const steps = await deps.stores.runs.steps(runId, leased.attempt);
  const sending = steps.find(({ state }) => state === 'sending');
  const hasSent = sending !== undefined && isWrite(sending);
  const error: RunError = {
    code: hasSent ? 'unknown-outcome' : 'internal',
    message: why(),
    step: sending?.index,
  };
  const ended: Step | undefined = sending && {
    ...sending,
    state: hasSent ? 'unknown' : 'failed',
    finishedAt: deps.now(),
  };
  await end({ latest: leased }, deps, {
    transition: (run, now) => failForGood(run, error, now),
    step: ended,
  });
}

async function endSync(runId: string, deps: RunDeps): Promise<void> {
  await deps.transact(async (tx) => {
    const run = await tx.syncRuns.find(runId);
    if (!run || !isAtWork(run)) return;
    const held = await tx.syncRuns.save(leaseSync(run, deps.workerId, deps.now()));
    const error: RunError = { code: 'internal', message: why() };
    await endFailed(tx, held, error);
  });
}

async function endDelivery(deliveryId: string, deps: RunDeps): Promise<void> {
  await deps.transact(async (tx) => {
    const delivery = await tx.deliveries.find(deliveryId);
    if (delivery?.state === 'waiting') await storeDelivery(tx, giveUp(delivery, why(), deps.now()));
    if (delivery?.state === 'sending')
      await storeDelivery(tx, loseSight(delivery, why(), deps.now()));
  });
}

async function endBatch(tx: Transaction, batchId: string): Promise<void> {
  const batch = await tx.sequenceBatches.find(batchId);
  if (batch?.state !== 'running') return;
  const counts = { ...batch.counts, reasons: [why(), ...batch.counts.reasons] };
  await tx.sequenceBatches.save({ ...batch, counts, state: 'done', endedAt: tx.now });
  await invalidate(tx, batchTopic(batchId));
}

async function giveUpDiscovery(tx: Transaction, integrationId: string): Promise<void> {
  const discovery = await tx.discoveries.at(integrationId);
  if (discovery?.state === 'running') await endStopped(tx, discovery);
}

/** The access becomes "not confirmed", so that the card doesn't wait for an answer. */
async function isUnknown(tx: Transaction, { personId, integrationId }: AccessIds): Promise<void> {
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!integration || integration.deletedAt || !(await tx.people.find(personId))) return;
  const answer = { state: 'unknown', reason: why(), checkedAt: tx.now } as const;
  for (const account of await tx.accounts.openAt(personId, integrationId))
    await tx.accounts.save({ ...account, answer });
  const before = await tx.access.find(personId, integrationId);
  await tx.access.put({
    personId,
    integrationId,
    state: 'unknown',
    reason: why(),
    since: before?.state === 'unknown' ? before.since : tx.now,
    checkedAt: tx.now,
  });
  await invalidate(tx, personTopic(personId));
}
