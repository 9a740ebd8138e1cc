/** Where the next page is. It is plain data, so that a run can continue there after a crash. */
import { z } from 'zod';
import { type Json, parseJson, stringifyJson } from '../../../core/json.ts';
import { headersForOtherOrigin } from '../../../core/network/other-origin.ts';
import { shorten } from '../../../core/shorten.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { Context } from '../../calls/context.ts';
import { type Described, describeRequest } from '../../calls/request.ts';
import type { SyncManifest } from '../../manifest/schema.ts';
import { NEXT_PAGE_NUMBER, NEXT_PAGE_OFFSET, SINCE } from '../../manifest/variables.ts';
import type { HttpRequest } from '../../ports/http.ts';
import { readNotation } from '../../templates/notation.ts';
import { toText } from '../../templates/render.ts';
import type { Variables } from '../../templates/variables.ts';

const json = z.custom<Json>((value) => value !== undefined);

/** What one page says about the next page. */
const nextPageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), token: json }),
  /** Nothing: pages are numbered, and the first one without people is the end. */
  z.object({ kind: z.literal('counted') }),
  z.object({ kind: z.literal('url'), url: z.string() }),
  /** What it says can't be used. */
  z.object({ kind: z.literal('broken'), why: z.string() }),
]);
export type NextPage = Readonly<z.output<typeof nextPageSchema>>;

/** Where a run continues reading. */
const cursorSchema = z.object({
  /** The number of the next page: 2, 3 … */
  page: z.number().int().min(2),
  /** How many people the pages before it had. A reading from before has none, and counts nothing. */
  read: z.number().int().default(0),
  /** Answers to the requests before the one with the people. */
  responses: z.array(json).readonly(),
  firstOrigin: z.string(),
  /** The value of `{{SINCE}}` in this run. */
  since: z.string().default(''),
  next: nextPageSchema,
});
export type PageCursor = Readonly<z.output<typeof cursorSchema>>;

export const cursorText = ({ next, ...rest }: PageCursor): string =>
  stringifyJson({ ...rest, next: { ...next } });

/** @throws {ZodError} for a text that `cursorText` did not write */
export const readCursor = (text: string): PageCursor => cursorSchema.parse(parseJson(text));

/** Renders a request with the current token. */
export type Render = (known: Context) => Described;

/** @param since see `PageCursor` */
export const variablesFrom = (
  known: Context,
  responses: readonly Json[],
  since: string,
): Variables => ({
  ...known.variables(responses),
  ...(known.manifest.kind === 'sync' && known.manifest.since !== undefined && { [SINCE]: since }),
});

/** The request for the page of the cursor. */
export function renderNext(manifest: SyncManifest, cursor: PageCursor): Render {
  const { next, page, read, responses, firstOrigin, since } = cursor;
  const { nextPage, firstPage } = manifest;
  const spec = manifest.execute.at(-1);
  if (!spec) throw new Error('A sync without a request has no pages');
  switch (next.kind) {
    case 'broken':
      return () => ({ ok: false, error: next.why, warnings: [] });
    case 'counted':
    case 'token': {
      const paged = { ...spec, url: nextPage ?? spec.url };
      return (known) => {
        const variables = {
          ...variablesFrom(known, responses, since),
          ...(next.kind === 'token' && { NEXT_PAGE_TOKEN: next.token }),
          [NEXT_PAGE_NUMBER]: String(page - 1 + (firstPage ?? 1)),
          [NEXT_PAGE_OFFSET]: String(read + (firstPage ?? 0)),
        };
        return guarded(describeRequest(paged, variables, { manifest }), firstOrigin);
      };
    }
    case 'url':
      return (known) => {
        const described = describeRequest(spec, variablesFrom(known, responses, since), {
          manifest,
        });
        if (!described.ok) return described;
        const { request } = described;
        // Not the first page's origin: with other values of `initial_data_form` since, these headers are for another host.
        const { origin } = new URL(request.url);
        return guarded({ ...described, request: { ...request, url: next.url } }, origin);
      };
    default:
      return unreachable(next);
  }
}

