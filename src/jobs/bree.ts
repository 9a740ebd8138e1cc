/** The main thread's part of the jobs: starts Bree, wakes the worker, receives its reports, stops it in time. */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import Bree from 'bree';
import type { Figure } from '../observe/figure.ts';
import { CANCEL, CANCELLED, DRAIN_MS } from './agreed.ts';
import { type Downward, type Report, report, tick } from './messages.ts';

export interface JobsOptions {
  /** The folder of the compiled jobs, since Bree and `fork` take only JavaScript. Ends in a slash. */
  readonly folder: URL;
  /** The worker process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onReport: (report: Report) => void;
  /** Called each minute. */
  readonly onTick: () => void;
  readonly onError: (error: unknown, where: string) => void;
}

export interface RunningJobs {
  /** Tells the worker that a job was pushed. */
  wake(): void;
  /** The worker process's metrics. Empty when it doesn't answer in time, for example during a restart. */
  figures(): Promise<readonly Figure[]>;
  /** Drains the worker. Always resolves shortly after `DRAIN_MS` at the latest. */
  stop(): Promise<void>;
}

/** Both threads only pass on messages. With the default their new objects get 48 MB, of which a start fills 11. */
const SMALL = { maxYoungGenerationSizeMb: 2 };
/** A worker that is busy with a large answer is counted at the next collection. */
const FIGURES_MS = 2000;
/** At second 0. Other schedules are computed at this tick. The programs leave out what Bree needs to read a cron expression. */
const EACH_MINUTE = { schedules: [{ s: [0] }] };
/** After the drain, killing and its report take a moment. */
const GRACE_MS = 2000;

export async function startJobs(options: JobsOptions): Promise<RunningJobs> {
  let stopping = false;
  const asked = new Map<number, (figures: readonly Figure[]) => void>();
  const bree = new Bree({
    root: false,
    logger: false,
    jobs: [
      {
        name: 'worker',
        path: fileURLToPath(new URL('worker.js', options.folder)),
        worker: { env: { ...options.environment }, resourceLimits: SMALL },
      },
      {
        name: 'tick',
        path: fileURLToPath(new URL('tick.js', options.folder)),
        interval: EACH_MINUTE,
        worker: { env: {}, resourceLimits: SMALL },
      },
    ],
    workerMessageHandler: ({ name, message }) => {
      if (message === CANCELLED) return;
      if (name === 'tick') {
        if (tick.safeParse(message).success && !stopping) options.onTick();
        return;
      }
      const parsed = report.safeParse(message);
      if (parsed.data?.kind === 'figures') asked.get(parsed.data.asked)?.(parsed.data.figures);
      else if (parsed.success) options.onReport(parsed.data);
      else options.onError(new TypeError('The worker said something unknown'), 'worker');
    },
    errorHandler(error, { name }) {
      if (!stopping) options.onError(error, name); // Bree ends a cancelled thread, which then has exit code 1.
    },
  });
  await bree.start();

  const post = (message: Downward) => bree.workers.get('worker')?.postMessage(message);
  let questions = 0;
  return {
    wake: () => post({ kind: 'wake' }),
    async figures() {
      questions += 1;
      const question = questions;
      let timer: NodeJS.Timeout | undefined;
      const answer = new Promise<readonly Figure[]>((resolve) => {
        asked.set(question, resolve);
        timer = setTimeout(() => resolve([]), FIGURES_MS);
      });
      post({ kind: 'count', asked: question });
      const figures = await answer;
      clearTimeout(timer);
      asked.delete(question);
      return figures;
    },
    async stop() {
      stopping = true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, DRAIN_MS + GRACE_MS);
      });
      const thread = bree.workers.get('worker');
      await Promise.race([
        Promise.all([thread ? drained(thread) : bree.stop('worker'), bree.stop('tick')]),
        late,
      ]);
      clearTimeout(timer);
      await Promise.all([...bree.workers.values()].map((worker) => worker.terminate()));
    },
  };
}

/**
 * Bree's own stop takes the first message that comes for the answer. A report that is under way would be taken for it, and the stop
 * would wait until its time limit.
 */
function drained(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    thread.on('message', (message) => {
      if (message === CANCELLED) resolve();
    });
    thread.once('exit', () => resolve());
    thread.postMessage(CANCEL);
  });
}
