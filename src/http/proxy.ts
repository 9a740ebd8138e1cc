/**
 * Outbound connections through a proxy (`HTTPS_PROXY`), with exceptions in `NO_PROXY`. Words: a *tunnel* is the
 * connection that a proxy opens for `CONNECT`. It only passes bytes between us and the server, TLS included, and reads
 * none of them.
 */
import { once } from 'node:events';
import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import ipaddr from 'ipaddr.js';

export interface Proxy {
  /** `http:` or `https:`, with user and password when the proxy needs them. */
  readonly url: URL;
  readonly except: NoProxy;
}

/** Which hosts are called without the proxy. */
export type NoProxy = (url: URL) => boolean;

/** The proxy refused, or its answer was unreadable. */
export class ProxyRefused extends Error {
  readonly code = 'proxy-refused';
  /** The proxy's status. Undefined when the answer was no HTTP. */
  readonly status: number | undefined;
  constructor(status?: number) {
    super('the proxy made no connection');
    this.name = 'ProxyRefused';
    this.status = status;
  }
}

/** A proxy answers `CONNECT` with a few headers. A longer answer isn't from a proxy. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Agents for one request, whose host was checked or is checked by `lookup`. The proxy gets the checked address and not
 * the name: it would look the name up again and might find another address. Without `lookup` it gets the name.
 */
export function tunnelAgents(
  proxy: URL,
  lookup: LookupFunction | undefined,
): { readonly http: HttpAgent; readonly https: HttpsAgent } {
  const http = new HttpAgent({ keepAlive: false });
  const https = new HttpsAgent({ keepAlive: false });
  http.createConnection = (options, done) => {
    void hand(tunnel(proxy, options, lookup), done);
    return undefined;
  };
  https.createConnection = (options, done) => {
    const opening = tunnel(proxy, options, lookup);
    void hand(
      opening.then((socket) => secured(socket, String(options.host))),
      done,
    );
    return undefined;
  };
  return { http, https };
}

/**
 * After this time a proxy without a working tunnel counts as failed. Callers of `ThroughProxy` may have no timeout of
 * their own.
 */
const TUNNEL_MS = 10_000;

/** Node's own agent keeps connections like this. */
const AS_NODE_DOES = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 } as const;

/**
 * Node's agent for `https://`, for libraries that use Node's own client. It trusts the hosts that they call, so the proxy
 * gets names. It may be the only one that can look them up.
 */
export class ThroughProxy extends HttpsAgent {
  readonly #proxy: Proxy;
  readonly #limit: () => AbortSignal;

  /** @param limit for each connection, until TLS works inside the tunnel */
  constructor(proxy: Proxy, limit = () => AbortSignal.timeout(TUNNEL_MS)) {
    super(AS_NODE_DOES);
    this.#proxy = proxy;
    this.#limit = limit;
  }

  override createConnection(
    options: Parameters<HttpsAgent['createConnection']>[0],
    done?: Parameters<HttpsAgent['createConnection']>[1],
  ): ReturnType<HttpsAgent['createConnection']> {
    const host = String(options.host);
    const url = new URL(`https://${isIP(host) === 6 ? `[${host}]` : host}:${options.port ?? 443}`);
    if (this.#proxy.except(url)) return super.createConnection(options, done);
    const signal = this.#limit();
    const opening = tunnel(this.#proxy.url, { ...options, signal });
    void hand(
      opening.then((socket) => securedInTime(socket, host, signal)),
      done,
    );
    return undefined;
  }
}

/** Never rejects. Node's callback always needs a stream, but checks the error first. */
async function hand(
  opening: Promise<Duplex>,
  done: Parameters<HttpAgent['createConnection']>[1],
): Promise<void> {
  let socket: Duplex;
  try {
    socket = await opening;
  } catch (error) {
    done?.(error instanceof Error ? error : new Error(String(error)), new Duplex());
    return;
  }
  done?.(null, socket);
}

const secured = (socket: Socket, host: string): TLSSocket =>
  connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['http/1.1'],
  });

async function securedInTime(
  socket: Socket,
  host: string,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secure = secured(socket, host);
  await withinLimit(secure, signal, () => once(secure, 'secureConnect'));
  return secure;
}

