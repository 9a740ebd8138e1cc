import type { Knex } from 'knex';
import { dialectOf } from '../database.ts';
import { identityIn, type SealedColumn, sealedColumns } from '../vault/sealed-columns.ts';
import { type Vault, VaultError } from '../vault/vault.ts';

/** Rows from each end. We don't read the whole of a large table with few sealed texts, since every start checks this. */
const LOOKED_AT = 500;

type SealedRow = Readonly<Record<string, string | number | null>>;

/** The result of a check of the sealed texts. */
export interface SealedTextsCheck {
  readonly opened: number;
  /** How many can't be opened because their key is not in the ring. */
  readonly lacking: number;
  /** Names of the secrets that Latchkey made for itself, and whose key is not in the ring. */
  readonly ours: readonly string[];
  /** Why texts can't be opened. Each missing key is listed once. */
  readonly unopened: readonly VaultError[];
}

/**
 * Opens the first and the last sealed text of every kind, without disposable ones. They are in the order of their ids, so
 * of time: a key that is missing from the ring shows at one of the two. Only some hundred rows at each end are read.
 * Columns that don't exist yet are skipped, so this works before the migrations.
 */
export async function unopenedTexts(db: Knex, vault: Vault): Promise<SealedTextsCheck> {
  let opened = 0;
  let lacking = 0;
  const ours: string[] = [];
  const unopened: VaultError[] = [];
  for (const sealed of await columnsThatAre(db)) {
    // Of our own, each is needed for itself.
    const isOurs = sealed === sealedColumns.pepper;
    for (const row of isOurs ? await db<SealedRow>(sealed.table) : await edgesOf(db, sealed)) {
      const identity = identityIn(sealed, row);
      try {
        await vault.openBytes(identity, String(row[sealed.column]));
        opened += 1;
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        if (error.code === 'unknown-key') {
          lacking += 1;
          if (isOurs) ours.push(String(row['name']));
        }
        if (!unopened.some((known) => isTheSame(known, error))) unopened.push(error);
      }
    }
  }
  return { opened, lacking, ours, unopened };
}

async function columnsThatAre(db: Knex): Promise<readonly SealedColumn[]> {
  const lasting = Object.values<SealedColumn>(sealedColumns).filter((one) => !one.isDisposable);
  const known = new Set((await allColumns(db)).map(({ table, name }) => `${table}.${name}`));
  return lasting.filter(({ table, column, key }) =>
    [...key, column].every((name) => known.has(`${table}.${name}`)),
  );
}

/** Of every table, with one question: every start asks it. */
const allColumns = (db: Knex): PromiseLike<readonly { table: string; name: string }[]> =>
  dialectOf(db) === 'sqlite'
    ? db('sqlite_master as tables')
        .select('tables.name as table', 'columns.name')
        .joinRaw('join pragma_table_info(tables.name) as columns')
        .where('tables.type', 'table')
    : db('information_schema.columns')
        .select('table_name as table', 'column_name as name')
        .whereRaw('table_schema = current_schema()');

/** The first and the last. When there is only one, it is both. */
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

/** One missing key is one problem, however many texts need it. */
const isTheSame = (one: VaultError, other: VaultError): boolean =>
  one.code === 'unknown-key' ? one.keyId === other.keyId : one.message === other.message;
