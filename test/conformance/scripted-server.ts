import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, stringifyJson } from '../../src/core/json.ts';

/** One answer of a script; the first that was not used yet and fits the request is given. */
export interface ScriptedAnswer {
  readonly method?: string;
  /** Path and query; any where it is left out. */
  readonly path?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes as JSON. */
  readonly body?: Json;
  /** Goes as it is, in place of `body`. */
  readonly text?: string;
  /** So many x, in place of `[[FILL]]` in `text`. */
  readonly fill?: number;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /** Closes the connection without an answer. */
  readonly drop?: boolean;
  /** Given again and again. */
  readonly repeat?: boolean;
}

export interface Received {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ScriptedServer {
  readonly port: number;
  readonly received: readonly Received[];
  /** Forgets what came, and answers by another script from now on. */
  follow(script: readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 that answers by a script. In headers, `[[DATE+5]]` and `[[EPOCH+5]]` are the time in five seconds.
 * @param now what the server takes for the time
 */
export async function scriptedServer(now: () => Date): Promise<ScriptedServer> {
  let left: ScriptedAnswer[] = [];
  let received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const index = left.findIndex(
        (each) => (each.method ?? method) === method && (each.path ?? url) === url,
      );
      const [answer] = left[index]?.repeat ? left.slice(index) : left.splice(index, 1);
      const chosen = index === -1 ? undefined : answer;
      setTimeout(() => give(chosen, response, now), chosen?.delay ?? 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get received() {
      return received;
    },
    follow(script) {
      left = [...script];
      received = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function give(answer: ScriptedAnswer | undefined, response: ServerResponse, now: () => Date): void {
  if (!answer) {
    // A status that nothing repeats: what was not scripted shows as one request too many.
    response.writeHead(599).end('not scripted');
    return;
  }
  if (answer.drop) {
    response.destroy();
    return;
  }
  response.statusCode = answer.status ?? 200;
  if (answer.body !== undefined) response.setHeader('content-type', 'application/json');
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    response.setHeader(name, inTime(value, now()));
  if (answer.fill !== undefined) {
    response.end((answer.text ?? '[[FILL]]').replace('[[FILL]]', 'x'.repeat(answer.fill)));
    return;
  }
  response.end(answer.text ?? (answer.body === undefined ? '' : stringifyJson(answer.body)));
}

const inTime = (value: string, now: Date): string =>
  value.replace(/\[\[(DATE|EPOCH)\+(\d+)\]\]/, (_, kind: string, seconds: string) => {
    const at = new Date(now.getTime() + Number(seconds) * 1000);
    return kind === 'DATE' ? at.toUTCString() : String(Math.floor(at.getTime() / 1000));
  });
