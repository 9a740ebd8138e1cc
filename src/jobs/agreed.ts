/**
 * Words and times on which a process's three parts agree. They stand apart from the schemas of messages (`messages.ts`), so that
 * the thread between main and the worker process loads no library to pass them on.
 */

/** From main to the thread: drain the process. Back: it has ended. They are Bree's own messages. */
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
/**
 * After this much silence a process counts as hanging. It is many heartbeats, since a large answer may block a process. Where it
 * got hardly any of the processor meanwhile, it has until `START_MS`.
 */
export const SILENCE_MS = 15_000;
/**
 * The time limit for the first report. The process loads its modules and finds its database, which takes long on a busy
 * machine, or with a locked or silent database. A killed process would start again and never finish.
 */
export const START_MS = 120_000;
