import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, type TestContext, test, vi } from 'vitest';
import { nextTurn } from '../../src/core/next-turn.ts';
import { DRAIN_MS, FINISH_MS, SILENCE_MS, SWEEP_MS } from '../../src/jobs/agreed.ts';
import type { Report, WorkerArguments } from '../../src/jobs/messages.ts';
import { processorTimeOf } from '../../src/jobs/processor-time.ts';
import { type Supervising, type Supervisor, supervise } from '../../src/jobs/supervise.ts';
import { DEAD_AFTER_MS } from '../../src/jobs/take-over.ts';
import { until } from '../support/until.ts';

/** What the child processes of a test do; `id` is the worker's. */
const READY = `process.send({ kind: 'ready', workerId: id, pid: process.pid });`;
const ENDS_WHEN_ASKED = `process.on('message', ({ kind }) => { if (kind === 'drain') process.exit(0); });`;
const scripts = {
  /** Says that it is ready, echoes its messages, and ends well when it is asked to. */
  works: `
    process.on('message', ({ kind }) => process.send({ kind: 'announce', topic: kind }));
    ${ENDS_WHEN_ASKED} ${READY}`,
  ends: `process.exit(3);`,
  hangs: `process.on('SIGTERM', () => undefined); ${READY} setTimeout(() => { for (;;); }, 20);`,
  loopsWhenWoken: `
    process.title = 'a) S 1 (b';
    process.on('message', ({ kind }) => {
      process.send({ kind: 'announce', topic: kind }, () => { for (;;); });
    });
    ${READY}`,
  beatsWhenWoken: `
    process.on('message', ({ kind }) => kind === 'wake' && process.send({ kind: 'beat', workers: 1 }));
    ${ENDS_WHEN_ASKED} ${READY}`,
  beginsSlowly: `${ENDS_WHEN_ASKED} setTimeout(() => { ${READY} }, 1000);`,
  countsAndBeginsSlowly: `${ENDS_WHEN_ASKED} process.send({ kind: 'figures', asked: 1, figures: [] }); setTimeout(() => { ${READY} }, 1000);`,
  neverBegins: `setInterval(() => undefined, 1000);`,
  endsWhenAskedTwice: `
    let asked = 0;
    process.on('message', ({ kind }) => {
      asked += 1;
      process.send({ kind: 'announce', topic: kind });
      if (asked === 2) process.exit(0);
    });
    ${READY}`,
  refusesToEnd: `process.on('message', () => undefined); ${READY}`,
} as const;
type Script = keyof typeof scripts;

let supervisor: Supervisor | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await supervisor?.stop();
  supervisor = undefined;
});

type Finished = Pick<TestContext, 'onTestFinished'>;

/** The same beside other tests. */
function supervisedBeside(
  { onTestFinished }: Finished,
  run: readonly Script[],
  options: Partial<Supervising>,
): Supervised {
  const beside = superviseScripts(run, options);
  onTestFinished(() => beside.supervisor.stop());
  return beside;
}

interface Supervised {
  readonly children: ChildProcess[];
  readonly args: WorkerArguments[];
  readonly reports: Report[];
  readonly supervisor: Supervisor;
  /** The first report that fits, past or to come. */
  readonly report: (fits: (report: Report) => boolean) => Promise<Report>;
}

/** Supervises processes that do the first script, then the second …; the last one stays. */
function supervised(run: readonly Script[], options: Partial<Supervising> = {}): Supervised {
  const made = superviseScripts(run, options);
  supervisor = made.supervisor;
  return made;
}

