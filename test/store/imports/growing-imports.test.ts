/** A batch of an import costs the same, however many rows came before it. */
import { expect, test } from 'vitest';
import type { SyncRun } from '../../../src/engine/imports/sync-run.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { insertIntegration } from '../../contracts/an-integration.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const ROWS = 5000;

async function storeRun(stores: Stores): Promise<SyncRun> {
  const { id: integrationId } = await insertIntegration(stores);
  const run = aSyncRun({ integrationId, createdAt: new Date(0) });
  await stores.syncRuns.insert(run);
  return run;
}

test('SQLite looks through none of the rows of an import that is saved', async () => {
  const { db, stores, cleanup } = await temporaryDatabase();
  try {
    const run = await storeRun(stores);
    const statements = await statementsOf(db, () => stores.syncRuns.save(run));
    // A key that is set, though to what it was, is looked for in every table that refers to it.
    expect(statements.map(({ sql }) => sql).join()).toContain(
      'update `sync_runs` set `version` = ?',
    );
    expect(statements.map(({ sql }) => sql).join()).not.toContain('set `id`');
  } finally {
    await cleanup();
  }
});

test('PostgreSQL finds addresses and the next batch by index, in tables of which it has no figures yet', async () => {
  const { db, stores, cleanup } = await temporaryPostgres();
  try {
    const run = await storeRun(stores);
    await db.raw('alter table sync_rows set (autovacuum_enabled = off)');
    await db.raw(
      `insert into sync_rows (run_id, seq, email, first_name, last_name, state, chosen)
       select ?, n, n || '@x.io', '', '', 'new', true from generate_series(0, ?) as made(n)`,
      [run.id, ROWS - 1],
    );
    const emails = Array.from({ length: 500 }, (_, n) => `${n}@x.io`);
    const batch = { from: 1000, below: 1100, states: ['new', 'fill'] as const };
    const statements = await statementsOf(db, async () => {
      expect((await stores.syncRows.known(run.id, emails)).size).toBe(500);
      expect(await stores.syncRows.chosenBetween(run.id, batch, 500)).toHaveLength(100);
    });
    expect(statements).toHaveLength(2);
    for (const { sql, bindings } of statements) {
      const { rows } = await db.raw<{ readonly rows: readonly Record<string, string>[] }>(
        `explain (analyze, timing off) ${sql.replaceAll(/\$\d+/g, '?')}`,
        bindings,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).not.toContain('Seq Scan');
      expect(plan).not.toContain('Rows Removed by Filter');
    }
  } finally {
    await cleanup();
  }
});
