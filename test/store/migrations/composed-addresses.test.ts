/** Addresses that 0.2.0 stored with accents as they came. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import {
  before,
  type EmptyDatabase,
  emptyDatabases,
} from '../../support/database/older-database.ts';
import { present } from '../../support/given/outcomes.ts';

const [COMPOSED, APART] = ['jos\u00e9@example.com', 'jose\u0301@example.com'];
const now = new Date('2026-11-28T09:00:00Z');
const vault = createVault([Buffer.alloc(32)]);
const actor = { kind: 'system' } as const;

describe.each(Object.entries(emptyDatabases))('on %s', (_, open) => {
  let database: EmptyDatabase;
  beforeEach(async () => {
    database = await open();
    await migrate(database.db, before('0117'));
  });
  afterEach(() => database.cleanup());

  const insertPerson = async (email: string) => {
    const id = `id of ${email}`;
    await database.db('people').insert({
      id,
      version: 1,
      email,
      first_name: '',
      last_name: '',
      search_text: '',
      role: 'other',
      active: true,
      stored: '{}',
      stored_by: '{}',
    });
    return id;
  };
  const storesNow = async () => {
    await migrate(database.db);
    return createStores(database.db, vault);
  };

  test('their person is found', async () => {
    const id = await insertPerson(APART);
    const { people } = await storesNow();
    for (const email of [COMPOSED, APART])
      expect(await people.findByEmail(email)).toMatchObject({ id, email: COMPOSED });
    expect(await people.findByEmails([COMPOSED])).toMatchObject([{ id, email: COMPOSED }]);
  });

  test('of two people with one address in both forms, each can leave', async () => {
    const ids = [await insertPerson(APART), await insertPerson(COMPOSED)];
    const { people } = await storesNow();
    const transact = unitOfWork(database.db, vault, { now: () => now });
    for (const id of ids) {
      const person = present(await people.find(id));
      await transact((tx) => deactivate(tx, person, { actor }));
      expect(await people.find(id)).toMatchObject({ active: false });
    }
  });

  test('whom imports ignore, they ignore on', async () => {
    await database
      .db('ignored_emails')
      .insert({ email: APART, ignored_by: JSON.stringify(actor), at: now.getTime() });
    const { ignoredEmails } = await storesNow();
    expect([...(await ignoredEmails.among([COMPOSED])).keys()]).toEqual([COMPOSED]);
  });
});
