import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { putRows } from '../../../src/store/work/put-rows.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

describe.each(bothDatabases)('%s', (_, openEmpty) => {
  let db: Knex;
  let cleanup: () => Promise<void>;
  beforeEach(async () => {
    ({ db, cleanup } = await openEmpty());
    await putRows(db('settings'), [setting('a', 1), setting('b', 1)], ['key']);
  });
  afterEach(() => cleanup());

  const setting = (key: string, version: number) => ({ key, version, value: 'x' });

  test('rows are inserted, and replace those under their key', async () => {
    await putRows(db('settings'), [setting('b', 2), setting('c', 2)], ['key']);
    const rows: unknown = await db('settings').orderBy('key');
    expect(rows).toEqual([setting('a', 1), setting('b', 2), setting('c', 2)]);
  });

  test('the update leaves out the key', () => {
    const { sql } = putRows(db('settings'), [setting('a', 2)], ['key']).toSQL();
    expect(sql.split('do update set')[1]).toMatch(/^ .version. = excluded\..version., .value. = /);
  });

  test('a condition is one of the update', async () => {
    await putRows(db('settings'), [setting('a', 2)], ['key']).where('settings.version', '>', 1);
    expect(await db('settings').where({ key: 'a' }).first()).toEqual(setting('a', 1));
  });
});
