import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly host: string;
  /** The port that was taken, also where 0 (any) was asked for. */
  readonly port: number;
  /** Takes no new connection, and resolves when what is in flight is answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The address can't be taken; the message is for an operator, and names the cure. */
export class CannotListen extends Error {
  readonly code = 'cannot-listen';
  readonly variable: 'PORT' | 'HOST';
  constructor(variable: 'PORT' | 'HOST', message: string, options: ErrorOptions) {
    super(message, options);
    this.name = 'CannotListen';
    this.variable = variable;
  }
}

/**
 * How long a connection stays open on which nothing is asked. Longer than any common proxy keeps it (Caddy 120 s, Google's
 * balancer 600 s, others 60 s): whoever closes first has to be the one that asks, or a click that is sent just then meets
 * a closed connection and is lost. And each new connection waits its turn: libuv takes one in a turn of the event loop.
 */
const KEEP_ALIVE_MS = 620_000;

/**
 * Serves `app` at an address.
 * @throws {CannotListen}
 */
export async function listen(
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
): Promise<Listening> {
  let isClosing = false;
  const underWay = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    response.shouldKeepAlive &&= !isClosing;
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    app(request, response);
  });
  server.listen(at.port, at.host);
  await once(server, 'listening').catch((error: unknown) => {
    throw explain(error, at);
  });
  const { address, port } = server.address() as AddressInfo; // Only a pipe's address is a string.

  return {
    host: address,
    port,
    close: async (graceMs) => {
      const closed = once(server, 'close');
      // Each connection is answered once more: a proxy would go on with one that is kept.
      isClosing = true;
      for (const response of underWay) response.shouldKeepAlive = false;
      server.close();
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cutOff);
    },
  };
}

function explain(cause: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new CannotListen(
        'PORT',
        `${port} is taken by another program; use another one like PORT=${port + 1}`,
        { cause },
      );
    case 'EACCES':
      return new CannotListen(
        'PORT',
        `${port} may not be used by this user; use one above 1023 like PORT=3000`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotListen(
        'HOST',
        `${host} is no address of this machine; use one like HOST=127.0.0.1`,
        { cause },
      );
    default:
      return cause;
  }
}
