/** Many rows go into a table with one statement; what is the same in all of them goes along once. */
import { expect, test } from 'vitest';
import { insertRows } from '../../../src/store/work/insert-rows.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { firstOf } from '../../support/given/outcomes.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const ROWS = 60;
const databases = { SQLite: temporaryDatabase, PostgreSQL: temporaryPostgres };

interface Row {
  readonly id: number;
  readonly name: string;
  readonly team: string | null;
  readonly born: number | null;
  readonly active: boolean;
}

/** SQLite has numbers for yes and no. */
type Stored = Omit<Row, 'active'> & { readonly active: boolean | number };

/** What the table has after the rows were inserted, and the values that were sent. */
async function inserted(open: keyof typeof databases, rows: readonly Row[]) {
  const { db, cleanup } = await databases[open]();
  try {
    await db.schema.createTable('crew', (table) => {
      table.integer('id');
      table.text('name');
      table.text('team');
      table.bigInteger('born');
      table.boolean('active');
    });
    const statements = await statementsOf(db, () => insertRows(db, 'crew', rows));
    const found = await db<Stored>('crew').orderBy('id');
    const stored = found.map((row) => ({ ...row, active: Boolean(row.active) }));
    return { stored, sent: JSON.stringify(firstOf(statements).bindings) };
  } finally {
    await cleanup();
  }
}

const crew = (made: (n: number) => Partial<Row>): readonly Row[] =>
  Array.from({ length: ROWS }, (_, n) => ({
    id: n,
    name: `Hand ${n}`,
    team: 'Harbour',
    born: 946_684_800_000,
    active: true,
    ...made(n),
  }));

test.each(['SQLite', 'PostgreSQL'] as const)('%s stores what all rows have', async (open) => {
  const rows = crew(() => ({}));
  const { stored, sent } = await inserted(open, rows);
  expect(stored).toEqual(rows);
  expect(sent.split('Harbour')).toHaveLength(2);
  expect(sent.split('Hand ')).toHaveLength(ROWS + 1);
});

test.each(['SQLite', 'PostgreSQL'] as const)('%s stores what some rows have', async (open) => {
  const rows = crew((n) => ({ team: n === 3 ? null : 'Yard', active: n % 2 === 0, born: null }));
  expect((await inserted(open, rows)).stored).toEqual(rows);
});

test.each(['SQLite', 'PostgreSQL'] as const)('%s stores rows that are all alike', async (open) => {
  const rows = crew(() => ({ id: 1, name: 'Bo' }));
  expect((await inserted(open, rows)).stored).toEqual(rows);
});

test.each(['SQLite', 'PostgreSQL'] as const)(
  '%s stores what all rows have without what PostgreSQL refuses',
  async (open) => {
    const { stored } = await inserted(
      open,
      crew(() => ({ team: 'Yard\0 \uD83D' })),
    );
    expect(new Set(stored.map(({ team }) => team))).toEqual(new Set(['Yard \uFFFD']));
  },
);
