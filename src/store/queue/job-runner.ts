import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { codeOf } from '../../core/error-code.ts';
import { RepeatedErrors } from '../../core/errors/repeated-errors.ts';
import { MINUTE_MS } from '../../core/hours.ts';
import type { AnyJob, Job, JobName, Jobs } from '../../engine/ports/jobs.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Lane } from '../../engine/work/lanes.ts';
import { lanes } from '../../engine/work/lanes.ts';
import { inGroup } from '../work/group-commit.ts';
import {
  acquitJobs,
  buryJob,
  type ClaimedJob,
  claimJobs,
  finishJobs,
  handBackJob,
  nextDueAt,
  noteDeaths,
  renewLeases,
  retryJob,
} from './queue.ts';
import { GIVING_UP, KillsItsWorker, ON_TRIAL, Trials } from './trials.ts';

/** Runs jobs until it is drained. One implementation for each database. */
export interface JobRunner {
  /** Starts to claim jobs. Returns at once. */
  start(): void;
  /** A job was pushed: claims now instead of at the next poll. */
  wake(): void;
  /**
   * Stops claiming, waits up to `ms` for running handlers, and returns the jobs of the others, so that another worker
   * takes them at once. A handler that runs longer no longer holds its job.
   */
  drain(ms: number): Promise<void>;
  /**
   * This worker was silent for so long that others may have taken its jobs, and it lives: none of those that are at work in it
   * has killed it.
   */
  acquit(): Promise<void>;
}

export type JobHandlers = { readonly [N in JobName]: (payload: Jobs[N]) => Promise<void> };

/** For the log: a job whose handler threw. That is always a bug or a broken database. */
export interface JobFailure {
  readonly jobId: string;
  readonly name: JobName;
  readonly code: string;
  readonly message: string;
  /** How often it has failed so far. */
  readonly failures: number;
  /** Undefined when there is no retry. */
  readonly retryAt?: Date;
}

/** For the log: the runner couldn't query the database. It continues at the next poll. */
export interface RunnerTrouble {
  readonly code: string;
  readonly message: string;
}

export interface JobRunnerOptions {
  readonly db: Knex;
  readonly workerId: string;
  /** Concurrent jobs of each lane. */
  readonly slots: Readonly<Record<Lane, number>>;
  readonly handlers: JobHandlers;
  /** Ends the purpose of a job that kills its workers, so that nobody waits for it. Default: does nothing. */
  readonly giveUp?: (job: AnyJob) => Promise<void>;
  readonly now: Clock;
  readonly log: (event: JobFailure | RunnerTrouble) => void;
  /** Wraps each job. It calls `work` once and throws its errors. Default: no wrapper. */
  readonly watch?: (job: AnyJob, work: () => Promise<void>) => Promise<void>;
}

/** Jobs are short, since long work is in rows of its own. A killed worker's jobs are free after this time. */
const LEASE_MS = MINUTE_MS;
/** Two heartbeats may be lost before a lease expires. */
const BEAT_MS = LEASE_MS / 3;
/** Other processes push jobs too, and a wake-up between processes may be lost. */
const POLL_MS = 1_000;
/** The pause after the first failure. Each next one is four times as long: 5 s, 20 s, 80 s, 5 min, 21 min. */
const FIRST_RETRY_MS = 5_000;
const RETRIES = 5;

/** Jobs that are done, and are about to be deleted. */
interface EndedJobs {
  readonly jobs: ClaimedJob[];
  readonly ended: Promise<void>;
}

/** Slots of each lane. */
type Slots = Map<Lane, number>;

