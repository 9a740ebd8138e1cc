/** What 0015 does to a database that is in use: no sentence is left in plain, and every run is still there and can be read. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { migrate } from '../../../src/store/migrations.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import {
  ann,
  asana,
  at,
  before,
  emptyDatabases,
  manifestOfAsana,
} from '../../support/database/older-database.ts';

const QUOTE = 'The answer said: ann-is-not-here';

describe.each(Object.entries(emptyDatabases))('on %s', (_name, open) => {
  test('sentences of runs and access are gone, and nothing else', async () => {
    const { db, cleanup } = await open();
    try {
      await migrate(db, before('0015-sealed-sentences'));
      const vault = createVault([randomBytes(32)]);
      const stores = createStores(db, vault, () => new Date(at));
      await db('people').insert(ann);
      await db('integrations').insert(asana);
      await db('manifest_versions').insert(manifestOfAsana);
      const run = {
        version: 3,
        kind: 'execute',
        integration_id: 'i1',
        person_id: 'p1',
        manifest_version_id: 'm1',
        started_by: '{"kind":"system"}',
        created_at: at,
        attempt: 1,
        inputs: 'sealed',
      };
      const error = JSON.stringify({ code: 'not-matched', message: QUOTE, step: 1 });
      await db('runs').insert({ ...run, id: 'r1', state: 'failed', finished_at: at, error });
      await db('runs').insert({ ...run, id: 'r2', state: 'waiting', due_at: at, why: QUOTE });
      await db('run_steps').insert({
        run_id: 'r1',
        attempt: 1,
        step_index: 0,
        method: 'POST',
        url: 'sealed',
        state: 'done',
        tries: 1,
        started_at: at,
        warnings: '[]',
      });
      await db('access').insert({
        person_id: 'p1',
        integration_id: 'i1',
        state: 'none',
        reason: QUOTE,
        since: at,
        checked_at: at,
      });
      await migrate(db);
      const rows = [await db('runs').orderBy('id'), await db('access')];
      expect(JSON.stringify(rows)).not.toContain(QUOTE);
      expect(await stores.runs.find('r1')).toMatchObject({
        state: 'failed',
        error: {
          code: 'not-matched',
          step: 1,
          message: 'An older Latchkey did not keep why; its steps say how far it came.',
        },
      });
      expect(await stores.runs.find('r2')).toMatchObject({ state: 'waiting', attempt: 1 });
      expect(await db('run_steps')).toHaveLength(1);
      expect(await stores.access.find('p1', 'i1')).toMatchObject({ state: 'none' });
    } finally {
      await cleanup();
    }
  });
});
