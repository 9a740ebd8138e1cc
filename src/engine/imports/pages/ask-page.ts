/** Asks for a page of people, and finds them in the answer. */
import { beginningOfJson, type Json, jsonIn, readJson } from '../../../core/json.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { onceMoreAfter401, wasRefused } from '../../calls/ask.ts';
import type { Context } from '../../calls/context.ts';
import { excessWords } from '../../calls/excess-words.ts';
import type { Tokens } from '../../calls/oauth.ts';
import { isSuccess } from '../../calls/outcome.ts';
import { refusalOf, refusedWords } from '../../calls/refusal.ts';
import { describeRequest } from '../../calls/request.ts';
import type { ManifestRequest } from '../../manifest/request-schema.ts';
import type { SyncManifest } from '../../manifest/schema.ts';
import type { Http, HttpAnswer, HttpLimits, HttpRequest, Method } from '../../ports/http.ts';
import type { RunError } from '../../runs/run.ts';
import { describe } from '../../runs/step-outcome.ts';
import { readNotation } from '../../templates/notation.ts';
import { cut, type Render, variablesFrom } from './next-page.ts';

/** Larger than for other answers: apps return thousands of people at once. More would block the worker's other jobs. */
const PAGE_LIMITS: HttpLimits = { timeoutMs: 120_000, maxBytes: 16 * 1024 * 1024 };
const MAX_ROWS_OF_PAGE = 20_000;
/** Of a quoted value, before redaction. Longer than what is shown, so that redaction finds a whole secret. */
const QUOTED_CHARACTERS = 2000;

export interface SyncDeps {
  /** Of the integration, without a person: see `gatherSync`. */
  readonly context: Context;
  /** Retries what may be retried. */
  readonly http: Http;
  readonly tokens: Tokens;
}

/** Redaction comes before cutting: half a secret would not be found. */
type Redact = Context['redact'];

/** A page without people, as some apps return it after the last page. */
const hasNoContent = (answer: HttpAnswer): boolean =>
  answer.kind === 'answer' && answer.status === 204;

export interface NotAnswered {
  readonly ok: false;
  readonly error: RunError;
  readonly came?: { readonly answer: HttpAnswer; readonly method: Method };
}
type Answered<T> = { readonly ok: true; readonly value: T } | NotAnswered;

interface Exchange {
  readonly request: HttpRequest;
  readonly answer: HttpAnswer;
}

interface Asker {
  readonly ask: (render: Render, spec: ManifestRequest) => Promise<Answered<Exchange>>;
  /** With the token that was used last. */
  readonly context: () => Context;
  readonly redact: Redact;
  readonly warnings: () => readonly string[];
}

/** Sends with a fresh token, and once more after a 401. */
export function createAsker({ context: initial, http, tokens }: SyncDeps): Asker {
  const warnings = new Set<string>();
  let context = initial;

  const sendOnce = async (render: Render): Promise<Answered<Exchange>> => {
    const described = render(context);
    for (const warning of described.warnings) warnings.add(warning);
    if (!described.ok) return refuse('bad-request', described.error);
    const { request } = described;
    return { ok: true, value: { request, answer: await http.send(request, PAGE_LIMITS) } };
  };

  return {
    context: () => context,
    redact: (text) => context.redact(text),
    warnings: () => [...warnings],
    async ask(render, spec) {
      const fresh = await tokens.fresh(context);
      if (!fresh.ok) {
        const { why: message, detail, busy } = fresh;
        const came = busy && { answer: busy, method: spec.method };
        return { ok: false, error: { code: 'no-token', message, detail }, came };
      }
      return onceMoreAfter401(
        fresh.context,
        (known) => {
          context = known;
          return sendOnce(render);
        },
        { tokens, isRefused: (asked) => asked.ok && wasRefused(spec, asked.value.answer) },
      );
    },
  };
}

export const refuse = (code: RunError['code'], message: string): NotAnswered => ({
  ok: false,
  error: { code, message },
});

export const atStep = (step: number, failed: NotAnswered): NotAnswered => ({
  ...failed,
  error: { ...failed.error, step },
});

/** Sends the requests before the one with the people. */
export async function askBefore(
  manifest: SyncManifest,
  since: string,
  asker: Asker,
): Promise<Answered<readonly Json[]>> {
  const responses: Json[] = [];
  for (const [step, spec] of manifest.execute.slice(0, -1).entries()) {
    const asked = await asker.ask(
      (known) => describeRequest(spec, variablesFrom(known, responses, since), { manifest }),
      spec,
    );
    if (!asked.ok) return atStep(step, asked);
    const { answer } = asked.value;
    const error = refusal(spec, asked.value, asker.context());
    if (error) return atStep(step, notAnswered(error, asked.value));
    responses.push(answer.kind === 'answer' ? (jsonIn(answer.text) ?? {}) : {});
  }
  return { ok: true, value: responses };
}

