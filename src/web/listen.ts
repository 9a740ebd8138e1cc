import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { MINUTE_MS } from '../core/hours.ts';
import { clientOf, trustedProxies } from '../core/network/client-address.ts';
import { isLoopbackAddress } from '../core/network/loopback.ts';

export interface Listening {
  readonly host: string;
  /** The port in use, also when the setting was 0 (any). */
  readonly port: number;
  /** Refuses new connections. Resolves when all requests in progress are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The address can't be used. The message tells an operator how to fix it. */
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
 * How long an idle connection stays open. It is longer than common proxies keep one (Caddy 120 s, Google's balancer 600
 * s, others 60 s). The client must close first: otherwise a click may meet a closed connection and get lost. New
 * connections also take time: libuv accepts one in each turn of the event loop.
 */
const KEEP_ALIVE_MS = 620_000;

/**
 * Open connections. A proxy keeps some tens, and Slack and Teams come through it. Each needs a file and some tens of kB.
 * Most systems give a process 1,024 files or more (Node raises that to the allowed maximum, commonly 4,096).
 */
const MAX_CONNECTIONS = 2000;
/**
 * From one address, so that no client takes all connections. An office behind one address has some for each browser. This
 * limit doesn't apply to our own proxies and this machine, since everyone comes through them.
 */
const MAX_FROM_ONE = 500;
/**
 * From a request's first byte (or a new connection's start) to the end of its headers. A browser on a slow network takes
 * a second.
 */
const HEADERS_MS = 20_000;
/** How often we look for expired connections. With Node's 30 s a silent one would stay for up to 50 s. */
const CHECK_MS = 5000;
/** To the end of the body. The largest has a few MB, which takes a slow network half of that. */
const REQUEST_MS = MINUTE_MS;
/** For a client that stops reading its answer. It is longer than any wait for an app (120 s). */
const SILENCE_MS = 180_000;
/** After this many requests a connection closes, so that newer processes get their share of a balancer's connections. */
const MAX_REQUESTS = 10_000;

interface ListenOptions {
  /** Our own addresses: their connections don't count and are closed last. Default: this machine's. */
  readonly isOurs?: (address: string) => boolean;
  /** Lower limits, for tests. */
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
  /** Idle connections of other addresses. */
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
  // Idle connections can't block others: we close them for new ones. A proxy's are closed only when there are no others,
  // since a click that it sends at that moment is lost.
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
      // Each connection gets one more answer, which closes it. Otherwise a proxy would keep using it.
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
