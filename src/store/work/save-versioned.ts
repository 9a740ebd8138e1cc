import type { Knex } from 'knex';
import { StaleWrite } from '../../engine/ports/store.ts';

interface Versioned {
  readonly id: string;
  readonly version: number;
}

/**
 * Compare-and-set: saves a row as it is to be where it still is as it was read.
 * @param rows of its table
 * @param what it is, for the error
 * @param columnsOf its columns at the next version; its id is left out, since that would make SQLite look at every row that
 * refers to it, as if it were another one
 * @returns it, with its next version
 * @throws {StaleWrite}
 */
export async function saveVersioned<T extends Versioned>(
  rows: Knex.QueryBuilder,
  what: string,
  row: T,
  columnsOf: (next: T) => object | PromiseLike<object>,
): Promise<T> {
  const { id, version } = row;
  const next = { ...row, version: version + 1 };
  const columns = Object.entries(await columnsOf(next)).filter(([column]) => column !== 'id');
  const changed: number = await rows.where({ id, version }).update(Object.fromEntries(columns));
  if (changed === 0) throw new StaleWrite(what, id, version);
  return next;
}
