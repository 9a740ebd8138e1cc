import { unreachable } from '../core/unreachable.ts';
import type { Http, HttpAnswer } from '../engine/ports/http.ts';
import type { Meters } from './meters.ts';
import type { Observer } from './observer.ts';

/** For requests without an integration, or without a known one. */
const NO_INTEGRATION = 'none';

/**
 * Counts and traces requests to apps. It records only a request's method, since an address may hold a secret. The run's
 * own page shows the address redacted.
 */
export function watchedHttp(http: Http, observer: Observer, meters: Meters): Http {
  return {
    send: (request, limits, streams) =>
      observer.within(
        {
          name: 'outbound call',
          kind: 'client',
          attributes: { 'http.request.method': request.method },
        },
        async (span) => {
          const began = performance.now();
          const done = (outcome: string) =>
            meters.thirdPartyAnswered({
              integration: observer.id('integration') ?? NO_INTEGRATION,
              outcome,
              seconds: (performance.now() - began) / 1000,
            });
          try {
            const answer = await http.send(request, limits, streams);
            if (answer.kind === 'answer') span.set('http.response.status_code', answer.status);
            else span.set('error.type', answer.code);
            done(outcomeOf(answer));
            return answer;
          } catch (error) {
            done('broken-off');
            throw error;
          }
        },
      ),
  };
}

function outcomeOf(answer: HttpAnswer): string {
  switch (answer.kind) {
    case 'answer':
      return answer.status === 429 ? '429' : `${Math.floor(answer.status / 100)}xx`;
    case 'failed':
      return answer.code;
    default:
      return unreachable(answer);
  }
}
