import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Cable {
  /** Where clients connect. */
  readonly port: number;
  /** Ends every connection, and refuses new ones. */
  cut(): void;
  /** Every connection stays, and what is said on it is lost; new ones are taken, and nobody answers. */
  swallow(): void;
  /** New connections come through again. What was swallowed stays lost, and so do its connections. */
  mend(): void;
  /** Resolves when so many connections have been refused since the last cut. */
  refused(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What lies between a client and a server on this machine, and can be cut. */
export async function startCable(toPort: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  const emitter = new EventEmitter();
  let isCut = false;
  let swallows = false;
  const refusals = { since: 0 };
  /** Their ends don't hear of each other any more. */
  const swallowed = new WeakSet<Socket>();
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
      emitter.emit('refused');
      return;
    }
    keep(client);
    if (swallows) {
      client.resume();
      return;
    }
    const upstream = connect(toPort, '127.0.0.1');
    keep(upstream);
    client.pipe(upstream).pipe(client);
    const together = (one: Socket, other: Socket) =>
      one.on('close', () => {
        if (!swallowed.has(other)) other.destroy();
      });
    together(client, upstream);
    together(upstream, client);
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
    swallow: () => {
      swallows = true;
      for (const socket of sockets) {
        swallowed.add(socket);
        socket.unpipe();
        socket.resume();
      }
    },
    mend: () => {
      isCut = false;
      swallows = false;
    },
    async refused(count) {
      while (refusals.since < count) await once(emitter, 'refused');
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
