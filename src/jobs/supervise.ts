/**
 * Keeps one worker process running: forks it, passes on its messages, restarts it after an end with growing pauses, kills
 * it when it is silent, and drains it at shutdown. It doesn't use threads, so tests can use any child.
 */
import type { ChildProcess } from 'node:child_process';
import { DRAIN_MS, SILENCE_MS, START_MS, STARTING_DRAIN_MS } from './agreed.ts';
import type { Downward, Report, Upward, WorkerArguments } from './messages.ts';
import { type ProcessorTime, processorTimeOf } from './processor-time.ts';

export interface Supervising {
  readonly fork: (args: WorkerArguments) => ChildProcess;
  readonly newId: () => string;
  /** What the process says comes unchecked. */
  readonly report: (report: Report) => void;
  /** In milliseconds, for tests. */
  readonly silenceMs?: number;
  readonly startMs?: number;
  readonly drainMs?: number;
  readonly startingDrainMs?: number;
  readonly healthyMs?: number;
  readonly processorTimeOf?: (pid: number | undefined) => ProcessorTime | undefined;
}

/** The first restart comes almost at once, since work in progress waits for it. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 10_000;
/** After this long a process counts as healthy, and its next restart is quick again. */
const HEALTHY_MS = 30_000;
/** How many dead processes' ids we pass on, so that a successor surely sees each. */
const REMEMBERED = 20;

export interface Supervisor {
  send(message: Downward): void;
  /** Drains the process: tells it to end, and kills it after the time limit. */
  stop(): Promise<void>;
}

export function supervise(deps: Supervising): Supervisor {
  const healthyMs = deps.healthyMs ?? HEALTHY_MS;
  const dead: string[] = [];
  let child: ChildProcess | undefined;
  let silence: ReturnType<typeof watch> | undefined;
  let failures = 0;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;

  const start = (): void => {
    const workerId = deps.newId();
    const startedAt = performance.now();
    const process = forkOrLater(workerId);
    if (!process) return;
    child = process;
    const watching = watch(process);
    silence = watching;

    process.on('message', (message: Upward) => {
      if (stopping) return;
      // It also answers with metrics while it starts, which may take longer than the later limit for silence.
      if (message.kind !== 'figures' && child === process) watching.heard();
      deps.report(message);
    });
    process.on('error', () => undefined); // `exit` follows, or the process never started. `once` below notices both.
    onceEnded(process, (reason) => {
      watching.end();
      child = undefined;
      dead.push(workerId);
      if (stopping) return;
      failures = performance.now() - startedAt > healthyMs ? 0 : failures + 1;
      const restartInMs = Math.min(
        LONGEST_PAUSE_MS,
        FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1),
      );
      deps.report({ kind: 'exited', workerId, reason, restartInMs });
      restart = setTimeout(start, restartInMs);
    });
  };

  /** When the system can't start a process now, we try again later. */
  const forkOrLater = (workerId: string): ChildProcess | undefined => {
    try {
      return deps.fork({ workerId, replaces: dead.slice(-REMEMBERED) });
    } catch (error) {
      deps.report({
        kind: 'exited',
        workerId,
        reason: `could not start: ${error instanceof Error ? error.message : 'unknown reason'}`,
        restartInMs: LONGEST_PAUSE_MS,
      });
      restart = setTimeout(start, LONGEST_PAUSE_MS);
      return undefined;
    }
  };

  /** The limit is longer until its first report. */
  const watch = (process: ChildProcess) => {
    let forget = killLater(process, deps.startMs ?? START_MS);
    let hasBegun = false;
    return {
      heard() {
        hasBegun = true;
        forget();
        forget = killSilent(process, deps);
      },
      end: () => forget(),
      hasBegun: () => hasBegun,
    };
  };

  start();
  return {
    send(message) {
      if (child?.connected) child.send(message, () => undefined); // A process that has just ended is being replaced.
    },
    async stop() {
      stopping = true;
      clearTimeout(restart);
      const process = child;
      if (!process) return;
      const ended = new Promise<void>((resolve) => onceEnded(process, () => resolve()));
      // From here on it may be silent, since it only finishes work in progress.
      silence?.end();
      const drainMs = deps.drainMs ?? DRAIN_MS;
      const hasBegun = silence?.hasBegun() ?? false;
      let forget = killLater(
        process,
        hasBegun ? drainMs : (deps.startingDrainMs ?? STARTING_DRAIN_MS),
      );
      if (!hasBegun)
        process.once('message', () => {
          // Its first report was on its way, so it may have claimed work.
          forget();
          forget = killLater(process, drainMs);
        });
      const drain: Downward = { kind: 'drain' };
      process.send(drain, () => undefined); // A process that no longer receives messages is killed in time.
      await ended;
      forget();
    },
  };
}

/** A process that hangs works all the time, or waits for what never comes. One that got less than this part of the processor waits for its turn. */
const STARVED = 1 / 3;

/**
 * Kills a process that has said nothing for the limit of silence. Where others keep the machine busy, a worker gives way to them
 * (decision 178) and may get no turn for as long: it isn't killed for that, until the time for a start is over.
 * @returns what prevents it
 */
function killSilent(
  process: ChildProcess,
  {
    silenceMs = SILENCE_MS,
    startMs = START_MS,
    processorTimeOf: timeOf = processorTimeOf,
  }: Supervising,
): () => void {
  const before = timeOf(process.pid)?.ms ?? 0;
  const isStarved = (silentMs: number): boolean => {
    const now = timeOf(process.pid);
    return (
      now !== undefined &&
      now.isRunnable &&
      now.ms - before < silenceMs * STARVED &&
      silentMs < startMs
    );
  };
  let forget: () => void;
  const wait = (silentMs: number): void => {
    forget = later(silenceMs, () => {
      if (isStarved(silentMs)) wait(silentMs + silenceMs);
      else process.kill('SIGKILL');
    });
  };
  wait(silenceMs);
  return () => forget();
}

/** Kills it after this time. @returns what prevents that */
const killLater = (process: ChildProcess, ms: number): (() => void) =>
  later(ms, () => process.kill('SIGKILL'));

/** Calls it after this time. What a process said while this thread stood still is heard first. @returns what prevents that */
function later(ms: number, call: () => void): () => void {
  let turn: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    turn = setImmediate(call);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

/** Calls `then` once, when the process has ended or failed to start. */
function onceEnded(process: ChildProcess, then: (reason: string) => void): void {
  let isReported = false;
  const report = (reason: string) => {
    if (isReported) return;
    isReported = true;
    then(reason);
  };
  process.once('exit', (code, signal) =>
    report(signal ? `killed by ${signal}` : `exit code ${code}`),
  );
  process.once('error', (error) => {
    if (process.pid === undefined) report(`could not start: ${error.message}`);
  });
}
