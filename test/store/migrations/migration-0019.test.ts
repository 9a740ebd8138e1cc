/** What 0019 does to messages that wait to be sent: none is lost on the way up or down but what a sequence has written. */
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { down } from '../../../migrations/0019-sequences.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrations.ts';
import {
  ann,
  asana,
  at,
  before,
  emptyDatabases,
  manifestOfAsana,
  upTo,
} from '../../support/database/older-database.ts';

const SEQUENCES = '0019-sequences';

const message = { position: 0, state: 'waiting', created_at: at, content: 'sealed', due_at: at };

async function inUse(db: Knex): Promise<void> {
  await db('people').insert(ann);
  await db('integrations').insert(asana);
  await db('manifest_versions').insert(manifestOfAsana);
  await db('runs').insert({
    id: 'r1',
    version: 1,
    kind: 'execute',
    state: 'succeeded',
    person_id: 'p1',
    integration_id: 'i1',
    manifest_version_id: 'm1',
    started_by: '{"kind":"system"}',
    inputs: 'sealed',
    attempt: 1,
    created_at: at,
    finished_at: at,
  });
  await db('deliveries').insert({ id: 'd1', run_id: 'r1', ...message });
}

const waiting = (db: Knex) => db('deliveries').orderBy('id').select('id', 'run_id', 'content');

describe.each(Object.entries(emptyDatabases))('on %s', (_name, open) => {
  test('messages of runs stay, and one without a run may be added', async () => {
    const { db, cleanup } = await open();
    try {
      await migrate(db, before(SEQUENCES));
      await inUse(db);
      await migrate(db, upTo(SEQUENCES));
      await db('deliveries').insert({ id: 'd2', ...message });
      const ofRun = { id: 'd1', run_id: 'r1', content: 'sealed' };
      expect(await waiting(db)).toEqual([ofRun, { id: 'd2', run_id: null, content: 'sealed' }]);
      await db('deliveries').where({ id: 'd1' }).update({ position: 1 });
      await expect(
        db('deliveries').insert({ id: 'd3', run_id: 'r1', ...message, position: 1 }),
      ).rejects.toThrow(/unique/i);
      await inTransaction(db, down);
      expect(await waiting(db)).toEqual([ofRun]);
      await expect(db('deliveries').insert({ id: 'd4', ...message })).rejects.toThrow(/null/i);
      await db('runs').delete();
      expect(await waiting(db)).toEqual([]);
    } finally {
      await cleanup();
    }
  });
});
