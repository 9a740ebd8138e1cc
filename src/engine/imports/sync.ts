/**
 * Reads people from an app. Words: a *page* is one answer, a *row* is one entry of its list. Pages are returned one by one, so
 * memory does not grow with their number. `sync-rows.ts` says what a row means.
 */
import { beginningOfJson, type Json, jsonIn, readJson } from '../../core/json.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import { onceMoreAfter401, wasRefused } from '../calls/ask.ts';
import type { Context } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import { isSuccess } from '../calls/outcome.ts';
import { refusalOf, refusedWords } from '../calls/refusal.ts';
import { describeRequest } from '../calls/request.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { SyncManifest } from '../manifest/schema.ts';
import type { Http, HttpAnswer, HttpLimits, HttpRequest, Method } from '../ports/http.ts';
import type { RunError } from '../runs/run.ts';
import { describe } from '../runs/step-outcome.ts';
import { readNotation } from '../templates/notation.ts';
import {
  addressOf,
  cut,
  markIn,
  nextPageIn,
  type PageCursor,
  type Render,
  renderNext,
  variablesFrom,
} from './next-page.ts';

/** Larger than for other answers: apps return thousands of people at once. More would block the worker's other jobs. */
const PAGE_LIMITS: HttpLimits = { timeoutMs: 120_000, maxBytes: 16 * 1024 * 1024 };
const MAX_ROWS_OF_PAGE = 20_000;
/** Of all pages. Every row is stored, and larger companies have more than one source. */
const MAX_ROWS = 2_000_000;
/** Of a quoted value, before redaction. Longer than what is shown, so that redaction finds a whole secret. */
const QUOTED_CHARACTERS = 2000;

export interface SyncDeps {
  /** Of the integration, without a person: see `gatherSync`. */
  readonly context: Context;
  /** Retries what may be retried. */
  readonly http: Http;
  readonly tokens: Tokens;
}

export interface Rows {
  /** 1, 2, 3 … */
  readonly page: number;
  readonly rows: readonly Json[];
}

/** How the reading ended. */
export type PagesEnd =
  | {
      readonly kind: 'complete';
      readonly warnings: readonly string[];
      /** The list ended although its last page said that there is more. */
      readonly isEarly: boolean;
    }
  /** There are more pages than the manifest allows; the last warning says how to raise the limit. */
  | { readonly kind: 'cut-off'; readonly warnings: readonly string[] }
  | { readonly kind: 'failed'; readonly warnings: readonly string[]; readonly error: RunError };

/**
 * Reads page after page. The last request of `execute` returns people. The requests before it are sent once, and the last one
 * can use their answers.
 * @returns (after the pages) how it ended; never throws for an answer of the app
 */
export async function* readPages(deps: SyncDeps): AsyncGenerator<Rows, PagesEnd> {
  const read = new Set<string>();
  const reader = pageReader(deps, async (address) => read.has(address));
  let cursor: PageCursor | undefined;
  for (let page = 1; ; page += 1) {
    const outcome = await reader.read(cursor);
    if (outcome.kind === 'failed')
      return { kind: 'failed', warnings: reader.warnings(), error: outcome.error };
    read.add(outcome.address);
    if (outcome.rows.length > 0) yield { page, rows: outcome.rows };
    const { after } = outcome;
    if (after.kind === 'cut-off')
      return { kind: 'cut-off', warnings: [...reader.warnings(), after.warning] };
    if (after.kind === 'end')
      return { kind: 'complete', warnings: reader.warnings(), isEarly: after.isEarly ?? false };
    cursor = after.cursor;
  }
}

export type PageOutcome =
  | {
      readonly kind: 'page';
      /** Empty: it was the last. */
      readonly rows: readonly Json[];
      /** Identifies the page. */
      readonly address: string;
      /** The value of `{{SINCE}}`; empty: everything was requested. */
      readonly since: string;
      /** Its value in the next import, if the page has one. */
      readonly mark?: string;
      readonly after:
        | { readonly kind: 'next'; readonly cursor: PageCursor }
        /** `isEarly`: the list ended although the page before said that there is more, so it may lack entries. */
        | { readonly kind: 'end'; readonly isEarly?: true }
        | { readonly kind: 'cut-off'; readonly warning: string };
    }
  | {
      readonly kind: 'failed';
      readonly error: RunError;
      /** The answer and the method of its request, if one was sent. */
      readonly came?: { readonly answer: HttpAnswer; readonly method: Method };
    };

export interface PageReader {
  /** @param cursor where to continue; undefined for the first page. Never throws for an answer of the app. */
  read(cursor: PageCursor | undefined): Promise<PageOutcome>;
  /** Warnings of the manifest's templates so far. */
  warnings(): readonly string[];
  /** Hides every secret, also the token that was used last. */
  redact(text: string): string;
}

/**
 * @param isRead whether an earlier page had this address; never called for the page itself
 * @param sinceBefore the value of `{{SINCE}}` on the first page; later pages have it in their cursor
 */
