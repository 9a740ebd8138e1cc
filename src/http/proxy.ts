/**
 * The way out through a proxy (`HTTPS_PROXY`), past which `NO_PROXY` names the exceptions. Words: a *tunnel* is what a proxy
 * gives for `CONNECT`: from then on the bytes are the other side's, TLS included, and the proxy reads nothing of them.
 */
import { once } from 'node:events';
import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import ipaddr from 'ipaddr.js';

export interface Proxy {
  /** `http:` or `https:`, with user and password where it asks for them. */
  readonly url: URL;
  readonly except: NoProxy;
}

/** Which hosts are called past the proxy. */
export type NoProxy = (url: URL) => boolean;

/** The proxy said no, or said nothing that could be understood. */
export class ProxyRefused extends Error {
  readonly code = 'proxy-refused';
  /** What the proxy answered; undefined where it was no HTTP. */
  readonly status: number | undefined;
  constructor(status?: number) {
    super('the proxy made no connection');
    this.name = 'ProxyRefused';
    this.status = status;
  }
}

/** A proxy's answer to `CONNECT` has a few headers; more is no proxy. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Agents for one sending, whose host has been judged or is judged by `lookup`. The proxy is asked for the very address that was
 * judged, and not for the name: it would look that up again, and might find another one.
 */
export function tunnelAgents(
  proxy: URL,
  lookup: LookupFunction,
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

/** A proxy that has given no tunnel by then, or lets nothing pass through it, won't; what calls through `ThroughProxy` may have no patience of its own. */
const TUNNEL_MS = 10_000;

/**
 * Node's agent for `https://`, as libraries use it that call by Node's own client. It trusts whom they call, so the proxy is asked for
 * names: it may be the only one that can look them up.
 */
export class ThroughProxy extends HttpsAgent {
  readonly #proxy: Proxy;
  readonly #limit: () => AbortSignal;

  /** @param limit for each connection, until its TLS inside the tunnel stands */
  constructor(proxy: Proxy, limit = () => AbortSignal.timeout(TUNNEL_MS)) {
    super({ keepAlive: false });
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

/** Never rejects. Node gives its callback a stream in any case, and looks at the error first. */
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

/** Where `work` fails or `signal` is aborted first, nothing is left of the socket. */
async function withinLimit<T>(
  socket: Socket,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const giveUp = () => socket.destroy(new ProxyRefused()); // With an error: `once` hears of nothing else.
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

/** @param lookup asked first, for the address that the proxy is to call; without it, the proxy looks the name up */
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
    // One try at one address: IPv4 is what every proxy can reach.
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

/** @param name for the proxy's log; what it connects to is the target */
function connectRequest(target: string, name: string, { username, password }: URL): string {
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    username === ''
      ? ''
      : `Proxy-Authorization: Basic ${Buffer.from(user, 'utf8').toString('base64')}\r\n`;
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${name}\r\n${authorization}\r\n`;
}

/** Reads the head of the proxy's answer and not a byte more: what follows is the other side's. */
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
 * Reads `NO_PROXY`: `*`, names (with everything below them), addresses and CIDRs, each with a port where only that is meant;
 * separated by commas or spaces. Entries that are none of these match nothing, as everywhere else.
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
  const isAddress = isIP(lower) !== 0; // IPv6 has colons of its own.
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
