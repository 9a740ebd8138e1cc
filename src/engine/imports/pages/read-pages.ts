/**
 * Reads people from an app. Words: a *page* is one answer, a *row* is one entry of its list. Pages are returned one by one, so
 * memory does not grow with their number. `sync-rows.ts` says what a row means.
 */
import type { Json } from '../../../core/json.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { describeRequest } from '../../calls/request.ts';
import type { SyncManifest } from '../../manifest/schema.ts';
import type { HttpAnswer, Method } from '../../ports/http.ts';
import type { RunError } from '../../runs/run.ts';
import {
  askBefore,
  atStep,
  createAsker,
  type NotAnswered,
  readPeople,
  refuse,
  type SyncDeps,
} from './ask-page.ts';
import {
  addressOf,
  markIn,
  nextPageIn,
  type PageCursor,
  type Render,
  renderNext,
  variablesFrom,
} from './next-page.ts';

/** Of all pages. Every row is stored, and larger companies have more than one source. */
const MAX_ROWS = 2_000_000;

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
    if (!asked.ok) return failedPage(atStep(step, asked));
    const { request, answer } = asked.value;
    const found = readPeople(asked.value, { spec, dataFrom: manifest.dataFrom, page }, asker);
    if (!found.ok) return failedPage(atStep(step, found));
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
    if (readSoFar > MAX_ROWS) return failedPage(atStep(step, refuse('no-answer', tooManyPeople())));
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
