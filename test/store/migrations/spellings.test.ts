/** Names with letters beyond ASCII, which 0.2.0 stored in one spelling. */
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../src/store/migrations.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { heldTransaction } from '../../support/database/held-transaction.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import {
  before,
  type EmptyDatabase,
  emptyDatabases,
} from '../../support/database/older-database.ts';
import { present } from '../../support/given/outcomes.ts';

const vault = createVault([Buffer.alloc(32)]);
const PAGE = { offset: 0, limit: 10 };

interface StoredPerson {
  readonly email: string;
  readonly firstName: string;
  readonly searchText: string;
}

const insertPerson = async (db: Knex, { email, firstName, searchText }: StoredPerson) =>
  db('people').insert({
    id: email,
    version: 1,
    email,
    first_name: firstName,
    last_name: '',
    search_text: searchText,
    role: 'other',
    active: true,
    stored: '{}',
  });

describe.each(Object.entries(emptyDatabases))('on %s', (_, open) => {
  let database: EmptyDatabase;
  beforeEach(async () => {
    database = await open();
    await migrate(database.db, before('0207'));
  });
  afterEach(() => database.cleanup());

  const insert = (email: string, firstName: string, searchText: string) =>
    insertPerson(database.db, { email, firstName, searchText });

  test('people are found in every spelling, as after a change of theirs', async () => {
    await insert('j@example.com', 'Jörg', 'jorg  j@example.com');
    await insert('w@example.com', 'Weiß', 'weiß  w@example.com');
    await insert('ann@example.com', 'Ann', 'ann  ann@example.com');
    await insert('x@left.invalid', 'Åse', 'ase');
    await migrate(database.db);
    const { people } = createStores(database.db, vault);
    const found = async (typed: string) =>
      (await people.search(typed, PAGE)).people.map(({ firstName }) => firstName);
    for (const typed of ['joerg', 'jorg', 'Jörg']) expect(await found(typed)).toEqual(['Jörg']);
    for (const typed of ['weiss', 'weiß']) expect(await found(typed)).toEqual(['Weiß']);
    expect(await found('aase')).toEqual(['Åse']);
    expect(await found('invalid')).toEqual([]);
    expect(await found('ann')).toEqual(['Ann']);
  });
});

test('who is renamed while it runs keeps the new name', async () => {
  const { db, cleanup } = await present(emptyDatabases['PostgreSQL'])();
  try {
    await migrate(db, before('0207'));
    await insertPerson(db, {
      email: 'j@example.com',
      firstName: 'Jörg',
      searchText: 'jorg  j@example.com',
    });
    const renaming = await heldTransaction(db);
    await renaming
      .tx('people')
      .update({ first_name: 'Søren', search_text: 'søren  j@example.com' });
    const migrating = migrate(db);
    await untilOneWaits(db);
    await renaming.commit();
    await migrating;
    expect(await db('people').pluck('search_text')).toEqual(['søren  j@example.com']);
  } finally {
    await cleanup();
  }
});
