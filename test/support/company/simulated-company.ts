/**
 * A company whose time passes as fast as the machine can: several processes on one PostgreSQL database, of which one is
 * now and then killed in the middle of a transaction, the real engine, and what a worker does. Nothing waits, and nobody
 * is written to: what people would read is kept.
 */
import { randomBytes } from 'node:crypto';
import { dueSources } from '../../../src/app/due-sources.ts';
import { notifyOfRemoval } from '../../../src/bots/features/access/removal-notice.ts';
import { notifyOfEvents } from '../../../src/bots/features/on-events.ts';
import { newId } from '../../../src/core/ids.ts';
import { checkQueued } from '../../../src/engine/access/check-access.ts';
import {
  advanceRemoval,
  type RemovalDeps,
} from '../../../src/engine/access/removals/advance-removal.ts';
import { afterRemoval, expedite } from '../../../src/engine/access/removals/work-on-removals.ts';
import { startSetUpGrants } from '../../../src/engine/access/set-up-first.ts';
import type { Http } from '../../../src/engine/ports/http.ts';
import type { AnyJob, JobName, Jobs } from '../../../src/engine/ports/jobs.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { reevaluateReviews } from '../../../src/engine/reviews/reviews.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import type { DueDeps } from '../../../src/engine/work/due.ts';
import type { JobHandlers } from '../../../src/store/queue/job-runner.ts';
import type { JobStore } from '../../../src/store/queue/stored-queue.ts';
import { createStores } from '../../../src/store/stores.ts';
import { workIn } from '../../../src/store/work/transaction.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { workerOn } from '../given/worker.ts';
import { temporaryPostgres } from '../peers/postgres.ts';

/** A card that someone would be sent. */
export interface SentCard {
  readonly at: Date;
  readonly personId: string;
  readonly view: string;
  readonly payload: string;
}

export interface SimulatedCompany {
  readonly stores: Stores;
  /** Of the people who click. */
  readonly transact: UnitOfWork;
  readonly told: readonly SentCard[];
  /** What went wrong in ticks. */
  readonly errors: readonly unknown[];
  /** Who has access at the one third party there is, by address. */
  readonly members: Set<string>;
  now: Date;
  /** Whether that third party answers 500 to everything. */
  isDown: boolean;
  /** A process; one that `dies` is killed before it commits, each third time. */
  process(dies?: 'now and then'): DueDeps;
  /** What a worker does of what is due by now. */
  work(): Promise<void>;
  cleanup(): Promise<void>;
}

export class Killed extends Error {
  readonly code = 'killed';
}

export async function simulatedCompany(from: Date): Promise<SimulatedCompany> {
  const database = await temporaryPostgres(() => company.now);
  const now = () => company.now;
  const told: SentCard[] = [];
  const errors: unknown[] = [];
  const queue: Queued[] = [];
  const members = new Set<string>();

  /** Jobs are kept here when the transaction has committed; one that dies leaves none. */
  const keepingJobs = (transact: UnitOfWork, dies: () => boolean): UnitOfWork => {
    const within: UnitOfWork = async (work) => {
      const pushed: typeof queue = [];
      const result = await transact(async (tx) => {
        pushed.length = 0;
        const own: JobStore = {
          async pushAll(jobs) {
            for (const { name, payload, dueAt, key } of jobs)
              pushed.push({ job: { name, payload } as AnyJob, dueAt, key });
          },
          isAwaited: async () => false,
        };
        const done = await workIn({ stores: tx, queue: own, now, onEvent: notifyOfEvents }, work);
        if (dies()) throw new Killed();
        return done;
      });
      for (const each of pushed) enqueue(queue, each);
      for (const { job } of pushed)
        if (job.name === 'message.post') told.push({ at: now(), ...whatIsTold(job.payload) });
      return result;
    };
    return within;
  };

  const transact = keepingJobs(database.transact, () => false);
  const deps = { now, newId, randomBytes: (size: number) => randomBytes(size), timeZone: 'UTC' };
  const http: Http = {
    async send({ method, url }) {
      const answer = (status: number, text: string) =>
        ({ kind: 'answer', status, headers: {}, text }) as const;
      if (company.isDown) return answer(500, '{}');
      const who = new URL(url).searchParams.get('who') ?? '';
      if (method === 'POST') members.add(who);
      if (method === 'DELETE') members.delete(who);
      return answer(200, JSON.stringify(members.has(who) ? { who } : {}));
    },
  };
  const { stores } = database;
  const advancing = workerOn({ stores, transact, now, http });

  const removing: RemovalDeps = { transact };

  /** What is edited, purged or mailed is no part of this. */
  const handlers: Partial<JobHandlers> = {
    'run.advance': ({ runId, about }) => advanceRun(runId, advancing, about),
    'access.check': async (wanted) => {
      await checkQueued(wanted, advancing);
    },
    'requests.re-evaluate': async (changed) => {
      const looking = { stores, transact };
      await reevaluateRequests(changed, looking);
      await reevaluateReviews(changed, looking);
    },
    'removal.advance': ({ removalId }) => advanceRemoval(removalId, removing),
    'removal.ended': (ended) => afterRemoval(ended, removing),
    'removal.notify': (notice) => notifyOfRemoval(notice, { transact }),
    'removals.expedite': (wanted) => expedite(wanted, removing),
    'grants.set-up': (wanted) => startSetUpGrants(wanted, removing),
    'message.post': (post) => remember(post),
  };

  /** As the sender does, so that who has a card isn't sent it again. */
  async function remember({ personId, card }: Jobs['message.post']): Promise<void> {
    const id = newId();
    const address = { platform: 'slack', key: id } as const;
    const message = { id, card, readerId: personId, address, shown: '', postedAt: now() };
    await transact((tx) => tx.messages.put(message));
  }

  const company: SimulatedCompany = {
    stores,
    transact,
    told,
    errors,
    members,
    now: from,
    isDown: false,
    process(dies) {
      const db = database.connect();
      let transactions = 0;
      const own = unitOfWork(db, database.vault, { now });
      return {
        stores: createStores(db, database.vault),
        transact: keepingJobs(own, () => dies !== undefined && ++transactions % 3 === 0),
        sources: dueSources(deps),
        onError: (error) => errors.push(error),
      };
    },
    async work() {
      for (;;) {
        const index = queue.findIndex(({ dueAt }) => dueAt <= company.now);
        const [next] = index < 0 ? [] : queue.splice(index, 1);
        if (!next) return;
        await handle(handlers, next.job);
      }
    },
    cleanup: () => database.cleanup(),
  };
  return company;
}

interface Queued {
  readonly job: AnyJob;
  readonly dueAt: Date;
  readonly key: string | undefined;
}

/** Of a key there is one job, due at the earliest of its times. */
function enqueue(queue: Queued[], wanted: Queued): void {
  const at = wanted.key === undefined ? -1 : queue.findIndex(({ key }) => key === wanted.key);
  const same = queue[at];
  if (!same) queue.push(wanted);
  else queue[at] = wanted.dueAt < same.dueAt ? wanted : { ...wanted, dueAt: same.dueAt };
}

const handle = async <N extends JobName>(
  handlers: Partial<JobHandlers>,
  job: AnyJob & { name: N },
) => handlers[job.name]?.(job.payload as Jobs[N]);

const whatIsTold = ({ personId, card }: Jobs['message.post']): Omit<SentCard, 'at'> => ({
  personId,
  view: card.view,
  payload: card.payload,
});
