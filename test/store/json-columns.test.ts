/** The doctor's look at every row. What it finds of each column: `test/store/work/damaged-rows.test.ts`. */
import { expect, onTestFinished, test } from 'vitest';
import { damagedRows } from '../../src/store/json-columns.ts';
import { temporaryDatabase } from '../support/database/database.ts';

test('a damaged row is found after thousands of others, also where several columns are its key', async () => {
  const database = await temporaryDatabase();
  onTestFinished(() => database.cleanup());
  const { db } = database;
  await db.raw('PRAGMA foreign_keys = OFF');
  const numbers =
    'with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 2500)';
  await db.raw(
    `${numbers} insert into people (id, version, email, first_name, last_name, role, active, stored, search_text)
     select n, 1, n || '@x.io', '', '', 'other', 1, case n when 998 then '{' else '{}' end, '' from numbers`,
  );
  await db.raw(
    `${numbers} insert into sync_rows (run_id, seq, state, chosen, details, email, first_name, last_name)
     select n % 2, n, 'new', 1, case n when 2400 then '{' else '{}' end, n || '@x.io', '', '' from numbers`,
  );
  expect(await damagedRows(db)).toMatchObject([
    { table: 'sync_rows', column: 'details', row: '0/2400' },
    { table: 'people', column: 'stored', row: '998' },
  ]);
});
