/** A pooler of the least: all its clients share one connection to PostgreSQL, one statement after another. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** AuthenticationOk and ReadyForQuery of PostgreSQL's protocol. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const TERMINATE = 'X'.charCodeAt(0);

export interface Pooler {
  readonly url: string;
  close(): void;
}

/** @param url of a server on this machine that takes its user without a question of the pooler's own */
export async function startPooler(url: string): Promise<Pooler> {
  const { hostname, port } = new URL(url);
  const server = connect({ host: hostname, port: Number(port) });
  await once(server, 'connect');
  let asking: Socket | undefined;
  let clients = 0;
  server.on('data', (data) => asking?.write(data));
  server.on('error', () => undefined);
  const pooler = createServer((client) => {
    clients += 1;
    let isWelcome = clients === 1; // The first one logs the connection in.
    client.on('error', () => undefined);
    client.on('data', (data: Buffer) => {
      asking = client;
      if (!isWelcome) client.write(WELCOME);
      else if (data[0] !== TERMINATE) server.write(data);
      isWelcome = true;
    });
  });
  pooler.listen(0, '127.0.0.1');
  await once(pooler, 'listening');
  const at = new URL(url);
  const address = pooler.address();
  at.hostname = '127.0.0.1';
  at.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: at.href,
    close() {
      server.destroy();
      pooler.close();
    },
  };
}
