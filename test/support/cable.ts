import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Cable {
  /** Where clients connect. */
  readonly port: number;
  /** Ends every connection, and refuses new ones. */
  cut(): void;
  /** New connections come through again. */
  mend(): void;
  /** Resolves when so many connections have been refused since the last cut. */
  refused(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What lies between a client and a server on this machine, and can be cut. */
export async function startCable(toPort: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  const news = new EventEmitter();
  let isCut = false;
  const refusals = { since: 0 };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // The other end hears of it by the close.
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    if (isCut) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      refusals.since += 1;
      news.emit('refused');
      return;
    }
    const upstream = connect(toPort, '127.0.0.1');
    keep(client);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    refusals.since = 0;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // Only a pipe's address is a string.
    cut,
    mend: () => {
      isCut = false;
    },
    async refused(count) {
      while (refusals.since < count) await once(news, 'refused');
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
