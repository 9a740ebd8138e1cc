import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A port of 127.0.0.1 for a server that begins to listen a little later, mostly in another process.
 * @returns `preferred`, or where that is taken any port that is free.
 */
export async function freePort(preferred: number): Promise<number> {
  const server = (await listenOn(preferred)) ?? (await listenOn(0));
  if (server === undefined) throw new Error('No port is free on 127.0.0.1');
  await keepPort(server);
  const port = portOf(server);
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}

/**
 * For a minute after this server is closed, nobody gets its port who asks the system for any: there was a connection that our end
 * closed first, which Linux still remembers (TIME_WAIT). Who asks for that very port gets it.
 */
export async function keepPort(server: Server): Promise<void> {
  const client = connect(portOf(server), '127.0.0.1');
  const ours = await acceptedFrom(client, server);
  const closed = [ours, client].map((each) => once(each, 'close'));
  ours.resume().end();
  client.resume(); // It ends when it has heard that our end has.
  await Promise.all(closed);
}

/** Another client may connect at the same moment. */
function acceptedFrom(client: Socket, server: Server): Promise<Socket> {
  return new Promise((resolve, reject) => {
    client.once('error', reject);
    server.on('connection', function look(socket: Socket) {
      if (socket.remotePort !== client.localPort) return;
      server.off('connection', look);
      resolve(socket);
    });
  });
}

const listenOn = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

const portOf = (server: Server): number => (server.address() as AddressInfo).port; // Only a pipe's address is a string.
