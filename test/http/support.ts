import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type {
  Http,
  HttpAnswer,
  HttpFailure,
  HttpLimits,
  HttpRequest,
  HttpStreams,
} from '../../src/engine/ports/http.ts';
import { type AllowList, parseAllowList, type Resolve } from '../../src/http/address-guard.ts';
import { createHttp } from '../../src/http/got-http.ts';
import type { Proxy } from '../../src/http/proxy.ts';
import { ofKind, ok } from '../support/given/outcomes.ts';

export const LIMITS: HttpLimits = { timeoutMs: 10_000, maxBytes: 1024 };

/** What one test server got, with the body read. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** How many have been made. */
  readonly connections: () => number;
}

/** An HTTP server on 127.0.0.1 that ends with the test. */
export async function serve(answer: RequestListener): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, received, connections: () => connections };
}

/** A TCP server on 127.0.0.1 that speaks whatever the test wants. */
export async function serveTcp(
  talk: (socket: Socket) => void,
): Promise<Pick<TestServer, 'url' | 'port'>> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** No server has this port, and none gets it who asks for any. */
export const NOBODY_LISTENS = 'http://127.0.0.1:1';

export function allowList(text: string): AllowList {
  return ok(parseAllowList(text)).list;
}

export interface SendOptions {
  readonly allow?: string;
  readonly resolve?: Resolve;
  readonly limits?: Partial<HttpLimits>;
  readonly connectTimeoutMs?: number;
  readonly streams?: HttpStreams;
  readonly proxy?: Proxy;
  readonly keepsWrites?: boolean;
}

/** Sends one request, to this machine unless `allow` says otherwise. */
export function send(
  request: Partial<HttpRequest> & Pick<HttpRequest, 'url'>,
  options: SendOptions = {},
): Promise<HttpAnswer> {
  const { limits, streams } = options;
  return client(options).send(
    { method: 'GET', headers: {}, ...request },
    { ...LIMITS, ...limits },
    streams,
  );
}

export const client = ({
  allow = '127.0.0.1',
  resolve,
  connectTimeoutMs,
  proxy,
  keepsWrites,
}: SendOptions = {}): Http =>
  createHttp({
    allowPrivateHosts: allowList(allow),
    userAgent: 'Latchkey/test',
    proxy,
    keepsWrites,
    ...(resolve && { resolve }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  });

/** The answer, where a failure would be a failure of the test. */
export async function answered(
  answer: Promise<HttpAnswer>,
): Promise<Extract<HttpAnswer, { kind: 'answer' }>> {
  return ofKind('answer', await answer);
}

/** The failure, where an answer would be a failure of the test. */
export async function failed(answer: Promise<HttpAnswer>): Promise<HttpFailure> {
  return ofKind('failed', await answer);
}
