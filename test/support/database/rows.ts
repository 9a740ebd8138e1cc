/** Everything that a database holds in columns. */
import type { Knex } from 'knex';

/** Every row of every table of a SQLite database, as JSON, binary columns as text. */
export async function columnsOf(db: Knex): Promise<string> {
  const tables: readonly { readonly name: string }[] = await db('sqlite_master')
    .where({ type: 'table' })
    .select('name');
  const rows = [];
  for (const { name } of tables) rows.push(name, await db(name).select('*'));
  return JSON.stringify(rows, (_, value: unknown) =>
    isBuffer(value) ? Buffer.from(value.data).toString('latin1') : value,
  );
}

const isBuffer = (value: unknown): value is { readonly data: readonly number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
