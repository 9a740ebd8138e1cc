import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { clientOf, trustedProxies } from '../core/client-address.ts';
import { isLoopbackAddress } from '../core/loopback.ts';

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
/**
 * Of them from one address, so that nobody alone takes all; an office behind one address keeps some per browser. Proxies of
 * our own and this machine itself have no such limit: everyone comes through them.
 */
const MAX_FROM_ONE = 500;
/** From the first byte (of a new connection: from its beginning) to the end of the headers; a browser on a bad line takes one second. */
const HEADERS_MS = 20_000;
/** So often those that are past their time are looked for: at Node's 30 s, one that says nothing would stay for up to 50. */
const CHECK_MS = 5000;
/** To the end of the body: the largest that is read has a few MB, which takes a slow line half of that. */
const REQUEST_MS = 60_000;
/** While a request is answered, for somebody who takes nothing of the answer; longer than anything waits for a third party (120 s). */
const SILENCE_MS = 180_000;
/** Then a connection is renewed: processes that came later get their share of those that a balancer keeps. */
const MAX_REQUESTS = 10_000;

interface ListenOptions {
  /** Whose connections are not counted, and are the last to make way; left out, this machine's. */
  readonly isOurs?: (address: string) => boolean;
  /** Fewer and shorter, in tests. */
  readonly maxConnections?: number;
  readonly maxFromOne?: number;
  readonly headersMs?: number;
  readonly checkMs?: number;
}

/**
 * Serves `app` at an address.
 * @throws {CannotListen}
 */
export async function listen(
  app: RequestListener,
  at: { readonly host: string; readonly port: number },
  {
    isOurs = isLoopbackAddress,
    maxConnections = MAX_CONNECTIONS,
    maxFromOne = MAX_FROM_ONE,
    headersMs = HEADERS_MS,
    checkMs = CHECK_MS,
  }: ListenOptions = {},
): Promise<Listening> {
  let isClosing = false;
  const underWay = new Set<ServerResponse>();
  /** Those of others that were answered and keep their connection. */
  const idle = new Set<Socket>();
  const timeouts = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: headersMs,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: checkMs,
  };
  const server = createServer(timeouts, (request, response) => {
    const { socket } = request;
    idle.delete(socket);
    response.shouldKeepAlive &&= !isClosing;
    underWay.add(response);
    response.once('close', () => {
      underWay.delete(response);
      if (!socket.destroyed && !isOurs(socket.remoteAddress ?? '')) idle.add(socket);
    });
    app(request, response);
  });
  server.timeout = SILENCE_MS;
  server.maxRequestsPerSocket = MAX_REQUESTS;
  server.maxConnections = maxConnections;
  const fromOne = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (isOurs(address)) return;
    const peer = clientOf({ socket, headers: {} }, nobody);
    const count = fromOne.get(peer) ?? 0;
    if (count >= maxFromOne) {
      socket.destroy();
      return;
    }
    fromOne.set(peer, count + 1);
    socket.once('close', () => {
      idle.delete(socket);
      const left = (fromOne.get(peer) ?? 1) - 1;
      if (left === 0) fromOne.delete(peer);
      else fromOne.set(peer, left);
    });
  });
  // Who holds idle connections open locks nobody out: they make way for the next that come. Those of a proxy only where
  // there are no others, since a click that it sends just then is lost.
  server.on('drop', () => {
    if (idle.size === 0) server.closeIdleConnections();
    for (const socket of idle) socket.destroy();
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

const nobody = trustedProxies([]);

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
