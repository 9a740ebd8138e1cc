/** What 0011 and 0012 do to a database that is in use: nothing is lost on the way up or down, and old entries find their actors. */
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../../src/store/database.ts';
import { migrate, migrations } from '../../../src/store/migrations.ts';
import { ann, asana, at, emptyDatabases, upTo } from '../../support/database/older-database.ts';

const ACCESS_LIFE = '0012-access-life';
const JOINS = '0011-joins-and-file-imports';

/** As a Latchkey of 0010 would have left it. */
async function inUse(db: Knex): Promise<void> {
  await db('people').insert(ann);
  await db('integrations').insert(asana);
  await db('secrets').insert({ integration_id: 'i1', name: 'TOKEN', value: 'sealed' });
  const actors = [{ kind: 'person', personId: 'p1', via: 'web' }, { kind: 'system' }];
  for (const [index, actor] of actors.entries())
    await db('audit_log').insert({
      id: `a${index}`,
      at,
      actor: JSON.stringify(actor),
      what: 'secrets.set',
      integration_id: 'i1',
    });
}

/** As a Latchkey of 0012 goes on: the new tables refer to the old ones. */
async function usedFurther(db: Knex): Promise<void> {
  await db('access_requests').insert({
    id: 'r1',
    version: 1,
    kind: 'new',
    integration_id: 'i1',
    person_id: 'p1',
    requested_by_id: 'p1',
    state: 'open',
    created_at: at,
    asked: 'sealed',
  });
  await db('request_approvers').insert({ request_id: 'r1', person_id: 'p1' });
}

const rowsOf = async (db: Knex) => ({
  people: await db('people').select('id', 'email'),
  integrations: await db('integrations').select('id', 'name', 'current_version_id'),
  secrets: await db('secrets'),
  audit: await db('audit_log').select('id', 'at', 'actor', 'what', 'integration_id').orderBy('id'),
});

describe.each(Object.entries(emptyDatabases))('on %s', (_name, open) => {
  test('it goes up and down again, and loses nothing that was there before', async () => {
    const { db, cleanup } = await open();
    try {
      await migrate(db, upTo('0010-setting-up'));
      await inUse(db);
      const before = await rowsOf(db);

      await migrate(db, upTo(ACCESS_LIFE));
      expect(await rowsOf(db)).toEqual(before);
      expect(await db('audit_log').orderBy('id').pluck('actor_person_id')).toEqual(['p1', null]);
      await usedFurther(db);

      await inTransaction(db, async (tx) => {
        for (const name of [ACCESS_LIFE, JOINS]) await migrations[name]?.down?.(tx);
      });
      expect(await rowsOf(db)).toEqual(before);
      expect(await db('audit_log').first()).not.toHaveProperty('actor_person_id');
    } finally {
      await cleanup();
    }
  });
});
