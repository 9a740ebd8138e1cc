/** The history of runs grows for as long as runs are kept; a look at it doesn't cost more for that. */
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { outcomes, type RunOutcome } from '../../../src/engine/runs/run.ts';
import { temporaryDatabase } from '../../support/database/database.ts';

interface Statement {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
}

test('narrowed by outcome it is read by an index, with its number, and no other run is looked at', async () => {
  const { db, stores, cleanup } = await temporaryDatabase();
  try {
    const asked: Statement[] = [];
    const note = (statement: Statement) => asked.push(statement);
    db.on('query', note);
    for (const outcome of Object.keys(outcomes) as RunOutcome[]) {
      await stores.runs.list({ outcome }, { offset: 8, limit: 8 });
      await stores.runs.list({ outcome, integrationId: 'asana' }, { offset: 8, limit: 8 });
    }
    db.off('query', note);
    expect(asked).toHaveLength(5 * 2 * 2);
    for (const { sql, bindings } of asked) {
      const plan = await db.raw<readonly { readonly detail: string }[]>(
        `explain query plan ${sql}`,
        bindings,
      );
      const steps = plan.map(({ detail }) => detail).join('\n');
      expect(steps).toMatch(/COVERING INDEX runs_by_(integration_and_)?state/);
      expect(steps).not.toContain('SCAN runs');
    }
  } finally {
    await cleanup();
  }
});
