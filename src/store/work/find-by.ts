import type { Knex } from 'knex';

/** Finds those that exist, in no order; at most a few hundred ids. */
export const findManyById =
  <Row extends object, T>(rows: () => Knex.QueryBuilder<Row>, read: (row: Row) => T | Promise<T>) =>
  async (ids: readonly string[]): Promise<readonly T[]> => {
    if (ids.length === 0) return [];
    const found = (await rows().whereIn('id', [...new Set(ids)])) as Row[];
    return Promise.all(found.map(read));
  };

/** Finds the one row that has this value in a column. */
export const findBy =
  <Row extends object, T>(
    column: keyof Row & string,
    rows: () => Knex.QueryBuilder<Row>,
    read: (row: Row) => T | Promise<T>,
  ) =>
  async (key: string | number): Promise<T | undefined> => {
    const row = (await rows().where(column, key).first()) as Row | undefined;
    return row && read(row);
  };
