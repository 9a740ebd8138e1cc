import type { Knex } from 'knex';
import { identityOf, type SealedColumn, sealedColumns } from '../vault/sealed-columns.ts';
import { type Vault, VaultError } from '../vault/vault.ts';

/** From each end: a large table of which hardly a row is sealed isn't read as a whole, since every start looks. */
const LOOKED_AT = 500;

type SealedRow = Readonly<Record<string, string | number | null>>;

/** What a look at the sealed texts found. */
export interface Looked {
  readonly opened: number;
  /** How many could not be opened since their key is not in the ring. */
  readonly lacking: number;
  /** The pepper's key is not in the ring: whoever was erased is not known any more. */
  readonly lacksPepper: boolean;
  /** Why texts could not be opened; a key that is lacking once. */
  readonly unopened: readonly VaultError[];
}

/**
 * Opens the first and the last sealed text of every kind but the disposable ones, by the order of their ids, which is
 * that of time: a key that is missing from the ring shows at one of them. Looked for among the first and the last few
 * rows. Columns that are yet to be made are left out, so that it can be asked before the migrations.
 */
export async function unopenedTexts(db: Knex, vault: Vault): Promise<Looked> {
  let opened = 0;
  let lacking = 0;
  let lacksPepper = false;
  const unopened: VaultError[] = [];
  for (const sealed of await columnsThatAre(db)) {
    for (const row of await edgesOf(db, sealed)) {
      const identity = identityOf(sealed, ...sealed.key.map((part) => row[part] ?? ''));
      try {
        await vault.openBytes(identity, String(row[sealed.column]));
        opened += 1;
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        if (error.code === 'unknown-key') {
          lacking += 1;
          lacksPepper ||= sealed === sealedColumns.pepper;
        }
        if (!unopened.some((known) => isTheSame(known, error))) unopened.push(error);
      }
    }
  }
  return { opened, lacking, lacksPepper, unopened };
}

async function columnsThatAre(db: Knex): Promise<readonly SealedColumn[]> {
  const lasting = Object.values<SealedColumn>(sealedColumns).filter((one) => !one.isDisposable);
  const names = new Map<string, readonly string[]>();
  for (const { table } of lasting)
    if (!names.has(table)) names.set(table, Object.keys(await db(table).columnInfo()));
  return lasting.filter(({ table, column, key }) =>
    [...key, column].every((name) => names.get(table)?.includes(name)),
  );
}

/** The first and the last; one that is alone is both. */
async function edgesOf(
  db: Knex,
  { table, column, key }: SealedColumn,
): Promise<readonly SealedRow[]> {
  const rows: SealedRow[] = [];
  for (const order of ['asc', 'desc'] as const) {
    const edge = db(table)
      .select(...key, column)
      .orderBy(key.map((part) => ({ column: part, order })))
      .limit(LOOKED_AT);
    const row = await db
      .from<SealedRow>(edge.as('edge'))
      .whereNotNull(column)
      .first<SealedRow | undefined>();
    if (row && !rows.some((other) => key.every((part) => other[part] === row[part])))
      rows.push(row);
  }
  return rows;
}

/** A key that is lacking is one thing to mend, wherever it is missed. */
const isTheSame = (one: VaultError, other: VaultError): boolean =>
  one.code === 'unknown-key' ? one.keyId === other.keyId : one.message === other.message;
