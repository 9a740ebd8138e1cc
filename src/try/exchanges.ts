/** Records all requests in order, so that each can be shown beside its step. */
import { stringifyJson } from '../core/json.ts';
import { t } from '../core/translate.ts';
import type { Http, HttpAnswer } from '../engine/ports/http.ts';
import type { TryEnv } from './env.ts';
import type { TryStep } from './result.ts';
import { type Redact, showAnswer, showRequest } from './show.ts';

interface Exchange {
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  readonly request: TryStep['request'];
  /** True for a second request in the same try, with a new token after a 401. */
  readonly isResent: boolean;
  /** Absent before the answer, or when there is none. */
  answer?: HttpAnswer;
}

export interface TakenExchange {
  /** As it was last sent. */
  readonly request: TryStep['request'];
  readonly answer?: HttpAnswer;
  /** How often it was sent. */
  readonly sendings: number;
}

export interface Exchanges {
  /** Don't send token requests through this, since they belong to no step. */
  readonly http: Http;
  /** Marks the next request as part of the same try as the last. */
  readonly resend: () => void;
  readonly take: (sendings: number) => TakenExchange;
  /** Takes the requests of a step's next so many tries. Call it for the steps in order. */
  readonly takeTries: (tries: number) => TakenExchange;
}

/** @param redactNow returns a function that hides every current secret; a token may be newer than the last request */
export function noteExchanges(
  redactNow: () => Promise<Redact>,
  { http, now, progress, answered }: Pick<TryEnv, 'http' | 'now' | 'progress' | 'answered'>,
): Exchanges {
  const noted: Exchange[] = [];
  let next = 0;
  let isResent = false;
  let times = 0;

  /** Continues while the next exchange belongs to this one. */
  function takeWhile(belongs: (exchange: Exchange) => boolean): TakenExchange {
    const start = next;
    for (let each = noted[next]; each && belongs(each); each = noted[next]) next += 1;
    const { request, answer } = noted.slice(start, next).at(-1) ?? {};
    return {
      request: request ?? { headers: {}, body: null },
      answer,
      sendings: noted.slice(start, next).filter(wasSent).length,
    };
  }

  return {
    http: {
      async send(request, limits, streams) {
        const redact = await redactNow();
        const [method, url] = [request.method, redact(request.url)];
        const exchange: Exchange = { method, url, request: showRequest(request, redact), isResent };
        isResent = false;
        const last = noted.at(-1);
        times = last && looksLike(last, exchange) ? times + 1 : 1;
        progress(times === 1 ? `${method} ${url} …` : t`${method} ${url}, attempt ${times} …`);
        noted.push(exchange);
        const startedAt = now().getTime();
        const answer = await http.send(request, limits, streams);
        exchange.answer = answer;
        if (answered && wasSent(exchange))
          answered({
            method,
            url,
            status: answer.kind === 'answer' ? answer.status : null,
            tries: times,
            ms: now().getTime() - startedAt,
            request: exchange.request,
            response: showAnswer(answer, await redactNow()),
          });
        return answer;
      },
    },
    resend: () => {
      isResent = true;
    },
    take(sendings) {
      let left = sendings;
      return takeWhile(() => (left -= 1) >= 0);
    },
    takeTries(tries) {
      let left = tries;
      return takeWhile((exchange) => {
        if (exchange.isResent) return left < tries;
        if (!wasSent(exchange)) return left > 0;
        return (left -= 1) >= 0;
      });
    },
  };
}

/** When the host is busy with other requests, nothing is sent and no try counts. */
const wasSent = ({ answer }: Exchange): boolean =>
  answer?.kind !== 'failed' || answer.code !== 'host-busy';

/** Each poll has its own key, but is the same request. */
const looksLike = (a: Exchange, b: Exchange): boolean =>
  a.method === b.method &&
  a.url === b.url &&
  stringifyJson(a.request.body) === stringifyJson(b.request.body);
