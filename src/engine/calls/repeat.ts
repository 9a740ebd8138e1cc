/** Repeats that nobody has to ask for, for requests that are no step of a run: checks and pages of a sync. */

import type { Http, HttpAnswer } from '../ports/http.ts';
import type { Clock } from '../ports/time-and-chance.ts';
import { repeatAfter } from '../runs/step-outcome.ts';

export interface Repeating {
  readonly now: Clock;
  /** Resolves after that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** @returns an `Http` that sends again what may be repeated: no connection made, a rate limit or 503, a GET that was lost. */
export function repeating(http: Http, { now, pause }: Repeating): Http {
  return {
    async send(request, limits, streams): Promise<HttpAnswer> {
      const startedAt = now();
      for (let tries = 1; ; tries += 1) {
        const answer = await http.send(request, limits, streams);
        const step = { tries, startedAt };
        const after = repeatAfter({ answer, method: request.method, step, now: now() });
        if (after === undefined) return answer;
        await pause(after);
      }
    },
  };
}