function superviseScripts(run: readonly Script[], options: Partial<Supervising>): Supervised {
  const children: ChildProcess[] = [];
  const args: WorkerArguments[] = [];
  const reports: Report[] = [];
  const emitter = new EventEmitter();
  let ids = 0;
  const started = supervise({
    newId: () => `worker-${++ids}`,
    report(report) {
      reports.push(report);
      emitter.emit('report');
    },
    fork(given) {
      const script = scripts[run[children.length] ?? run.at(-1) ?? 'works'];
      const code = `const id = ${JSON.stringify(given.workerId)}; ${script}`;
      const child = spawn(process.execPath, ['-e', code], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      args.push(given);
      return child;
    },
    drainMs: 10_000,
    processorTimeOf: () => undefined, // As where the system doesn't say.
    ...options,
  });
  return {
    children,
    args,
    reports,
    supervisor: started,
    async report(fits) {
      for (;;) {
        const found = reports.find(fits);
        if (found) return found;
        await once(emitter, 'report');
      }
    },
  };
}

const ready =
  (workerId: string) =>
  (report: Report): boolean =>
    report.kind === 'ready' && report.workerId === workerId;
const waitsForTurn = (pid: number) => processorTimeOf(pid)?.isRunnable === true;
const exited = (report: Report): boolean => report.kind === 'exited';
const exits = (reports: readonly Report[]) => reports.filter((each) => each.kind === 'exited');

describe('a worker process', () => {
  test('that works is announced, and gets what it is sent', async () => {
    const { report, supervisor: started, children } = supervised(['works']);
    expect(await report(ready('worker-1'))).toMatchObject({ pid: children[0]?.pid });
    started.send({ kind: 'wake' });
    expect(await report(({ kind }) => kind === 'announce')).toMatchObject({ topic: 'wake' });
  });

  test('that ends is replaced, and its successor knows whose work to take over', async () => {
    const { report, args } = supervised(['ends', 'ends', 'works']);
    await report(ready('worker-3'));
    expect(await report(exited)).toMatchObject({ workerId: 'worker-1', reason: 'exit code 3' });
    expect(args.map(({ replaces }) => replaces)).toEqual([
      [],
      ['worker-1'],
      ['worker-1', 'worker-2'],
    ]);
  });

  test('that keeps ending is restarted with growing pauses', async () => {
    const { report, reports } = supervised(['ends', 'ends', 'ends', 'works']);
    await report(ready('worker-4'));
    expect(exits(reports).map(({ restartInMs }) => restartInMs)).toEqual([50, 100, 200]);
  });

  test('that was healthy for a while is replaced at once again', async () => {
    const { report, reports } = supervised(['ends', 'ends', 'ends', 'works'], { healthyMs: 0 });
    await report(ready('worker-4'));
    expect(exits(reports).map(({ restartInMs }) => restartInMs)).toEqual([50, 50, 50]);
  });

  // These wait for a limit or a slow process: side by side.
  test.concurrent('that hangs is killed and replaced', async (finished) => {
    const { report } = supervisedBeside(finished, ['hangs', 'works'], { silenceMs: 1000 });
    expect(await report(exited)).toMatchObject({
      workerId: 'worker-1',
      reason: 'killed by SIGKILL',
    });
    await report(ready('worker-2'));
  });

  test.concurrent('that takes longer to begin than it may be silent later is left alone', async (finished) => {
    const { report, reports } = supervisedBeside(finished, ['beginsSlowly'], { silenceMs: 500 });
    await report(ready('worker-1'));
    expect(exits(reports)).toEqual([]);
  });

  test.concurrent('that is asked for its figures while it takes long to begin is left alone, too', async (finished) => {
    const { report, reports } = supervisedBeside(finished, ['countsAndBeginsSlowly'], {
      silenceMs: 500,
    });
    await report(ready('worker-1'));
    expect(exits(reports)).toEqual([]);
  });

  test.concurrent('that never begins is killed and replaced', async (finished) => {
    const { report } = supervisedBeside(finished, ['neverBegins', 'works'], { startMs: 1000 });
    expect(await report(exited)).toMatchObject({ reason: 'killed by SIGKILL' });
    await report(({ kind }) => kind === 'ready'); // On a busy machine its successor may take too long, too.
  });

  test('that beats is left alone for longer than the silence that would end it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const {
      report,
      reports,
      children,
      supervisor: started,
    } = supervised(['beatsWhenWoken'], { silenceMs: 1000 });
    await report(ready('worker-1'));
    for (let beats = 1; beats <= 3; beats += 1) {
      vi.advanceTimersByTime(999);
      started.send({ kind: 'wake' });
      await report(() => reports.filter(({ kind }) => kind === 'beat').length === beats);
    }
    expect(children).toMatchObject([{ killed: false }]);
    expect(exits(reports)).toEqual([]);
  });

  test('that spoke while main stood still is left alone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { report, children } = supervised(['works'], { silenceMs: 1000 });
    await report(ready('worker-1'));
    const [child] = children;
    vi.advanceTimersByTime(1000); // Timers come first, and then what has arrived.
    child?.emit('message', { kind: 'beat', workers: 1 });
    await nextTurn();
    expect(child).toMatchObject({ killed: false });
    vi.advanceTimersByTime(1000);
    await nextTurn();
    expect(child).toMatchObject({ killed: true });
  });

  test('that others leave no turn of the processor is left alone until the time for a start is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { report, children } = supervised(['works'], {
      silenceMs: 1000,
      startMs: 3000,
      processorTimeOf: () => ({ ms: 50, isRunnable: true }),
    });
    await report(ready('worker-1'));
    for (const killed of [false, false, true]) {
      vi.advanceTimersByTime(1000);
      await nextTurn();
      expect(children[0]).toMatchObject({ killed });
    }
  });

  test.each([
    ['works all the time', { isRunnable: true, grows: 1000 }],
    ['waits for what never comes', { isRunnable: false, grows: 0 }],
  ])('that is silent and %s is killed', async (_what, { isRunnable, grows }) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let ms = 0;
    const timeOf = () => ({ ms: (ms += grows), isRunnable });
    const { report, children } = supervised(['works'], {
      silenceMs: 1000,
      processorTimeOf: timeOf,
    });
    await report(ready('worker-1'));
    vi.advanceTimersByTime(1000);
    await nextTurn();
    expect(children[0]).toMatchObject({ killed: true });
  });

  test.runIf(process.platform === 'linux')(
    'that works is left alone while it got hardly any of the processor, and killed once it is stopped',
    async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const silenceMs = 600_000; // A third of it is more than this test takes.
      const limits = { silenceMs, startMs: 3 * silenceMs, processorTimeOf: undefined };
      const { report, supervisor: started, children } = supervised(['loopsWhenWoken'], limits);
      await report(ready('worker-1'));
      const pid = children[0]?.pid ?? 0;
      started.send({ kind: 'wake' });
      await report(({ kind }) => kind === 'announce');
      const silence = async () => {
        vi.advanceTimersByTime(silenceMs);
        await nextTurn();
      };
      await until(() => (processorTimeOf(pid)?.ms ?? 0) > 0 && waitsForTurn(pid));
      await silence();
      expect(children[0]).toMatchObject({ killed: false });
      process.kill(pid, 'SIGSTOP');
      await until(() => !waitsForTurn(pid));
      await silence();
      expect(children[0]).toMatchObject({ killed: true });
    },
  );

  test('that can not be started is tried again, and the report says why', async () => {
    const { report, reports } = supervised([], {
      fork: () => spawn('/nowhere/latchkey', { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
    });
    const said = await report(exited);
    expect(said.kind === 'exited' && said.reason).toMatch(/^could not start: .*ENOENT/);
    await report(() => exits(reports).length >= 2);
  });

  test('that has just ended can be sent a message, which is lost', async () => {
    const { report, children, supervisor: started } = supervised(['works']);
    await report(ready('worker-1'));
    children[0]?.kill('SIGKILL');
    started.send({ kind: 'wake' });
    expect(await report(ready('worker-2'))).toMatchObject({ pid: children[1]?.pid });
  });
});

