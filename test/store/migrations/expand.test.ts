/**
 * While a new version starts, processes of the one before still run on the same database. So a migration only adds what they
 * need not know: docs/upgrading.md. What it takes away, a later version takes away.
 */
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openInMemory } from '../../../src/store/database.ts';
import { type Migrations, migrate, migrations } from '../../../src/store/migrations.ts';
import { load020 } from '../../support/database/release-0.2.0.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
}
type Tables = ReadonlyMap<string, readonly Column[]>;

let before: Tables;
beforeAll(async () => {
  before = await afterMigrating({});
});

const opened: Knex[] = [];
afterAll(() => Promise.all(opened.map((db) => db.destroy())));

/** The tables of 0.2.0, brought up to date by these migrations. None: as they were. */
async function afterMigrating(all: Migrations): Promise<Tables> {
  const db = openInMemory();
  opened.push(db);
  await load020(db);
  if (Object.keys(all).length > 0) await migrate(db, all);
  const tables: readonly string[] = await db('sqlite_master')
    .where({ type: 'table' })
    .pluck('name');
  const found = new Map<string, readonly Column[]>();
  for (const table of tables)
    found.set(table, await db.raw('select * from pragma_table_info(?)', [table]));
  return found;
}

/** What a process of 0.2.0 would miss, or would be refused. */
function breaks(now: Tables): readonly string[] {
  return [...before].flatMap(([table, columns]) => {
    const has = now.get(table);
    if (!has) return [`${table} is gone`];
    const gone = columns
      .filter(({ name, type }) => !has.some((each) => each.name === name && each.type === type))
      .map(({ name }) => `${table}.${name} is gone, or of another type`);
    const demanded = has
      .filter(({ name }) => !columns.some((each) => each.name === name))
      .filter(({ notnull, dflt_value: value }) => notnull === 1 && value === null)
      .map(({ name }) => `${table}.${name} has to be given`);
    const tightened = has
      .filter(({ name, notnull }) =>
        columns.some((each) => each.name === name && each.notnull < notnull),
      )
      .map(({ name }) => `${table}.${name} must not be empty any more`);
    return [...gone, ...demanded, ...tightened];
  });
}

test('processes of 0.2.0 work on the tables of this version', async () => {
  expect(breaks(await afterMigrating(migrations))).toEqual([]);
});

/** Tables to which 0.2.0 moves rows with all columns that it finds, and where those come from. */
test.each([['chat_identities', 'former_chat_identities']])(
  'what 0.2.0 moves as it is from %s fits into %s',
  async (from, to) => {
    const now = await afterMigrating(migrations);
    const named = (table: string) => (now.get(table) ?? []).map(({ name }) => name).toSorted();
    expect(named(from)).not.toEqual([]);
    expect(named(to)).toEqual(expect.arrayContaining(named(from)));
  },
);

test.each<[string, Knex.Migration['up'], string]>([
  ['a table', (tx) => tx.schema.dropTable('occurrences'), 'occurrences is gone'],
  [
    'a column',
    (tx) => tx.raw('alter table workers rename column beat_at to seen_at'),
    'workers.beat_at is gone, or of another type',
  ],
  [
    'the right to leave a new column away',
    (tx) =>
      tx.raw('drop table workers').then(() =>
        tx.schema.createTable('workers', (table) => {
          table.text('id').notNullable().primary();
          table.bigInteger('beat_at').notNullable();
          table.text('host').notNullable();
        }),
      ),
    'workers.host has to be given',
  ],
])('a migration that takes away %s is found', async (_, up, said) => {
  const later = { up };
  expect(breaks(await afterMigrating({ ...migrations, '9999-later': later }))).toContain(said);
});

test('a migration that adds a column that may be empty breaks nothing', async () => {
  const up = (tx: Knex) => tx.schema.alterTable('workers', (table) => table.text('host'));
  const later = { up };
  expect(breaks(await afterMigrating({ ...migrations, '9999-later': later }))).toEqual([]);
});
