import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyJob } from '../../../src/engine/ports/jobs.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { Lane } from '../../../src/engine/work/lanes.ts';
import type { JobDriver } from '../../../src/store/queue/job-driver.ts';
import type {
  JobFailure,
  JobHandlers,
  JobRunner,
  JobRunnerOptions,
  RunnerTrouble,
} from '../../../src/store/queue/job-runner.ts';
import { idleJobs } from '../../support/idle-jobs.ts';
import { until } from '../../support/until.ts';

/** What a test can do with the jobs of a database, beside running them. */
export interface JobRunnerDriver {
  readonly jobs: JobDriver;
  readonly transact: UnitOfWork;
  /** Waits until no job is worked on; then every job that waits becomes due at `now`. */
  makeAllDue(now: Date): Promise<void>;
  /** How many wait or are worked on. */
  left(): Promise<number>;
  /** What the buried ones failed with. */
  buried(): Promise<readonly (string | null)[]>;
  cleanup(): Promise<void>;
}

const LONG_MS = 15_000;
const HOUR_MS = 60 * 60 * 1000;
/** More than any driver tries. */
const MANY = 30;

/** What the runner of every database must do. `open` gives a migrated one without jobs. */
export function jobRunnerContract(open: () => Promise<JobRunnerDriver>): void {
  let driver: JobRunnerDriver;
  let runners: JobRunner[];
  let now: Date;
  const noon = new Date();
  const inAnHour = new Date(noon.getTime() + HOUR_MS);

  beforeEach(async () => {
    now = noon;
    runners = [];
    driver = await open();
  });
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.drain(0)));
    await driver.cleanup();
  });

  const push = (
    runId: string,
    { lane = 'background', dueAt = now, key }: { lane?: Lane; dueAt?: Date; key?: string } = {},
  ) =>
    driver.transact((tx) =>
      tx.queue.push('run.advance', { runId }, { lane, dueAt, ...(key !== undefined && { key }) }),
    );

  function start(
    advance: JobHandlers['run.advance'],
    log: (event: JobFailure | RunnerTrouble) => void = () => undefined,
    workerId = 'w1',
    background = 2,
    giveUp: JobRunnerOptions['giveUp'] = async () => undefined,
  ): JobRunner {
    const runner = driver.jobs.createRunner({
      workerId,
      slots: { interactive: 1, chat: 1, imports: 1, events: 0, background },
      handlers: {
        ...idleJobs,
        'run.advance': advance,
      },
      giveUp,
      now: () => now,
      log,
    });
    runners.push(runner);
    runner.start();
    return runner;
  }

  const untilNoneIsLeft = () => until(async () => (await driver.left()) === 0);

  test('a job that waits is run and is gone afterwards', async () => {
    await push('a');
    const ran = gate<string>();
    const runner = start(async ({ runId }) => ran.open(runId));
    expect(await ran.opened).toBe('a');
    await runner.drain(LONG_MS);
    expect(await driver.left()).toBe(0);
    expect(await driver.buried()).toEqual([]);
  });

  /** Begins the job in that worker, which dies with it; as nobody ends here, its only slot stays taken. */
  async function dieWith(runId: string, workerId: string, at = now): Promise<void> {
    const begun = gate<string>();
    start(
      (job) => {
        begun.open(job.runId);
        return new Promise(() => undefined);
      },
      undefined,
      workerId,
      1,
    );
    expect(await begun.opened).toBe(runId);
    await driver.jobs.releaseJobsOf(workerId, at);
  }

  test('a job whose worker died with it once is begun again', async () => {
    await push('a');
    await dieWith('a', 'w1');
    const ran = gate<string>();
    const runner = start(async ({ runId }) => ran.open(runId), undefined, 'w2');
    expect(await ran.opened).toBe('a');
    await runner.drain(LONG_MS);
    expect(await driver.left()).toBe(0);
  });

  test('a job whose worker died while the clock was ahead is due by the right one', async () => {
    await push('a');
    const anHourAgo = new Date(noon.getTime() - HOUR_MS);
    await dieWith('a', 'w1', anHourAgo);
    const depths = await driver.jobs.depths(anHourAgo);
    // Its runner lives on here, and may have it again by now: then it isn't due, either.
    expect(depths.find(({ lane }) => lane === 'background')).toMatchObject({ later: 0 });
    expect(await driver.left()).toBe(1);
  });

  test('a job whose workers died with it twice is given up and not begun again, and others go on', async () => {
    await push('a');
    await dieWith('a', 'w1');
    await dieWith('a', 'w2');
    const given = gate<AnyJob>();
    const told = gate<JobFailure | RunnerTrouble>();
    const ran: string[] = [];
    const advance = async ({ runId }: { readonly runId: string }) => void ran.push(runId);
    start(advance, told.open, 'w3', 2, async (job) => given.open(job));
    expect(await given.opened).toMatchObject({ name: 'run.advance', payload: { runId: 'a' } });
    expect(await told.opened).toMatchObject({ code: 'kills-its-worker' });
    await push('b');
    await untilNoneIsLeft();
    expect(ran).toEqual(['b']);
  });

  test('a job that was taken from a worker that was silent and lives is not given up when the next one dies', async () => {
    await push('a');
    const begun = gate();
    const silent = start(
      () => {
        begun.open();
        return new Promise(() => undefined);
      },
      undefined,
      'w1',
      1,
    );
    await begun.opened;
    await driver.jobs.releaseJobsOf('w1', now);
    const [onTrial, ran] = [gate(), gate<string>()];
    start(
      () => {
        onTrial.open();
        return new Promise(() => undefined);
      },
      undefined,
      'w2',
      1,
    );
    await onTrial.opened;
    await silent.acquit();
    await driver.jobs.releaseJobsOf('w2', now);
    start(async ({ runId }) => ran.open(runId), undefined, 'w3');
    expect(await ran.opened).toBe('a');
  });

  test('a job that was handed back twice when its worker ended is begun a third time', async () => {
    await push('a');
    await dieWith('a', 'w1');
    for (const workerId of ['w2', 'w3']) {
      const begun = gate<string>();
      const runner = start(
        (job) => {
          begun.open(job.runId);
          return new Promise(() => undefined);
        },
        undefined,
        workerId,
        1,
      );
      expect(await begun.opened).toBe('a');
      await runner.drain(0);
    }
    const ran = gate<string>();
    start(async ({ runId }) => ran.open(runId), undefined, 'w4');
    expect(await ran.opened).toBe('a');
  });

  test('a wake-up makes the runner look at once', async () => {
    const ran = gate<string>();
    const runner = start(async ({ runId }) => ran.open(runId));
    await push('a');
    runner.wake();
    expect(await ran.opened).toBe('a');
  });

  test('a job that is pushed in a transaction that fails is never run', async () => {
    const undone = driver.transact(async (tx) => {
      await tx.queue.push('run.advance', { runId: 'undone' }, { lane: 'background', dueAt: now });
      throw new RangeError('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await driver.left()).toBe(0);
  });

  test('jobs run side by side up to the slots of their lane, and a full lane makes no other wait', async () => {
    for (const id of ['a', 'b', 'c']) await push(id);
    await push('click', { lane: 'interactive' });
    const begun: string[] = [];
    const [three, end] = [gate(), gate()];
    const runner = start(async ({ runId }) => {
      begun.push(runId);
      if (begun.length === 3) three.open();
      await end.opened;
    });
    await three.opened;
    expect(begun.toSorted()).toEqual(['a', 'b', 'click']);
    end.open();
    await untilNoneIsLeft();
    await runner.drain(LONG_MS);
    expect(begun).toHaveLength(4);
  });

  test('a job is not run before it is due', async () => {
    await push('later', { dueAt: inAnHour });
    await push('a');
    const begun: string[] = [];
    const runner = start(async ({ runId }) => void begun.push(runId));
    await until(async () => (await driver.left()) <= 1);
    await runner.drain(LONG_MS);
    expect(begun).toEqual(['a']);
  });

  test('two workers share the jobs, and each is run once', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => String(n));
    await driver.transact(async (tx) => {
      for (const runId of ids)
        await tx.queue.push('run.advance', { runId }, { lane: 'background', dueAt: now });
    });
    const ran: string[] = [];
    const advance: JobHandlers['run.advance'] = async ({ runId }) => void ran.push(runId);
    start(advance);
    start(advance, () => undefined, 'w2');
    await untilNoneIsLeft();
    expect(ran.toSorted()).toEqual(ids.toSorted());
  });

  test.each([
    ['earlier', inAnHour, noon],
    ['later', noon, inAnHour],
  ])(
    'a job whose key waits already is one job, due at the earlier time: pushed again %s',
    async (...times) => {
      const [, first, second] = times;
      await push('a', { key: 'k', dueAt: first });
      await push('a', { key: 'k', dueAt: second });
      expect(await driver.left()).toBe(1);
      const ran = gate<string>();
      const runner = start(async ({ runId }) => ran.open(runId));
      expect(await ran.opened).toBe('a');
      await runner.drain(LONG_MS);
      expect(await driver.left()).toBe(0);
    },
  );

  test('a job that is worked on does not hold its key, so no wake-up is lost', async () => {
    await push('a', { key: 'k' });
    const [begun, again, end] = [gate(), gate(), gate()];
    let times = 0;
    const runner = start(async () => {
      times += 1;
      (times === 1 ? begun : again).open();
      await end.opened;
    });
    await begun.opened;
    await push('a', { key: 'k' });
    runner.wake();
    await again.opened;
    end.open();
    await untilNoneIsLeft();
    expect(times).toBe(2);
  });

  test('a job that fails takes no newer one of its key along', async () => {
    await push('a', { key: 'k' });
    const [begun, failNow, ranAgain] = [gate(), gate(), gate()];
    let times = 0;
    const runner = start(async () => {
      times += 1;
      if (times > 1) {
        ranAgain.open();
        return;
      }
      begun.open();
      await failNow.opened;
      throw new TypeError('It broke.');
    });
    await begun.opened;
    await push('a', { key: 'k', dueAt: inAnHour });
    failNow.open();
    await driver.makeAllDue(now);
    runner.wake();
    await ranAgain.opened;
    expect(times).toBeGreaterThan(1);
  });

  test('a job that throws is logged, and tried again after growing pauses, then buried', async () => {
    await push('a');
    const events: (JobFailure | RunnerTrouble)[] = [];
    let next = gate();
    const runner = start(
      async () => {
        throw new TypeError('It broke, says the third party.');
      },
      (event) => {
        events.push(event);
        next.open();
      },
    );
    const pauses: number[] = [];
    for (let failures = 1; failures <= MANY; failures += 1) {
      await next.opened;
      next = gate();
      const event = events.at(-1);
      const message = 'It broke, says the third party.';
      expect(event).toMatchObject({ code: 'TypeError', message, name: 'run.advance', failures });
      if (!event || !('retryAt' in event) || !event.retryAt) break;
      pauses.push(event.retryAt.getTime() - now.getTime());
      await driver.makeAllDue(now);
      runner.wake();
    }
    await runner.drain(LONG_MS);
    expect(pauses.length).toBeGreaterThanOrEqual(5);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses.at(-1)).toBeGreaterThan(15 * 60 * 1000);
    expect(events).toHaveLength(pauses.length + 1);
    expect(await driver.left()).toBe(0);
    expect(await driver.buried()).toEqual(['TypeError']);
  });

  test('drain waits for what runs and begins nothing more', async () => {
    await push('a');
    const [begun, end] = [gate(), gate()];
    const ended: string[] = [];
    const runner = start(async ({ runId }) => {
      begun.open();
      await end.opened;
      ended.push(runId);
    });
    await begun.opened;
    const drained = runner.drain(LONG_MS);
    await push('b');
    runner.wake();
    end.open();
    await drained;
    expect(ended).toEqual(['a']);
    expect(await driver.left()).toBe(1);
  });

  test('drain hands back what does not end in time, and another worker takes it at once', async () => {
    await push('a');
    const [begun, end, taken] = [gate(), gate(), gate<string>()];
    const runner = start(async () => {
      begun.open();
      await end.opened;
    });
    await begun.opened;
    await runner.drain(0);
    start(
      async ({ runId }) => taken.open(runId),
      () => undefined,
      'w2',
    );
    expect(await taken.opened).toBe('a');
    end.open();
  });

  test("a dead worker's job is taken by another at once, and the dead one can no longer end it", async () => {
    await push('a');
    const [begun, ended, taken, end, endFirst] = [gate(), gate(), gate(), gate(), gate()];
    const first = async () => {
      begun.open();
      await endFirst.opened;
      ended.open();
    };
    start(first, () => undefined, 'w1', 1); // It isn't dead, and would take the job again with a second slot.
    await begun.opened;
    await driver.jobs.releaseJobsOf('w1', now);
    const second = start(
      async () => {
        taken.open();
        await end.opened;
      },
      () => undefined,
      'w2',
    );
    await taken.opened;
    now = inAnHour; // It was silent for long: else nobody takes it for dead.
    endFirst.open();
    await ended.opened;
    await runners[0]?.drain(LONG_MS);
    expect(await driver.left()).toBe(1);
    end.open();
    await second.drain(LONG_MS);
    expect(await driver.left()).toBe(0);
  });
}

/** Something that happens once and can be awaited. */
export function gate<T = void>(): {
  readonly opened: Promise<T>;
  readonly open: (value: T) => void;
} {
  let resolve: ((value: T) => void) | undefined;
  const opened = new Promise<T>((done) => {
    resolve = done;
  });
  return { opened, open: (value) => resolve?.(value) };
}
