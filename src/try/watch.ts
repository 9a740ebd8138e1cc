/** Requests that are no step of a run. They are retried when that is safe, and recorded with their answers. */
import type { Context } from '../engine/calls/context.ts';
import { repeating } from '../engine/calls/repeat.ts';
import type { Http, HttpAnswer, HttpRequest } from '../engine/ports/http.ts';
import type { TryEnv } from './env.ts';
import type { Exchanges } from './exchanges.ts';
import type { TryStep } from './result.ts';
import { showAnswer } from './show.ts';

/** One request with its last answer. */
export interface AnsweredRequest {
  readonly request: HttpRequest;
  readonly answer: HttpAnswer;
  /** Includes retries, and the request with a new token after a 401. */
  readonly tries: number;
  readonly ms: number;
}

export interface Watched {
  readonly http: Http;
  readonly asked: () => readonly AnsweredRequest[];
}

export function watch(http: Http, env: TryEnv): Watched {
  const asked: AnsweredRequest[] = [];
  let tries = 0;
  const counting: Http = {
    send(request, limits, streams) {
      tries += 1;
      return http.send(request, limits, streams);
    },
  };
  const repeated = repeating(counting, env);
  return {
    asked: () => asked,
    http: {
      async send(request, limits, streams) {
        tries = 0;
        const startedAt = env.now().getTime();
        const answer = await repeated.send(request, limits, streams);
        const ms = env.now().getTime() - startedAt;
        const last = asked.at(-1);
        if (last && isSameAgain(last, request))
          asked[asked.length - 1] = {
            request,
            answer,
            tries: last.tries + tries,
            ms: last.ms + ms,
          };
        else asked.push({ request, answer, tries, ms });
        return answer;
      },
    },
  };
}

/** Whether `next` is the same request after a 401, with a new token. */
const isSameAgain = ({ request, answer }: AnsweredRequest, next: HttpRequest): boolean =>
  answer.kind === 'answer' &&
  answer.status === 401 &&
  request.method === next.method &&
  request.url === next.url;

export function showAsked(
  { request: { method, url }, answer, tries, ms }: AnsweredRequest,
  { take }: Exchanges,
  redact: Context['redact'],
): TryStep {
  const shown = { method, url: redact(url) };
  const { request } = take(tries);
  const status = answer.kind === 'answer' ? answer.status : null;
  return { ...shown, status, tries, ms, request, response: showAnswer(answer, redact) };
}
