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
import type { AnyJob, Job, JobName } from '../../engine/ports/jobs.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';
import { postgresPool } from '../database.ts';
import {
  deathsOf,
  handBackGraphileJobsOf,
  isForLane,
  isLockedBy,
  lockNameOf,
  noteDeathsOf,
  taskOf,
  unlockJobs,
} from './graphile-queue.ts';
import { type Asking, hookInto, shutDownOf } from './graphile-worker-internals.ts';
import { readJob } from './job-payloads.ts';
import {
  callHandler,
  describe,
  type JobRunner,
  type JobRunnerOptions,
  type RunnerTrouble,
} from './job-runner.ts';
import { GIVING_UP, KillsItsWorker, ON_TRIAL, Trials } from './trials.ts';

/** New jobs are told by the database at once; this is how late one may be that waits for its time. */
const POLL_MS = 500;
/**
 * A lane asks with one voice, for a few jobs at a time; without this each idle slot asks by itself, and an ask that finds
 * nothing reads past every job that is due in other lanes. What is claimed while all slots are taken goes back after a
 * moment, so that another process may have it. Of a job that is told of, all processes but one ask in vain: whoever just
 * did waits a little before it asks again.
 */
const askForAllSlots = (slots: number) => ({
  size: Math.min(JOBS_AT_ONCE, slots),
  ttl: POLL_MS,
  refetchDelay: { durationMs: AFTER_NOTHING_MS, threshold: 0 },
});
const JOBS_AT_ONCE = 4;
/** On average. Nobody notices it: only a lane that found nothing a moment ago waits. */
const AFTER_NOTHING_MS = 40;
/** Each lane listens on a connection; the others are shared, since asking for a job and ending it takes a millisecond. */
const CONNECTIONS = lanes.length + 5;
/** A lane whose runner broke, mostly because the database went away, is started again after this. */
const RESTART_MS = 1_000;
/** A database that takes longer to answer is gone, and so is the question. */
const ANSWER_MS = 1_000;
/** Of itself graphile-worker ends jobs without looking at whether that worked, and an error would end the process. In batches it repeats it. */
const NO_DELAY = 0;
/** A worker that nobody heard of for this long is taken for dead; a job that took less can't have been given to another. */
const MAYBE_LOST_MS = 15_000;

