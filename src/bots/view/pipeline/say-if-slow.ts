import { stillAtIt } from '../answers.ts';
import type { Step } from './pipeline.ts';

/**
 * An interaction takes milliseconds, or is acknowledged and goes on in the worker. After so long it has met a database that
 * is locked or doesn't answer, and the person reads that they are not forgotten.
 */
const SLOW_MS = 5000;

interface SlowDeps {
  /** Calls `work` after so long, unless what it gives back is called before. Left out: nothing is said. */
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
