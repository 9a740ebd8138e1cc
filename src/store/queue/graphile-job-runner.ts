import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type {
  Job as GraphileJob,
  LogFunctionFactory,
  Runner,
  TaskList,
  WorkerEvents,
} from 'graphile-worker';
import type { Pool } from 'pg';
import { RepeatedErrors } from '../../core/errors/repeated-errors.ts';
import type { AnyJob, Job, JobName } from '../../engine/ports/jobs.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';
import { postgresPool } from '../database.ts';
import {
  acquitGraphileJobs,
  deathsOf,
  handBackGraphileJobsOf,
  isForLane,
  isLockedBy,
  lockNameOf,
  noteDeathsOf,
  taskOf,
  unlockJobs,
} from './graphile-queue.ts';
import { hookInto, type JobClaimer, shutDownOf } from './graphile-worker-internals.ts';
import { readJob } from './job-payloads.ts';
import {
  callHandler,
  describe,
  type JobRunner,
  type JobRunnerOptions,
  type RunnerTrouble,
} from './job-runner.ts';
import { listeningOnce } from './listening-internals.ts';
import { GIVING_UP, KillsItsWorker, ON_TRIAL, Trials } from './trials.ts';

/** The database announces new jobs at once. A job with a later time may start this much late. */
const POLL_MS = 500;
/**
 * One query claims a few jobs for all slots of a lane. Otherwise each idle slot would query, and a query that finds
 * nothing reads past every due job of other lanes. Jobs that we claim while all slots are busy go back after a moment, so
 * another process can take them. For each new job all processes query, but only one gets it. After finding nothing, a
 * process waits a little before it queries again.
 */
const askForAllSlots = (slots: number) => ({
  size: Math.min(JOBS_AT_ONCE, slots),
  ttl: POLL_MS,
  refetchDelay: { durationMs: AFTER_NOTHING_MS, threshold: 0 },
});
const JOBS_AT_ONCE = 4;
/** On average. People don't notice it: only a lane that has just found nothing waits. */
const AFTER_NOTHING_MS = 40;
/** The lanes listen on one connection. They share the others as well, since claiming and ending a job takes a millisecond. */
const CONNECTIONS = 1 + 5;
/** The pause before we restart a lane whose runner broke, usually because the database was down. */
const RESTART_MS = 1_000;
/** After this time we consider the database down and the query lost. */
const ANSWER_MS = 1_000;
/**
 * Jobs end in batches. By default graphile-worker ignores whether ending a job worked, and an error would end the
 * process. Batches are retried. Jobs that end within a few milliseconds share a commit. When the process dies in that time,
 * they are run again, as after any death.
 */
const END_TOGETHER_MS = 5;
/** A failed job waits for its retry anyway. */
const NO_DELAY = 0;
/** After this much silence a worker counts as dead. A faster job can't have gone to another worker. */
const MAYBE_LOST_MS = 15_000;

