/**
 * All that Latchkey knows of graphile-worker's private parts: what its events hand out. Its SQL functions and its view
 * `graphile_worker.jobs` are public. `test/store/queue/graphile-worker-internals.test.ts` fails when the private parts change.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkerEvents } from 'graphile-worker';

/** The channel on which the database tells of new jobs, but not of which. */
export const ADDED = 'jobs:insert';

/** To whoever reads it, that nothing was added. */
const NOTHING_ADDED = JSON.stringify({ count: 0 });

/** What a runner claims jobs with. */
export interface Asking {
  /** Resolves when no question is under way, and what it held is back. */
  release(): Promise<void>;
}

export interface RunnerHooks {
  /** Under this name it locks its jobs. Its own would be random, so nobody would know which jobs a dead worker held. */
  readonly lockName: string;
  /** Whether it is for this runner what is told on `ADDED`. */
  readonly isForUs: (payload: string | undefined) => boolean;
  readonly onAsking: (asking: Asking) => void;
}

/** To be called before the runner is made: each hook has to come before it claims or asks for anything. */
export function hookInto(events: WorkerEvents, { lockName, isForUs, onAsking }: RunnerHooks): void {
  events.on('pool:create', ({ workerPool }) => {
    workerPool.id = lockName;
  });
  events.on('localQueue:init', ({ localQueue }) => onAsking(localQueue));
  // What a runner holds that ends is unlocked with it, here or by whoever comes next. Of itself graphile-worker gives it
  // back, and looks away: where the database is gone just then, that would end the process.
  events.on('localQueue:setMode', ({ localQueue, newMode }) => {
    if (newMode === 'RELEASED') localQueue.jobQueue.splice(0);
  });
  // Told before it is acted on. Every lane of every process hears of every job, and would ask for it.
  events.on('pool:listen:notification', ({ message }) => {
    if (message.channel === ADDED && !isForUs(message.payload)) message.payload = NOTHING_ADDED;
  });
}

/** After the shutdown, questions that are under way end within this. */
const LAST_QUESTIONS_MS = 1_000;

/**
 * Resolves a little after the runner has shut down: no handler runs and nothing is asked any more. Its own promise may
 * then never settle: graphile-worker counts the batches that are to be written, and wrongly once two have failed, as
 * they do when the database goes away.
 */
export async function shutDownOf(events: WorkerEvents): Promise<void> {
  await new Promise<void>((resolve) => {
    events.once('pool:gracefulShutdown:complete', () => resolve());
    events.once('pool:forcefulShutdown:complete', () => resolve());
    events.once('pool:forcefulShutdown:error', () => resolve());
  });
  await pause(LAST_QUESTIONS_MS, undefined, { ref: false });
}