describe('at shutdown', () => {
  test('the process is asked to end, and is waited for', async () => {
    const { report, children, supervisor: started } = supervised(['works']);
    await report(ready('worker-1'));
    await started.stop();
    expect(children[0]).toMatchObject({ exitCode: 0, signalCode: null });
  });

  test('a process that finishes what is in flight may be silent for longer than before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const {
      report,
      children,
      supervisor: started,
    } = supervised(['endsWhenAskedTwice'], {
      silenceMs: SILENCE_MS,
      drainMs: DRAIN_MS,
    });
    const [child] = children;
    await report(ready('worker-1'));
    const heard = child && once(child, 'message');
    const stopped = started.stop();
    await heard; // It says so before it falls silent.
    vi.advanceTimersByTime(FINISH_MS);
    started.send({ kind: 'wake' });
    await stopped;
    expect(child).toMatchObject({ exitCode: 0, signalCode: null });
  });

  test('the real figures leave 18 s to what is in flight, and the time to hand the rest back', () => {
    expect(FINISH_MS).toBeGreaterThan(18_000);
    expect(DRAIN_MS - FINISH_MS).toBeGreaterThanOrEqual(1000);
    // No other worker takes the jobs of one that drains, and so beats no more.
    expect(SWEEP_MS + DRAIN_MS).toBeLessThan(DEAD_AFTER_MS);
  });

  test.each([
    ['compose.yaml', /stop_grace_period: (\d+)s/],
    ['deploy/latchkey.service', /TimeoutStopSec=(\d+)/],
  ])('%s waits for longer than a shutdown takes', (file, seconds) => {
    const [, waits] = seconds.exec(readFileSync(file, 'utf8')) ?? [];
    expect(Number(waits) * 1000).toBeGreaterThan(DRAIN_MS);
  });

  test('a process that does not end in time is killed', async () => {
    const {
      report,
      children,
      supervisor: started,
    } = supervised(['refusesToEnd'], {
      drainMs: 100,
    });
    await report(ready('worker-1'));
    await started.stop();
    expect(children[0]).toMatchObject({ exitCode: null, signalCode: 'SIGKILL' });
  });

  test('a process that is still starting holds no work, so it is not waited for', async () => {
    const { children, supervisor: started } = supervised(['neverBegins'], { startingDrainMs: 100 });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const stopped = started.stop();
    vi.advanceTimersByTime(100);
    await stopped;
    expect(children[0]).toMatchObject({ exitCode: null, signalCode: 'SIGKILL' });
  });

  test('a process whose first report came while main stood still gets the whole time, since it may hold work', async () => {
    const { children, supervisor: started } = supervised(['works'], { startingDrainMs: 100 });
    const [child] = children;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const stopped = started.stop();
    vi.advanceTimersByTime(100); // Timers come first, and then what has arrived.
    child?.emit('message', { kind: 'ready', workerId: 'worker-1', pid: 1 });
    await nextTurn();
    expect(child).toMatchObject({ killed: false });
    await stopped;
    expect(child).toMatchObject({ exitCode: 0, signalCode: null });
  });

  test('an end that was asked for is not reported as one, and nothing is started again', async () => {
    const { report, reports, children, supervisor: started } = supervised(['works']);
    await report(ready('worker-1'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await started.stop();
    vi.advanceTimersByTime(60_000);
    expect(exits(reports)).toEqual([]);
    expect(children).toHaveLength(1);
  });

  test('a restart that is due soon does not come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { report, children, supervisor: started } = supervised(['ends']);
    await report(exited);
    await started.stop();
    vi.advanceTimersByTime(60_000);
    expect(children).toHaveLength(1);
  });
});
