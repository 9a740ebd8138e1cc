/** Checks that the database exists, is up to date and writable, and that the keys open its texts. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import type { Config } from '../../config/config.ts';
import { compact } from '../../core/compact.ts';
import { documentAt } from '../../core/documents.ts';
import { plural } from '../../core/translate.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import { inTransaction, sqliteFile } from '../../store/database.ts';
import { databaseCode, databaseTrouble } from '../../store/database-trouble.ts';
import { whyNotMade } from '../../store/folder.ts';
import { openToOthers } from '../../store/for-owner.ts';
import { unopenedTexts } from '../../store/messages/unopened-texts.ts';
import { type MigrationState, migrationsOf } from '../../store/migrations.ts';
import { POOLED, poolsTransactions } from '../../store/pooled-transactions.ts';
import { KeyFileError, keyFileBeside, readKeyFile } from '../../store/vault/key-file.ts';
import { createVault, type Vault, type VaultError } from '../../store/vault/vault.ts';
import { missingDatabase } from '../configuration.ts';
import { codeOrReason, type Finding, fine, inTime, NoAnswer, problem, warning } from './finding.ts';

const CHECK = 'Database';
const KEYS = 'Keys';

/** A database grows by megabytes a day. With less space than this, a start or a backup may fail. */
const FULL_BYTES = 100 * 1024 ** 2;
const TIGHT_BYTES = 1024 ** 3;

export interface DatabaseChecked {
  readonly findings: readonly Finding[];
  /** Whether the other checks can read the database. */
  readonly isUpToDate: boolean;
  /** Whether it waits for its first start. */
  readonly isNew: boolean;
}

/** @returns undefined unless it is SQLite without a database file */
export function missingFile(config: Config): Finding | undefined {
  const file = missingDatabase(config);
  if (file === undefined) return undefined;
  const why = whyNotMade(file);
  if (why !== undefined)
    return problem(
      CHECK,
      `There is no ${file}, and a start can't make it (${codeOrReason(why)})`,
      mostLikely(why),
    );
  return warning(
    CHECK,
    `There is no ${file} yet`,
    'The first start creates it: run "latchkey start".',
  );
}

export async function checkDatabase(
  db: Knex,
  config: Config,
  now: Clock,
): Promise<DatabaseChecked> {
  const file = sqliteFile(config.databaseUrl);
  try {
    const version = await inTime(versionOf(db, file !== undefined));
    const state = await inTime(migrationsOf(db));
    const findings = compact([
      fine(CHECK, `It answers (${version})`),
      migrationFinding(state),
      await writing(db),
      (await inTime(poolsTransactions(db))) && warning(CHECK, POOLED.what, `${POOLED.cure}.`),
      file === undefined && (await inTime(checkConnections(db))),
      file === undefined && (await inTime(checkServerClock(db, now))),
      ...(file === undefined ? [] : [await checkDiskSpace(file), ...(await checkRights(file))]),
    ]);
    const isUpToDate = state.pending.length === 0 && state.unknown.length === 0;
    return { findings, isUpToDate, isNew: state.isNew };
  } catch (error) {
    return { findings: [unusable(error, file)], isUpToDate: false, isNew: false };
  }
}

async function versionOf(db: Knex, isSqlite: boolean): Promise<string> {
  if (isSqlite) {
    const [row] = await db.raw<readonly { readonly version: string }[]>(
      'select sqlite_version() as version',
    );
    return `SQLite ${row?.version ?? ''}`;
  }
  const { rows } = await db.raw<{ readonly rows: readonly { readonly server_version: string }[] }>(
    'show server_version',
  );
  return `PostgreSQL ${rows[0]?.server_version ?? ''}`;
}

/** Of main and its worker, as docs/install-several.md says. */
const CONNECTIONS = 27;

