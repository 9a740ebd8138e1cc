/** Where a sync run's pages come from: one after the other, and the next one while the one before is being stored. */
import { createHash } from 'node:crypto';
import { t } from '../../core/translate.ts';
import { gatherSync } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import type { SyncManifest } from '../manifest/schema.ts';
import type { Http } from '../ports/http.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RunError } from '../runs/run.ts';
import type { HeldRun } from './hold-sync.ts';
import { cursorText, type PageCursor, readCursor } from './next-page.ts';
import { type PageOutcome, type PageReader, pageReader } from './sync.ts';

/** Larger pages are read one at a time: two of them would be in memory at once. */
const MAX_ROWS_OF_TWO = 2000;

export interface PageSource {
  readonly manifest: SyncManifest;
  readonly reader: Pick<PageReader, 'warnings' | 'redact'>;
  /** @param cursor text of where to go on; undefined for the first page. Never throws for what the other side does. */
  read(cursor: string | undefined): Promise<PageOutcome>;
  /** Begins to read the page after one that was read and is about to be stored; `read` gives it. */
  readAhead(page: Extract<PageOutcome, { kind: 'page' }>): void;
  /** Whether a page was begun that nobody has taken yet. */
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
    return { code: 'integration-gone', message: t`${context.integration.name} is no sync.` };
  /** Also of the page that is not stored yet. */
  const addresses = new Set<string>();
  const reader = pageReader(
    { ...deps, context },
    async (address) =>
      addresses.has(hashOf(address)) || stores.syncRuns.hasPage(run.id, hashOf(address)),
    await sinceOf(run, manifest, stores),
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
      outcome.catch(() => undefined); // Thrown where it is taken; it may never be.
      ahead = { cursor: cursorText(after.cursor), outcome };
    },
    isAhead: () => ahead !== undefined,
  };
}

/** Addresses may hold tokens. */
export const hashOf = (address: string): string =>
  createHash('sha256').update(address).digest('base64url');

/**
 * Where the import before it has ended. Empty, so that everything is read, where an admin is to see everybody, where the
 * one before was cut off or has failed (services forget their marks), and with a manifest that is newer.
 */
async function sinceOf(run: HeldRun, { since }: SyncManifest, stores: Stores): Promise<string> {
  if (since === undefined || run.mode === 'preview') return '';
  const { runs } = await stores.syncRuns.list(
    { integrationId: run.integrationId, states: ['done', 'failed'], mode: 'import' },
    { offset: 0, limit: 1 },
  );
  const [last] = runs;
  const goesOn =
    last?.state === 'done' &&
    last.reading !== 'cut-off' &&
    last.manifestVersionId === run.manifestVersionId;
  return (goesOn && (await stores.syncRuns.mark(last.id))) || '';
}
