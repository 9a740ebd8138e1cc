/** Why a database can't be used at all, by the error codes of the network, the disk, PostgreSQL and SQLite. */
import { codeOf } from '../core/error-code.ts';
import { isOfDatabase } from './knex-internals.ts';

const REASONS: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the user or the password',
  '28000':
    'it refuses the user, or none of its rules admits connections from here; look at its pg_hba.conf',
  '3D000': 'there is no database of that name; make it with "createdb"',
  '3F000': 'there is no schema of the name that search_path has; make it with "create schema"',
  '42501': 'its user may not make tables in it',
  '57P03': 'it is starting up or shutting down, and takes no connections for a moment',
  '53300': 'it takes no more connections',
  '53100': 'the disk of its server is full',
  '57P01': 'it ended the connection',
  '08P01':
    "the pooler before it can't reach it, or has no such database or no connection left; look at the log of the pooler",
  '25006': 'it only reads, as a standby does; the address has to name the primary',
  unencrypted:
    'none of its rules admits this user from here without encryption; add ?sslmode=verify-full to the address, or a rule to its pg_hba.conf',
  'no-tls': 'its server offers no TLS; turn it on there, or remove sslmode from the address',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it ended the connection',
  EHOSTUNREACH: 'the network knows no way to its host',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: "its host can't be looked up right now",
  ETIMEDOUT: 'it does not answer at its address',
  'silent-database': 'it does not answer',
  'lost-connection': 'it ended the connection',
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate isn't trusted here; see NODE_EXTRA_CA_CERTS",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate isn't trusted here; see NODE_EXTRA_CA_CERTS",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate isn't trusted here; see NODE_EXTRA_CA_CERTS",
  CERT_HAS_EXPIRED: 'its certificate has expired; have it renewed',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name than its host; use the name that the certificate has',
  SQLITE_NOTADB: 'the file is no SQLite database',
  SQLITE_CANTOPEN:
    "the file can't be opened; look at who owns it and its folder, and whether their disk is full or read-only",
  SQLITE_READONLY:
    "the file can't be written; look at who owns it and its folder, and whether their disk is read-only",
  SQLITE_CORRUPT:
    'the file is damaged; put a backup in its place, with "latchkey restore FILE --overwrite"',
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'its disk is full, or broken; look first how much room is left there',
  SQLITE_BUSY: 'another process holds it',
  EACCES: "its folder can't be made or opened; look at who owns it",
  'closed-socket': 'its socket takes no connection from this user; look at who may use that file',
  'no-socket': 'its socket is not there; start it, or look at the folder that the address names',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk is full for this user',
  EFBIG: 'its file may not become so large; look at the limits of this user',
  EROFS: 'its folder is on a disk that is read-only',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder; name a file in it',
  EMLINK:
    'another name leads to the same file, as "ln" makes them, and SQLite can only use one; stop each Latchkey, and remove the other name',
  ENOENT: 'its folder is not there; look at the links and disks that lead there',
};

const otherNameIs = (name: string): string =>
  `${name} is the same file, as "ln" makes them, or a restore that was killed, and SQLite can only use one name; stop each Latchkey, and remove ${name}`;

/** Codes of our own errors, whose message is a sentence for an operator. */
const SAID_BY_ITSELF = new Set([
  'newer-database',
  'unreleased-database',
  'shared-database',
  'not-alone',
  'being-moved',
  'sqlite-missing',
]);

/** What `pg` says of a connection without a code. Knex puts the statement before it. */
const WITHOUT_CODE: Readonly<Record<string, string>> = {
  'timeout expired': 'ETIMEDOUT',
  'Connection terminated due to connection timeout': 'ETIMEDOUT',
  'Connection terminated unexpectedly': 'lost-connection',
  'Client has encountered a connection error and is not queryable': 'lost-connection',
  'The server does not support SSL connections': 'no-tls',
};

/** What SQLite says of a damaged header, with the code that a wrong statement has, too. */
const DAMAGED_HEADER = 'SQLITE_ERROR: unsupported file format';

export function databaseCode(error: unknown): string | undefined {
  const said = error instanceof Error ? error.message : '';
  if (said.endsWith(DAMAGED_HEADER)) return 'SQLITE_CORRUPT';
  return codeOf(error) ?? WITHOUT_CODE[said.split(' - ').at(-1) ?? ''];
}

/** What a socket in the file system says of a connection. A SQLite file has the same codes. */
const OF_A_SOCKET: Readonly<Record<string, string>> = {
  EACCES: 'closed-socket',
  ENOENT: 'no-socket',
};
const isOfASocket = (error: Error): boolean => 'syscall' in error && error.syscall === 'connect';

/**
 * What PostgreSQL says where no rule admits a connection without encryption, with the code of a user who is refused. With encryption
 * one may, or none either. A socket in the file system never has it.
 */
const UNENCRYPTED = /for host "(?!\[local\]).*, no encryption$/;

/** Codes that only a database has: SQLite's, or PostgreSQL's with their digits. */
const OF_A_DATABASE = /^SQLITE_|^(?=.*\d)[\dA-Z]{5}$|^(?:silent-database|lost-connection)$/;

/** Whether SQLite or its file said so, where the other database is PostgreSQL. */
export const isOfSqlite = (error: unknown): boolean =>
  error instanceof Error &&
  !isOfASocket(error) &&
  /^(?:SQLITE_|EACCES$|EROFS$|ENOENT$|ENOTDIR$|EISDIR$|EMLINK$)/.test(databaseCode(error) ?? '');

/** As `whyNoDatabase`, for an error of work that also calls others: their network has the same codes. */
export function whyDatabaseFailed(error: unknown, file?: string): string | undefined {
  const isOurs =
    (error instanceof Error && isOfDatabase(error)) ||
    OF_A_DATABASE.test(databaseCode(error) ?? '');
  return isOurs ? whyNoDatabase(error, file) : undefined;
}

/** @returns the most likely reason, as a part of a sentence; undefined for an error with another cause */
export function databaseTrouble(error: unknown): string | undefined {
  const code = databaseCode(error);
  if (!(error instanceof Error) || code === undefined) return undefined;
  if (UNENCRYPTED.test(error.message)) return REASONS['unencrypted'];
  if (code === 'EMLINK' && 'dest' in error && typeof error.dest === 'string')
    return otherNameIs(error.dest);
  return REASONS[(isOfASocket(error) && OF_A_SOCKET[code]) || code];
}

/**
 * Why this database can't be used. It ends a sentence that begins with what names it, such as `DATABASE_URL`. Undefined
 * for an error with another cause.
 * @param file of SQLite, where what begins the sentence doesn't name it
 */
export function whyNoDatabase(error: unknown, file?: string): string | undefined {
  const code = databaseCode(error);
  if (!(error instanceof Error) || code === undefined) return undefined;
  if (code === 'cannot-back-up')
    return `needs new tables and stays as it is, since no copy of it could be made first: ${error.message}`;
  if (SAID_BY_ITSELF.has(code)) return `can't be used: ${error.message}`;
  const why = databaseTrouble(error);
  const path = 'path' in error ? String(error.path) : file;
  const place = path === undefined ? '' : `, ${path}`;
  return why && `can't be used (${code}${place}): most likely ${why}. Fix that and try again`;
}
