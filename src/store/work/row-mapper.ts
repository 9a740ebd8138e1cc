/** One line a column, for rows whose columns are properties (decision 243). */
import type { Actor } from '../../engine/people/directory.ts';
import type { Unread } from '../../engine/work/unread.ts';
import { type JsonColumn, oneOf, readActor, readColumnOr, readOrUnread } from './columns.ts';

/** How a value of the code is stored, and read again. */
interface Field<T, S> {
  write(value: T): S;
  /** @param place `holds.given_by`, for errors. @throws {CorruptRow} */
  read(stored: S, place: string): T;
}
type Fields = Readonly<Record<string, Field<unknown, unknown>>>;

const asIs = <T>(): Field<T, T> => ({ write: (value) => value, read: (stored) => stored });

export const text = asIs<string>();
export const number = asIs<number>();
/** SQLite has 0 and 1. */
export const flag: Field<boolean, boolean | number> = { write: (is) => is, read: Boolean };
/** In milliseconds. */
export const date: Field<Date, number> = {
  write: (at) => at.getTime(),
  read: (ms) => new Date(ms),
};
/** Who did something. */
export const actor: Field<Actor, string> = { write: (by) => JSON.stringify(by), read: readActor };

/** One of the keys of `words`. A `Record` over the union keeps them complete. */
export const word = <W extends string>(words: Readonly<Record<W, unknown>>): Field<W, string> => ({
  write: (value) => value,
  read: (stored, place) => oneOf(words, stored, place),
});

/** @param instead where the column is damaged, since others wait for the row */
export const json = <T>(column: JsonColumn<T>, instead: T): Field<T, string> => ({
  write: (value) => JSON.stringify(value),
  read: (stored) => readColumnOr(column, stored, instead),
});

/** For what each reader decides about. Damaged, it stays as it is: an update leaves out what is undefined. */
export const jsonOrUnread = <T>(column: JsonColumn<T>): Field<T | Unread, string> => ({
  write: (value) => (value === 'unread' ? undefined : JSON.stringify(value)) as string,
  read: (stored) => readOrUnread(column, stored),
});

/** Null in the row where there is no value. */
export const optional = <T, S>(field: Field<T, S>): Field<T | undefined, S | null> => ({
  write: (value) => (value === undefined ? null : field.write(value)),
  read: (stored, place) => (stored === null ? undefined : field.read(stored, place)),
});

/** `personId` is `person_id`. */
type ColumnName<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${ColumnName<Rest>}`
  : '';
export const columnName = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type ValueOf<F> = F extends Field<infer T, infer _S> ? T : never;
type StoredOf<F> = F extends Field<infer _T, infer S> ? S : never;
type Item<F extends Fields> = {
  readonly [K in keyof F as undefined extends ValueOf<F[K]> ? never : K]: ValueOf<F[K]>;
} & {
  readonly [K in keyof F as undefined extends ValueOf<F[K]> ? K : never]?: ValueOf<F[K]>;
};
type Row<F extends Fields> = { readonly [K in keyof F as ColumnName<K>]: StoredOf<F[K]> };

/**
 * Writes and reads the columns that have the names of what they store: one line a column says both. A store adds those that differ.
 * @param table for errors
 */
export function rowMapper<F extends Fields>(
  table: string,
  fields: F,
): {
  readonly toRow: (item: Item<F>) => Row<F>;
  /** @throws {CorruptRow} */
  readonly fromRow: (row: Row<F>) => Item<F>;
} {
  const mapped = Object.entries(fields).map(([name, field]) => {
    const column = columnName(name);
    return { name, column, field, place: `${table}.${column}` };
  });
  return {
    toRow(item) {
      const given: Readonly<Record<string, unknown>> = item;
      const row: Record<string, unknown> = {};
      for (const { name, column, field } of mapped) row[column] = field.write(given[name]);
      return row as Row<F>;
    },
    fromRow(row) {
      const stored: Readonly<Record<string, unknown>> = row;
      const item: Record<string, unknown> = {};
      for (const { name, column, field, place } of mapped) {
        const value = field.read(stored[column], place);
        if (value !== undefined) item[name] = value;
      }
      return item as Item<F>;
    },
  };
}
