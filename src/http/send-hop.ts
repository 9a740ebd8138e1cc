/** One sending over got, without redirects, retries, cookies or kept connections. */

import { once } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { got, type Request } from 'got';
import { isWrite } from '../core/is-write.ts';
import type { BodySink } from '../engine/ports/http.ts';
import { tunnelAgents } from './proxy.ts';
import { type Hop, isRedirect } from './redirect.ts';

export interface HopSettings {
  readonly lookup: LookupFunction;
  /** Where this goes through one. */
  readonly proxy?: URL | undefined;
  readonly maxBytes: number;
  /** Takes the body of some answers; one that is larger than `maxBytes` is then not in the result. */
  readonly sink?: BodySink;
  readonly connectTimeoutMs: number;
  /** Ends the sending, whatever it is doing. */
  readonly deadline: AbortSignal;
}

export type HopResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'too-large'; readonly maxBytes: number }
  | {
      readonly kind: 'failed';
      readonly reason: 'connect-timeout' | 'deadline' | 'error';
      /** What Node or got threw. */
      readonly error: unknown;
      /** Whether a connection (with https a secure one) was made, so that the request may have left. */
      readonly connected: boolean;
    };

/**
 * Every sending has its own connection: a kept one may have been closed by the other side at that moment,
 * and then nobody could say whether a write arrived.
 */
const agents = {
  http: new HttpAgent({ keepAlive: false }),
  https: new HttpsAgent({ keepAlive: false }),
};

/** Sends and reads the whole answer, a redirect's body apart. Never throws. */
export async function sendHop(hop: Hop, settings: HopSettings): Promise<HopResult> {
  const stream = open(hop, settings);
  // An error that comes between two waits is thrown by the next one; without a listener it would end the process.
  stream.on('error', () => {});
  const connection = watchConnection(stream, settings.connectTimeoutMs);
  try {
    await once(stream, 'response');
    const response = stream.response;
    if (!response) throw new Error('got told of a response and has none');
    const status = response.statusCode;
    const location = response.headers.location;
    if (isRedirect(status) && location) return { kind: 'redirect', status, location };

    const sink = settings.sink?.takes(status) ? settings.sink : undefined;
    const { maxBytes } = sink ?? settings;
    const held = holdUpTo(settings.maxBytes);
    const take = async (chunk: Uint8Array) => {
      held.add(chunk);
      await sink?.write(chunk);
    };
    if (!(await readUpTo(maxBytes, stream, take))) return { kind: 'too-large', maxBytes };
    return { kind: 'answer', status, headers: flatten(response.headers), bytes: held.all() };
  } catch (error) {
    const reason = settings.deadline.aborted
      ? 'deadline'
      : connection.timedOut
        ? 'connect-timeout'
        : 'error';
    return { kind: 'failed', reason, error, connected: connection.made };
  } finally {
    connection.stopWatching();
    stream.destroy();
  }
}

function open(hop: Hop, { lookup, proxy, deadline }: HopSettings): Request {
  const stream = got.stream(hop.url, {
    method: hop.method,
    headers: hop.headers,
    ...bodyOf(hop),
    agent: proxy ? tunnelAgents(proxy, lookup) : agents,
    dnsLookup: lookup,
    signal: deadline,
    followRedirect: false,
    throwHttpErrors: false,
    decompress: true,
    retry: { limit: 0 },
  });
  // got waits for a body to be written to it, unless it has one or the method never has.
  if (hop.body === undefined && isWrite(hop)) stream.end();
  return stream;
}

/** got reads an iterable as fast as the other side takes it. */
function bodyOf({ headers, body }: Hop) {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body, allowGetBody: true };
  return {
    headers: { ...headers, 'content-length': String(body.size) },
    body: generate(body.pieces()),
    allowGetBody: true,
  };
}

async function* generate(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

interface Connection {
  made: boolean;
  timedOut: boolean;
  stopWatching(): void;
}

/** Name lookup, TCP and TLS together have `timeoutMs`. */
function watchConnection(stream: Request, timeoutMs: number): Connection {
  const timer = setTimeout(() => {
    connection.timedOut = true;
    stream.destroy(new Error('no connection in time'));
  }, timeoutMs);
  const connection: Connection = {
    made: false,
    timedOut: false,
    stopWatching: () => clearTimeout(timer),
  };
  stream.once('request', (request: ClientRequest) => {
    const event = request.protocol === 'https:' ? 'secureConnect' : 'connect';
    request.once('socket', (socket) => {
      const made = () => {
        connection.made = true;
        clearTimeout(timer);
      };
      // Of a tunnel to http the connection is there already.
      if (event === 'connect' && !socket.connecting) made();
      else socket.once(event, made);
    });
  });
  return connection;
}

/** Keeps what fits in `maxBytes`; of more it keeps nothing, since that went to a sink and is never in memory as a whole. */
function holdUpTo(maxBytes: number) {
  let chunks: Uint8Array[] = [];
  let size = 0;
  return {
    add(chunk: Uint8Array): void {
      size += chunk.byteLength;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks = [];
    },
    all: (): Uint8Array => Buffer.concat(chunks),
  };
}

/** Counts unpacked bytes, so that a small packed answer can't grow without end. @returns false when there are more */
async function readUpTo(
  maxBytes: number,
  stream: Request,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<boolean> {
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) return false;
    await take(chunk);
  }
  return true;
}

function flatten(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
