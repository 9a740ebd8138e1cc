/** What every command needs: the configuration and an up-to-date database, which is closed at the end. */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Foundation, MissingKey, openFoundation, requireKeys } from '../app/foundation.ts';
import { documentAt } from '../core/documents.ts';
import { unreachable } from '../core/unreachable.ts';
import { type Actor, fullName, type Integration, type Person } from '../engine/people/directory.ts';
import { ensureAdmins } from '../engine/people/people.ts';
import { exactFirst, peopleCalled } from '../engine/people/people-called.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import type { Time } from '../engine/ports/time-and-chance.ts';
import { noteRestored } from '../engine/settings/restored.ts';
import { type BeforeMigrating, backUpBeforeMigrating } from '../store/backup-before-migrating.ts';
import { sqliteFile } from '../store/database.ts';
import { whyDatabaseFailed, whyNoDatabase } from '../store/database-trouble.ts';
import { makeFolder } from '../store/folder.ts';
import { refuseMove } from '../store/hold-moving.ts';
import { migrate, refuseUnknown } from '../store/migrations.ts';
import { VaultError } from '../store/vault/vault.ts';
import { readManifestFile, whyUnreadable } from './beginning-of.ts';
import { CommandError } from './command-error.ts';
import { configuration, requireDatabase } from './configuration.ts';
import { operator } from './operator.ts';
import { type Output, terminal } from './output.ts';
import { readySqlite } from './setup/ready-sqlite.ts';
import { whyUnwritable } from './unwritable.ts';

export interface Session extends Foundation, Time {
  readonly output: Output;
  /** The command's user, who is an admin because they have the database. */
  readonly actor: Actor;
}

/**
 * Opens and migrates the database, runs the command, and always closes the database.
 * @param create whether a SQLite database that is not there is created
 * @throws {CommandError}
 */
export async function inSession<T>(
  command: (session: Session) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  const config = configuration();
  if (!create) requireDatabase(config);
  const file = sqliteFile(config.databaseUrl);
  if (file !== undefined) await readySqlite(terminal());
  const refuse = (error: unknown) => refuseUnusable(error, file);
  const foundation = await openFoundation(config).catch(refuse);
  let letGo = async () => {};
  try {
    letGo = await refuseMove(config.databaseUrl, foundation.db).catch(refuse);
    await refuseUnknown(foundation.db).catch(refuse);
    const output = terminal();
    const actor = operator();
    let unopened: string | undefined;
    await migrate(foundation.db, undefined, {
      waits: () =>
        output.note(
          'Another process is checking or changing the tables. Waiting until it is done…',
        ),
      async first() {
        unopened = await requireKeys(foundation);
        const before = { file, now: foundation.now(), actor };
        sayBackedUp(await backUpBeforeMigrating(foundation.db, before), output);
      },
    }).catch(refuse);
    const { transact } = foundation;
    await noteRestored(transact, actor).catch(refuse);
    await transact((tx) => ensureAdmins(tx, config.adminEmails)).catch(refuse);
    if (unopened !== undefined) output.note(`Warning: ${unopened}.`);
    if (foundation.newKeyFile)
      output.note(
        `Made the encryption key ${foundation.newKeyFile}. Back it up: without it, the secrets are lost.`,
      );
    const pause = (ms: number) => sleep(ms);
    return await command({ ...foundation, output, actor, pause }).catch((error: unknown) =>
      refuseAmid(error, file),
    );
  } finally {
    await foundation.close();
    await letGo();
  }
}

function sayBackedUp(done: BeforeMigrating, output: Output): void {
  switch (done.kind) {
    case 'nothing-to-do':
      return;
    case 'backed-up':
      output.note(
        `This version changes the tables. The database as it was before is in ${done.file}.`,
      );
      return;
    case 'postgres':
      output.note(
        `This version changes the tables (${done.pending.join(', ')}). Latchkey makes no copy of PostgreSQL first; pg_dump does, see ${documentAt('backup')}.`,
      );
      return;
    default:
      unreachable(done);
  }
}

/** @throws {CommandError} for a missing key or an unusable database; otherwise the error itself */
function refuseUnusable(error: unknown, file: string | undefined): never {
  if (error instanceof MissingKey) throw new CommandError(`LATCHKEY_KEYS ${error.message}`);
  if (error instanceof StaleWrite)
    throw new CommandError(
      'another process changed this at the same moment, most likely Latchkey as it starts; run the command again',
    );
  const why = whyNoDatabase(error, file);
  throw why === undefined ? error : new CommandError(`DATABASE_URL ${why}`);
}

/** What is stored and can't be opened: an operator has to find the key, or bring that text again. */
const sayUnopened = ({ code, message }: VaultError): string =>
  code === 'unknown-key'
    ? `${message} to LATCHKEY_KEYS, after the first one, or enter that value again`
    : `${message}; restore that row from a backup, or enter that value again`;

