/** Break-glass that someone looked into before lookers were reminded. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../src/store/migrations.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import {
  before,
  type EmptyDatabase,
  emptyDatabases,
} from '../../support/database/older-database.ts';

const vault = createVault([Buffer.alloc(32)]);

describe.each(Object.entries(emptyDatabases))('on %s', (_, open) => {
  let database: EmptyDatabase;
  beforeEach(async () => {
    database = await open();
    await migrate(database.db, before('0212'));
  });
  afterEach(() => database.cleanup());

  test('what someone still looks into is due, and nothing else becomes so', async () => {
    const { db } = database;
    await db('people').insert({
      id: 'ann',
      version: 1,
      email: 'ann@example.com',
      first_name: '',
      last_name: '',
      search_text: '',
      role: 'other',
      active: true,
      stored: '{}',
      stored_by: '{}',
    });
    await db('integrations').insert({
      id: 'app',
      version: 1,
      name: 'App',
      name_key: 'app',
      enabled: true,
      created_at: 0,
    });
    const rows = [
      { request_id: 'forgotten', state: 'looking', reviewed_at: 5 },
      { request_id: 'reminded', state: 'looking', reviewed_at: 5, review_at: 900 },
      { request_id: 'not-asked-any-more', state: 'open' },
      { request_id: 'reviewed', state: 'ok', reviewed_at: 5 },
    ];
    for (const { request_id: id } of rows)
      await db('access_requests').insert({
        id,
        version: 1,
        kind: 'grant',
        integration_id: 'app',
        person_id: 'ann',
        requested_by_id: 'ann',
        state: 'approved',
        created_at: 0,
        content: '',
      });
    await db('break_glasses').insert(rows.map((row) => ({ at: 1, review_at: null, ...row })));
    await migrate(db);
    const { breakGlasses } = createStores(db, vault);
    const due = await breakGlasses.toReview(new Date(1000));
    expect(due.map((each) => [each?.requestId, each?.reviewAt?.getTime()])).toEqual([
      ['forgotten', 5],
      ['reminded', 900],
    ]);
  });
});
