/**
 * Keeps one worker process running: forks it, relays its messages, restarts it with growing pauses when it ends, kills
 * it when it falls silent, and drains it at shutdown. Knows nothing of threads, so it can be tested with any child.
 */
import type { ChildProcess } from 'node:child_process';
import {
  type Downward,
  DRAIN_MS,
  type Report,
  SILENCE_MS,
  START_MS,
  upward,
  type WorkerArguments,
} from './messages.ts';

export interface Supervising {
  readonly fork: (args: WorkerArguments) => ChildProcess;
  readonly newId: () => string;
  readonly report: (report: Report) => void;
  /** Milliseconds; for tests. */
  readonly silenceMs?: number;
  readonly startMs?: number;
  readonly drainMs?: number;
  readonly healthyMs?: number;
}

/** The first restart comes at once: what was in flight waits for it. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 10_000;
/** After this long a process counts as healthy, and the next restart comes at once again. */
const HEALTHY_MS = 30_000;
/** A dead process's id is passed on until a successor has surely seen it. */
const REMEMBERED = 20;

export interface Supervisor {
  send(message: Downward): void;
  /** Drains the process: asks it to end, and kills it where it doesn't in time. */
  stop(): Promise<void>;
}

export function supervise(deps: Supervising): Supervisor {
  const silenceMs = deps.silenceMs ?? SILENCE_MS;
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

    process.on('message', (message) => {
      const parsed = upward.safeParse(message);
      // Its figures it says also while it is beginning, which may take longer than it may be silent later.
      if (parsed.data?.kind !== 'figures' && !stopping) watching.heard();
      if (parsed.success && !stopping) deps.report(parsed.data);
    });
    process.on('error', () => undefined); // Followed by `exit`, or it never started: `once` below hears both.
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

  /** Where the system has no room for a process now, it is tried again. */
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

  /** Until its first word it may take longer. */
  const watch = (process: ChildProcess) => {
    const killIn = (ms: number) => setTimeout(() => process.kill('SIGKILL'), ms);
    let timer = killIn(deps.startMs ?? START_MS);
    return {
      heard() {
        clearTimeout(timer);
        timer = killIn(silenceMs);
      },
      end: () => clearTimeout(timer),
    };
  };

  start();
  return {
    send(message) {
      if (child?.connected) child.send(message, () => undefined); // One that just ended is being replaced.
    },
    async stop() {
      stopping = true;
      clearTimeout(restart);
      const process = child;
      if (!process) return;
      const ended = new Promise<void>((resolve) => onceEnded(process, () => resolve()));
      // From here on it may be silent: it says nothing while it finishes what is in flight.
      silence?.end();
      const kill = setTimeout(() => process.kill('SIGKILL'), deps.drainMs ?? DRAIN_MS);
      const drain: Downward = { kind: 'drain' };
      process.send(drain, () => undefined); // One that hears nothing any more is killed in time.
      await ended;
      clearTimeout(kill);
    },
  };
}

/** Calls `then` once, when the process has ended or could not be started. */
function onceEnded(process: ChildProcess, then: (reason: string) => void): void {
  let told = false;
  const tell = (reason: string) => {
    if (told) return;
    told = true;
    then(reason);
  };
  process.once('exit', (code, signal) =>
    tell(signal ? `killed by ${signal}` : `exit code ${code}`),
  );
  process.once('error', (error) => {
    if (process.pid === undefined) tell(`could not start: ${error.message}`);
  });
}
