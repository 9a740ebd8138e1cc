/** `latchkey move --to ADDRESS`: copies everything of a Latchkey that is stopped from SQLite into PostgreSQL, or back. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MissingKey, openFoundation, requireKeys } from '../../app/foundation.ts';
import type { Config } from '../../config/config.ts';
import { inheritedEnvironment, withDatabaseIn } from '../../config/environment.ts';
import { documentAt } from '../../core/documents.ts';
import { codeOf } from '../../core/error-code.ts';
import { plural } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Actor } from '../../engine/people/directory.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import { aliveAt } from '../../jobs/take-over.ts';
import { removeCopy } from '../../store/backup.ts';
import { openDatabase, sqliteFile } from '../../store/database.ts';
import { isOfSqlite, whyNoDatabase } from '../../store/database-trouble.ts';
import { isMissing } from '../../store/folder.ts';
import { isOpenElsewhere } from '../../store/hold-alone.ts';
import { HoldLost, holdForMove } from '../../store/hold-moving.ts';
import { refuseUnknown } from '../../store/migrations.ts';
import { type MoveOutcome, moveDatabase, RefusedRow } from '../../store/move.ts';
import { keyFileBeside } from '../../store/vault/key-file.ts';
import { CommandError } from '../command-error.ts';
import { requireDatabase } from '../configuration.ts';
import type { Output } from '../output.ts';
import { changedEnvFile, readEnvFile } from '../setup/env-file.ts';
import { readySqlite } from '../setup/ready-sqlite.ts';
import { problemOf } from '../setup/valid.ts';

export interface MoveOptions {
  /** `postgres://…`, `sqlite:FILE` or a file. `-`: it is typed, since other users see the arguments of a process. */
  readonly to: string;
  /** Whether to change `.env` as well. */
  readonly write?: boolean;
}

export interface MoveDeps {
  readonly config: Config;
  /** Where `.env` is. */
  readonly folder: string;
  readonly actor: Actor;
  readonly output: Output;
  readonly now: Clock;
  /** @returns what the operator types, or a pipe brings */
  readonly typed: (message: string) => Promise<string>;
}

/** @throws {CommandError} when nothing was moved, or everything was and `.env` could not be changed */
export async function moveCommand(
  { to: address, write = false }: MoveOptions,
  deps: MoveDeps,
): Promise<void> {
  const { config, output, typed } = deps;
  const to = addressOf(address === '-' ? await typed('The address of the new database') : address);
  const [fromFile, toFile] = [sqliteFile(config.databaseUrl), sqliteFile(to)];
  if ((fromFile === undefined) === (toFile === undefined)) throw new CommandError(sameKind(toFile));
  if (config.teams?.kind === 'local') throw new CommandError(IS_LOCAL);
  requireDatabase(config);
  await readySqlite(output);
  await requireUsable(config).catch((error: unknown) => refuse(error, 'DATABASE_URL'));
  const keyFile =
    fromFile !== undefined && config.keys.length === 0 ? keyFileBeside(fromFile) : undefined;
  const changed = write ? await changedBy(to, keyFile, deps) : undefined;
  // A service manager that starts Latchkey again finds it held, until `.env` names the new database.
  const letGo = await hold(config);
  try {
    sayMoved(await moved(config, to, { keyFile, deps }), output);
    await (changed ? writeNext(changed, keyFile, deps) : sayNext(keyFile, deps));
  } catch (error) {
    await letGo().catch(() => undefined); // What failed first says more.
    throw error;
  }
  await letGo().catch((error: unknown) => {
    throw error instanceof HoldLost
      ? new CommandError(`everything was moved, but ${error.message}`)
      : error;
  });
}

const hold = ({ databaseUrl }: Config): Promise<() => Promise<void>> =>
  holdForMove(databaseUrl, () => new CommandError(IS_OPEN)).catch((error: unknown) =>
    refuse(error, 'DATABASE_URL'),
  );