/** @param from the page's own request, its answer's `Link` header, and a redactor @returns undefined if that page is the last */
export function nextPageIn(
  manifest: SyncManifest,
  response: Json,
  from: {
    readonly request: HttpRequest;
    readonly link: string | undefined;
    readonly redact: Context['redact'];
  },
): NextPage | undefined {
  const { nextPage: template, nextPageTokenFrom, nextPageFrom } = manifest;
  if (template !== undefined) {
    if (nextPageTokenFrom === undefined) return { kind: 'counted' };
    const token = tokenAt(response, nextPageTokenFrom);
    if (token !== undefined && isTooLong(token))
      return {
        kind: 'broken',
        why: t`The token of the next page has more than ${MAX_MARK} characters. Check next_page_token_from in the manifest.`,
      };
    return token === undefined ? undefined : { kind: 'token', token };
  }
  const address =
    nextPageFrom === undefined ? undefined : addressAt(response, nextPageFrom, from.link);
  if (address === undefined) return undefined;
  // The address is the app's text: it is used as it is, never rendered.
  const url = isTooLong(address) ? undefined : absolute(toText(address), from.request.url);
  return url === undefined
    ? {
        kind: 'broken',
        why: t`The next page's address isn't valid: ${cut(from.redact(toText(address)))}. Check next_page_from in the manifest.`,
      }
    : { kind: 'url', url };
}

/** The mark where the next import begins, if this page has one. */
export function markIn({ since }: SyncManifest, response: Json): string | undefined {
  const mark = typeof since === 'string' ? tokenAt(response, since) : undefined;
  return mark === undefined || isTooLong(mark) ? undefined : toText(mark);
}

/** Characters. A token, an address or a mark is stored with the import, and becomes part of an address. */
const MAX_MARK = 10_000;
const isTooLong = (value: Json): boolean => typeof value === 'string' && value.length > MAX_MARK;

const SHOWN_CHARACTERS = 200;
export const cut = (text: string): string => shorten(text, SHOWN_CHARACTERS);

/** Some apps name the next page in the `Link` header (RFC 8288): `next_page_from: "Link"`. */
const LINK_HEADER = 'link';

function addressAt(response: Json, notation: string, link: string | undefined): Json | undefined {
  return (
    tokenAt(response, notation) ??
    (notation.trim().toLowerCase() === LINK_HEADER ? nextLink(link ?? '') : undefined)
  );
}

/**
 * `<https://…?after=1>; rel="next"`, one of several that are comma-separated. Sentry names a next page after the last one, too, with
 * `results="false"`.
 */
function nextLink(header: string): string | undefined {
  for (const part of header.split(/,\s*(?=<)/)) {
    const [, address] = /^\s*<([^>]*)>/.exec(part) ?? [];
    const [, relations = ''] = /;\s*rel\s*=\s*"?([^";]*)"?/i.exec(part) ?? [];
    const isEmpty = /;\s*results\s*=\s*"?false"?/i.test(part);
    if (address && !isEmpty && relations.toLowerCase().split(/\s+/).includes('next'))
      return address;
  }
  return undefined;
}

/** A token or an address of the next page; undefined if it is missing, null, empty or of another type. */
function tokenAt(response: Json, notation: string): Json | undefined {
  const found = readNotation(response, notation);
  if (!found.found || found.value === null || typeof found.value === 'object') return undefined;
  return found.value === false || toText(found.value).trim() === '' ? undefined : found.value;
}

function absolute(address: string, base: string): string | undefined {
  return URL.canParse(address.trim(), base) ? new URL(address.trim(), base).href : undefined;
}

/** A request to another origin than that is sent without credentials, and never with data. */
function guarded(described: Described, ownOrigin: string): Described {
  if (!described.ok) return described;
  const { request, warnings } = described;
  const { origin, host } = new URL(request.url);
  if (origin === ownOrigin) return described;
  if (request.body) {
    const error = t`The next page is at ${host}, and Latchkey doesn't send data to another host. If ${host} is right, put it in the manifest's url.`;
    return { ok: false, error, warnings };
  }
  const headers = headersForOtherOrigin(request.headers);
  return { ok: true, request: { ...request, headers }, warnings };
}

/** Identifies a page: by its address, and by its body if the token is in the body. */
export const addressOf = ({ method, url, body }: HttpRequest): string =>
  JSON.stringify([method, new URL(url).href, body ?? null]);
