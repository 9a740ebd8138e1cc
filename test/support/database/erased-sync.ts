/** What a sync makes of the rows of an HR system that calls its fields in a manner of its own. */
import { judgeRows } from '../../../src/engine/imports/judge-rows.ts';
import { noCounts } from '../../../src/engine/imports/sync-run.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import type { TestChat } from '../chat.ts';

const MANIFEST = {
  action: 'create',
  execute: [{ url: 'https://hr.example.com' }],
  data_from: 'people',
  data_structure: { email: 'email', first_name: 'first', last_name: 'last', manager: 'boss' },
};

export async function runSync(
  { services }: TestChat,
  rows: readonly Readonly<Record<string, string>>[],
) {
  const parsed = parseManifest(JSON.stringify(MANIFEST));
  if (!parsed.ok || parsed.manifest.kind !== 'sync') throw new Error('The manifest is wrong');
  const judged = await judgeRows(services.stores, parsed.manifest, {
    runId: 'r',
    integrationId: 'i',
    firstSeq: 0,
    rows,
    counts: noCounts,
    owns: new Set(),
    today: '2026-11-24',
    timeZone: 'UTC',
  });
  return judged.rows;
}
