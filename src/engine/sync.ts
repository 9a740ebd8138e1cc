/**
 * Reading people from a third party. Words: a *page* is one answer, a *row* is one entry of its list. Pages are
 * handed on one by one, so memory does not grow with their number; `sync-rows.ts` says what a row comes to.
 */
import { type Json, parseJson, stringifyJson } from '../core/json.ts';
import type { Context } from './context.ts';
import type { ManifestRequest, SyncManifest } from './manifest/schema.ts';
import { readNotation } from './notation.ts';
import type { Tokens } from './oauth.ts';
import { isSuccess } from './outcome.ts';
import type { Http, HttpAnswer, HttpLimits, HttpRequest } from './ports.ts';
import { toText } from './render.ts';
import { type Described, describeRequest } from './request.ts';
import type { RunError } from './run.ts';
import { describe } from './step-outcome.ts';

/** A page of people may be larger than other answers: services give thousands at once. */
const PAGE_LIMITS: HttpLimits = { timeoutMs: 120_000, maxBytes: 64 * 1024 * 1024 };

export interface SyncParts {
  /** Of the integration, about nobody: see `gatherSync`. */
  readonly context: Context;
  /** Repeats what may be repeated. */
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
  | { readonly kind: 'complete'; readonly warnings: readonly string[] }
  /** There was more than the manifest lets be read; the last warning says how to raise the limit. */
  | { readonly kind: 'cut-off'; readonly warnings: readonly string[] }
  | { readonly kind: 'failed'; readonly warnings: readonly string[]; readonly error: RunError };

/**
 * Reads page after page. Requests before the last of `execute` are sent once, and their answers can be used by the
 * last, which is the one with the people.
 * @returns (after the pages) how it ended; never throws for what the other side does
 */
export async function* readPages(parts: SyncParts): AsyncGenerator<Rows, PagesEnd> {
  const { manifest } = parts.context;
  if (manifest.kind !== 'sync') throw new Error('Only a sync has pages of people');
  const asker = createAsker(parts);
  const failed = (error: RunError): PagesEnd => ({
    kind: 'failed',
    warnings: asker.warnings(),
    error,
  });
  const before = await askBefore(manifest, asker);
  if (!before.ok) return failed(before.error);
  const { responses } = before;
  const spec = manifest.execute.at(-1);
  if (!spec) return { kind: 'complete', warnings: [] };

  const read = new Set<string>();
  let render: Render = (known) =>
    describeRequest(spec, manifest.headers, known.variables(responses));
  let firstOrigin: string | undefined;
  for (let page = 1; ; page += 1) {
    const step = responses.length + page - 1;
    const asked = await asker.ask(render, step);
    if (!asked.ok) return failed(asked.error);
    const { request } = asked.value;
    firstOrigin ??= new URL(request.url).origin;
    read.add(addressOf(request));

    const json = readAnswer(spec, asked.value, step);
    if (!json.ok) return failed(json.error);
    const rows = rowsOf(json.value, manifest.dataFrom, page, step);
    if (!rows.ok) return failed(rows.error);
    if (rows.value.length === 0) break;
    yield { page, rows: rows.value };

    const { answer } = asked.value;
    const link = answer.kind === 'answer' ? answer.headers['link'] : undefined;
    const current = { request, spec, responses, firstOrigin, link };
    const next = nextPage(manifest, json.value, current);
    if (!next) break;
    const following = next(asker.context());
    if (following.ok && read.has(addressOf(following.request))) break;
    if (page >= manifest.pages)
      return { kind: 'cut-off', warnings: [...asker.warnings(), cutOff(manifest.pages)] };
    render = next;
  }
  return { kind: 'complete', warnings: asker.warnings() };
}

const cutOff = (pages: number): string =>
  `Only ${pages === 1 ? 'the first page was' : `the first ${pages} pages were`} read, and there are more. ` +
  `To read them too, set amount_pages_to_fetch in the manifest to more than ${pages}.`;

type Answered<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RunError };

/** Renders a request with the token that is to be used now. */
type Render = (known: Context) => Described;

