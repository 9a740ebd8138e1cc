/**
 * Messages between a process's three parts. Words: the *main* thread answers people. The *worker thread* is Bree's
 * long-lived job and has no database. The *worker process* is its child and does everything slow.
 */
import { z } from 'zod';
import { figure } from '../observe/figure.ts';

/** Down: from main through the thread to the process. */
export const downward = z.discriminatedUnion('kind', [
  /** A job was pushed. */
  z.object({ kind: z.literal('wake') }),
  /** Finish work in progress, and end. */
  z.object({ kind: z.literal('drain') }),
  /** Send the metrics, with this number. */
  z.object({ kind: z.literal('count'), asked: z.number() }),
]);
export type Downward = z.infer<typeof downward>;

/** Up: from the process through the thread to main. */
export const upward = z.discriminatedUnion('kind', [
  /** The store has a result that a person may wait for; see `Signals`. */
  z.object({ kind: z.literal('announce'), topic: z.string() }),
  /** It claims jobs now. */
  z.object({ kind: z.literal('ready'), workerId: z.string(), pid: z.number() }),
  /** It is alive, and so many workers use this database. The thread replaces a silent process. */
  z.object({ kind: z.literal('beat'), workers: z.number().int().positive() }),
  /** The requested metrics. */
  z.object({ kind: z.literal('figures'), asked: z.number(), figures: z.array(figure) }),
]);
export type Upward = z.infer<typeof upward>;

/** The thread also reports that its process ended. */
export const report = z.discriminatedUnion('kind', [
  ...upward.options,
  z.object({
    kind: z.literal('exited'),
    workerId: z.string(),
    reason: z.string(),
    restartInMs: z.number(),
  }),
]);
export type Report = z.infer<typeof report>;

/** The job `tick` sends this each minute: main then checks what is due. */
export const tick = z.object({ kind: z.literal('tick') });
export type Tick = z.infer<typeof tick>;

/** The arguments of the worker process. */
export const workerArguments = z.object({
  workerId: z.string(),
  /** Earlier worker processes of this thread. They are dead, so their leases are free. */
  replaces: z.array(z.string()),
});
export type WorkerArguments = z.infer<typeof workerArguments>;

/** From main to the thread: drain the process. Back: it has ended. */
export const CANCEL = 'cancel';
export const CANCELLED = 'cancelled';

/** How long a stopping worker continues its work. Then it returns the rest, before `DRAIN_MS` ends. */
export const FINISH_MS = 18_500;
/** The time limit of a shutdown. Then the worker is killed, and main ends. */
export const DRAIN_MS = 20_000;
/**
 * The same for a worker that is still starting, which holds no work. A start takes long on a busy machine, and nobody stops one while
 * modules load: a stop would wait for all of it.
 */
export const STARTING_DRAIN_MS = 2000;
/** How often the process reports that it is alive. */
export const BEAT_MS = 1000;
/** How often a worker stores that it is alive, and looks for dead ones. */
export const SWEEP_MS = 5000;
/** After this much silence a process counts as hanging. It is many heartbeats, since a large answer may block a process. */
export const SILENCE_MS = 15_000;
/**
 * The time limit for the first report. The process loads its modules and finds its database, which takes long on a busy
 * machine, or with a locked or silent database. A killed process would start again and never finish.
 */
export const START_MS = 120_000;