const notAnswered = (error: RunError, { request, answer }: Exchange): NotAnswered => ({
  ok: false,
  error,
  came: { answer, method: request.method },
});

function refusal(
  spec: ManifestRequest,
  { request, answer }: Exchange,
  { integration }: Pick<Context, 'integration'>,
): RunError | undefined {
  if (answer.kind === 'answer' && isSuccess(spec, answer.status)) return undefined;
  const { host } = new URL(request.url);
  return {
    code: answer.kind === 'failed' ? 'no-answer' : 'http-status',
    // A schedule tries again, and the card of an import has a button for it.
    message: describe(answer, { who: integration.name, spec, isRepeated: true }),
    detail:
      answer.kind === 'failed' ? answer.message : t`${host} answered with status ${answer.status}.`,
  };
}

function readAnswer(
  spec: ManifestRequest,
  exchange: Exchange,
  { integration, redact }: Context,
): Answered<Json> {
  const error = refusal(spec, exchange, { integration });
  if (error) return notAnswered(error, exchange);
  const { answer } = exchange;
  if (hasNoContent(answer)) return { ok: true, value: {} };
  const text = answer.kind === 'answer' ? answer.text : '';
  const read = readJson(text);
  if (read.ok) return read;
  const came = cut(redact(text.trimStart()).trimEnd());
  const message = read.exceeds
    ? excessWords(read.exceeds)
    : came === ''
      ? t`Latchkey reads people from JSON, but the answer is empty. Check the address and the values in it.`
      : t`Latchkey reads people from JSON, but the answer isn't JSON. Check the address, and whether the app needs a header such as Accept: application/json. Received: ${came}`;
  return refuse(read.exceeds ? 'no-answer' : 'missing-path', message);
}

/** `isMissing`: the page has no list at all, or a refusal in its place. */
type ListOnPage =
  | { readonly ok: true; readonly value: readonly Json[]; readonly isMissing: boolean }
  | NotAnswered;

interface PageAsked {
  readonly spec: ManifestRequest;
  readonly dataFrom: string;
  readonly page: number;
}

/** The people in the answer to a page's request, and the answer. */
export function readPeople(
  exchange: Exchange,
  { spec, dataFrom, page }: PageAsked,
  { context, redact }: Asker,
): (Extract<ListOnPage, { ok: true }> & { readonly json: Json }) | NotAnswered {
  const json = readAnswer(spec, exchange, context());
  if (!json.ok) return json;
  const rows: ListOnPage = hasNoContent(exchange.answer)
    ? { ok: true, value: [], isMissing: false }
    : rowsOf(json.value, { dataFrom, page }, redact);
  // An app that refuses with a status that says success has no people in its answer.
  const refused = rows.ok && rows.value.length > 0 ? undefined : refusalOf(json.value);
  if (refused && (page === 1 || !rows.ok))
    return refuse('not-matched', redact(refusedWords(refused, context().integration.name)));
  if (!rows.ok) return rows;
  return { ...rows, isMissing: rows.isMissing || refused !== undefined, json: json.value };
}

/** The list of people in a page. The first page has to have one. A later page without a list is the end. */
function rowsOf(
  response: Json,
  { dataFrom, page }: Omit<PageAsked, 'spec'>,
  redact: Redact,
): ListOnPage {
  const list = readNotation(response, dataFrom);
  if (list.found && Array.isArray(list.value)) {
    const rows = list.value as readonly Json[];
    if (rows.length <= MAX_ROWS_OF_PAGE) return { ok: true, value: rows, isMissing: false };
    const message = t`The page has ${sayNumber(rows.length)} people, but Latchkey reads at most ${sayNumber(MAX_ROWS_OF_PAGE)} at once. Request smaller pages in the manifest.`;
    return refuse('no-answer', message);
  }
  if (list.found ? list.value === null : page > 1)
    return { ok: true, value: [], isMissing: !list.found };
  const place = dataFrom.trim() === '' ? t`the answer` : t`"${dataFrom}" of the answer`;
  const came = cut(redact(beginningOfJson(list.found ? list.value : response, QUOTED_CHARACTERS)));
  const message = t`The people must be a list in ${place}. Received: ${came}. Check data_from in the manifest.`;
  return refuse('missing-path', message);
}
