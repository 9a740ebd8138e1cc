/**
 * A time limit for something that answers over the event loop, such as a database. A process that stands still, or gets no
 * processor, hears no answer, so only time in which it could have heard one counts.
 */

/** Longer than a turn of a busy event loop. */
const TICK_MS = 100;

type Later = (ms: number, work: () => void) => () => void;

/**
 * Calls `work` when `ms` have passed. A timer that comes late counts for no more than its own time, and `work` comes after
 * one more turn of the event loop, so that what arrived by then is heard first.
 * @param later calls `work` after `ms`, unless the returned function is called first
 * @returns a function that cancels it
 */
export function afterTimeAwake(ms: number, later: Later, work: () => void): () => void {
  let isCancelled = false;
  let left = ms;
  let stop = tick();

  function tick(): () => void {
    const next = Math.min(TICK_MS, left);
    return later(next, () => {
      left -= next;
      if (left > 0) stop = tick();
      else
        setImmediate(() => {
          if (!isCancelled) work();
        });
    });
  }

  return () => {
    isCancelled = true;
    stop();
  };
}
