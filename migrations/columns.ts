/**
 * What several migrations write alike. A migration is never edited once its version is released, and neither is what it writes
 * here. In every table times are milliseconds UTC in a bigint, and JSON is text, so that both databases hold the same.
 *
 * Foreign keys: a part goes with its whole, and everything about a person or an integration with them (`cascade`); someone who
 * only has a duty in a row leaves it empty (`set null`). Two kinds of columns have none, on purpose: who did something, which
 * stays as an id when they are erased; and pointers to what is kept for a time of its own (a run, a task, a request), which may
 * be deleted first.
 */
import type { Knex } from 'knex';

/** Said out loud, since SQLite takes null in a primary key that is a text. */
export const key = (table: Knex.CreateTableBuilder, column = 'id'): Knex.ColumnBuilder =>
  table.text(column).notNullable().primary();

/** The row goes with the one that it refers to. */
export const belongsTo = (
  table: Knex.CreateTableBuilder,
  column: string,
  whole: string,
): Knex.ReferencingColumnBuilder =>
  table.text(column).notNullable().references('id').inTable(whole).onDelete('CASCADE');

/** A column that holds one of these words, as the union in the code does: a test compares the two. */
export const oneOf = (
  table: Knex.CreateTableBuilder,
  column: string,
  words: readonly string[],
): Knex.ColumnBuilder => table.text(column).checkIn([...words]);
