/** `latchkey move --to ADDRESS`: copies everything of a Latchkey that is stopped from SQLite into PostgreSQL, or back. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MissingKey, openFoundation, requireKeys } from '../../app/foundation.ts';
import { type Config, inheritedEnvironment, withDatabaseIn } from '../../config/config.ts';
import { plural } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import { DEAD_AFTER_MS } from '../../jobs/take-over.ts';
import { openDatabase, sqliteFile } from '../../store/database.ts';
import { whyNoDatabase } from '../../store/database-trouble.ts';
import { type MoveOutcome, moveDatabase } from '../../store/move.ts';
import { keyFileBeside } from '../../store/vault/key-file.ts';
import { CommandError } from '../command-error.ts';
import type { Output } from '../output.ts';
import { changeEnvFile, readEnvFile } from '../setup/env-file.ts';
import { readySqlite } from '../setup/ready-sqlite.ts';

export interface MoveOptions {
  /** `postgres://…`, `sqlite:FILE` or a file. */
  readonly to: string;
  /** Whether to change `.env` as well. */
  readonly write?: boolean;
}

export interface MoveDeps {
  readonly config: Config;
  /** Where `.env` is. */
  readonly folder: string;
  readonly output: Output;
  readonly now: Clock;
}

/** @throws {CommandError} when nothing was moved */
export async function moveCommand(
  { to: address, write = false }: MoveOptions,
  deps: MoveDeps,
): Promise<void> {
  const { config, folder, output, now } = deps;
  const to = addressOf(address);
  const [fromFile, toFile] = [sqliteFile(config.databaseUrl), sqliteFile(to)];
  if ((fromFile === undefined) === (toFile === undefined)) throw new CommandError(sameKind(toFile));
  if (write) await requireEnvFile(folder, config);
  await readySqlite(output);
  const moved = await move(config, to, now).catch((error: unknown) => refuse(error));
  if (moved.kind !== 'moved') throw new CommandError(whyNot(moved));

  output.table(
    ['Table', 'Rows'],
    moved.tables.map(({ table, rows }) => [table, String(rows)]),
    'There was nothing to move.',
  );
  output.line(
    plural(moved.jobs, { one: 'One job waits there.', other: `${moved.jobs} jobs wait there.` }),
  );
  output.line('Each count is the same in both databases. The old one is as it was.');
  const keyFile =
    fromFile !== undefined && config.keys.length === 0 ? keyFileBeside(fromFile) : undefined;
  await (write ? writeNext(to, keyFile, deps) : sayNext(keyFile, deps));
  output.note('Never start a Latchkey on the old database again: both would do everything, twice.');
}

/** A file's name alone is SQLite. The name is made absolute here: `.env` reads a relative one in the data folder. */
function addressOf(text: string): string {
  if (/^postgres(ql)?:/.test(text)) return text;
  const file = /^sqlite:(?<file>.+)$/.exec(text)?.groups?.['file'];
  if (file !== undefined) return `sqlite:${resolve(file)}`;
  if (/^\w+:/.test(text))
    throw new CommandError('--to takes postgres://user:password@host/name, sqlite:FILE or a file');
  return `sqlite:${resolve(text)}`;
}

const sameKind = (file: string | undefined): string =>
  file === undefined
    ? 'both are PostgreSQL; use pg_dump and pg_restore, as docs/backup.md says'
    : 'both are SQLite; use "latchkey backup FILE", as docs/backup.md says';

async function move(config: Config, to: string, now: Clock): Promise<MoveOutcome> {
  const foundation = await openFoundation(config);
  // Copying a large table takes long, and PostgreSQL says nothing while it does.
  const from = openDatabase(config.databaseUrl, Infinity);
  const target = openDatabase(to, Infinity);
  try {
    await requireKeys(foundation);
    await foundation.close(); // SQLite has one writer.
    const at = now();
    const aliveSince = new Date(at.getTime() - DEAD_AFTER_MS);
    return await moveDatabase({ from, to: target, now: at, aliveSince });
  } finally {
    await Promise.all([from.destroy(), target.destroy(), foundation.close()]);
  }
}

function whyNot(outcome: Exclude<MoveOutcome, { readonly kind: 'moved' }>): string {
  switch (outcome.kind) {
    case 'running':
      return 'Latchkey runs on this database. Stop every process of it and try again; after a process was killed, wait half a minute';
    case 'outdated':
      return `the database lacks ${outcome.pending.join(', ')}; run "latchkey migrate" first`;
    case 'not-empty':
      return `the new database isn't empty: ${outcome.table} has rows. Nothing was moved; name a database with nothing in it`;
    default:
      return unreachable(outcome);
  }
}

function refuse(error: unknown): never {
  if (error instanceof MissingKey) throw new CommandError(`LATCHKEY_KEYS ${error.message}`);
  const why = whyNoDatabase(error);
  throw why === undefined ? error : new CommandError(`a database ${why}`);
}

/** Before anything is moved. @throws {CommandError} when changing `.env` would change nothing */
async function requireEnvFile(folder: string, { databaseUrl }: Config): Promise<void> {
  const file = join(folder, '.env');
  const variables = await readEnvFile(folder);
  if (!variables) throw new CommandError(`there is no ${file} to write to; leave --write away`);
  // The environment goes before the file, and without either the default counts.
  const read = withDatabaseIn(folder, variables)['DATABASE_URL'] ?? variables['DATABASE_URL'];
  const isRead =
    inheritedEnvironment()['DATABASE_URL'] === undefined && sameDatabase(read, databaseUrl);
  if (!isRead)
    throw new CommandError(
      `DATABASE_URL comes from the environment and not from ${file}; leave --write away, and change it there`,
    );
}

const sameDatabase = (one: string | undefined, other: string): boolean =>
  one === other ||
  (one !== undefined && sqliteFile(one) !== undefined && sqliteFile(one) === sqliteFile(other));

/** With SQLite the key may be in a file beside it. PostgreSQL has no such place. */
function sayNext(keyFile: string | undefined, { output, folder }: MoveDeps): void {
  output.line(`Before the next start, set in ${join(folder, '.env')}:`);
  output.line('  DATABASE_URL   to the address that you gave');
  if (keyFile !== undefined) output.line(`  LATCHKEY_KEYS  to the text in ${keyFile}`);
}

async function writeNext(
  to: string,
  keyFile: string | undefined,
  { output, folder, now }: MoveDeps,
): Promise<void> {
  const key = keyFile && (await readFile(keyFile, 'utf8')).trim();
  const kept = `.env.${now().toISOString().replaceAll(':', '')}`;
  const changes = { DATABASE_URL: to, ...(key !== undefined && { LATCHKEY_KEYS: key }) };
  await changeEnvFile(folder, changes, kept);
  output.line(
    `Set ${Object.keys(changes).join(' and ')} in ${join(folder, '.env')}. What was there is in ${kept}.`,
  );
}
