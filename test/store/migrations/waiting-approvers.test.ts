/** Approvers of requests that were open before it was stored for which of them each waits. */
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
const NAMES = ['ann', 'said', 'away', 'delegate', 'left', 'open'];

describe.each(Object.entries(emptyDatabases))('on %s', (_, open) => {
  let database: EmptyDatabase;
  beforeEach(async () => {
    database = await open();
    await migrate(database.db, before('0188'));
  });
  afterEach(() => database.cleanup());

  test('a request waits for those who have not responded, nor someone in their place who is still here', async () => {
    const { db } = database;
    for (const id of NAMES)
      await db('people').insert({
        id,
        version: 1,
        email: `${id}@example.com`,
        first_name: '',
        last_name: '',
        search_text: '',
        role: 'other',
        active: id !== 'left',
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
    await db('access_requests').insert({
      id: 'r',
      version: 1,
      kind: 'grant',
      integration_id: 'app',
      person_id: 'ann',
      requested_by_id: 'ann',
      state: 'open',
      created_at: 0,
      content: '',
    });
    for (const person_id of ['said', 'away', 'delegate', 'open'])
      await db('request_approvers').insert({ request_id: 'r', person_id });
    const verdict = { request_id: 'r', verdict: 'approve', at: 0, via: 'slack' };
    await db('verdicts').insert([
      { ...verdict, person_id: 'said' },
      { ...verdict, person_id: 'delegate', for_person_id: 'away' },
      { ...verdict, person_id: 'left', for_person_id: 'open' },
    ]);
    await migrate(db);
    const { requests } = createStores(db, vault);
    expect(await requests.approvers('r', { waiting: true })).toEqual(['open']);
    expect(await requests.approvers('r')).toHaveLength(4);
  });
});
