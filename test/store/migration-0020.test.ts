/** What 0020 does to deliveries that wait: they stay, and those of sequences go with the way down alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { inTransaction, openDatabase } from '../../src/store/database.ts';
import { migrate, migrations } from '../../src/store/migrations.ts';
import { emptyPostgres } from '../support/postgres.ts';

const NAME = '0020-messages-of-sequences';
const where = (takes: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(migrations).filter(([name]) => takes(name)));

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
    integration_id: 'i1',
    person_id: 'p1',
    manifest_version_id: 'm1',
    started_by: '{"kind":"system"}',
    created_at: at,
    attempt: 1,
    state: 'succeeded',
    finished_at: at,
    inputs: 'sealed',
  });
  await db('deliveries').insert(delivery('d1', { run_id: 'r1' }));
}

const delivery = (id: string, owner: object) => ({
  id,
  position: 0,
  state: 'waiting',
  created_at: at,
  content: 'sealed',
  due_at: at,
  ...owner,
});

describe.each([
  ['SQLite', sqlite],
  ['PostgreSQL', postgres],
])('on %s', (_name, open) => {
  test('it goes up and down again, and keeps what belongs to runs', async () => {
    const { db, cleanup } = await open();
    try {
      await migrate(
        db,
        where((name) => name < NAME),
      );
      await inUse(db);
      const before = await db('deliveries');

      await migrate(
        db,
        where((name) => name <= NAME),
      );
      expect(await db('deliveries')).toEqual([{ ...before[0], item_id: null }]);
      await db('deliveries').insert(delivery('d2', { item_id: 'planned' }));

      await inTransaction(db, async (tx) => {
        await migrations[NAME]?.down?.(tx);
      });
      expect(await db('deliveries')).toEqual(before);
      await expect(db('deliveries').insert(delivery('d3', {}))).rejects.toThrow(/run_id/);
      await db('runs').delete();
      expect(await db('deliveries')).toEqual([]);
    } finally {
      await cleanup();
    }
  });
});
