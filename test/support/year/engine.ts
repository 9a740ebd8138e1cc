/** The engine of a simulated year: what a tick starts and what a worker does, on a clock that jumps from one job to the next. */
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
import {
  afterRemoval,
  expedite,
  reconsider,
} from '../../../src/engine/access/removals/work-on-removals.ts';
import { startSetUpGrants } from '../../../src/engine/access/set-up-first.ts';
import { stopOtherGrants } from '../../../src/engine/access/stop-grants.ts';
import { createTokens, redirectUrls } from '../../../src/engine/calls/oauth.ts';
import { advanceRound } from '../../../src/engine/findings/advance-round.ts';
import { advanceSync } from '../../../src/engine/imports/advance-sync.ts';
import { emptyIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import type { Http } from '../../../src/engine/ports/http.ts';
import type { Jobs } from '../../../src/engine/ports/jobs.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { chooseRoute } from '../../../src/engine/requests/choose-route.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { reevaluateReviews } from '../../../src/engine/reviews/reviews.ts';
import { evaluateRules } from '../../../src/engine/rules/evaluate.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { replanSequences } from '../../../src/engine/sequences/plan.ts';
import { followPerson } from '../../../src/engine/transitions/follow.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import type { OnEvent } from '../../../src/engine/work/on-event.ts';
import type { JobHandlers } from '../../../src/store/queue/job-runner.ts';
import { type MemoryJob, memoryJobs } from '../memory-jobs.ts';

export interface YearEngine {
  readonly transact: UnitOfWork;
  readonly now: () => Date;
  /** Moves on to that time, and does on the way what is due. A worker that is not up leaves its jobs. */
  passTo(at: Date, isUp: boolean): Promise<void>;
  /** Nothing happens until then, as in an outage. @param after on a jump back: jobs that are due later are due at once */
  jumpTo(at: Date, after?: Date): void;
  /** Does every job that is due. */
  work(): Promise<void>;
  /** Whether a job of that key waits. */
  readonly isQueued: (key: string) => boolean;
  /** Whether a job is due that nobody has done. */
  isBehind(): boolean;
  /** Cards that were sent, by reader and view. */
  readonly posted: Jobs['message.post'][];
  /** How many events there were. */
  emitted(): number;
  /** What went wrong inside. */
  readonly errors: string[];
}

export interface YearEngineWish {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly from: Date;
  readonly http: (now: () => Date) => Http;
  readonly onEvent: OnEvent;
  /** A message in chat is drawn again. */
  readonly onRefresh?: (messageId: string) => Promise<void>;
  /** After each handful of jobs. */
  readonly between: () => Promise<void>;
}

/** Jobs that are done at once, as a worker does: transactions of different people interleave. */
const AT_ONCE = 3;
/** More at one instant are a loop. */
const MOST_JOBS = 50_000;

export function yearEngine(wish: YearEngineWish): YearEngine {
  const { stores, between } = wish;
  let at = wish.from.getTime();
  const now = (): Date => new Date(at);
  const posted: Jobs['message.post'][] = [];
  const errors: string[] = [];
  let events = 0;
  const jobs = memoryJobs(wish.transact, {
    now,
    onEvent: async (tx, event) => {
      events += 1;
      await notifyOfEvents(tx, event);
      await wish.onEvent(tx, event);
    },
  });
  const { transact } = jobs;
  const http = wish.http(now);
  const pause = async () => undefined;
  const timeZone = 'UTC';
  const shared = {
    stores,
    transact,
    http,
    now,
    pause,
    newId,
    timeZone,
    randomBytes: (size: number) => randomBytes(size),
  };
  const tokens = createTokens({
    ...shared,
    redirectUrlOf: redirectUrls('https://latchkey.example'),
  });
  const worker = {
    ...shared,
    tokens,
    workerId: 'worker-1',
    underWay: new Set<string>(),
    breakdowns: new Map<string, number>(),
  };
  const removing: RemovalDeps = { transact };

  /** What is shown in chat, edited or purged is no part of this. */
  const handlers: Partial<JobHandlers> = {
    'run.advance': ({ runId, about }) => advanceRun(runId, worker, about),
    'sync.advance': ({ runId }) => advanceSync(runId, worker),
    'rules.evaluate': () => evaluateRules(shared),
    'accounts.advance': ({ roundId }) => advanceRound(roundId, worker),
    'access.check': async (wanted) => {
      await checkQueued(wanted, worker);
    },
    'requests.re-evaluate': async (changed) => {
      await reevaluateRequests(changed, shared);
      await reevaluateReviews(changed, shared);
    },
    'request.route': ({ requestId }) => chooseRoute(requestId, { ...shared, tokens }),
    'removal.advance': ({ removalId }) => advanceRemoval(removalId, removing),
    'removal.ended': (ended) => afterRemoval(ended, removing),
    'removal.notify': (notice) => notifyOfRemoval(notice, { transact }),
    'removal.reconsider': (wanted) => reconsider(wanted, removing),
    'removals.expedite': (wanted) => expedite(wanted, removing),
    'grants.set-up': (wanted) => startSetUpGrants(wanted, removing),
    'integration.empty': (wanted) => emptyIntegration(wanted, removing),
    'integration.stop-grants': (wanted) => stopOtherGrants(wanted, removing),
    'transition.follow': ({ personId }) => transact((tx) => followPerson(tx, personId)),
    'sequences.replan': (whose) => replanSequences(whose, shared),
    'message.post': async (post) => void posted.push(post),
    'message.refresh': async ({ messageId }) => wish.onRefresh?.(messageId),
  };
  const failed = (error: unknown, where: string): void => {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    errors.push(`${now().toISOString()} ${where}: ${said}`);
  };
  async function handle({ name, payload }: MemoryJob): Promise<void> {
    try {
      const handler = handlers[name] as ((payload: unknown) => Promise<unknown>) | undefined;
      await handler?.(payload);
    } catch (error) {
      failed(error, name);
    }
  }
  async function work(): Promise<void> {
    for (let done = 0; ; ) {
      const some: MemoryJob[] = [];
      for (let job = jobs.take(); job; job = some.length < AT_ONCE ? jobs.take() : undefined)
        some.push(job);
      if (some.length === 0) return;
      await Promise.all(some.map(handle));
      await between();
      done += some.length;
      if (done > MOST_JOBS)
        throw new Error(`A loop of jobs: ${some.map(({ name }) => name).join()}`);
    }
  }
  const tick = async (): Promise<void> => {
    await fireDue({ stores, transact, sources: dueSources({ timeZone }), onError: failed }, now());
  };

  return {
    transact,
    now,
    posted,
    errors,
    work,
    emitted: () => events,
    isQueued: jobs.isQueued,
    isBehind: () => (jobs.nextDueAt() ?? Infinity) <= at,
    jumpTo(time, after) {
      at = time.getTime();
      if (after) jobs.bringForward(after);
    },
    async passTo(until, isUp) {
      const to = until.getTime();
      const dueBefore = (): number | undefined => {
        const next = isUp ? jobs.nextDueAt() : undefined;
        return next !== undefined && next <= to ? next : undefined;
      };
      for (let next = dueBefore(); next !== undefined; next = dueBefore()) {
        at = Math.max(at, next);
        await work();
      }
      at = to;
      await tick();
      if (isUp) await work();
    },
  };
}
