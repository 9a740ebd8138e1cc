/**
 * What the three parts of a process say to each other. Words: the *main* thread answers people; the *worker thread* is
 * Bree's long-lived job and holds no database; the *worker process* is its child and does everything slow.
 */
import { z } from 'zod';
import { figure } from '../observe/figures.ts';

/** Down: from main through the thread to the process. */
export const downward = z.discriminatedUnion('kind', [
  /** A job was pushed. */
  z.object({ kind: z.literal('wake') }),
  /** Finish what is in flight, and end. */
  z.object({ kind: z.literal('drain') }),
  /** Say your figures, under this number. */
  z.object({ kind: z.literal('count'), asked: z.number() }),
]);
export type Downward = z.infer<typeof downward>;

/** Up: from the process through the thread to main. */
export const upward = z.discriminatedUnion('kind', [
  /** Something that somebody may wait for is in the store; see `Signals`. */
  z.object({ kind: z.literal('announce'), topic: z.string() }),
  /** It claims jobs now. */
  z.object({ kind: z.literal('ready'), workerId: z.string(), pid: z.number() }),
  /** It is alive, as so many are on this database; the thread replaces a process that falls silent. */
  z.object({ kind: z.literal('beat'), workers: z.number().int().positive() }),
  /** The figures that were asked for. */
  z.object({ kind: z.literal('figures'), asked: z.number(), figures: z.array(figure) }),
]);
export type Upward = z.infer<typeof upward>;

/** What the thread tells main besides: its process ended. */
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

/** What the thread of the job `tick` says each minute: look for what is due. */
export const tick = z.object({ kind: z.literal('tick') });
export type Tick = z.infer<typeof tick>;

/** The arguments of the worker process. */
export const workerArguments = z.object({
  workerId: z.string(),
  /** Earlier worker processes of this thread, which are known to be dead: their leases are free. */
  replaces: z.array(z.string()),
});
export type WorkerArguments = z.infer<typeof workerArguments>;

/** Bree's own words. */
export const CANCEL = 'cancel';
export const CANCELLED = 'cancelled';

/** A worker that ends lets what is in flight go on for so long. What is left is handed back, in the time until `DRAIN_MS`. */
export const FINISH_MS = 18_500;
/** A shutdown is over after this: the worker is killed then, and main ends. */
export const DRAIN_MS = 20_000;
/** How often the process says that it is alive. */
export const BEAT_MS = 1000;
/** How often the store hears that a worker lives, and dead ones are looked for. */
export const SWEEP_MS = 5000;
/** A process that said nothing for this long hangs. Many beats, since a large answer may block it for a while. */
export const SILENCE_MS = 15_000;
/**
 * Until its first word: it loads its modules and finds its database, which a machine with much else to do, or a database
 * that is locked or silent, makes long. Who is killed for that begins anew, and never gets there.
 */
export const START_MS = 120_000;
