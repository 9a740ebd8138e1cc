/** A company's own certificate authority, in `NODE_EXTRA_CA_CERTS`: whom a process trusts is settled when it starts. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtChild } from '../support/built-child.ts';
import { CERTIFICATE, KEY } from '../support/peers/certificate.ts';
import { type ConnectProxy, startConnectProxy } from '../support/peers/connect-proxy.ts';
import { type EmptyPostgres, emptyPostgres } from '../support/peers/postgres.ts';

const secure = { key: KEY, cert: CERTIFICATE };
let folder: string;
let child: string;
let proxy: ConnectProxy;
let database: EmptyPostgres;
let world: { service: string; proxy: string; smtp: string; database: string };
const closing: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-ca-'));
  await writeFile(join(folder, 'ca.pem'), CERTIFICATE);
  child = await builtChild('test/http/own-ca-child.ts', folder);
  proxy = await startConnectProxy();
  database = await emptyPostgres();
  const service = createServer(secure, (_request, response) => void response.end('hello'));
  const mail = new SMTPServer({ ...secure, secure: true, authOptional: true });
  mail.on('error', () => undefined); // A client that doesn't trust it hangs up.
  const postgres = securePostgres(new URL(database.url));
  closing.push(
    () => service.close(),
    () => mail.close(),
    () => postgres.close(),
  );
  const address = new URL(database.url);
  address.host = `127.0.0.1:${await portOf(postgres)}`;
  address.searchParams.set('sslmode', 'verify-full');
  world = {
    service: `https://127.0.0.1:${await portOf(service)}/`,
    proxy: proxy.url.href,
    smtp: `smtps://127.0.0.1:${await portOf(mail.server)}`,
    database: address.href,
  };
});
afterAll(async () => {
  for (const close of closing) close();
  proxy.close();
  await database.cleanup();
  await rm(folder, { recursive: true, force: true });
});

test('with it, a third party, one behind a proxy, Slack’s SDK, the mail server and PostgreSQL are trusted', async () => {
  expect(await called({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') })).toEqual({
    direct: 'hello',
    proxied: 'hello',
    mail: 'ok',
    sql: 'ok',
    sdk: 'hello, hello',
  });
  // One tunnel of the third party's, and one that the SDK's two calls share.
  expect(proxy.asked.map(({ target }) => `https://${target}/`)).toEqual([
    world.service,
    world.service,
  ]);
});

test('without it, none of them', async () => {
  const said = await called({});
  expect(Object.values(said).filter((each) => /^(?:ok|hello)/.test(each))).toEqual([]);
  expect(said['direct']).toContain('certificate');
  expect(said['proxied']).toContain('certificate');
  expect(said['sql']).toContain("its certificate isn't trusted here; see NODE_EXTRA_CA_CERTS");
});

test('with it, PostgreSQL that is called by a name that its certificate lacks is refused, and why is said', async () => {
  const address = new URL(world.database);
  address.hostname = 'localhost';
  const said = await called({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }, address.href);
  expect(said['sql']).toContain('its certificate is for another name than its host');
});

const called = (
  env: Record<string, string>,
  url = world.database,
): Promise<Record<string, string>> =>
  new Promise((resolve, reject) => {
    const calls = JSON.stringify({ ...world, database: url });
    execFile(process.execPath, [child, calls], { env }, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out) as Record<string, string>),
    );
  });

async function portOf(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Bytes of PostgreSQL's request for TLS, which a server that has it answers with an S. */
const SSL_REQUEST_BYTES = 8;

/** TLS in front of the real server, whose own has none. */
function securePostgres({ hostname, port }: URL): Server {
  return createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      socket.read(SSL_REQUEST_BYTES);
      socket.write('S');
      const plain = new TLSSocket(socket, { isServer: true, ...secure });
      const upstream = connect({ host: hostname, port: Number(port) });
      for (const end of [plain, upstream]) end.on('error', () => undefined);
      plain.pipe(upstream).pipe(plain);
    });
  });
}