/** @throws {CommandError} when nothing was moved */
async function moved(
  config: Config,
  to: string,
  { keyFile, deps }: { readonly keyFile: string | undefined; readonly deps: MoveDeps },
): Promise<Moved> {
  const outcome = await move(config, to, deps).catch((error: unknown) =>
    refuse(
      error,
      isOfSqlite(error)
        ? (sqliteFile(config.databaseUrl) ?? sqliteFile(to) ?? '')
        : 'the PostgreSQL database',
    ),
  );
  if (outcome.kind !== 'moved') throw new CommandError(whyNot(outcome, keyFile));
  return outcome;
}

function sayMoved({ tables, jobs }: Moved, output: Output): void {
  output.table(
    ['Table', 'Rows'],
    tables.map(({ table, rows }) => [table, String(rows)]),
    'There was nothing to move.',
  );
  output.line(plural(jobs, { one: 'One job waits there.', other: `${jobs} jobs wait there.` }));
  output.line('Each count is the same in both databases. The old one is as it was.');
  output.note('Never start a Latchkey on the old database again: both would do everything, twice.');
}

/** A file's name alone is SQLite. The name is made absolute here: `.env` reads a relative one in the data folder. */
function addressOf(given: string): string {
  const text = given.trim();
  const file = /^(?:sqlite:|(?!\w+:))(?<file>.+)$/.exec(text)?.groups?.['file'];
  const address = file === undefined ? text : `sqlite:${resolve(file)}`;
  // It may hold a password, so the error shows none of its text.
  if (text === '' || problemOf('DATABASE_URL', address) !== undefined)
    throw new CommandError('--to takes postgres://user:password@host/name, sqlite:FILE or a file');
  return address;
}

/** Only to PostgreSQL: nothing starts with the local client on that, so the move is from SQLite. */
const IS_LOCAL =
  'TEAMS_LOCAL is set, and no Latchkey with the local client starts on PostgreSQL; remove TEAMS_LOCAL, set TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_ID where you use Teams, and move then';

const sameKind = (file: string | undefined): string =>
  file === undefined
    ? `both are PostgreSQL; use pg_dump and pg_restore, as ${documentAt('backup')} says`
    : `both are SQLite; use "latchkey backup FILE", as ${documentAt('backup')} says`;

/** @throws {MissingKey} when the keys don't open what the database keeps secret */
async function requireUsable(config: Config): Promise<void> {
  const foundation = await openFoundation(config);
  try {
    await refuseUnknown(foundation.db);
    await requireKeys(foundation);
  } finally {
    await foundation.close(); // SQLite has one writer.
  }
}

async function move(
  { databaseUrl }: Config,
  to: string,
  { now, actor }: Pick<MoveDeps, 'now' | 'actor'>,
): Promise<MoveOutcome | { readonly kind: 'open' }> {
  const file = sqliteFile(databaseUrl);
  if (file !== undefined && (await isOpenElsewhere(file))) return { kind: 'open' };
  // Copying a large table takes long, and PostgreSQL says nothing while it does.
  const from = openDatabase(databaseUrl, Infinity);
  const newFile = sqliteFile(to);
  const isNew = newFile !== undefined && isMissing(newFile);
  const target = openDatabase(to, Infinity);
  let isUsed = false;
  try {
    const alive = () => aliveAt(now());
    const outcome = await moveDatabase({ from, to: target, actor, now: now(), alive });
    // Where it has rows by now, another process has put them there.
    isUsed = outcome.kind === 'moved' || outcome.kind === 'not-empty';
    return outcome;
  } finally {
    await Promise.all([from.destroy(), target.destroy()]);
    if (isNew && !isUsed && !(await isOpenElsewhere(newFile).catch(() => false)))
      await removeCopy(newFile);
  }
}

type Moved = Extract<MoveOutcome, { readonly kind: 'moved' }>;
type NotMoved = Exclude<Awaited<ReturnType<typeof move>>, Moved>;

const IS_OPEN =
  'another program has this database open, most likely Latchkey or one of its commands. Stop it and try again';

