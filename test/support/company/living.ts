/** Time that passes for several processes on one database, faster than it does. */
import { type DueDeps, fireDue } from '../../../src/engine/work/due.ts';

export interface LivingProcess {
  readonly due: DueDeps;
  /** Whether it runs at that time; always, where this is left out. */
  readonly isUp?: (now: Date) => boolean;
}

export interface LifeTime {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** Between two ticks. */
  readonly everyMs: number;
  /** Whether any process looks at that time; each time, where this is left out. */
  readonly isLookedAt?: (now: Date) => boolean;
  /** Called at each of these times, before the tick. */
  readonly before?: (now: Date) => Promise<void>;
}

/** At each tick all processes that are up look at once. @returns how many occurrences there were. */
export async function liveThrough(
  { from, to, everyMs, isLookedAt = () => true, before }: LifeTime,
  processes: readonly LivingProcess[],
): Promise<number> {
  let fired = 0;
  for (let at = from.getTime(); at < to.getTime(); at += everyMs) {
    const now = new Date(at);
    await before?.(now);
    if (!isLookedAt(now)) continue;
    const up = processes.filter(({ isUp = () => true }) => isUp(now));
    const counts = await Promise.all(up.map(({ due }) => fireDue(due, now)));
    fired += counts.reduce((sum, count) => sum + count, 0);
  }
  return fired;
}