/** Runs jobs on SQLite. */
export class SqliteJobRunner implements JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #running = new Map<
    string,
    { readonly job: ClaimedJob; readonly ended: Promise<void> }
  >();
  readonly #trials = new Trials(pause);
  readonly #errors = new RepeatedErrors();
  #endedJobs: EndedJobs | undefined;
  /** Of jobs that are claimed and have not begun, since their transaction has not ended. */
  readonly #reserved: Slots = new Map();
  #loop: Promise<void> | undefined;
  #beat: NodeJS.Timeout | undefined;
  #stopping = false;
  #woken = false;
  #endSleep: () => void = () => undefined;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#beat ??= setInterval(() => void this.#renewLeases(), BEAT_MS);
    this.#loop ??= this.#work();
  }

  wake(): void {
    this.#woken = true;
    this.#endSleep();
  }

  async drain(ms: number): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#loop;
    const stop = new AbortController();
    await Promise.race([
      this.#untilIdle(),
      pause(ms, undefined, { signal: stop.signal }).catch(() => undefined),
    ]);
    stop.abort();
    clearInterval(this.#beat);
    for (const { job } of this.#running.values()) {
      await handBackJob(this.#options.db, job);
    }
  }

  acquit(): Promise<void> {
    return acquitJobs(this.#options.db, [...this.#running.keys()]);
  }

  /** A job that ends may have begun another one. */
  async #untilIdle(): Promise<void> {
    while (this.#running.size > 0)
      await Promise.all(Array.from(this.#running.values(), ({ ended }) => ended));
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      try {
        const due = await this.#nextDue();
        if (!(await this.#claimWhatIsDue(due))) await this.#sleepUntil(earliest(due));
        this.#errors.wentWell('claim');
      } catch (error) {
        if (this.#errors.isNew('claim', error)) this.#options.log(describe(error));
        await this.#sleepUntil(undefined);
      }
    }
  }

  /** @returns whether anything was due */
  async #claimWhatIsDue(due: ReadonlyMap<Lane, Date>): Promise<boolean> {
    let isDue = false;
    for (const [lane, at] of due) {
      if (at > this.#options.now() || this.#stopping) continue;
      isDue = true;
      await this.#claimAndBegin((tx) => this.#claim(tx, lane, this.#free(lane)));
    }
    return isDue;
  }

  /** @param claim runs again where its transaction does */
  async #claimAndBegin(claim: (tx: Knex) => Promise<readonly ClaimedJob[]>): Promise<void> {
    const reserved: Slots = new Map();
    const release = (): void => {
      for (const [lane, count] of reserved) addTo(this.#reserved, lane, -count);
      reserved.clear();
    };
    try {
      const jobs = await inGroup(this.#options.db, async (tx) => {
        release();
        const claimed = await claim(tx);
        for (const { lane } of claimed) {
          addTo(reserved, lane, 1);
          addTo(this.#reserved, lane, 1);
        }
        return claimed;
      });
      for (const job of jobs) this.#begin(job);
    } finally {
      release();
    }
  }

  async #claim(tx: Knex, lane: Lane, limit: number): Promise<readonly ClaimedJob[]> {
    if (limit <= 0) return [];
    const { now, workerId } = this.#options;
    return claimJobs(tx, { lane, limit, now: now(), leaseMs: LEASE_MS, workerId });
  }

  #begin(job: ClaimedJob): void {
    const known = this.#running.get(job.id);
    if (known) {
      // The lease expired while we work on it, for example when the clock jumped. The work goes on with the new claim.
      this.#running.set(job.id, { ...known, job });
      return;
    }
    this.#running.set(job.id, { job, ended: this.#run(job) });
  }

  /** Never rejects: it logs errors, and the job comes back when its lease expires. */
  async #run(job: ClaimedJob): Promise<void> {
    try {
      if (await this.#isDone(job)) {
        await this.#finish(this.#running.get(job.id)?.job ?? job);
        return;
      }
    } catch (error) {
      this.#options.log(describe(error));
    }
    this.#leaveSlots([job]);
  }

  /** @returns false for a job that failed, or was given up */
  async #isDone(job: ClaimedJob): Promise<boolean> {
    if (job.claim.deaths >= ON_TRIAL) {
      await this.#giveUp(job);
      return false;
    }
    const failure = await this.#begun(job).then(() => undefined, describe);
    if (failure) await this.#fail(this.#running.get(job.id)?.job ?? job, failure);
    return failure === undefined;
  }

  /** Of a lane that was full it is not known when its next job is due. */
  #leaveSlots(jobs: readonly ClaimedJob[]): void {
    const full = jobs.map(({ lane }) => lane).filter((lane) => this.#free(lane) <= 0);
    for (const { id } of jobs) this.#running.delete(id);
    if (full.some((lane) => this.#free(lane) > 0)) this.wake();
  }

  /** Jobs that end while the database is at work are deleted with one statement, and jobs that wait for their slots begin. */
  #finish(job: ClaimedJob): Promise<void> {
    this.#endedJobs ??= this.#endTogether();
    this.#endedJobs.jobs.push(job);
    return this.#endedJobs.ended;
  }

  #endTogether(): EndedJobs {
    const jobs: ClaimedJob[] = [];
    // Jobs that end from then on are not in it.
    const close = (): void => {
      if (this.#endedJobs?.jobs === jobs) this.#endedJobs = undefined;
    };
    const ended = this.#claimAndBegin(async (tx) => {
      close();
      await finishJobs(tx, jobs);
      return this.#claimInstead(tx, jobs);
    }).finally(() => {
      close();
      this.#leaveSlots(jobs);
    });
    return { jobs, ended };
  }

  /** Claims what is due in the lanes of these jobs, which are about to leave their slots. */
  async #claimInstead(tx: Knex, ended: readonly ClaimedJob[]): Promise<readonly ClaimedJob[]> {
    if (this.#stopping) return [];
    const claimed: ClaimedJob[] = [];
    for (const lane of new Set(ended.map((job) => job.lane))) {
      const leaving = ended.filter((job) => job.lane === lane).length;
      claimed.push(...(await this.#claim(tx, lane, this.#free(lane) + leaving)));
    }
    return claimed;
  }

  async #begun(job: ClaimedJob): Promise<void> {
    const { db } = this.#options;
    if (job.claim.deaths === 0) return callHandler(this.#options, job);
    await this.#trials.hold(
      async () => {
        await noteDeaths(db, job, ON_TRIAL);
        await callHandler(this.#options, job);
      },
      () => noteDeaths(db, this.#running.get(job.id)?.job ?? job, 0),
    );
  }

  async #giveUp(job: ClaimedJob): Promise<void> {
    const { db, giveUp } = this.#options;
    if (job.claim.deaths < GIVING_UP) {
      await noteDeaths(db, job, GIVING_UP);
      await giveUp?.(job);
    }
    await this.#fail(job, new KillsItsWorker(), true);
  }

  /** Stores only the error's code: the column is plain, and a message may quote an app's answer. */
  async #fail(job: ClaimedJob, error: RunnerTrouble, forGood = false): Promise<void> {
    const { db, now, log } = this.#options;
    const failures = job.claim.failures + 1;
    const failure = {
      jobId: job.id,
      name: job.name,
      code: error.code,
      message: error.message,
      failures,
    };
    if (forGood || failures > RETRIES) {
      log(failure);
      await buryJob(db, job, { error: error.code, now: now() });
    } else {
      const retryAt = new Date(now().getTime() + FIRST_RETRY_MS * 4 ** (failures - 1));
      log({ ...failure, retryAt });
      await retryJob(db, job, { dueAt: retryAt, error: error.code });
    }
  }

  async #renewLeases(): Promise<void> {
    const { db, now, log } = this.#options;
    const jobs = Array.from(this.#running.values(), ({ job }) => job);
    try {
      await renewLeases(db, jobs, new Date(now().getTime() + LEASE_MS));
      this.#errors.wentWell('renew');
    } catch (error) {
      if (this.#errors.isNew('renew', error)) log(describe(error));
    }
  }

  #free(lane: Lane): number {
    const running = [...this.#running.values()].filter(({ job }) => job.lane === lane);
    return this.#options.slots[lane] - running.length - (this.#reserved.get(lane) ?? 0);
  }

  #freeLanes(): readonly Lane[] {
    return lanes.filter((lane) => this.#free(lane) > 0);
  }

  /** When the next job of each lane with free slots can be claimed. We query, since a claim that finds nothing takes the lock. */
  async #nextDue(): Promise<ReadonlyMap<Lane, Date>> {
    const free = this.#freeLanes();
    return free.length === 0 ? new Map() : nextDueAt(this.#options.db, free);
  }

  async #sleepUntil(due: Date | undefined): Promise<void> {
    const ms = due === undefined ? POLL_MS : due.getTime() - this.#options.now().getTime();
    if (ms <= 0 || this.#woken) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, POLL_MS));
      this.#endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function addTo(slots: Slots, lane: Lane, count: number): void {
  slots.set(lane, (slots.get(lane) ?? 0) + count);
}

function earliest(due: ReadonlyMap<Lane, Date>): Date | undefined {
  const [first] = [...due.values()].toSorted((a, b) => a.getTime() - b.getTime());
  return first;
}

export async function callHandler(
  { handlers, watch }: Pick<JobRunnerOptions, 'handlers' | 'watch'>,
  job: AnyJob,
): Promise<void> {
  const work = () => handle(handlers, job);
  await (watch ? watch(job, work) : work());
}

const handle = async <N extends JobName>(handlers: JobHandlers, job: Job<N>): Promise<void> =>
  handlers[job.name](job.payload);

/** The parts of an error that may go to the log. */
export function describe(error: unknown): RunnerTrouble {
  if (!(error instanceof Error)) {
    return { code: 'unknown', message: 'Something that is not an error was thrown' };
  }
  return { code: codeOf(error) ?? error.name, message: error.message };
}
