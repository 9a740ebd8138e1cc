/** Counts and traces the worker's work: jobs, steps of runs, and all outcomes. */
import { unreachable } from '../core/unreachable.ts';
import type { SyncRun } from '../engine/imports/sync-run.ts';
import type { Delivery } from '../engine/messages/delivery.ts';
import type { Access } from '../engine/people/directory.ts';
import type { WatchStep } from '../engine/ports/http.ts';
import type { AnyJob } from '../engine/ports/jobs.ts';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import type { Run } from '../engine/runs/run.ts';
import type { Event } from '../engine/work/events.ts';
import type { Meters } from './meters.ts';
import type { Facts, Observer, Work } from './observer.ts';

export interface Watched {
  readonly observer: Observer;
  readonly meters: Meters;
  readonly stores: Pick<Stores, 'accountRounds' | 'integrations' | 'syncRuns' | 'fileImports'>;
  /** Writes a log line. */
  readonly log: (facts: Facts, message: string) => void;
}

export interface WorkWatch {
  /** Wraps each job of the queue. */
  readonly job: (job: AnyJob, work: () => Promise<void>) => Promise<void>;
  /** Wraps the request of each step of a run. */
  readonly step: WatchStep;
  /** Remembers a run's end. It counts when the job is over, so that the end is committed. */
  readonly event: (event: Event) => void;
  readonly checked: (access: Access | undefined) => void;
  readonly delivered: (delivery: Delivery | undefined) => void;
}

export function watchWork({ observer, meters, stores, log }: Watched): WorkWatch {
  const ended = new Map<string, Run>();
  /** Integrations of runs that have sent a step, by the run's id. */
  const names = new Map<string, string>();
  const nameOf = async (integrationId: string): Promise<string> =>
    (await stores.integrations.find(integrationId))?.name ?? 'deleted';

  const countRun = async (runId: string): Promise<void> => {
    const [run, name] = [ended.get(runId), names.get(runId)];
    names.delete(runId);
    if (!run) return;
    ended.delete(runId);
    const integration = name ?? (await nameOf(run.integrationId));
    const { kind, state: outcome, attempt } = run;
    meters.runEnded({ integration, kind, outcome });
    log({ integration, kind, outcome, attempt }, 'A run has ended');
  };

  const timed = async (job: AnyJob, work: () => Promise<void>): Promise<void> => {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    try {
      await work();
      meters.jobEnded(job.name, 'done', seconds());
    } catch (error) {
      meters.jobEnded(job.name, 'failed', seconds());
      throw error;
    } finally {
      if (job.name === 'run.advance') await countRun(job.payload.runId);
    }
  };

  /** An import has many jobs. The job that ends it counts it. */
  const watchImport = async (job: AnyJob, work: () => Promise<void>): Promise<void> => {
    if (job.name === 'sync.advance') {
      const before = await stores.syncRuns.find(job.payload.runId);
      await work();
      const after = await stores.syncRuns.find(job.payload.runId);
      if (after && before?.state !== after.state && hasEnded(after))
        meters.imported('service', after.state, peopleOf(after));
    } else if (job.name === 'people.import') {
      const before = await stores.fileImports.find(job.payload.importId);
      await work();
      const after = await stores.fileImports.find(job.payload.importId);
      const { progress } = after ?? {};
      if (before?.progress.state === progress?.state) return;
      if (progress?.state === 'unreadable') meters.imported('file', 'failed', {});
      if (progress?.state === 'done') {
        const { created, returned, updated, untouched, leftOut } = progress.counts;
        meters.imported('file', 'done', {
          created,
          returned,
          updated,
          untouched,
          skipped: leftOut,
        });
      }
    } else await work();
  };

  return {
    job: async (job, work) =>
      observer.within(await aboutJob(job, nameOf, stores), () =>
        timed(job, () => watchImport(job, work)),
      ),
    step({ runId, kind, index, integration }, send) {
      names.set(runId, integration);
      return observer.within(
        { name: 'run step', ids: { runId, integration }, attributes: { kind, step: index } },
        send,
      );
    },
    event(event) {
      if (event.kind === 'run-ended') ended.set(event.run.id, event.run);
    },
    checked: (access) => access && meters.checked(access.state),
    delivered(delivery) {
      if (!delivery) return;
      const { state: outcome, attempts } = delivery;
      const via = 'via' in delivery ? delivery.via : 'none';
      meters.delivered(via, outcome);
      log({ via, outcome, attempts }, 'A delivery was tried');
    },
  };
}

const ENDED: readonly SyncRun['state'][] = ['done', 'failed', 'cancelled'];
const hasEnded = ({ state }: SyncRun): boolean => ENDED.includes(state);

function peopleOf({ counts }: SyncRun): Readonly<Record<string, number>> {
  const { created, updated, skipped } = counts;
  const left = Object.values(skipped).reduce((sum, each) => sum + (each ?? 0), 0);
  return { created, updated, skipped: left };
}

/** Names of jobs that send a message, to find them in a trace. */
const NAMES: Readonly<Partial<Record<AnyJob['name'], string>>> = { 'delivery.send': 'delivery' };

/** A job's payload is ids. Those of its subject are in the log. */
async function aboutJob(
  job: AnyJob,
  nameOf: (integrationId: string) => Promise<string>,
  { syncRuns, accountRounds }: Pick<Stores, 'syncRuns' | 'accountRounds'>,
): Promise<Work> {
  const name = NAMES[job.name] ?? `job ${job.name}`;
  const about = (ids: Facts): Work => ({ name, ids: { job: job.name, ...ids } });
  switch (job.name) {
    case 'run.advance':
      return about({ runId: job.payload.runId });
    case 'access.check':
    case 'options.fetch': {
      const { personId, integrationId } = job.payload;
      return about({ personId, integrationId, integration: await nameOf(integrationId) });
    }
    case 'sync.advance': {
      const run = await syncRuns.find(job.payload.runId);
      return about({
        syncRunId: job.payload.runId,
        ...(run && { integration: await nameOf(run.integrationId) }),
      });
    }
    case 'accounts.advance': {
      const round = await accountRounds.find(job.payload.roundId);
      return about(
        round ? { roundId: round.id, integration: await nameOf(round.integrationId) } : {},
      );
    }
    case 'people.import':
      return about({ importId: job.payload.importId });
    case 'delivery.send':
      return about({ deliveryId: job.payload.deliveryId });
    case 'message.refresh':
      return about({ messageId: job.payload.messageId });
    case 'events.send':
      return about({ endpointId: job.payload.endpointId });
    case 'removal.advance':
    case 'removal.ended':
    case 'removal.notify':
      return about({ removalId: job.payload.removalId });
    case 'removal.reconsider':
    case 'access.discover':
    case 'removals.expedite':
    case 'grants.set-up':
    case 'integration.empty':
    case 'integration.stop-grants': {
      const { integrationId } = job.payload;
      return about({ integrationId, integration: await nameOf(integrationId) });
    }
    case 'fact.ask':
    case 'transition.follow':
      return about({ personId: job.payload.personId });
    case 'grant.cancelled':
      return about({ runId: job.payload.runId });
    case 'review.advance':
    case 'message.post':
    case 'notice.post':
    case 'request.route':
    case 'requests.re-evaluate':
    case 'sequences.replan':
    case 'person.erase':
    case 'sequence.start':
    case 'sequence.batch':
    case 'rules.evaluate':
    case 'audit.seal':
    case 'audit.mail-head':
    case 'purge':
      return about({});
    default:
      return unreachable(job);
  }
}