/** Runs jobs on PostgreSQL: one graphile-worker runner for each lane, so that each lane has its own slots. */
export class GraphileJobRunner implements JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #pool: Pool;
  /** The same, for the runners. */
  readonly #shared: Pool;
  readonly #runners = new Map<Lane, Runner>();
  readonly #stop = new AbortController();
  #loops: readonly Promise<void>[] = [];
  readonly #trials = new Trials(pause);
  #handedBack = false;
  /** Ids of the jobs whose handlers are at work. */
  readonly #running = new Set<string>();
  readonly #asking = new Map<Lane, JobClaimer>();
  readonly #errors = new RepeatedErrors();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#pool = postgresPool(options.db, CONNECTIONS);
    this.#shared = listeningOnce(this.#pool);
  }

  start(): void {
    if (this.#loops.length > 0) return;
    this.#loops = lanes
      .filter((lane) => this.#options.slots[lane] > 0)
      .map((lane) => this.#keepRunning(lane));
  }

  /** Nothing to do: the database notifies every process about a new job. */
  wake(): void {}

  async drain(ms: number): Promise<void> {
    const stop = new AbortController();
    this.#stop.abort();
    for (const runner of this.#runners.values()) void runner.stop().catch(() => undefined);
    await Promise.race([
      Promise.all(this.#loops),
      pause(ms, undefined, { signal: stop.signal }).catch(() => undefined),
    ]);
    stop.abort();
    await this.#untilNothingIsAsked();
    this.#handedBack = true;
    await handBackGraphileJobsOf(this.#options.db, this.#options.workerId);
    void this.#endPool();
  }

  acquit(): Promise<void> {
    return acquitGraphileJobs(this.#options.db, [...this.#running]);
  }

  /** A running query could claim the returned jobs again. */
  async #untilNothingIsAsked(): Promise<void> {
    const asking = Array.from(this.#asking.values(), (each) => each.release());
    await Promise.race([Promise.allSettled(asking), pause(ANSWER_MS, undefined, { ref: false })]);
  }

  /** Waits for the last handler: handlers that go on after a drain still try to end their jobs, without effect. */
  async #endPool(): Promise<void> {
    await Promise.all(this.#loops);
    if (!this.#pool.ending) await this.#pool.end();
  }

  /** Never rejects: it restarts the lane, each second. */
  async #keepRunning(lane: Lane): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#runUntilStopped(lane);
      } catch (error) {
        if (this.#errors.isNew(lane, error)) this.#options.log(describe(error));
      }
      this.#runners.delete(lane);
      await pause(RESTART_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #runUntilStopped(lane: Lane): Promise<void> {
    // With SQLite it is never loaded. A bundle gives such a package's exports no names, so we take them from `default`.
    const { Logger, run } = (await import('graphile-worker')).default;
    const { db, slots, workerId } = this.#options;
    const lockName = lockNameOf(workerId, lane);
    // A broken runner of this lane may have left locked jobs. All its handlers have ended by now.
    await unlockJobs(db, [lockName]);
    const events: WorkerEvents = new EventEmitter();
    hookInto(events, {
      lockName,
      isForUs: (notice) => isForLane(lane, notice),
      onClaimer: (asking) => this.#asking.set(lane, asking),
    });
    const shutDown = shutDownOf(events);
    const runner = await run({
      pgPool: this.#shared,
      events,
      taskList: this.#tasks(lane),
      concurrency: slots[lane],
      pollInterval: POLL_MS,
      // Due times use this process's clock. Otherwise a job could be due for the database but not yet for its handler.
      useNodeTime: true,
      noHandleSignals: true,
      parsedCronItems: [],
      preset: {
        worker: {
          localQueue: askForAllSlots(slots[lane]),
          completeJobBatchDelay: END_TOGETHER_MS,
          failJobBatchDelay: NO_DELAY,
        },
      },
      logger: new Logger(this.#logs(lane, events)),
    });
    this.#runners.set(lane, runner);
    if (this.#stop.signal.aborted) void runner.stop().catch(() => undefined);
    await Promise.race([runner.promise, shutDown]);
  }

  #tasks(lane: Lane): TaskList {
    const names = Object.keys(this.#options.handlers) as JobName[]; // The handlers' type guarantees these keys.
    return Object.fromEntries(
      names.map((name) => [
        taskOf(lane, name),
        (payload, { job }) => this.#run({ lane, name }, payload, job),
      ]),
    );
  }

  async #run(
    { lane, name }: Pick<Job, 'lane' | 'name'>,
    payload: unknown,
    graphile: GraphileJob,
  ): Promise<void> {
    // It was claimed while the drain began. Another worker takes it in a moment.
    if (this.#stop.signal.aborted) throw new JobFailed('draining');
    const startedAt = this.#options.now().getTime();
    const row = { id: graphile.id, name, payload: JSON.stringify(payload), lane };
    // A job in its first attempt has no deaths. A job that was pushed again counts its attempts from 1.
    const isNew = graphile.attempts <= 1 && graphile.revision === 0;
    const deaths = isNew ? 0 : await deathsOf(this.#options.db, graphile.id);
    this.#running.add(graphile.id);
    const failure = await attempt(() => this.#begin(readJob(row), graphile, deaths));
    this.#running.delete(graphile.id);
    if (deaths > 0 && !this.#handedBack) await noteDeathsOf(this.#options.db, graphile.id, 0);
    if (failure) this.#logFailure(row, graphile, failure);
    // The column for errors is plain, and a message may quote an app's answer. So we throw only the code.
    if (failure) throw new JobFailed(failure.code);
    const took = this.#options.now().getTime() - startedAt;
    if (this.#handedBack || (took > MAYBE_LOST_MS && (await this.#isLost(graphile.id, lane))))
      throw new JobFailed('lost'); // Success would delete the job of its new worker. A failure does nothing.
  }

  async #begin(job: AnyJob, graphile: GraphileJob, deaths: number): Promise<void> {
    const { db, giveUp } = this.#options;
    if (deaths === 0) return callHandler(this.#options, job);
    if (deaths < ON_TRIAL)
      return this.#trials.hold(
        async () => {
          await noteDeathsOf(db, job.id, ON_TRIAL);
          await callHandler(this.#options, job);
        },
        () => noteDeathsOf(db, job.id, 0),
      );
    if (deaths < GIVING_UP) {
      await noteDeathsOf(db, job.id, GIVING_UP);
      await giveUp?.(job);
    }
    // A success removes the job from the queue. We have given it up.
    this.#logFailure(
      job,
      { ...graphile, attempts: graphile.max_attempts },
      describe(new KillsItsWorker()),
    );
  }

  #logFailure(
    { id, name }: Pick<AnyJob, 'id' | 'name'>,
    graphile: GraphileJob,
    error: RunnerTrouble,
  ) {
    const { attempts: failures, max_attempts: most } = graphile;
    const pauseMs = Math.exp(Math.min(failures, 10)) * 1000;
    this.#options.log({
      jobId: id,
      name,
      code: error.code,
      message: error.message,
      failures,
      ...(failures < most && { retryAt: new Date(this.#options.now().getTime() + pauseMs) }),
    });
  }

  /** Whether another worker took the job, since this one was silent. It has ended here, so it killed nobody. */
  async #isLost(jobId: string, lane: Lane): Promise<boolean> {
    const { db, workerId } = this.#options;
    if (await isLockedBy(this.#pool, jobId, lockNameOf(workerId, lane))) return false;
    await acquitGraphileJobs(db, [jobId]);
    return true;
  }

  /** Logs graphile-worker's errors, except those of jobs, which we log ourselves. */
  #logs(lane: Lane, events: WorkerEvents): LogFunctionFactory {
    events.on('localQueue:getJobs:complete', () => this.#errors.wentWell(lane));
    return () => (level, message, meta) => {
      const severity: string = level; // graphile-worker exports this enum as a type only.
      if (severity !== 'error' || meta?.['failure'] === true || this.#stop.signal.aborted) return;
      const trouble = { code: 'graphile-worker', message };
      if (this.#errors.isNew(lane, meta?.['error'])) this.#options.log(trouble);
    };
  }
}

async function attempt(work: () => Promise<void>): Promise<RunnerTrouble | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

class JobFailed extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
    this.name = 'JobFailed';
  }
}
