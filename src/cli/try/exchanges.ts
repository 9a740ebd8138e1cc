/** Notes what is sent, for display: redacted, and with every repeat and poll beside the request it belongs to. */
import { type Json, stringifyJson } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Http, HttpAnswer, HttpBody, HttpRequest } from '../../engine/ports.ts';
import { cutForDisplay } from '../../engine/redact.ts';
import { shownBody, type TryStep } from './result.ts';

type Redact = (text: string) => string;

interface Sent {
  readonly method: string;
  /** Redacted. */
  readonly url: string;
}

/** Requests that look the same and came one after the other. */
interface Exchange extends Sent {
  readonly request: TryStep['request'];
  /** Of them that no step has been found for yet. */
  count: number;
}

export interface Exchanges {
  readonly http: Http;
  /**
   * What was sent for a step, as it was shown the last time, and how often. Steps have to be asked for in order.
   * @param tries how often the step counts itself as sent; undefined for all that is left of such requests
   */
  readonly take: (
    step: Sent,
    tries?: number,
  ) => { readonly request: TryStep['request']; readonly tries: number };
}

/** @param redactNow gives what hides every secret known now; a token may be a new one since the last request */
export function noteExchanges(
  http: Http,
  redactNow: () => Promise<Redact>,
  progress: (text: string) => void,
): Exchanges {
  const noted: Exchange[] = [];
  return {
    http: {
      async send(request, limits, streams) {
        const redact = await redactNow();
        const [method, url] = [request.method, redact(request.url)];
        const shown = showRequest(request, redact);
        const last = noted.at(-1);
        if (last && last.method === method && last.url === url && isSame(last.request, shown)) {
          last.count += 1;
          progress(`${method} ${url}, time ${last.count} …`);
        } else {
          noted.push({ method, url, request: shown, count: 1 });
          progress(`${method} ${url} …`);
        }
        return http.send(request, limits, streams);
      },
    },
    take({ method, url }, tries = Infinity) {
      let request: TryStep['request'] = { headers: {}, body: null };
      let taken = 0;
      while (taken < tries) {
        const next = noted.find(
          (each) => each.count > 0 && each.method === method && each.url === url,
        );
        if (!next) break;
        const part = Math.min(tries - taken, next.count);
        next.count -= part;
        taken += part;
        request = next.request;
      }
      return { request, tries: taken };
    },
  };
}

/** Each poll has a key of its own, and is the same request all the same. */
function isSame(a: TryStep['request'], b: TryStep['request']): boolean {
  const rest = ({ headers, body }: TryStep['request']): string =>
    stringifyJson([{ ...headers, 'idempotency-key': '' }, body]);
  return rest(a) === rest(b);
}

export const showRequest = (request: HttpRequest, redact: Redact): TryStep['request'] => ({
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [redact(name), redact(readable(value))]),
  ),
  body: request.body ? showBody(request.body, redact) : null,
});

/** Headers go out as UTF-8 bytes, one character each; here they are text again. */
const readable = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');

function showBody(body: HttpBody, redact: Redact): Json {
  switch (body.kind) {
    case 'json':
      return shownBody(cutForDisplay(redact(body.text)));
    case 'form': {
      const fields = body.fields.map(([name, value]): [string, string] => [name, value]);
      return cutForDisplay(redact(new URLSearchParams(fields).toString()));
    }
    case 'multipart':
      return {
        fields: body.fields.map(([name, value]) => [redact(name), redact(value)]),
        files: body.files.map(({ field, file }) => [redact(field), redact(file)]),
      };
    default:
      return unreachable(body);
  }
}

/** An answer for display; null where there was none. */
export const showAnswer = (answer: HttpAnswer, redact: Redact): Json =>
  answer.kind === 'answer' ? shownBody(cutForDisplay(redact(answer.text))) : null;