/** In the middle of a command, as when the disk gets full. @throws {CommandError | unknown} */
function refuseAmid(error: unknown, file: string | undefined): never {
  if (error instanceof VaultError) throw new CommandError(sayUnopened(error));
  if (error instanceof StaleWrite)
    throw new CommandError(
      'someone else changed or deleted it at the same moment; look at how it is now, and run the command again if it is still needed',
    );
  const why = whyDatabaseFailed(error, file);
  throw why === undefined ? error : new CommandError(`DATABASE_URL ${why}`);
}

/** For what a command does about someone. */
export const withPerson = <T>(
  named: string,
  command: (person: Person, session: Session) => Promise<T>,
): Promise<T> => inSession(async (session) => command(await personNamed(named, session), session));

export const withIntegration = <T>(
  named: string,
  command: (integration: Integration, session: Session) => Promise<T>,
): Promise<T> =>
  inSession(async (session) => command(await integrationNamed(named, session), session));

/** How many names we list when a part of a name matches several people. */
const LISTED = 10;

/** By email, by the whole name, or by a part of it that only one has: a command acts at once and asks nothing. @throws {CommandError} */
export async function personNamed(
  text: string,
  { stores }: Pick<Session, 'stores'>,
): Promise<Person> {
  if (text.trim() === '')
    // Everyone matches it. With one person in the directory, it would mean them.
    throw new CommandError('no person is named: give the name or email address of one');
  const byEmail = await stores.people.findByEmail(text);
  if (byEmail) return byEmail;
  const { people, total } = await peopleCalled(stores.people, text, exactFirst);
  const [only] = people;
  if (only && total === 1) return only;
  if (total === 0)
    throw new CommandError(
      `no one is called "${text}"; see "latchkey people list", or add them with "latchkey people add"`,
    );
  const names = people
    .slice(0, LISTED)
    .map(
      (person) => `${fullName(person)} <${person.email}>${person.active ? '' : ', who has left'}`,
    )
    .join('\n  ');
  throw new CommandError(`"${text}" means ${total} people; use an email address of\n  ${names}`);
}

/** By name, without regard to case. @throws {CommandError} */
export async function integrationNamed(name: string, { stores }: Session): Promise<Integration> {
  const integration = await stores.integrations.findByName(name);
  if (integration) return integration;
  const known = (await stores.integrations.list()).map((other) => other.name);
  throw new CommandError(
    `no integration is called "${name}"; ${known.length > 0 ? `there are ${known.join(', ')}` : 'add one with "latchkey integration add NAME FILE"'}`,
  );
}

/** The text of a manifest, or of a file of at most that size. @throws {CommandError} when it can't be read */
export async function contentOf(file: string): Promise<string> {
  try {
    return await readManifestFile(file);
  } catch (error) {
    throw new CommandError(`${file}: ${whyUnreadable(error)}`);
  }
}

/**
 * Writes a file, and replaces an existing one. Missing folders are made.
 * @param mode of the file, also where it was there before; left out, as usual
 * @param note runs before anything is written, once it is known that the file can be
 * @throws {CommandError} when it can't be written
 */
export async function writeOut(
  file: string,
  content: string | Uint8Array,
  { mode, note }: { readonly mode?: number; readonly note?: () => Promise<void> } = {},
): Promise<void> {
  const refuseFile = (error: unknown): never => {
    throw new CommandError(
      `${file} ${whyUnwritable(error, 'name a file in a folder that Latchkey may write to')}`,
    );
  };
  const handle = await openNamed(file, mode).catch(refuseFile);
  try {
    await note?.();
    await replace(handle, content, mode).catch(refuseFile);
  } finally {
    await handle.close();
  }
}

async function openNamed(file: string, mode: number | undefined): Promise<FileHandle> {
  makeFolder(dirname(file));
  return open(file, 'a', mode);
}

async function replace(
  handle: FileHandle,
  content: string | Uint8Array,
  mode: number | undefined,
): Promise<void> {
  // Devices and pipes are everyone's, and have no length.
  if ((await handle.stat()).isFile()) {
    if (mode !== undefined) await handle.chmod(mode); // First, since an older file keeps its mode.
    await handle.truncate();
  }
  await handle.writeFile(content);
}

/** @throws {CommandError} when the file can't be read or holds no JSON object of texts */
export function textsIn(json: string, file: string): Readonly<Record<string, string>> {
  const wrong = () =>
    new CommandError(`${file} has to be a JSON object of texts, such as {"TOKEN": "…"}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw wrong(); // The file may hold secrets, so the error shows none of its text.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrong();
  for (const value of Object.values(parsed)) if (typeof value !== 'string') throw wrong();
  return parsed as Record<string, string>; // Each value was checked above.
}
