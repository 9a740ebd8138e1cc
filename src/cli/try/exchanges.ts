/** Notes what is sent, for display: redacted, and with every repeat and poll beside the request it belongs to. */
import { type Json, stringifyJson } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Http, HttpAnswer, HttpBody, HttpRequest } from '../../engine/ports.ts';
import { cutForDisplay } from '../../engine/redact.ts';
import { shownBody, type TryStep } from './result.ts';

type Redact = (text: string) => string;

/** Requests that look the same and came one after the other. */
interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly request: TryStep['request'];
  /** Of them that no step has been found for yet. */
  count: number;
}

export interface Exchanges {
  readonly http: Http;
  /**
   * What was sent for a step, as it was shown the last time. Steps have to be asked for in order.
   * @param tries how often the step was sent
   */
  readonly take: (step: {
    readonly method: string;
    readonly url: string;
    readonly tries: number;
  }) => TryStep['request'];
}

export function noteExchanges(
  http: Http,
  redact: Redact,
  progress: (text: string) => void,
): Exchanges {
  const noted: Exchange[] = [];
  return {
    http: {
      async send(request, limits) {
        const shown = { method: request.method, url: redact(request.url) };
        const last = noted.at(-1);
        const sent = showRequest(request, redact);
        if (
          last &&
          last.method === shown.method &&
          last.url === shown.url &&
          isSame(last.request, sent)
        )
          last.count += 1;
        else noted.push({ ...shown, request: sent, count: 1 });
        const again =
          last?.count !== undefined && noted.at(-1) === last ? `, time ${last.count}` : '';
        progress(`${shown.method} ${shown.url}${again} …`);
        return http.send(request, limits);
      },
    },
    take({ method, url, tries }) {
      let found: TryStep['request'] = { headers: {}, body: null };
      for (let left = tries; left > 0; ) {
        const next = noted.find(
          (each) => each.count > 0 && each.method === method && each.url === url,
        );
        if (!next) break;
        const taken = Math.min(left, next.count);
        next.count -= taken;
        left -= taken;
        found = next.request;
      }
      return found;
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