/** With fewer, a busy worker leaves main none. PostgreSQL has a limit for all, for each user and for each database. */
async function checkConnections(db: Knex): Promise<Finding | undefined> {
  const { rows } = await db.raw<{ readonly rows: readonly { readonly most: number }[] }>(
    `select least(
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       nullif(rolconnlimit, -1), nullif(datconnlimit, -1)) as most
     from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
  );
  const most = rows[0]?.most ?? CONNECTIONS;
  return most < CONNECTIONS
    ? warning(
        CHECK,
        `It gives Latchkey ${most} connections at most, and each process takes up to ${CONNECTIONS}`,
        'Raise max_connections, or the limit of that user or database.',
      )
    : undefined;
}

/** As much as the clocks of several machines may differ. */
export const MAX_SKEW_MS = 5000;

/** The server read its clock between our two looks, however long its answer took. */
async function checkServerClock(db: Knex, now: Clock): Promise<Finding | undefined> {
  const before = now().getTime();
  const { rows } = await db.raw<{ readonly rows: readonly { readonly ms: number }[] }>(
    'select 1000 * extract(epoch from clock_timestamp())::float8 as ms',
  );
  const ms = rows[0]?.ms ?? before;
  const apartMs = Math.max(before - ms, ms - now().getTime());
  if (apartMs < MAX_SKEW_MS) return undefined;
  const seconds = Math.round(apartMs / 1000);
  return warning(
    'Clock',
    before > ms
      ? `This machine's clock is ${seconds} s ahead of PostgreSQL's`
      : `This machine's clock is ${seconds} s behind PostgreSQL's`,
    'Let both machines set their clocks over the network (NTP). Where clocks differ by half a minute, each process takes those on other machines for dead.',
  );
}

function migrationFinding({ pending, unknown, isUnreleased }: MigrationState): Finding {
  if (isUnreleased)
    return problem(
      CHECK,
      'It comes from a version of Latchkey that was never released',
      `Start with a new database; ${documentAt('upgrading')} says how.`,
    );
  if (unknown.length > 0)
    return problem(
      CHECK,
      `A newer Latchkey has changed it (${unknown.join(', ')})`,
      'Start that version again, or restore a backup from before.',
    );
  return pending.length === 0
    ? fine(CHECK, 'It is up to date')
    : warning(
        CHECK,
        plural(pending.length, {
          one: 'One migration is pending',
          other: `${pending.length} migrations are pending`,
        }),
        'Run "latchkey migrate", or start Latchkey, which does it too.',
      );
}

class Undo extends Error {}

/** Creates a table and rolls back, which both databases support. */
async function writing(db: Knex): Promise<Finding> {
  try {
    await inTime(
      inTransaction(db, async (tx) => {
        await tx.schema.createTable('latchkey_doctor', (table) => table.integer('id'));
        throw new Undo();
      }),
    );
  } catch (error) {
    if (!(error instanceof Undo)) {
      const code = codeOrReasonOf(error);
      return problem(
        CHECK,
        `Latchkey can't write to it (${code})`,
        mostLikely(
          error,
          'Check the permissions of its user, the free space, and whether another process has locked it.',
        ),
      );
    }
  }
  return fine(CHECK, 'Latchkey can write to it');
}

async function checkRights(file: string): Promise<readonly Finding[]> {
  const open = await openToOthers(file);
  return open ? [warning(CHECK, open.what, `${open.cure}.`)] : [];
}

const sizeOf = (bytes: number): string =>
  bytes < 1024 ** 3
    ? `${Math.floor(bytes / 1024 ** 2)} MB`
    : `${(bytes / 1024 ** 3).toFixed(1)} GB`;

async function checkDiskSpace(file: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(dirname(file));
  const free = bavail * bsize;
  const said = `${sizeOf(free)} are free on its disk`;
  if (free < FULL_BYTES)
    return problem(
      CHECK,
      said,
      'Free some space now: with a full disk, nothing is granted or revoked.',
    );
  return free < TIGHT_BYTES
    ? warning(CHECK, said, 'Free some space, or set RETENTION_DAYS to less.')
    : fine(CHECK, said);
}

const codeOrReasonOf = (error: unknown): string =>
  error instanceof NoAnswer ? codeOrReason(error) : (databaseCode(error) ?? codeOrReason(error));

const CHECK_ADDRESS = 'Check DATABASE_URL, and the server or disk behind it.';

/** @param otherwise where the error has another cause than those that we know */
function mostLikely(error: unknown, otherwise = CHECK_ADDRESS): string {
  const why = databaseTrouble(error);
  return why === undefined ? otherwise : `Most likely ${why}.`;
}

/** @param file of SQLite */
export function unusable(error: unknown, file: string | undefined): Finding {
  const code = codeOrReasonOf(error);
  return problem(
    CHECK,
    file === undefined ? `It can't be reached (${code})` : `${file} can't be read (${code})`,
    mostLikely(error),
  );
}

/** @returns the vault, when there is a usable key */
export async function openVault({
  keys,
  databaseUrl,
}: Config): Promise<{ readonly vault: Vault } | { readonly finding: Finding }> {
  const file = sqliteFile(databaseUrl);
  if (keys.length > 0 || file === undefined) return { vault: createVault(keys) };
  const keyFile = keyFileBeside(file);
  try {
    const key = await readKeyFile(keyFile);
    if (key) return { vault: createVault([key]) };
  } catch (error) {
    const finding =
      error instanceof KeyFileError
        ? problem(KEYS, error.message, 'Or set LATCHKEY_KEYS to the key that was used.')
        : problem(
            KEYS,
            `${keyFile} can't be used (${codeOrReason(error)})`,
            'Restore it from a backup, or set LATCHKEY_KEYS to the key that was used.',
          );
    return { finding };
  }
  return {
    finding: problem(
      KEYS,
      `${keyFile} is missing beside the database, whose secrets it opens`,
      'Restore it from a backup, or set LATCHKEY_KEYS to the key that was used.',
    ),
  };
}

/** Opens a few sealed texts of every kind, and shows none of them. */
export async function checkKeys(db: Knex, vault: Vault): Promise<readonly Finding[]> {
  const { opened, unopened } = await unopenedTexts(db, vault);
  if (unopened.length === 0)
    return [
      fine(
        KEYS,
        opened === 0 ? 'Nothing is encrypted yet' : 'They open the secrets in the database',
      ),
    ];
  return unopened.map((error) => problem(KEYS, error.message, cureOf(error)));
}

const cureOf = ({ code }: VaultError): string =>
  code === 'unknown-key'
    ? 'Add the key that was used to LATCHKEY_KEYS, after the first one.'
    : 'Restore that row from a backup, or enter the secret again.';