/** Runs the jobs of PostgreSQL: one runner of graphile-worker per lane, so that each lane has its own slots. */
export class GraphileJobRunner implements JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #pool: Pool;
  readonly #runners = new Map<Lane, Runner>();
  readonly #stop = new AbortController();
  #loops: readonly Promise<void>[] = [];
  readonly #trials = new Trials(pause);
  #handedBack = false;
  readonly #asking = new Map<Lane, Asking>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#pool = postgresPool(options.db, CONNECTIONS);
  }

  start(): void {
    if (this.#loops.length > 0) return;
    this.#loops = lanes
      .filter((lane) => this.#options.slots[lane] > 0)
      .map((lane) => this.#keepRunning(lane));
  }

  /** Nothing to do: whoever pushes tells every process, through the database. */
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

  /** A question that is under way would claim again what is handed back. */
  async #untilNothingIsAsked(): Promise<void> {
    const asking = Array.from(this.#asking.values(), (each) => each.release());
    await Promise.race([Promise.allSettled(asking), pause(ANSWER_MS, undefined, { ref: false })]);
  }

  /** Not before the last handler has ended: those that go on after a drain end their jobs, in vain. */
  async #endPool(): Promise<void> {
    await Promise.all(this.#loops);
    if (!this.#pool.ending) await this.#pool.end();
  }

  /** Never rejects: what goes wrong is logged, and the lane begins anew. */
  async #keepRunning(lane: Lane): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#runUntilStopped(lane);
      } catch (error) {
        this.#options.log(describe(error));
      }
      this.#runners.delete(lane);
      await pause(RESTART_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #runUntilStopped(lane: Lane): Promise<void> {
    const { Logger, run } = await import('graphile-worker'); // Who has SQLite loads none of it.
    const { db, slots, workerId } = this.#options;
    const lockName = lockNameOf(workerId, lane);
    // Left by a runner of this lane that broke: all its handlers have ended by now.
    await unlockJobs(db, [lockName]);
    const events: WorkerEvents = new EventEmitter();
    hookInto(events, {
      lockName,
      isForUs: (notice) => isForLane(lane, notice),
      onAsking: (asking) => this.#asking.set(lane, asking),
    });
    const shutDown = shutDownOf(events);
    const runner = await run({
      pgPool: this.#pool,
      events,
      taskList: this.#tasks(lane),
      concurrency: slots[lane],
      pollInterval: POLL_MS,
      // Due times are made by this clock: a job must not be due for the database and not yet for its handler.
      useNodeTime: true,
      noHandleSignals: true,
      parsedCronItems: [],
      preset: {
        worker: {
          localQueue: askForAllSlots(slots[lane]),
          completeJobBatchDelay: NO_DELAY,
          failJobBatchDelay: NO_DELAY,
        },
      },
      logger: new Logger(this.#logs(events)),
    });
    this.#runners.set(lane, runner);
    if (this.#stop.signal.aborted) void runner.stop().catch(() => undefined);
    await Promise.race([runner.promise, shutDown]);
  }

  #tasks(lane: Lane): TaskList {
    const names = Object.keys(this.#options.handlers) as JobName[]; // The type of the handlers names their keys.
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
    // Claimed while the drain began: another worker tries it in a moment.
    if (this.#stop.signal.aborted) throw new JobFailed('draining');
    const startedAt = this.#options.now().getTime();
    const row = { id: graphile.id, name, payload: JSON.stringify(payload), lane };
    // One that is begun for the first time has taken nothing down; pushed again, it counts its attempts from 1.
    const isNew = graphile.attempts <= 1 && graphile.revision === 0;
    const deaths = isNew ? 0 : await deathsOf(this.#options.db, graphile.id);
    const failure = await attempt(() => this.#begin(readJob(row), graphile, deaths));
    if (deaths > 0 && !this.#handedBack) await noteDeathsOf(this.#options.db, graphile.id, 0);
    if (failure) this.#tell(row, graphile, failure);
    // What is thrown stands in a plain column: the code alone, since a message may quote what a third party said.
    if (failure) throw new JobFailed(failure.code);
    const took = this.#options.now().getTime() - startedAt;
    if (this.#handedBack || (took > MAYBE_LOST_MS && !(await this.#isOurs(graphile.id, lane))))
      throw new JobFailed('lost'); // To end it would delete it under the worker that has it now; to fail it does nothing.
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
    // Its end takes it out of the queue: what it was for is over.
    this.#tell(
      job,
      { ...graphile, attempts: graphile.max_attempts },
      describe(new KillsItsWorker()),
    );
  }

  #tell({ id, name }: Pick<AnyJob, 'id' | 'name'>, graphile: GraphileJob, error: RunnerTrouble) {
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

  #isOurs(jobId: string, lane: Lane): Promise<boolean> {
    const lockedBy = lockNameOf(this.#options.workerId, lane);
    return isLockedBy(this.#pool, jobId, lockedBy);
  }

  /** Its errors, but for those of jobs, which are told already. Of an outage the first: it asks on, and again. */
  #logs(events: WorkerEvents): LogFunctionFactory {
    let told = false;
    events.on('localQueue:getJobs:complete', () => (told = false));
    return () => (level, message, meta) => {
      const severity: string = level; // The enum is of types only.
      if (severity !== 'error' || meta?.['failure'] === true || this.#stop.signal.aborted) return;
      if (!told) this.#options.log({ code: 'graphile-worker', message });
      told = true;
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