interface Exchange {
  readonly request: HttpRequest;
  readonly answer: HttpAnswer;
}

interface Asker {
  readonly ask: (render: Render, step: number) => Promise<Answered<Exchange>>;
  /** With the token that was used last. */
  readonly context: () => Context;
  readonly warnings: () => readonly string[];
}

/** Asks with a good token, and once more after a 401. */
function createAsker({ context: initial, http, tokens }: SyncParts): Asker {
  const warnings = new Set<string>();
  let context = initial;

  const sendOnce: Asker['ask'] = async (render, step) => {
    const described = render(context);
    for (const warning of described.warnings) warnings.add(warning);
    if (!described.ok) return refuse('bad-request', described.error, step);
    const { request } = described;
    return { ok: true, value: { request, answer: await http.send(request, PAGE_LIMITS) } };
  };

  return {
    context: () => context,
    warnings: () => [...warnings],
    async ask(render, step) {
      const fresh = await tokens.fresh(context);
      if (!fresh.ok) return refuse('no-token', fresh.why, step);
      context = fresh.context;
      const first = await sendOnce(render, step);
      if (!first.ok || first.value.answer.kind === 'failed' || first.value.answer.status !== 401)
        return first;
      const renewed = await tokens.renewed(context);
      if (!renewed) return first;
      context = renewed;
      return sendOnce(render, step);
    },
  };
}

const refuse = (
  code: RunError['code'],
  message: string,
  step: number,
): { readonly ok: false; readonly error: RunError } => ({
  ok: false,
  error: { code, message, step },
});

/** Sends the requests before the one with the people. */
async function askBefore(
  manifest: SyncManifest,
  asker: Asker,
): Promise<
  | { readonly ok: true; readonly responses: readonly Json[] }
  | { readonly ok: false; readonly error: RunError }
> {
  const responses: Json[] = [];
  for (const [step, spec] of manifest.execute.slice(0, -1).entries()) {
    const asked = await asker.ask(
      (known) => describeRequest(spec, manifest.headers, known.variables(responses)),
      step,
    );
    if (!asked.ok) return asked;
    const { answer } = asked.value;
    const error = refusal(spec, asked.value, step);
    if (error) return { ok: false, error };
    responses.push(answer.kind === 'answer' ? (jsonIn(answer.text) ?? {}) : {});
  }
  return { ok: true, responses };
}

function refusal(
  spec: ManifestRequest,
  { request, answer }: Exchange,
  step: number,
): RunError | undefined {
  if (answer.kind === 'failed') return { code: 'no-answer', message: answer.message, step };
  return isSuccess(spec, answer.status)
    ? undefined
    : {
        code: 'http-status',
        message: describe(answer, { who: new URL(request.url).host, spec }),
        step,
      };
}

function readAnswer(spec: ManifestRequest, exchange: Exchange, step: number): Answered<Json> {
  const error = refusal(spec, exchange, step);
  if (error) return { ok: false, error };
  const { answer } = exchange;
  const text = answer.kind === 'answer' ? answer.text : '';
  const value = jsonIn(text);
  if (value !== undefined) return { ok: true, value };
  const message = `People are read from JSON, but the answer is none: ${cut(text) || '(nothing)'}`;
  return { ok: false, error: { code: 'missing-path', message, step } };
}

