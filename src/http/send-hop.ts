/** Sends one request with got, without redirects and cookies. */
import { once } from 'node:events';
import http, {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import https, { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { got, type Request, type RequestFunction } from 'got';
import { isWrite } from '../core/network/is-write.ts';
import type { BegunAnswer, BodySink } from '../engine/ports/http.ts';
import { passUpTo } from './call-by-name.ts';
import { UNKNOWN_ENCODING } from './failure.ts';
import { tunnelAgents } from './proxy.ts';
import { type Hop, isRedirect } from './redirect.ts';

export interface HopSettings {
  readonly lookup: LookupFunction;
  /** Undefined without a proxy. */
  readonly proxy?: URL;
  /** The proxy gets the name, and not the address that `lookup` has found. */
  readonly proxyLooksUp: boolean;
  readonly maxBytes: number;
  /** Takes the body of some answers. A body larger than `maxBytes` is then not in the result. */
  readonly sink?: BodySink;
  readonly connectTimeoutMs: number;
  /** Ends the request at any stage. */
  readonly deadline: AbortSignal;
  /** For requests that may be repeated, and for writes where `keepsWrites` says so. */
  readonly kept: Agents;
  readonly keepsWrites: boolean;
}

export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
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
      /** The error from Node or got. */
      readonly error: unknown;
      /** Whether a connection (for https a secure one) was made, so that the request may have been sent. */
      readonly connected: boolean;
      /** Whether nothing was answered over a connection that an earlier request had made. */
      readonly wasKept: boolean;
      /** Of an answer that broke off behind its headers. */
      readonly begun: BegunAnswer | undefined;
    };

/** Servers close an idle connection after five seconds or more (Node's 5, Apache's 5, nginx's 75): we do so before them. */
const KEPT_MS = 4000;
/** Of one host. A list that is read page by page needs one; checks of many people a few. */
const KEPT = 4;

/**
 * Connections that stay open for the next request to the same host. Their address was checked when they were made, so only
 * requests with the same rules for addresses may share them.
 */
export const keptAgents = (): Agents => {
  const options = { keepAlive: true, timeout: KEPT_MS, maxFreeSockets: KEPT };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
};

/**
 * A write has a new connection. The server may have just closed an old one, and then nobody would know whether the write
 * arrived.
 */
const newConnections: Agents = {
  http: new HttpAgent({ keepAlive: false }),
  https: new HttpsAgent({ keepAlive: false }),
};

/** Sends and reads the whole answer, except a redirect's body. Never throws. */
export async function sendHop(hop: Hop, settings: HopSettings): Promise<HopResult> {
  const agents = agentsFor(hop, settings);
  const result = await sendOver(agents, hop, settings);
  // The server closed a kept connection while we were about to use it, and has answered nothing.
  const isOfKept = result.kind === 'failed' && result.wasKept && result.reason === 'error';
  return isOfKept && isRepeatable(hop) ? sendOver(newConnections, hop, settings) : result;
}

function agentsFor(
  hop: Hop,
  { proxy, proxyLooksUp, lookup, kept, keepsWrites }: HopSettings,
): Agents {
  if (proxy) return tunnelAgents(proxy, proxyLooksUp ? undefined : lookup);
  return keepsWrites || isRepeatable(hop) ? kept : newConnections;
}

const isRepeatable = (hop: Hop): boolean =>
  !isWrite(hop) && (hop.body === undefined || typeof hop.body === 'string');

async function sendOver(agents: Agents, hop: Hop, settings: HopSettings): Promise<HopResult> {
  const stream = open(hop, agents, settings);
  // The next wait throws an error that occurs between two waits. Without a listener the error would end the process.
  stream.on('error', () => {});
  const connection = watchConnection(stream, settings.connectTimeoutMs);
  let framing: NodeJS.Timeout | undefined;
  try {
    await once(stream, 'response');
    const response = stream.response;
    if (!response) throw new Error('got told of a response and has none');
    const status = response.statusCode;
    // Of these Node hands on a status of 000 alone, and a change of protocol that nobody wanted.
    if (status < 200) throw noAnswer();
    const location = response.headers.location;
    if (isRedirect(status) && location) return { kind: 'redirect', status, location };

    const sink = settings.sink?.takes(status) ? settings.sink : undefined;
    const { maxBytes } = sink ?? settings;
    framing = boundFraming(stream, connection);
    const held = holdUpTo(settings.maxBytes);
    const take = async (chunk: Uint8Array) => {
      connection.taken += chunk.byteLength;
      held.add(chunk);
      await sink?.write(chunk);
    };
    // Unpacked bytes count, since a small packed answer may unpack to a huge one.
    if (!(await passUpTo(stream as AsyncIterable<Uint8Array>, maxBytes, take)))
      return { kind: 'too-large', maxBytes };
    if (!sink && held.all().byteLength > 0 && isStillPacked(response.headers)) throw stillPacked();
    return { kind: 'answer', status, headers: flatten(response.headers), bytes: held.all() };
  } catch (error) {
    const reason = settings.deadline.aborted
      ? 'deadline'
      : connection.timedOut
        ? 'connect-timeout'
        : 'error';
    const begun = begunAnswer(stream);
    const wasKept = connection.wasKept && !stream.response;
    return { kind: 'failed', reason, error, connected: connection.made, wasKept, begun };
  } finally {
    connection.stopWatching();
    clearInterval(framing);
    stream.destroy();
  }
}

const begunAnswer = ({ response }: Request): BegunAnswer | undefined =>
  response && response.statusCode >= 200
    ? { status: response.statusCode, headers: flatten(response.headers) }
    : undefined;

/** Twice packed, or in a way that was not asked for. Nothing would be found in such a text, so a check would say "no access". */
const isStillPacked = ({ 'content-encoding': encoding = '' }: IncomingHttpHeaders): boolean =>
  /(^|[\s,-])(gzip|deflate|br|zstd|compress)(?=[\s,]|$)/i.test(encoding);

const stillPacked = (): Error =>
  Object.assign(new Error('packed in another way'), { code: UNKNOWN_ENCODING });

/** got gives Node thirty options. The ones that it has no value for make each request a tenth dearer (decision 236). */
const requestByNode: RequestFunction = (url, { agent, headers, lookup, method }) =>
  discardExcess(
    (url.protocol === 'https:' ? https : http).request(url, { agent, headers, lookup, method }),
  );

/**
 * What comes behind a whole answer, such as a body behind a 204 or more bytes than its Content-Length, isn't part of it, and may be
 * discarded (RFC 9112, 6.3). Node reports it as an error of the request, and nobody would know whether a write was carried out.
 */
function discardExcess(request: ClientRequest): ClientRequest {
  let answer: IncomingMessage | undefined;
  request.once('response', (response) => {
    answer = response;
  });
  const emit = request.emit.bind(request);
  request.emit = (event: string | symbol, ...rest: unknown[]) =>
    event === 'error' && answer?.complete ? true : emit(event, ...rest);
  return request;
}

const sender = got.extend({
  request: requestByNode,
  followRedirect: false,
  throwHttpErrors: false,
  decompress: true,
  retry: { limit: 0 },
});

function open(hop: Hop, agent: Agents, { lookup, deadline }: HopSettings): Request {
  const stream = sender.stream(hop.url, {
    method: hop.method,
    headers: hop.headers,
    ...bodyOf(hop),
    agent,
    dnsLookup: lookup,
    signal: deadline,
  });
  // got waits for a body, unless it has one or the method never has one.
  if (hop.body === undefined && isWrite(hop)) stream.end();
  return stream;
}

/** got reads an iterable only as fast as the server takes it. */
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
  socket?: Socket;
  made: boolean;
  wasKept: boolean;
  timedOut: boolean;
  /** Bytes of the answer's body, unpacked. */
  taken: number;
  stopWatching(): void;
}

