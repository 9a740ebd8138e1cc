import type { Knex } from 'knex';
import { StaleWrite } from '../../engine/ports/store.ts';
import { isDamagedColumn } from '../../engine/work/damaged-actor.ts';

interface Versioned {
  readonly id: string;
  readonly version: number;
}

/**
 * Compare-and-set: saves a row only when nobody changed it since it was read.
 * @param rows of its table
 * @param what its kind, for the error
 * @param columnsOf its columns at the next version. The id is left out: with it SQLite would check every row that refers
 * to this one. So are undefined ones, and who did something where that is damaged.
 * @returns it, with its next version
 * @throws {StaleWrite}
 */
// oxlint-disable-next-line max-params -- Two dozen stores call it in one line, which says each of them.
export async function saveVersioned<T extends Versioned>(
  rows: Knex.QueryBuilder,
  what: string,
  row: T,
  columnsOf: (next: T) => object | PromiseLike<object>,
): Promise<T> {
  const { id, version } = row;
  const next = { ...row, version: version + 1 };
  const columns = Object.entries(await columnsOf(next)).filter(
    ([column, value]) => column !== 'id' && value !== undefined && !isDamagedColumn(value),
  );
  const changed: number = await rows.where({ id, version }).update(Object.fromEntries(columns));
  if (changed === 0) throw new StaleWrite(what, id, version);
  return next;
}
