import type { Knex } from 'knex';
import { identityOf, sealedColumns } from './sealed-columns.ts';
import { type Vault, VaultError } from './vault.ts';

/** From each end: a large table of which hardly a row is sealed isn't read as a whole, since every start looks. */
const LOOKED_AT = 500;

type SealedRow = Readonly<Record<string, string | number | null>>;

/**
 * Opens the first and the last sealed text of every kind, by the order of their ids, which is that of time: a key that
 * is missing from the ring shows at one of them. Looked for among the first and the last few rows.
 * @returns how many could be opened, and why the others could not; a key that is lacking once
 */
export async function unopenedTexts(
  db: Knex,
  vault: Vault,
): Promise<{ readonly opened: number; readonly unopened: readonly VaultError[] }> {
  let opened = 0;
  const unopened: VaultError[] = [];
  for (const sealed of Object.values(sealedColumns)) {
    const { table, column, key } = sealed;
    for (const order of ['asc', 'desc'] as const) {
      const edge = db(table)
        .select(...key, column)
        .orderBy(key.map((part) => ({ column: part, order })))
        .limit(LOOKED_AT);
      const row = await db
        .from<SealedRow>(edge.as('edge'))
        .whereNotNull(column)
        .first<SealedRow | undefined>();
      if (row === undefined) continue;
      try {
        const identity = identityOf(sealed, ...key.map((part) => row[part] ?? ''));
        await vault.openBytes(identity, String(row[column]));
        opened += 1;
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        if (!unopened.some((known) => isTheSame(known, error))) unopened.push(error);
      }
    }
  }
  return { opened, unopened };
}

/** A key that is lacking is one thing to mend, wherever it is missed. */
const isTheSame = (one: VaultError, other: VaultError): boolean =>
  one.code === 'unknown-key' ? one.keyId === other.keyId : one.message === other.message;
