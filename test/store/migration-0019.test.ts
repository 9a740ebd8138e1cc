/** What 0019 does to messages that wait to be sent: none is lost on the way up or down but what a sequence has written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { down } from '../../migrations/0019-sequences.ts';
import { inTransaction, openDatabase } from '../../src/store/database.ts';
import { migrate, migrations } from '../../src/store/migrations.ts';
import { emptyPostgres } from '../support/postgres.ts';

const SEQUENCES = '0019-sequences';
const before = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < SEQUENCES));
const withIt = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= SEQUENCES));

async function sqlite() {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'));
  const db = openDatabase(`sqlite:${join(directory, 'latchkey.sqlite')}`);
  const cleanup = async () => {
    await db.destroy();
    await rm(directory, { recursive: true, force: true });
  };
  return { db, cleanup };
}

async function postgres() {
  const { connect, cleanup } = await emptyPostgres();
  return { db: connect(), cleanup };
}

const at = 1_795_500_000_000;
const message = { position: 0, state: 'waiting', created_at: at, content: 'sealed', due_at: at };

async function inUse(db: Knex): Promise<void> {
  await db('people').insert({
    id: 'p1',
    version: 1,
    email: 'ann@example.com',
    first_name: 'Ann',
    last_name: 'Lee',
    role: 'admin',
    active: true,
    stored: '{}',
    search_text: 'ann lee',
  });
  await db('integrations').insert({
    id: 'i1',
    version: 1,
    name: 'Asana',
    name_key: 'asana',
    enabled: true,
    current_version_id: 'm1',
    created_at: at,
  });
  await db('manifest_versions').insert({
    id: 'm1',
    integration_id: 'i1',
    number: 1,
    manifest: '{}',
    created_at: at,
  });
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

describe.each([
  ['SQLite', sqlite],
  ['PostgreSQL', postgres],
])('on %s', (_name, open) => {
  test('messages of runs stay, and one without a run may be added', async () => {
    const { db, cleanup } = await open();
    try {
      await migrate(db, before);
      await inUse(db);
      await migrate(db, withIt);
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
