import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { isJsonObject, type JsonObject, jsonIn, stringifyJson } from '../../core/json.ts';
import { inTransaction } from '../database.ts';
import { identityIn, type SealedColumn, sealedColumns } from './sealed-columns.ts';
import { replaceSealed, type SealedRow, sealedRows } from './sealed-rows.ts';
import { type Vault, VaultError } from './vault.ts';

/** Between two transactions, so that a click's write never waits long. */
const PAUSE_MS = 5;
/**
 * Processes that aren't restarted yet still seal with the old key; the next pass finds those texts. A process that is
 * never restarted keeps sealing with it, so we stop after this.
 */
const PASSES = 3;

/** Reported after each batch, column by column. */
export interface Progress {
  /** `table.column` */
  readonly place: string;
  readonly looked: number;
  readonly resealed: number;
}

export interface Resealed {
  readonly resealed: number;
  /** How many sealed texts the last check saw, without disposable ones that no key opens. */
  readonly texts: number;
  /** How many of those another key than the first has sealed, by `table.column`. When empty, the other keys can be removed. */
  readonly left: Readonly<Record<string, number>>;
  /** Why some of these can't be resealed, each reason once. */
  readonly unopened: readonly VaultError[];
}

/**
 * Reseals everything that another key than the vault's first has sealed, and then checks everything once more. Latchkey
 * may run during it. When it is stopped half-way, the next call continues.
 */
export async function resealAll(
  db: Knex,
  vault: Vault,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Resealed> {
  let resealed = 0;
  for (let pass = 1; ; pass += 1) {
    const unopened = new Map<string, VaultError>();
    for await (const batch of batches(db)) {
      const some = await resealSome(db, vault, batch);
      resealed += some.resealed;
      for (const error of some.unopened)
        if (!unopened.has(error.code)) unopened.set(error.code, error);
      onProgress({
        place: placeOf(batch.column),
        looked: batch.rows.length,
        resealed: some.resealed,
      });
    }
    const seen = await countOutdated(db, vault);
    const isDone = Object.keys(seen.left).length === 0 || unopened.size > 0;
    if (isDone || pass === PASSES) return { resealed, ...seen, unopened: [...unopened.values()] };
  }
}

/** A text's header names its key, so we open hardly any text but those that may keep another. */
async function countOutdated(db: Knex, vault: Vault): Promise<Pick<Resealed, 'texts' | 'left'>> {
  let texts = 0;
  const left: Record<string, number> = {};
  for await (const { column, rows } of batches(db)) {
    texts += rows.length;
    const place = placeOf(column);
    for (const row of rows) {
      if (!(await isOutdated(vault, column, row))) continue;
      if (await isLostAnyway(vault, column, row)) texts -= 1;
      else left[place] = (left[place] ?? 0) + 1;
    }
  }
  return { texts, left };
}

/** True for a text that expires soon and that no key in the ring opens. */
async function isLostAnyway(vault: Vault, column: SealedColumn, row: SealedRow): Promise<boolean> {
  if (!column.isDisposable) return false;
  try {
    await vault.openBytes(identityIn(column, row), textOf(column, row));
    return false;
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return true;
  }
}

const placeOf = ({ table, column }: SealedColumn): string => `${table}.${column}`;
const textOf = ({ column }: SealedColumn, row: SealedRow): string => String(row[column]);

interface Batch {
  readonly column: SealedColumn;
  readonly rows: readonly SealedRow[];
}

/** Every sealed text, with a pause after each batch. */
async function* batches(db: Knex): AsyncGenerator<Batch> {
  for (const column of Object.values(sealedColumns))
    for await (const rows of sealedRows(db, column)) {
      yield { column, rows };
      await pause(PAUSE_MS);
    }
}

/** Encrypts before the transaction, which blocks other writers. */
async function resealSome(
  db: Knex,
  vault: Vault,
  { column, rows }: Batch,
): Promise<Pick<Resealed, 'resealed' | 'unopened'>> {
  const changes: { readonly row: SealedRow; readonly value: string }[] = [];
  const unopened: VaultError[] = [];
  for (const row of rows) {
    const value = await sealedAgain(vault, column, row);
    if (value instanceof VaultError) unopened.push(value);
    else if (value !== undefined) changes.push({ row, value });
  }
  if (changes.length === 0) return { resealed: 0, unopened };
  const resealed = await inTransaction(db, async (tx) => {
    let changed = 0;
    for (const change of changes) changed += await replaceSealed(tx, column, change);
    return changed;
  });
  return { resealed, unopened };
}

/** Undefined for a text that the first key has sealed, or a disposable one that no key opens. */
async function sealedAgain(
  vault: Vault,
  column: SealedColumn,
  row: SealedRow,
): Promise<string | VaultError | undefined> {
  if (!(await isOutdated(vault, column, row))) return undefined;
  const identity = identityIn(column, row);
  try {
    const kept = await keptIn(vault, column, row);
    const opened = await vault.openBytes(identity, textOf(column, row));
    if (!kept) return await vault.sealBytes(identity, opened);
    const again = await sealedAgain(vault, column, kept.row);
    if (again instanceof VaultError) return again;
    const content = again === undefined ? kept.content : { ...kept.content, [kept.name]: again };
    return await vault.seal(identity, stringifyJson(content));
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return column.isDisposable ? undefined : error;
  }
}

/** Whether another key than the first has sealed it, or what it keeps. */
async function isOutdated(vault: Vault, column: SealedColumn, row: SealedRow): Promise<boolean> {
  if (vault.isOutdated(textOf(column, row))) return true;
  try {
    const kept = await keptIn(vault, column, row);
    return kept !== undefined && (await isOutdated(vault, column, kept.row));
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return false; // It is damaged, which no key mends.
  }
}

interface Kept {
  readonly name: string;
  /** All of the JSON. */
  readonly content: JsonObject;
  /** The row as it would be with the kept text. */
  readonly row: SealedRow;
}

/** @throws {VaultError} */
async function keptIn(
  vault: Vault,
  column: SealedColumn,
  row: SealedRow,
): Promise<Kept | undefined> {
  const { keeps: name } = column;
  if (name === undefined) return undefined;
  const text = await vault.open(identityIn(column, row), textOf(column, row));
  const content = jsonIn(text);
  if (!isJsonObject(content)) return undefined;
  const kept = content[name];
  return typeof kept === 'string'
    ? { name, content, row: { ...row, [column.column]: kept } }
    : undefined;
}
