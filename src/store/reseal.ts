import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { inTransaction } from './database.ts';
import { identityOf, type SealedColumn, sealedColumns } from './sealed-columns.ts';
import type { Vault } from './vault.ts';

/** Rows per transaction, and the pause between two, so that a click's write never waits long. */
const ROWS_AT_ONCE = 250;
const PAUSE_MS = 5;

type SealedRow = Readonly<Record<string, string | number | null>>;

/**
 * Seals everything again that a key other than the vault's first has sealed; afterwards the other keys can be
 * dropped. Latchkey may run meanwhile, if its first key is the same. Stopped half-way, it goes on when called again.
 *
 * @returns how many texts were sealed again.
 * @throws {VaultError} at the first text that no key opens.
 */
export async function resealAll(db: Knex, vault: Vault): Promise<number> {
  let resealed = 0;
  for (const column of Object.values(sealedColumns)) {
    let last: SealedRow | undefined;
    do {
      const rows: readonly SealedRow[] = await rowsAfter(db, column, last);
      resealed += await inTransaction(db, (tx) => resealRows(tx, vault, column, rows));
      last = rows.at(-1);
      await pause(PAUSE_MS);
    } while (last !== undefined);
  }
  return resealed;
}

async function rowsAfter(
  db: Knex,
  { table, column, key, atOnce = ROWS_AT_ONCE }: SealedColumn,
  last: SealedRow | undefined,
): Promise<readonly SealedRow[]> {
  const query = db(table)
    .select<SealedRow[]>(...key, column)
    .whereNotNull(column)
    .orderBy([...key])
    .limit(atOnce);
  if (last !== undefined) {
    const [names, values] = [key.map(() => '??').join(', '), key.map(() => '?').join(', ')];
    query.whereRaw(`(${names}) > (${values})`, [...key, ...key.map((part) => last[part] ?? '')]);
  }
  return query;
}

async function resealRows(
  tx: Knex,
  vault: Vault,
  sealedColumn: SealedColumn,
  rows: readonly SealedRow[],
): Promise<number> {
  const { table, column, key } = sealedColumn;
  let resealed = 0;
  for (const row of rows) {
    const sealed = String(row[column]);
    if (vault.isOutdated(sealed)) {
      const identity = identityOf(sealedColumn, ...key.map((part) => row[part] ?? ''));
      const plain = await vault.openBytes(identity, sealed);
      // Only while the row holds what was read: what has been written since is newer.
      const where = Object.fromEntries([...key, column].map((part) => [part, row[part]]));
      resealed += await tx(table)
        .where(where)
        .update({ [column]: await vault.sealBytes(identity, plain) });
    }
  }
  return resealed;
}