/** Closes the socket when `work` fails or `signal` aborts first. */
async function withinLimit<T>(
  socket: Socket,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const giveUp = () => socket.destroy(new ProxyRefused()); // With an error, since `once` notices nothing else.
  signal?.addEventListener('abort', giveUp);
  try {
    if (signal?.aborted) throw new ProxyRefused();
    return await work();
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** @param lookup finds the address that the proxy must call; without it the proxy looks the name up */
async function tunnel(
  proxy: URL,
  { host, port, signal }: ClientRequestArgs,
  lookup?: LookupFunction,
): Promise<Socket> {
  const address = lookup ? await addressOf(String(host), lookup) : String(host);
  const target = `${isIP(address) === 6 ? `[${address}]` : address}:${port ?? 443}`;
  const socket = connectTo(proxy);
  return withinLimit(socket, signal, async () => {
    await once(socket, proxy.protocol === 'https:' ? 'secureConnect' : 'connect');
    socket.write(connectRequest(target, `${host}:${port ?? 443}`, proxy));
    const status = await statusOf(socket);
    if (status !== 200) throw new ProxyRefused(status);
    return socket;
  });
}

function addressOf(host: string, lookup: LookupFunction): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host);
  return new Promise((resolve, reject) => {
    // One try at one address, preferably IPv4, which every proxy can reach.
    lookup(host, { all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      const best = addresses.find(({ family }) => family === 4) ?? addresses[0];
      if (best) resolve(best.address);
      else reject(error ?? new Error('no address'));
    });
  });
}

function connectTo(proxy: URL): Socket {
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const isSecure = proxy.protocol === 'https:';
  const port = Number(proxy.port) || (isSecure ? 443 : 80);
  if (!isSecure) return connectTcp({ host, port });
  return connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) });
}

/** @param name for the proxy's log; it connects to the target */
function connectRequest(target: string, name: string, { username, password }: URL): string {
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    username === ''
      ? ''
      : `Proxy-Authorization: Basic ${Buffer.from(user, 'utf8').toString('base64')}\r\n`;
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${name}\r\n${authorization}\r\n`;
}

/** Reads the head of the proxy's answer and no byte more, since the next bytes come from the server. */
async function statusOf(socket: Socket): Promise<number | undefined> {
  let head = '';
  for (;;) {
    const chunk: unknown = socket.read(1);
    if (Buffer.isBuffer(chunk)) {
      head += chunk.toString('latin1');
      if (head.endsWith('\r\n\r\n')) return statusIn(head);
      if (head.length > MAX_HEAD_BYTES) return undefined;
    } else {
      if (socket.readableEnded || socket.destroyed) return undefined;
      await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
    }
  }
}

const statusIn = (head: string): number | undefined => {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  return status === undefined ? undefined : Number(status);
};

/**
 * Parses `NO_PROXY`: `*`, names (with all their subdomains), addresses and CIDRs, each with an optional port, separated
 * by commas or spaces. Other entries match nothing, as in other programs.
 */
export function parseNoProxy(text: string): NoProxy {
  const matchers = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(matcherOf);
  return (url) => matchers.some((matches) => matches(url));
}

function matcherOf(entry: string): NoProxy {
  if (entry === '*') return () => true;
  if (ipaddr.isValidCIDR(entry)) {
    const [first, bits] = ipaddr.parseCIDR(entry);
    return (url) => {
      const address = literalIn(url);
      return address?.kind() === first.kind() && address.match(first, bits);
    };
  }
  const lower = entry.toLowerCase();
  const isAddress = isIP(lower) !== 0; // IPv6 has its own colons.
  const port = isAddress ? undefined : /:(\d+)$/.exec(lower)?.[1];
  const name = port === undefined ? lower : lower.slice(0, -port.length - 1);
  const host = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return (url) => {
    const asked = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    const isHost = host !== '' && (asked === host || asked.endsWith(`.${host}`));
    return isHost && (port === undefined || port === portOf(url));
  };
}

function literalIn(url: URL): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : ipaddr.parse(host);
}

const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80');
