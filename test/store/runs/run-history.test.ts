/** The history of runs grows for as long as runs are kept; a look at it doesn't cost more for that. */
import { expect, test } from 'vitest';
import { outcomes, type RunOutcome } from '../../../src/engine/runs/run.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { planOf, statementsOf } from '../../support/database/plans.ts';

test('narrowed by outcome it is read by an index, with its number, and no other run is looked at', async () => {
  const { db, stores, cleanup } = await temporaryDatabase();
  try {
    const asked = await statementsOf(db, async () => {
      for (const outcome of Object.keys(outcomes) as RunOutcome[]) {
        await stores.runs.list({ outcome }, { offset: 8, limit: 8 });
        await stores.runs.list({ outcome, integrationId: 'asana' }, { offset: 8, limit: 8 });
      }
    });
    expect(asked).toHaveLength(5 * 2 * 2);
    for (const statement of asked) {
      const plan = await planOf(db, statement);
      expect(plan).toMatch(/COVERING INDEX runs_by_(integration_and_)?state/);
      expect(plan).not.toContain('SCAN runs');
    }
  } finally {
    await cleanup();
  }
});
