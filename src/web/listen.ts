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
 * Connections at the same time. A proxy keeps some tens, Slack and Teams come through it; each that is open holds a file and some
 * tens of kB, and most systems give a process 1,024 files or more (Node raises that to what is allowed, commonly 4,096).
 */
const MAX_CONNECTIONS = 2000;
/** From the first byte (of a new connection: from its beginning) to the end of the headers; a browser on a bad line takes one second. */
const HEADERS_MS = 20_000;
/** To the end of the body: the largest that is read has a few MB, which takes a slow line half of that. */
const REQUEST_MS = 60_000;
/** While a request is answered, for somebody who takes nothing of the answer; longer than anything waits for a third party (120 s). */
const SILENCE_MS = 180_000;
/** Then a connection is renewed: processes that came later get their share of those that a balancer keeps. */
const MAX_REQUESTS = 10_000;

/**
 * Serves `app` at an address.
 * @param maxConnections fewer, in tests
 * @throws {CannotListen}
 */
export async function listen(
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
  maxConnections = MAX_CONNECTIONS,
): Promise<Listening> {
  let isClosing = false;
  const underWay = new Set<ServerResponse>();
  const timeouts = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
  };
  const server = createServer(timeouts, (request, response) => {
    response.shouldKeepAlive &&= !isClosing;
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    app(request, response);
  });
  server.timeout = SILENCE_MS;
  server.maxRequestsPerSocket = MAX_REQUESTS;
  server.maxConnections = maxConnections;
  // Whoever holds idle connections open locks nobody out: they make way for the next that come.
  server.on('drop', () => server.closeIdleConnections());
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
