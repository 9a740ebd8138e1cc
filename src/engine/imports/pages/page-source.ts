/**
 * Reads the pages of a list one after the other. It reads the next page while the one before is being stored. And what follows a page
 * that failed: when it is requested again, and what is said of it.
 */
import { HOUR_MS } from '../../../core/hours.ts';
import { sha256 } from '../../../core/sha256.ts';
import { t } from '../../../core/translate.ts';
import { gatherSync } from '../../calls/context.ts';
import { BUSY_PAUSE_MS } from '../../calls/limits.ts';
import type { Tokens } from '../../calls/oauth.ts';
import type { SyncManifest } from '../../manifest/schema.ts';
import type { Http } from '../../ports/http.ts';
import type { Stores } from '../../ports/unit-of-work.ts';
import type { RunError } from '../../runs/run.ts';
import { repeatAfter } from '../../runs/step-outcome.ts';
import type { HeldRun } from '../hold-sync.ts';
import type { SyncDeps } from './ask-page.ts';
import { cursorText, type PageCursor, readCursor } from './next-page.ts';
import { type PageOutcome, type PageReader, pageReader } from './read-pages.ts';

/** Larger pages are not read ahead, so that memory never holds two of them. */
const MAX_ROWS_OF_TWO = 2000;

export interface PageSource {
  readonly manifest: SyncManifest;
  readonly reader: Pick<PageReader, 'warnings' | 'redact'>;
  /** @param cursor where to continue, as text; undefined for the first page. Never throws for an answer of the app. */
  read(cursor: string | undefined): Promise<PageOutcome>;
  /** Begins to read the page after `page`; the next `read` returns it. */
  readAhead(page: Extract<PageOutcome, { kind: 'page' }>): void;
  /** Whether a page was read ahead and not returned yet. */
  isAhead(): boolean;
}

interface Deps {
  readonly stores: Stores;
  readonly http: Http;
  readonly tokens: Tokens;
}

/** With the secrets and the token as they are now. */
export async function openPages(run: HeldRun, deps: Deps): Promise<PageSource | RunError> {
  const { stores } = deps;
  const gathered = await gatherSync(stores, run.integrationId, run.manifestVersionId);
  if (!gathered.ok) return { code: gathered.code, message: gathered.why };
  const { context } = gathered;
  const { manifest } = context;
  if (manifest.kind !== 'sync')
    return { code: 'integration-gone', message: t`${context.integration.name} isn't a sync.` };
  return listPages(
    { ...deps, context },
    {
      manifest,
      isStored: (hash) => stores.syncRuns.hasPage(run.id, hash),
      since: await sinceOf(run, manifest, stores),
    },
  );
}

interface Listed {
  /** What the context reads. */
  readonly manifest: SyncManifest;
  /** Whether an earlier job stored the page with that hash. */
  readonly isStored: (hash: string) => Promise<boolean>;
  /** The value of `{{SINCE}}` on the first page; left out: there is none. */
  readonly since?: string;
}

/** The pages of a list, with the secrets and the token that the context has. */
export function listPages(deps: SyncDeps, { manifest, isStored, since }: Listed): PageSource {
  /** Includes the page that is not stored yet. */
  const addresses = new Set<string>();
  const reader = pageReader(
    deps,
    async (address) => addresses.has(hashOf(address)) || isStored(hashOf(address)),
    since,
  );
  let ahead: { readonly cursor: string; readonly outcome: Promise<PageOutcome> } | undefined;

  async function readNow(cursor: PageCursor | undefined): Promise<PageOutcome> {
    const outcome = await reader.read(cursor);
    if (outcome.kind === 'page') addresses.add(hashOf(outcome.address));
    return outcome;
  }

  return {
    manifest,
    reader,
    async read(cursor) {
      const begun = ahead;
      ahead = undefined;
      if (begun && begun.cursor === cursor) return begun.outcome;
      return readNow(cursor === undefined ? undefined : readCursor(cursor));
    },
    readAhead({ rows, after }) {
      if (after.kind !== 'next' || rows.length > MAX_ROWS_OF_TWO) return;
      const outcome = readNow(after.cursor);
      outcome.catch(() => undefined); // `read` throws its error; it may never be called.
      ahead = { cursor: cursorText(after.cursor), outcome };
    },
    isAhead: () => ahead !== undefined,
  };
}

/** Addresses may contain tokens, so only a hash is stored. */
export const hashOf = (address: string): string => sha256(address);

/**
 * The mark where the last import ended. Empty, so that everything is read: for a preview, after an import that was cut off or
 * failed (apps forget their marks), after a change of the manifest, of its values or of the connection, and where the import owns a
 * field since, which it changes for people who haven't changed there.
 */
async function sinceOf(run: HeldRun, { since }: SyncManifest, stores: Stores): Promise<string> {
  if (since === undefined || run.mode === 'preview') return '';
  const { runs } = await stores.syncRuns.list(
    { integrationId: run.integrationId, states: ['done', 'failed'], mode: 'import' },
    { offset: 0, limit: 1 },
  );
  const [last] = runs;
  const changedAt = await stores.health.forgottenAt(run.integrationId);
  const goesOn =
    last?.state === 'done' &&
    !(changedAt && changedAt >= last.createdAt) &&
    last.reading !== 'cut-off' &&
    last.manifestVersionId === run.manifestVersionId &&
    run.owns.every((field) => last.owns.includes(field));
  return (goesOn && (await stores.syncRuns.mark(last.id))) || '';
}

/** An app may demand a long Retry-After. What fails for longer than this is given up. */
const REPEAT_WINDOW_MS = HOUR_MS;

/** How often the page was tried, and since when; undefined: it was never sent. */
export interface PageTries {
  readonly tries: number;
  readonly askedSince?: Date;
}

/** @returns undefined where it is given up */
export function whenAgain(
  {
    run: { tries: before, askedSince },
    came,
  }: { readonly run: PageTries } & Pick<Extract<PageOutcome, { kind: 'failed' }>, 'came'>,
  now: Date,
): (PageTries & { readonly dueAt: Date }) | undefined {
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  // A request that only waited in the queue was not sent: that is no failure of the app, and retries don't count from it.
  if (came?.answer.kind === 'failed' && came.answer.code === 'host-busy')
    return { tries: before, askedSince, dueAt: later(BUSY_PAUSE_MS) };
  const startedAt = askedSince ?? now;
  const tries = before + 1;
  const after =
    came && repeatAfter({ ...came, step: { tries, startedAt }, now, windowMs: REPEAT_WINDOW_MS });
  return after === undefined ? undefined : { tries, askedSince: startedAt, dueAt: later(after) };
}

export const redactedError = (
  { detail, ...error }: RunError,
  reader: Pick<PageReader, 'redact'>,
): RunError => ({
  ...error,
  message: reader.redact(error.message),
  ...(detail !== undefined && { detail: reader.redact(detail) }),
});