/** @param keyFile the key, where it is in a file: PostgreSQL has no such place */
function whyNot(outcome: NotMoved, keyFile: string | undefined): string {
  switch (outcome.kind) {
    case 'open':
      return IS_OPEN;
    case 'running':
      return 'Latchkey runs on this database. Stop every process of it and try again; after a process was killed, wait half a minute';
    case 'outdated':
      return plural(outcome.pending.length, {
        one: 'the database lacks one migration; run "latchkey migrate" first',
        other: `the database lacks ${outcome.pending.length} migrations; run "latchkey migrate" first`,
      });
    case 'not-empty':
      return outcome.isMoved
        ? `the new database isn't empty: an earlier move has filled it. Nothing was moved now. If that move was from this database, and no Latchkey has run on this one since, everything is there: set DATABASE_URL to it, ${keyFile === undefined ? 'with the same LATCHKEY_KEYS' : `and LATCHKEY_KEYS to the text in ${keyFile}`}. Else name a database with nothing in it`
        : `the new database isn't empty: ${outcome.table} has rows. Nothing was moved; name a database with nothing in it`;
    default:
      return unreachable(outcome);
  }
}

/** @param which the database that it is about */
function refuse(error: unknown, which: string): never {
  if (error instanceof MissingKey) throw new CommandError(`LATCHKEY_KEYS ${error.message}`);
  if (error instanceof RefusedRow) throw new CommandError(error.message);
  const why = whyNoDatabase(error);
  throw why === undefined ? error : new CommandError(`${which} ${why}`);
}

/**
 * What writes the new address, and the key where it was in a file. Changes nothing yet.
 * @throws {CommandError} when changing `.env` can't be done, or would change nothing
 */
async function changedBy(to: string, keyFile: string | undefined, deps: MoveDeps) {
  const { folder, config } = deps;
  await requireEnvFile(folder, config);
  const key = keyFile && (await readFile(keyFile, 'utf8')).trim();
  const changes = { DATABASE_URL: to, ...(key !== undefined && { LATCHKEY_KEYS: key }) };
  return { names: Object.keys(changes), write: await changedEnvFile(folder, changes) };
}

/** @throws {CommandError} when changing `.env` would change nothing */
async function requireEnvFile(folder: string, config: Config): Promise<void> {
  const file = join(folder, '.env');
  if (!(await readEnvFile(folder)))
    throw new CommandError(`there is no ${file} to write to; leave --write away`);
  if (!(await isOfEnvFile(folder, config)))
    throw new CommandError(
      `DATABASE_URL comes from the environment and not from ${file}; leave --write away, and change it there`,
    );
}

/** Whether `.env` of that folder decides which database is used. */
async function isOfEnvFile(folder: string, { databaseUrl }: Config): Promise<boolean> {
  const variables = await readEnvFile(folder);
  // The environment goes before the file, and without either the default counts.
  if (!variables || inheritedEnvironment()['DATABASE_URL'] !== undefined) return false;
  const read = withDatabaseIn(folder, variables)['DATABASE_URL'] ?? variables['DATABASE_URL'];
  return sameDatabase(read, databaseUrl);
}

const sameDatabase = (one: string | undefined, other: string): boolean =>
  one === other ||
  (one !== undefined && sqliteFile(one) !== undefined && sqliteFile(one) === sqliteFile(other));

/** With SQLite the key may be in a file beside it. PostgreSQL has no such place. */
async function sayNext(
  keyFile: string | undefined,
  { output, folder, config }: MoveDeps,
): Promise<void> {
  const where = (await isOfEnvFile(folder, config))
    ? join(folder, '.env')
    : 'the environment that Latchkey starts with';
  output.line(`Before the next start, set in ${where}:`);
  output.line('  DATABASE_URL   to the address that you gave');
  if (keyFile !== undefined) output.line(`  LATCHKEY_KEYS  to the text in ${keyFile}`);
}

async function writeNext(
  { names, write }: Awaited<ReturnType<typeof changedBy>>,
  keyFile: string | undefined,
  deps: MoveDeps,
): Promise<void> {
  const { output, folder, now } = deps;
  const file = join(folder, '.env');
  const kept = `.env.${now().toISOString().replaceAll(':', '')}`;
  try {
    await write(kept);
  } catch (error) {
    await sayNext(keyFile, deps);
    const code = codeOf(error) ?? 'unknown reason';
    throw new CommandError(`everything was moved, but ${file} could not be changed: ${code}`);
  }
  output.line(`Set ${names.join(' and ')} in ${file}. What was there is in ${kept}.`);
}
