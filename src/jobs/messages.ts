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
