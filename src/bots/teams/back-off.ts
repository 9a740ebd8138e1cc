/** Waits when Teams wants a short back-off. The worker waits in its own way. */
import { setTimeout as after } from 'node:timers/promises';
import { PlatformError } from '../view/platform.ts';

/** Teams limits a conversation to 7 messages in one second and 8 in two, so after a second it takes more. */
const PAUSE_MS = 1000;
/** After a longer wait people would press the button again. */
const LONGEST_PAUSE_MS = 5000;
const TRIES = 3;

/** Waits for so many milliseconds. */
export type Pause = (ms: number) => Promise<void>;
const realPause: Pause = (ms) => after(ms);

/** Up to three tries of one call, when Teams wants a wait of up to 5 s. */
export const withBackoff =
  (pause: Pause = realPause) =>
  async <T>(call: () => Promise<T>): Promise<T> => {
    for (let left = TRIES - 1; ; left--) {
      try {
        return await call();
      } catch (error) {
        const ms = waitFor(error);
        if (ms === undefined || left === 0) throw error;
        await pause(ms);
      }
    }
  };

/** In milliseconds. Undefined when waiting wouldn't help, or would take too long. */
function waitFor(error: unknown): number | undefined {
  if (!(error instanceof PlatformError) || error.code !== 'rate-limited') return undefined;
  const ms = error.retryAfterMs ?? PAUSE_MS;
  return ms <= LONGEST_PAUSE_MS ? ms : undefined;
}
