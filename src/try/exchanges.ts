/** Notes what is sent, in order, so that each request can be shown beside the step that it was sent for. */

import { stringifyJson } from '../core/json.ts';
import { t } from '../core/translate.ts';
import type { Http, HttpAnswer } from '../engine/ports/http.ts';
import type { TryStep } from './result.ts';
import { type Redact, showAnswer, showRequest } from './show.ts';
import type { TryEnv } from './world.ts';

interface Exchange {
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  readonly request: TryStep['request'];
  /** Sent once more for the same try, with a new token after a 401. */
  readonly isResent: boolean;
  /** None yet, or never. */
  answer?: HttpAnswer;
}

export interface TakenExchange {
  /** As it was sent the last time. */
  readonly request: TryStep['request'];
  readonly answer?: HttpAnswer;
  /** How often it was sent. */
  readonly sendings: number;
}

export interface Exchanges {
  /** Token requests, which belong to no step, may not go this way. */
  readonly http: Http;
  /** Says that the next request is sent for the same try as the last. */
  readonly resend: () => void;
  /** The next so many requests. */
  readonly take: (sendings: number) => TakenExchange;
  /** The requests of the next so many tries of a step. Steps have to be asked for in order. */
  readonly takeTries: (tries: number) => TakenExchange;
}

/** @param redactNow gives what hides every secret known now; a token may be a new one since the last request */
export function noteExchanges(
  redactNow: () => Promise<Redact>,
  { http, now, progress, answered }: Pick<TryEnv, 'http' | 'now' | 'progress' | 'answered'>,
): Exchanges {
  const noted: Exchange[] = [];
  let next = 0;
  let isResent = false;
  let times = 0;

  /** Moves on as long as the next one belongs to it. */
  function takeWhile(belongs: (exchange: Exchange) => boolean): TakenExchange {
    const start = next;
    for (let each = noted[next]; each && belongs(each); each = noted[next]) next += 1;
    const { request, answer } = noted.slice(start, next).at(-1) ?? {};
    return {
      request: request ?? { headers: {}, body: null },
      ...(answer && { answer }),
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
        progress(times === 1 ? `${method} ${url} …` : t`${method} ${url}, time ${times} …`);
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

/** While others ask the same host, nothing is sent, and no try counted. */
const wasSent = ({ answer }: Exchange): boolean =>
  answer?.kind !== 'failed' || answer.code !== 'host-busy';

/** Each poll has a key of its own, and is the same request all the same. */
const looksLike = (a: Exchange, b: Exchange): boolean =>
  a.method === b.method &&
  a.url === b.url &&
  stringifyJson(a.request.body) === stringifyJson(b.request.body);
