import { stillAtIt } from '../answers.ts';
import type { Step } from './pipeline.ts';

/**
 * An interaction takes milliseconds, or is acknowledged and continues in the worker. One that takes this long has met a
 * locked or unreachable database. The person then reads that Latchkey is still working on it.
 */
const SLOW_MS = 5000;

interface SlowDeps {
  /** Calls `work` after `ms`, unless the returned function is called first. Left out: the person reads nothing. */
  readonly later?: (ms: number, work: () => void) => () => void;
  readonly onError: (error: unknown, where: string) => void;
}

export const sayIfSlow =
  <Who>({ later, onError }: SlowDeps): Step<Who> =>
  async (interaction, next) => {
    const { say, where } = interaction;
    const stop =
      say &&
      later?.(SLOW_MS, () => {
        say(stillAtIt()).catch((error: unknown) => onError(error, where));
      });
    try {
      return await next(interaction);
    } finally {
      stop?.();
    }
  };
