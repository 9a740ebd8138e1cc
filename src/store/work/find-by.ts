import type { Knex } from 'knex';

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
