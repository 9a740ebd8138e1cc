/** Tries a manifest's sync. Pages and rows are handled as in service. It only reports who would be created or updated. */
import type { Json } from '../core/json.ts';
import { t } from '../core/translate.ts';
import { gatherSync } from '../engine/calls/context.ts';
import { readPages } from '../engine/imports/pages/read-pages.ts';
import { rowSorter } from '../engine/imports/sync-rows.ts';
import type { SyncManifest } from '../engine/manifest/schema.ts';
import type { SpokenEnv } from './env.ts';
import type { Fixture } from './fixture.ts';
import { knownTo } from './known.ts';
import { nothingDone, notReady, type TryResult, unreadPage } from './result.ts';
import { redactValues } from './show.ts';
import { showAsked, watch } from './watch.ts';

export async function trySync(
  manifest: SyncManifest,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  const { stores, integration } = fixture;
  const gathered = await gatherSync(stores, integration.id);
  if (!gathered.ok) return notReady(gathered, env.words);
  const known = knownTo(gathered.context, fixture, env);
  const watched = watch(known.exchanges.http, env);
  const created: { email: string; first_name: string; last_name: string }[] = [];
  const updated: { email: string; stored: Readonly<Record<string, Json>> }[] = [];
  const skipped: Record<string, number> = {};
  const judge = rowSorter(manifest, {
    exists: async (email) =>
      fixture.byAddress.has(email) || ((await env.isKnown?.(email)) ?? false),
    isIgnored: async () => false, // In a try nobody is ignored.
  });

  const { context } = gathered;
  const pages = readPages({ context, http: watched.http, tokens: known.tokens });
  let next = await pages.next();
  for (; !next.done; next = await pages.next()) {
    const redact = await known.redactNow();
    env.progress(t`Page ${next.value.page}: ${next.value.rows.length} rows`);
    for (const row of next.value.rows) {
      const verdict = await judge(row);
      if (verdict.kind === 'create')
        created.push({
          email: redact(verdict.email),
          first_name: redact(verdict.firstName),
          last_name: redact(verdict.lastName),
        });
      else if (verdict.kind === 'update')
        updated.push({
          email: redact(verdict.email),
          stored: redactValues(verdict.stored, redact),
        });
      else skipped[verdict.reason] = (skipped[verdict.reason] ?? 0) + 1;
    }
  }

  const end = next.value;
  const redact = await known.redactNow();
  const error = end.kind === 'failed' ? unreadPage(end.error, redact) : null;
  return {
    ...nothingDone,
    status: error ? 'failed' : 'succeeded',
    error,
    warnings: end.warnings,
    steps: watched.asked().map((asked) => showAsked(asked, known.exchanges, redact)),
    people: { created, updated, skipped },
    oauth: { refreshed: await known.refreshed() },
  };
}