function jsonIn(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const SHOWN_CHARACTERS = 200;
const cut = (text: string): string =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;

/** The list of people in a page. Only the first page has to have one: a later one without is the end. */
function rowsOf(
  response: Json,
  dataFrom: string,
  page: number,
  step: number,
): Answered<readonly Json[]> {
  const list = readNotation(response, dataFrom);
  if (list.found && Array.isArray(list.value))
    return { ok: true, value: list.value as readonly Json[] };
  if (list.found ? list.value === null : page > 1) return { ok: true, value: [] };
  const place = dataFrom.trim() === '' ? 'the answer' : `"${dataFrom}" of the answer`;
  const came = cut(stringifyJson(list.found ? list.value : response));
  const message = `The people have to be a list in ${place}. Came: ${came}. Check data_from in the manifest.`;
  return { ok: false, error: { code: 'missing-path', message, step } };
}

// ---------------------------------------------------------------- the next page

interface CurrentPage {
  readonly request: HttpRequest;
  readonly spec: ManifestRequest;
  readonly responses: readonly Json[];
  readonly firstOrigin: string;
  /** The answer's `Link` header. */
  readonly link: string | undefined;
}

/** How to render the request for the page after this one; undefined where this one is the last. */
function nextPage(
  manifest: SyncManifest,
  response: Json,
  current: CurrentPage,
): Render | undefined {
  const { spec, responses, firstOrigin } = current;
  const { nextPage: template, nextPageTokenFrom, nextPageFrom } = manifest;
  if (template !== undefined && nextPageTokenFrom !== undefined) {
    const token = tokenAt(response, nextPageTokenFrom);
    if (token === undefined) return undefined;
    const paged = { ...spec, url: template };
    return (known) => {
      const variables = { ...known.variables(responses), NEXT_PAGE_TOKEN: token };
      return guarded(describeRequest(paged, manifest.headers, variables), firstOrigin);
    };
  }
  const address =
    nextPageFrom === undefined ? undefined : addressAt(response, nextPageFrom, current.link);
  if (address === undefined) return undefined;
  // The address is a third party's text: it is taken as it is, never rendered.
  const url = absolute(toText(address), current.request.url);
  if (url === undefined) {
    const error = `The next page's address is not one: ${cut(toText(address))}. Check next_page_from in the manifest.`;
    return () => ({ ok: false, error, warnings: [] });
  }
  return (known) => {
    const described = describeRequest(spec, manifest.headers, known.variables(responses));
    return described.ok
      ? guarded({ ...described, request: { ...described.request, url } }, firstOrigin)
      : described;
  };
}

/** Some services name the next page in the `Link` header (RFC 8288): `next_page_from: "Link"`. */
const LINK_HEADER = 'link';

function addressAt(response: Json, notation: string, link: string | undefined): Json | undefined {
  return (
    tokenAt(response, notation) ??
    (notation.trim().toLowerCase() === LINK_HEADER ? nextLink(link ?? '') : undefined)
  );
}

/** `<https://…?after=1>; rel="next"`, one of several that are comma-separated. */
function nextLink(header: string): string | undefined {
  for (const part of header.split(/,\s*(?=<)/)) {
    const [, address] = /^\s*<([^>]*)>/.exec(part) ?? [];
    const [, relations = ''] = /;\s*rel\s*=\s*"?([^";]*)"?/i.exec(part) ?? [];
    if (address && relations.toLowerCase().split(/\s+/).includes('next')) return address;
  }
  return undefined;
}

/** A token or an address that leads on; undefined where it is missing, null, empty or nothing that could be one. */
function tokenAt(response: Json, notation: string): Json | undefined {
  const found = readNotation(response, notation);
  if (!found.found || found.value === null || typeof found.value === 'object') return undefined;
  return found.value === false || toText(found.value).trim() === '' ? undefined : found.value;
}

function absolute(address: string, base: string): string | undefined {
  return URL.canParse(address.trim(), base) ? new URL(address.trim(), base).href : undefined;
}

/** Says nothing about who asks: all that another origin may see. */
const HEADERS_FOR_OTHER_ORIGINS = ['accept', 'content-type'];

/** To another origin than the first page's, a page is asked for without credentials, and never with data. */
function guarded(described: Described, firstOrigin: string): Described {
  if (!described.ok) return described;
  const { request, warnings } = described;
  const { origin, host } = new URL(request.url);
  if (origin === firstOrigin) return described;
  if (request.body) {
    const error = `The next page is at ${host}, and data isn't given to another service. If ${host} is right, put it into the manifest's url.`;
    return { ok: false, error, warnings };
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => HEADERS_FOR_OTHER_ORIGINS.includes(name)),
  );
  return { ok: true, request: { ...request, headers }, warnings };
}

/** Pages are told apart by address, and by what is sent where the token goes with the data. */
const addressOf = ({ method, url, body }: HttpRequest): string =>
  JSON.stringify([method, new URL(url).href, body ?? null]);
