import type { Knex } from 'knex';
import type { z } from 'zod';
import { typedWords } from '../../core/fold.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../core/json.ts';
import type { Actor } from '../../engine/people/directory.ts';
import { Unreadable } from '../../engine/ports/store.ts';
import { damagedActor } from '../../engine/work/damaged-actor.ts';
import { actorSchema } from '../../engine/work/names.ts';
import type { Unread } from '../../engine/work/unread.ts';

/** Thrown when a row holds a value that Latchkey never wrote. It names the column, never the content. */
export class CorruptRow extends Unreadable {
  readonly code = 'corrupt-row';
  constructor(column: string, options?: ErrorOptions) {
    super(`${column} holds something that Latchkey did not write`, options);
    this.name = 'CorruptRow';
  }
}

/** Reads a JSON column with its schema. @throws {CorruptRow} */
export function readJson<T>(schema: z.ZodType<T>, text: string, column: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CorruptRow(column);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new CorruptRow(column);
  }
  return parsed.data;
}

/** A column of plain JSON. `store/json-columns.ts` lists them. */
export interface JsonColumn<T> {
  /** `rules.definition` */
  readonly place: `${string}.${string}`;
  readonly schema: z.ZodType<T>;
}

export const jsonColumn = <T>(
  place: JsonColumn<T>['place'],
  schema: z.ZodType<T>,
): JsonColumn<T> => ({ place, schema });

/** @throws {CorruptRow} */
export const readColumn = <T>({ schema, place }: JsonColumn<T>, text: string): T =>
  readJson(schema, text, place);

/** Reads a row that others wait for. @returns `instead` where the column is damaged; `latchkey doctor` names such a row */
export function readColumnOr<T, I>(column: JsonColumn<T>, text: string, instead: I): T | I {
  try {
    return readColumn(column, text);
  } catch (error) {
    if (error instanceof CorruptRow) return instead;
    throw error;
  }
}

/** The same for what each reader decides about. */
export const readOrUnread = <T>(column: JsonColumn<T>, text: string): T | Unread =>
  readColumnOr<T, Unread>(column, text, 'unread');

/** Reads a JSON column that holds any object, and keeps all digits of big integers. @throws {CorruptRow} */
export function readJsonObject(text: string, column: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw new CorruptRow(column);
  }
  if (!isJsonObject(value as JsonObject)) {
    throw new CorruptRow(column);
  }
  return value as JsonObject;
}

/** Reads a column that may be null, but not in this row. @throws {CorruptRow} */
export function present<T>(value: T | null, column: string): T {
  if (value === null) {
    throw new CorruptRow(column);
  }
  return value;
}

/**
 * Reads a column that holds one of the keys of `words`. A `Record` over the union keeps them complete.
 * @throws {CorruptRow}
 */
export function oneOf<T extends string>(
  words: Readonly<Record<T, unknown>>,
  value: string,
  column: string,
): T {
  if (!Object.hasOwn(words, value)) {
    throw new CorruptRow(column);
  }
  return value as T;
}

/** Those of a list, for `oneOf`. */
export const wordsOf = <W extends string>(words: readonly W[]): Readonly<Record<W, true>> =>
  Object.fromEntries(words.map((each) => [each, true])) as Record<W, true>;

export const time = (ms: number): Date => new Date(ms);
export const timeOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
export const msOrNull = (date: Date | undefined): number | null => date?.getTime() ?? null;

/**
 * The row that a function writes, as the database gives it back: any word where that is one of a few, and 0 or 1 for a boolean in
 * SQLite.
 */
export type RowOf<Write extends (...item: never[]) => object> = Stored<Awaited<ReturnType<Write>>>;
/** A column that an update may leave out is there all the same. */
type Stored<Row> = {
  readonly [K in keyof Row]-?: object extends Pick<Row, K>
    ? Read<Exclude<Row[K], undefined>>
    : Read<Row[K]>;
};
/** A column is cleared with null: an update leaves out what is undefined, so no reader takes such a column. */
type Read<V> = V extends undefined
  ? { readonly isWrittenAs: undefined }
  : V extends string
    ? string
    : V extends boolean
      ? boolean | number
      : V;

type WithoutNulls<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: Exclude<T[K], null>;
};

/** Turns a row's null columns into absent properties. */
export function withoutNulls<T extends object>(value: T): WithoutNulls<T> {
  // A loop, since a look at everyone reads 50,000 people.
  const kept: Record<string, unknown> = {};
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) if (given[name] !== null) kept[name] = given[name];
  return kept as WithoutNulls<T>;
}

/**
 * `state = 'open'`, or `state in ('noted', 'open')`: as the conditions of partial indexes say it. Where the states are bound, SQLite
 * plans the statement again each time, and PostgreSQL's plan for any value can't use such an index (decision 176).
 * @param states words of the code
 */
export function stateIs(...states: readonly string[]): string {
  const words = states.map((each) => {
    if (!/^[a-z-]+$/.test(each)) throw new RangeError('A state is a word of the code');
    return `'${each}'`;
  });
  return words.length === 1 ? `state = ${words[0]}` : `state in (${words.join(', ')})`; // SQLite takes an `in` of one for something else.
}

/** A phone number's digits as people dial them, so that `+32 (0)9 12` and `+320912` are the same. */
export const phoneDigits = (phone: string): string =>
  phone.replaceAll(/\D/g, '').replace(/^00/, ''); // `0032` is `+32`.

/** No column that is searched has as many words, or one that is as long; databases refuse a statement of thousands. */
const MAX_WORDS = 50;
const MAX_WORD = 500;

/**
 * Narrows rows to those whose column contains every word of the text, in any of its spellings.
 * @param column SQL: a column of `withSpellings`, or of folded names
 */
export function withWords<Q extends Knex.QueryBuilder>(query: Q, column: string, text: string): Q {
  const words = typedWords(text);
  if (words.length > MAX_WORDS || words.flat().some(({ length }) => length > MAX_WORD))
    query.whereRaw('1 = 0');
  else
    for (const spellings of words) {
      const one = String.raw`${column} like ? escape '\'`;
      query.whereRaw(`(${spellings.map(() => one).join(' or ')})`, spellings.map(likeWord));
    }
  return query;
}

/** For `like ? escape '\\'`: matches texts that contain the word. */
export const likeWord = (word: string): string =>
  `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** Who did it. Damaged, it is no one in the directory: nothing that only shows it stops, and no one may anything by it. */
export function readActor(text: string, column: string): Actor {
  try {
    return readJson(actorSchema, text, column);
  } catch (error) {
    if (!(error instanceof CorruptRow)) throw error;
    return damagedActor(column);
  }
}

export const platforms: Record<'slack' | 'teams', true> = { slack: true, teams: true };
