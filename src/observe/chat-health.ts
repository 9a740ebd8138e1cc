import { MINUTE_MS } from '../core/hours.ts';
import type { Platform } from './meters.ts';

/** One call may fail by chance. */
const FAILURES = 3;
/** After this time without a call the state is unknown. A process that isn't ready gets no requests, so it makes no calls. */
const FORGOTTEN_AFTER_MS = 2 * MINUTE_MS;

interface Heard {
  readonly failures: number;
  /** Milliseconds UTC of the last call. */
  readonly at: number;
}

/** Which chat platforms are unreachable now, judged by this process's calls. */
export class ChatHealth {
  readonly #heard = new Map<Platform, Heard>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** @param outcome of a platform's call; only `unreachable` counts against the platform */
  heard(platform: Platform, outcome: string): void {
    const before = this.#heard.get(platform)?.failures ?? 0;
    const failures = outcome === 'unreachable' ? before + 1 : 0;
    this.#heard.set(platform, { failures, at: this.#now().getTime() });
  }

  isUnreachable(platform: Platform): boolean {
    const last = this.#heard.get(platform);
    return (
      last !== undefined &&
      last.failures >= FAILURES &&
      this.#now().getTime() - last.at < FORGOTTEN_AFTER_MS
    );
  }
}