/** Name lookup, TCP and TLS together take at most `timeoutMs`. */
function watchConnection(stream: Request, timeoutMs: number): Connection {
  const timer = setTimeout(() => {
    connection.timedOut = true;
    stream.destroy(new Error('no connection in time'));
  }, timeoutMs);
  const connection: Connection = {
    made: false,
    wasKept: false,
    timedOut: false,
    taken: 0,
    stopWatching: () => clearTimeout(timer),
  };
  stream.once('request', (request: ClientRequest) => {
    endUnanswered(stream, request);
    const event = request.protocol === 'https:' ? 'secureConnect' : 'connect';
    request.once('socket', (socket) => {
      const made = () => {
        connection.made = true;
        clearTimeout(timer);
      };
      connection.wasKept = request.reusedSocket;
      connection.socket = socket;
      // With a tunnel to http the connection already exists, too.
      if (request.reusedSocket || (event === 'connect' && !socket.connecting)) made();
      else socket.once(event, made);
    });
  });
  return connection;
}

/** Before its answer a server may say a few times that one comes (100, 102, 103). */
const MAX_INTERIM = 50;

const noAnswer = (): Error =>
  Object.assign(new Error('no answer of HTTP'), { code: 'HPE_NO_ANSWER' });

/** Without end they would keep this process busy until the deadline. Of an upgrade that nobody wanted Node says nothing at all. */
function endUnanswered(stream: Request, request: ClientRequest): void {
  const end = () => stream.destroy(noAnswer());
  let interim = 0;
  request.on('information', () => {
    interim += 1;
    if (interim > MAX_INTERIM) end();
  });
  request.once('upgrade', (_answer, socket) => {
    socket.destroy();
    end();
  });
}

/** Of what comes, for each byte of the body: a server that sends each byte as a chunk sends six. */
const MAX_FRAMING = 8;
const MAX_FRAMING_BYTES = 4 * 1024 * 1024;
const LOOK_MS = 50;

/** Extensions of chunks, and packed blocks with nothing in them, would keep this process busy until the deadline. */
function boundFraming(stream: Request, connection: Connection): NodeJS.Timeout {
  const { socket } = connection;
  const before = socket?.bytesRead ?? 0;
  return setInterval(() => {
    const more = (socket?.bytesRead ?? 0) - before;
    if (more > MAX_FRAMING_BYTES + MAX_FRAMING * connection.taken) stream.destroy(noAnswer());
  }, LOOK_MS);
}

/** Keeps a body of up to `maxBytes`. It keeps nothing of a larger one, which went to a sink and is never whole in memory. */
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

function flatten(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
