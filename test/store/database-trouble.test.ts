/** What an operator reads where no database can be used: a sentence with the cure, for what real servers answer. */
import { once } from 'node:events';
import { link, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import {
  databaseTrouble,
  isOfSqlite,
  whyDatabaseFailed,
  whyNoDatabase,
} from '../../src/store/database-trouble.ts';

/** Why a server can't be used that answers so to the first bytes of a client. */
async function whyNot(answer: (socket: Socket) => void, more = '', silenceMs?: number) {
  const server = createServer((socket) => socket.once('data', () => answer(socket)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `postgres://latchkey:hunter2@127.0.0.1:${port}/latchkey${more}`;
  const db = openDatabase(url, silenceMs);
  onTestFinished(async () => {
    await db.destroy();
    server.close();
  });
  return whyNoDatabase(await db.raw('select 1').catch((error: unknown) => error));
}

test('of a file with two names, the other one is named where a restore that was killed left it', async () => {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'latchkey-names-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'latchkey.sqlite');
  const other = `${file}.replaced-20261128T120000000Z`;
  await writeFile(file, '');
  await link(file, other);
  const opened = () => openDatabase(`sqlite:${file}`);
  expect(opened).toThrow(expect.objectContaining({ code: 'EMLINK', path: file, dest: other }));
  expect(whyNoDatabase(errorOf(opened))).toBe(
    `can't be used (EMLINK, ${file}): most likely ${other} is the same file, as "ln" makes them, or a restore that was killed, and SQLite can only use one name; stop each Latchkey, and remove ${other}. Fix that and try again`,
  );
});

function errorOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test('PostgreSQL that is starting up is distinct from one that is not there', async () => {
  const starting = refusal('57P03', 'the database system is starting up');
  expect(await whyNot((socket) => socket.end(starting))).toBe(
    "can't be used (57P03): most likely it is starting up or shutting down, and takes no connections for a moment. Fix that and try again",
  );
});

test('what the library says without a code has its cure, too', async () => {
  const noTls = await whyNot((socket) => socket.end('N'), '?sslmode=verify-full');
  expect(noTls).toContain('its server offers no TLS');
  expect(await whyNot((socket) => socket.end())).toContain('it ended the connection');
  expect(await whyNot(() => undefined, '', 50)).toContain('it does not answer at its address');
});

test('where no rule of PostgreSQL admits a connection, encryption or a rule is the cure', async () => {
  const noEntry = (host: string, how: string) =>
    refusal(
      '28000',
      `no pg_hba.conf entry for host "${host}", user "latchkey", database "latchkey", ${how}`,
    );
  const plain = await whyNot((socket) => socket.end(noEntry('10.0.0.7', 'no encryption')));
  expect(plain).toContain("can't be used (28000)");
  expect(plain).toContain('add ?sslmode=verify-full to the address, or a rule to its pg_hba.conf');
  // Where the address asks for encryption already, and on a socket in the file system, that is no cure.
  for (const refused of [
    noEntry('10.0.0.7', 'SSL encryption'),
    noEntry('[local]', 'no encryption'),
  ]) {
    const said = await whyNot((socket) => socket.end(refused));
    expect(said).toContain('look at its pg_hba.conf');
    expect(said).not.toContain('sslmode');
  }
});

test.each([
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
])('a server that dies in the middle of a statement is one: %s', (said) => {
  const failure = new Error(`ROLLBACK TO SAVEPOINT trx3 - ${said}`);
  expect(whyNoDatabase(failure)).toContain('it ended the connection');
  expect(whyDatabaseFailed(failure)).toContain('it ended the connection');
});

test('a pooler before PostgreSQL may say that it is not there', async () => {
  const said = 'server login has been failing, cached error: connect failed (server_login_retry)';
  expect(await whyNot((socket) => socket.end(refusal('08P01', said)))).toContain(
    'look at the log of the pooler',
  );
});

test('a search_path can name a schema that is not there', () => {
  const failure = Object.assign(new Error('what PostgreSQL says'), { code: '3F000' });
  expect(whyNoDatabase(failure)).toContain('there is no schema of the name');
});

test('a standby only reads', () => {
  const failure = Object.assign(new Error('what PostgreSQL says'), { code: '25006' });
  expect(whyNoDatabase(failure)).toContain('the address has to name the primary');
});

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', "its certificate isn't trusted here; see NODE_EXTRA_CA_CERTS"],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    "its certificate isn't trusted here; see NODE_EXTRA_CA_CERTS",
  ],
  ['CERT_HAS_EXPIRED', 'its certificate has expired; have it renewed'],
])('%s says what is wrong with the certificate', (code, why) => {
  const failure = Object.assign(new Error('what TLS says'), { code });
  expect(whyNoDatabase(failure)).toContain(why);
});

test('a socket that this user may not use, or that is not there, is no folder of SQLite', () => {
  const ofSocket = (code: string) =>
    Object.assign(new Error(`connect ${code} /run/postgresql/.s.PGSQL.5432`), {
      code,
      syscall: 'connect',
    });
  expect(whyNoDatabase(ofSocket('EACCES'))).toContain('(EACCES): most likely its socket takes');
  expect(whyNoDatabase(ofSocket('ENOENT'))).toContain('(ENOENT): most likely its socket is not');
  expect(databaseTrouble(ofSocket('ENOENT'))).toContain('its socket is not there');
  expect(isOfSqlite(ofSocket('EACCES'))).toBe(false);
  expect(isOfSqlite(Object.assign(new Error('mkdir'), { code: 'EACCES' }))).toBe(true);
});

test('a folder in the place of the file is a matter of SQLite', () => {
  let error: unknown;
  try {
    openDatabase(`sqlite:${tmpdir()}`);
  } catch (thrown) {
    error = thrown;
  }
  expect(isOfSqlite(error)).toBe(true);
});

test('what is no trouble of the database is none', () => {
  expect(whyNoDatabase(new TypeError('a bug'))).toBeUndefined();
});

/** PostgreSQL's ErrorResponse: a letter, the length, then fields that each end with a zero, and one more. */
function refusal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

test('a full disk on which SQLite can not even be opened has its cure', () => {
  const error = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
  expect(whyNoDatabase(error)).toBe(
    "can't be used (SQLITE_IOERR): most likely its disk is full, or broken; look first how much room is left there. Fix that and try again",
  );
});
