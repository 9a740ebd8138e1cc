import type { z } from 'zod';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import { readJson } from '../work/columns.ts';
import { identityIn, type SealedColumn } from './sealed-columns.ts';
import { cannotBeRead, saysCannotBeRead } from './sentences.ts';
import type { Vault } from './vault.ts';

type KeyOf<C extends SealedColumn> = { readonly [K in C['key'][number]]: string | number };
type RowOf<C extends SealedColumn, Text> = KeyOf<C> & { readonly [K in C['column']]: Text };

type WordsOf<C extends SealedColumn> = { readonly [K in C['column']]?: string | null };

/** The texts of one sealed column. Each opens in its own row only. */
export interface SealedTexts<C extends SealedColumn> {
  /** Null where there is no text. */
  seal<T extends string | undefined>(
    key: KeyOf<C>,
    text: T,
  ): Promise<string | (undefined extends T ? null : never)>;
  /** @throws {VaultError} */
  open<T extends string | null>(row: RowOf<C, T>): Promise<string | Extract<T, null>>;
  /** Words of people and of apps: one sentence in the place of those that can't be read, which stop nothing else. */
  openWords<T extends string | null>(row: RowOf<C, T>): Promise<string | Extract<T, null>>;
  /** The column, for words that `openWords` has read. No column in the place of its sentence: an update leaves it as it is. */
  sealWords(key: KeyOf<C>, text: string | undefined): Promise<WordsOf<C>>;
  sealJson(key: KeyOf<C>, value: unknown): Promise<string>;
  /** @throws {VaultError | CorruptRow} */
  openJson<V>(schema: z.ZodType<V>, row: RowOf<C, string>): Promise<V>;
}

/** Where there is no text. */
const NOTHING = Promise.resolve(null as never);

export function sealedTexts<C extends SealedColumn>(vault: Vault, column: C): SealedTexts<C> {
  const open = (row: KeyOf<C>, sealed: string) => vault.open(identityIn(column, row), sealed);
  const textOf = <T>(row: RowOf<C, T>): T => row[column.column as C['column']];
  return {
    seal: (key, text) => (text === undefined ? NOTHING : vault.seal(identityIn(column, key), text)),
    async sealWords(key, text) {
      if (text !== undefined && saysCannotBeRead(text)) return {};
      const sealed = text === undefined ? null : await vault.seal(identityIn(column, key), text);
      return { [column.column]: sealed } as WordsOf<C>; // Its column's name is that of `C`.
    },
    open(row) {
      const sealed = textOf(row);
      return sealed === null ? NOTHING : open(row, sealed);
    },
    async openWords(row) {
      const sealed = textOf(row);
      return sealed === null
        ? (null as never)
        : unlessUnreadable(open(row, sealed), cannotBeRead());
    },
    sealJson: (key, value) => vault.seal(identityIn(column, key), JSON.stringify(value)),
    openJson: async (schema, row) =>
      readJson(schema, await open(row, textOf(row)), `${column.table}.${column.column}`),
  };
}
