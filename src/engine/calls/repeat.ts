/** Automatic repeats for requests that are not a step of a run: checks and pages of a sync. */
import type { Http, HttpAnswer } from '../ports/http.ts';
import type { Time } from '../ports/time-and-chance.ts';
import { repeatAfter } from '../runs/step-outcome.ts';

/** @returns an `Http` that repeats a request when no connection was made, after a rate limit or a 503, and when a GET was lost */
export function repeating(http: Http, { now, pause }: Time): Http {
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
