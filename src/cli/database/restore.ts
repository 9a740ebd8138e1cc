/** `latchkey restore FILE`: puts a copy of `latchkey backup` in the place of the SQLite database. */
import { existsSync } from 'node:fs';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Knex } from 'knex';
import { z } from 'zod';
import { MissingKey, requireKeys } from '../../app/foundation.ts';
import type { Config } from '../../config/config.ts';
import { documentAt } from '../../core/documents.ts';
import { readSetting } from '../../engine/settings/read-setting.ts';
import { COPIED_AT } from '../../engine/settings/restored.ts';
import { markCopied, markRestored } from '../../store/backup.ts';
import { sqliteFile } from '../../store/database.ts';
import { databaseCode, whyNoDatabase } from '../../store/database-trouble.ts';
import { migrationsOf, refuseUnknown } from '../../store/migrations.ts';
import { CannotRestore, restoreSqlite } from '../../store/restore.ts';
import { KeyFileError, keyFileBeside, readKeyFile } from '../../store/vault/key-file.ts';
import { createVault } from '../../store/vault/vault.ts';
import { whyUnreadable } from '../beginning-of.ts';
import { CommandError } from '../command-error.ts';
import { userName } from '../operator.ts';
import { type Output, shownTime } from '../output.ts';
import { readySqlite } from '../setup/ready-sqlite.ts';

export interface RestoreOptions {
  /** A copy of the key file that was beside the database. */
  readonly key?: string;
  /** A database that is there may make room. */
  readonly overwrite?: boolean;
}

export interface RestoreDeps {
  readonly config: Pick<Config, 'databaseUrl' | 'keys'>;
  readonly now: Date;
  readonly output: Output;
}

/** @throws {CommandError}; then nothing was changed */
export async function restoreCommand(
  file: string,
  { key: keyCopy, overwrite = false }: RestoreOptions,
  { config, now, output }: RestoreDeps,
): Promise<void> {
  const [from, to] = [resolve(file), sqliteFile(config.databaseUrl)];
  if (to === undefined)
    throw new CommandError(
      `DATABASE_URL is PostgreSQL, which has its own: pg_restore, into an empty database; see ${documentAt('backup')}`,
    );
  await readySqlite(output);
  const madeAt = await timeOf(from, to);
  if (existsSync(to) && !overwrite)
    throw new CommandError(
      `there is a database at ${to}; add --overwrite to put the copy in its place, which keeps it under another name beside it`,
    );
  const key = await keyFor(to, config, keyCopy);
  const { kept, found } = await restoreSqlite({
    from,
    to,
    now,
    key: key.added,
    async check(copy) {
      await requireLatchkey(copy, from);
      return {
        warning: await requireOpened(copy, { ...key, from }),
        copiedAt: await noteCopied(copy, madeAt),
      };
    },
  }).catch((error: unknown) => refuse(error, { from, to }));
  if (found.warning !== undefined) output.note(`Warning: ${found.warning}.`);
  output.line(`Restored ${to} as it was at ${shownTime(found.copiedAt)}. Start Latchkey again.`);
  if (key.added) output.line(`Its key is in ${key.added.file}.`);
  if (kept !== undefined) output.note(`What was there is in ${kept}, for 30 days at most.`);
  output.note(
    `What happened since is unknown to it, and people who were erased since are in it again; ${documentAt('backup')} says what to look at.`,
  );
}

/** When the file was written last. @throws {CommandError} when it can't be read */
async function timeOf(from: string, to: string): Promise<Date> {
  try {
    const found = await stat(from);
    await access(from, constants.R_OK);
    if (!found.isFile()) throw new CommandError(`${from}: this is no file; name a copy`);
    if (existsSync(to) && (await realpath(from)) === (await realpath(to)))
      throw new CommandError(`${from} is the database itself; name a copy of it`);
    return found.mtime;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${from}: ${whyUnreadable(error)}`);
  }
}

interface UsedKey {
  readonly keys: readonly Uint8Array[];
  /** What the keys are called in a sentence. */
  readonly name: string;
  /** What goes beside the database, unless it is there already. */
  readonly added?: { readonly file: string; readonly key: Uint8Array };
}

/** @throws {CommandError} where there is none */
async function keyFor(
  to: string,
  { keys }: RestoreDeps['config'],
  keyCopy: string | undefined,
): Promise<UsedKey> {
  const beside = keyFileBeside(to);
  if (keys.length > 0) {
    if (keyCopy === undefined) return { keys, name: 'LATCHKEY_KEYS' };
    throw new CommandError(
      'LATCHKEY_KEYS is set, so no key beside the database is used; leave --key away, or add that key to LATCHKEY_KEYS',
    );
  }
  const there = await readKey(beside);
  if (keyCopy === undefined) {
    if (there) return { keys: [there], name: `the key in ${beside}` };
    throw new CommandError(
      `${beside} is missing, and only the key opens what a copy keeps secret; name your copy of it with --key, or set LATCHKEY_KEYS`,
    );
  }
  const given = await readKey(resolve(keyCopy));
  if (!given) throw new CommandError(`${keyCopy}: there is no such file; check its name`);
  if (there && !Buffer.from(there).equals(given))
    throw new CommandError(
      `${beside} has another key than ${keyCopy}; leave --key away, or move that file to another place first`,
    );
  return {
    keys: [given],
    name: `the key in ${keyCopy}`,
    ...(!there && { added: { file: beside, key: given } }),
  };
}

const readKey = (file: string): Promise<Uint8Array | undefined> =>
  readKeyFile(file).catch((error: unknown) => {
    throw error instanceof KeyFileError ? new CommandError(error.message) : error;
  });

const isNoCopy = (file: string): string =>
  `${file} is no database of Latchkey; name a copy of "latchkey backup"`;

async function requireLatchkey(copy: Knex, from: string): Promise<void> {
  await refuseUnknown(copy);
  if ((await migrationsOf(copy)).isNew) throw new CannotRestore(isNoCopy(from));
}

/** @returns a sentence where a part can't be opened */
async function requireOpened(
  db: Knex,
  { keys, name, from }: Pick<UsedKey, 'keys' | 'name'> & { readonly from: string },
): Promise<string | undefined> {
  try {
    return await requireKeys({ db, vault: createVault(keys) });
  } catch (error) {
    if (!(error instanceof MissingKey)) throw error;
    throw new CannotRestore(`${name} doesn't open ${from}: it ${error.message}`);
  }
}

/** A copy that was made in another way says when, too. @returns when it was made */
async function noteCopied(copy: Knex, madeAt: Date): Promise<Date> {
  const [said] = await copy<{ key: string; value: string }>('settings')
    .where({ key: COPIED_AT })
    .pluck('value');
  const noted = readSetting(z.iso.datetime().nullable(), said, null);
  const at = noted === null ? madeAt : new Date(noted);
  await markCopied(copy, at);
  await markRestored(copy, userName());
  return at;
}

/** What says something of the copy, and nothing of where it goes. */
const OF_THE_COPY = new Set(['newer-database', 'unreleased-database']);

/** @throws {CommandError | unknown} */
function refuse(
  error: unknown,
  { from, to }: { readonly from: string; readonly to: string },
): never {
  if (error instanceof CannotRestore) throw new CommandError(error.message);
  const code = databaseCode(error) ?? '';
  if (code === 'SQLITE_NOTADB') throw new CommandError(isNoCopy(from));
  const why = whyNoDatabase(error);
  throw why === undefined ? error : new CommandError(`${OF_THE_COPY.has(code) ? from : to} ${why}`);
}