export function pageReader(
  deps: SyncDeps,
  isRead: (address: string) => Promise<boolean>,
  sinceBefore = '',
): PageReader {
  const { manifest } = deps.context;
  if (manifest.kind !== 'sync') throw new Error('Only a sync has pages of people');
  const asker = createAsker(deps);

  const read = async (cursor: PageCursor | undefined): Promise<PageOutcome> => {
    const spec = manifest.execute.at(-1);
    const since = cursor?.since ?? sinceBefore;
    if (!spec) return { kind: 'page', rows: [], address: '', since, after: { kind: 'end' } };
    const before = cursor
      ? { ok: true as const, value: cursor.responses }
      : await askBefore(manifest, since, asker);
    if (!before.ok) return failedPage(before);
    const responses = before.value;
    const page = cursor?.page ?? 1;
    const step = responses.length + page - 1;
    const render: Render = cursor
      ? renderNext(manifest, cursor)
      : (known) => describeRequest(spec, variablesFrom(known, responses, since), { manifest });
    const asked = await asker.ask(render, spec);
    if (!asked.ok) return failedPage(at(step, asked));
    const { request, answer } = asked.value;
    const found = readPeople(asked.value, { spec, dataFrom: manifest.dataFrom, page }, asker);
    if (!found.ok) return failedPage(at(step, found));
    const { json, value: rows } = found;
    const address = addressOf(request);
    const mark = markIn(manifest, json);
    const done = (after: Extract<PageOutcome, { kind: 'page' }>['after']): PageOutcome => ({
      kind: 'page',
      rows,
      address,
      since,
      mark,
      after,
    });
    const link = answer.kind === 'answer' ? answer.headers['link'] : undefined;
    const next = nextPageIn(manifest, json, { request, link, redact: asker.redact });
    if (rows.length === 0) {
      const isMore = next && next.kind !== 'counted' && !isAlsoMark(manifest);
      return done(found.isMissing || isMore ? { kind: 'end', isEarly: true } : { kind: 'end' });
    }
    if (!next) return done({ kind: 'end' });
    const firstOrigin = cursor?.firstOrigin ?? new URL(request.url).origin;
    const readSoFar = (cursor?.read ?? 0) + rows.length;
    if (readSoFar > MAX_ROWS) return failedPage(at(step, refuse('no-answer', tooManyPeople())));
    const following: PageCursor = {
      page: page + 1,
      read: readSoFar,
      responses,
      firstOrigin,
      since,
      next,
    };
    const described = renderNext(manifest, following)(asker.context());
    if (described.ok) {
      const nextAddress = addressOf(described.request);
      if (nextAddress === address || (await isRead(nextAddress)))
        return done({ kind: 'end', isEarly: true });
    }
    if (page >= manifest.pages) return done({ kind: 'cut-off', warning: cutOff(manifest.pages) });
    return done({ kind: 'next', cursor: following });
  };

  return { read, warnings: asker.warnings, redact: asker.redact };
}

/** Of changes, apps name the place to go on from also at their end: there the next import begins. */
const isAlsoMark = ({ since, nextPageTokenFrom }: SyncManifest): boolean =>
  since !== undefined && since === nextPageTokenFrom;

/** Why a list with `isEarly` may lack entries. */
export const endedEarly = (): string =>
  t`The list ended, although its last page named another one.`;

/** Redaction comes before cutting: half a secret would not be found. */
type Redact = Context['redact'];

/** A page without people, as some apps return it after the last page. */
const hasNoContent = (answer: HttpAnswer): boolean =>
  answer.kind === 'answer' && answer.status === 204;

const failedPage = ({ error, came }: NotAnswered): PageOutcome => ({
  kind: 'failed',
  error,
  came,
});

const tooManyPeople = (): string =>
  t`The app returned more than ${sayNumber(MAX_ROWS)} people, the most one import can take. Request fewer in the manifest, or split them over several integrations.`;

const cutOff = (pages: number): string =>
  plural(pages, {
    one: t`Latchkey read only the first page, but there are more. To read them too, set amount_pages_to_fetch in the manifest to more than 1.`,
    other: t`Latchkey read only the first ${pages} pages, but there are more. To read them too, set amount_pages_to_fetch in the manifest to more than ${pages}.`,
  });

interface NotAnswered {
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
function createAsker({ context: initial, http, tokens }: SyncDeps): Asker {
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
      if (!fresh.ok)
        return { ok: false, error: { code: 'no-token', message: fresh.why, detail: fresh.detail } };
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

const refuse = (code: RunError['code'], message: string): NotAnswered => ({
  ok: false,
  error: { code, message },
});

const at = (step: number, failed: NotAnswered): NotAnswered => ({
  ...failed,
  error: { ...failed.error, step },
});

/** Sends the requests before the one with the people. */
async function askBefore(
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
    if (!asked.ok) return at(step, asked);
    const { answer } = asked.value;
    const error = refusal(spec, asked.value, asker.context());
    if (error) return at(step, notAnswered(error, asked.value));
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
    message: describe(answer, { who: integration.name, spec }),
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
    ? t`The page of people is far larger than Latchkey reads at once. Request smaller pages in the manifest.`
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
function readPeople(
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
