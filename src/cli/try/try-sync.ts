/** The sync of a manifest: pages are read and rows judged as in service; who is created or updated is said. */
import type { Json } from '../../core/json.ts';
import type { SyncManifest } from '../../engine/manifest/schema.ts';
import { redactor } from '../../engine/redact.ts';
import { readPages, rowSorter } from '../../engine/sync.ts';
import { buildVariables } from '../../engine/variables.ts';
import { noteExchanges } from './exchanges.ts';
import { nothingDone, type TryResult, type TryStep } from './result.ts';
import type { Stage } from './stage.ts';
import { showAsked, watch } from './try-exists.ts';
import { redactJson } from './try-run.ts';
import type { World } from './world.ts';

export async function trySync(
  manifest: SyncManifest,
  manifestText: string,
  { stores, integration }: Stage,
  world: World,
): Promise<TryResult> {
  const secrets = await stores.secrets.all(integration.id);
  const redact = redactor(secrets, { manifestText });
  const exchanges = noteExchanges(world.http, redact, world.progress);
  const watched = watch(exchanges.http, world);
  const steps: TryStep[] = [];
  const created: { email: string; first_name: string; last_name: string }[] = [];
  const updated: { email: string; stored: Readonly<Record<string, Json>> }[] = [];
  const skipped: Record<string, number> = {};
  const judge = rowSorter(manifest, {
    exists: async (email) => (await stores.people.findByEmail(email)) !== undefined,
    isIgnored: async () => false, // Nobody has been told to ignore anybody here.
  });

  const pages = readPages({
    manifest,
    variables: (responses, nextPageToken) => buildVariables({ secrets, responses, nextPageToken }),
    async ask(_index, request, limits) {
      const answer = await watched.http.send(request, limits);
      const asked = watched.last();
      if (asked) steps.push(showAsked(asked, exchanges.take, redact));
      return answer;
    },
  });
  let next = await pages.next();
  for (; !next.done; next = await pages.next()) {
    world.progress(`Page ${next.value.page}: ${next.value.rows.length} rows`);
    for (const row of next.value.rows) {
      const verdict = await judge(row);
      if (verdict.kind === 'create')
        created.push({
          email: verdict.email,
          first_name: redact(verdict.firstName),
          last_name: redact(verdict.lastName),
        });
      else if (verdict.kind === 'update')
        updated.push({
          email: verdict.email,
          stored: Object.fromEntries(
            Object.entries(verdict.stored).map(([key, value]) => [key, redactJson(value, redact)]),
          ),
        });
      else skipped[verdict.reason] = (skipped[verdict.reason] ?? 0) + 1;
    }
  }

  const end = next.value;
  const error =
    end.kind === 'failed'
      ? { code: end.error.code, message: redact(end.error.message), step: end.error.step ?? null }
      : null;
  return {
    ...nothingDone,
    status: error ? 'failed' : 'succeeded',
    error,
    warnings: end.warnings,
    steps,
    people: { created, updated, skipped },
  };
}
