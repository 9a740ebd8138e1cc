import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly host: string;
  /** The port that was taken, also where 0 (any) was asked for. */
  readonly port: number;
  /** Takes no new connection, and resolves when what is in flight is answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves `app` at an address.
 * @throws an error with a `code` such as `EADDRINUSE`
 */
export async function listen(
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server = createServer(app);
  server.listen(at.port, at.host);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo; // Only a pipe's address is a string.

  return {
    host: address,
    port,
    close: async (graceMs) => {
      const closed = once(server, 'close');
      server.close();
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cutOff);
    },
  };
}
