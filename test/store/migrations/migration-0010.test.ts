/** What 0010 does to a database that is in use: every integration keeps its manifest, its secrets and its history. */
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../../src/store/database.ts';
import { migrate, migrations } from '../../../src/store/migrations.ts';
import { ann, at, emptyDatabases, upTo } from '../../support/database/older-database.ts';

/** As a Latchkey of 0009 would have left it. */
async function inUse(db: Knex): Promise<void> {
  await db('people').insert(ann);
  await db('integrations').insert({
    id: 'i1',
    version: 3,
    name: 'Asana',
    name_key: 'asana',
    enabled: true,
    manifest_version_id: 'm2',
    created_at: at,
  });
  for (const number of [1, 2])
    await db('manifest_versions').insert({
      id: `m${number}`,
      integration_id: 'i1',
      number,
      manifest: '{}',
      created_at: at,
    });
  await db('secrets').insert({ integration_id: 'i1', name: 'TOKEN', value: 'sealed' });
  await db('access').insert({
    person_id: 'p1',
    integration_id: 'i1',
    state: 'has',
    reason: '',
    since: at,
    checked_at: at,
  });
}

const counts = async (db: Knex) => {
  const found: Record<string, number> = {};
  for (const table of ['people', 'integrations', 'manifest_versions', 'secrets', 'access'])
    found[table] = (await db(table)).length;
  return found;
};

describe.each(Object.entries(emptyDatabases))('on %s', (_name, open) => {
  test('it goes up and down again, and loses nothing that was there before', async () => {
    const { db, cleanup } = await open();
    try {
      await migrate(db, upTo('0009-sending'));
      await inUse(db);
      const before = await counts(db);

      await migrate(db, upTo('0010-setting-up'));
      expect(await counts(db)).toEqual(before);
      expect(await db('integrations').first()).toMatchObject({
        id: 'i1',
        version: 3,
        name: 'Asana',
        current_version_id: 'm2',
        icon: null,
        settings: null,
        deleted_at: null,
      });

      const settingUp = migrations['0010-setting-up'];
      await inTransaction(db, async (tx) => {
        await settingUp?.down?.(tx);
      });
      expect(await counts(db)).toEqual(before);
      expect(await db('integrations').first()).toMatchObject({
        id: 'i1',
        manifest_version_id: 'm2',
      });
      expect(await db('integrations').first()).not.toHaveProperty('deleted_at');
    } finally {
      await cleanup();
    }
  });
});
