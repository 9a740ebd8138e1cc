/**
 * A third party that answers by a script: a real server on 127.0.0.1 which records every request and is waited for
 * by event, so that no test sleeps.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { keepPort } from '../../../demo/free-port.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON. */
      readonly json?: unknown;
      /** Sent as it is. */
      readonly text?: string;
      /** The answer leaves when this resolves. */
      readonly after?: Promise<unknown>;
    }
  /** The connection is cut after the request has arrived. */
  | 'reset'
  /** Nothing ever comes. */
  | 'hang';

export interface ThirdParty {
  /** `http://127.0.0.1:41234`, without a slash at its end. */
  readonly url: string;
  readonly host: string;
  /** All that came, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** How many requests of this method have come. @param part of their address */
  sent(method: string, part?: string): number;
  /**
   * Answers to `POST /users` (the query is not looked at), one after the other; the last one stays. Replaces what
   * was scripted for that route. Anything else is answered with 501.
   */
  on(route: string, ...answers: readonly [Answer, ...Answer[]]): void;
  /** Resolves when `count` requests have come since the start. */
  received(count: number): Promise<readonly ReceivedRequest[]>;
  close(): Promise<void>;
  /** The same, where the test goes on: nobody else takes its address. */
  leave(): Promise<void>;
}

export async function startThirdParty(): Promise<ThirdParty> {
  const script = new Map<string, Answer[]>();
  const requests: ReceivedRequest[] = [];
  const emitter = new EventEmitter();

  const server = createServer((request, response) => {
    void serve(request, response);
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const body = await text(request).catch(() => '');
    requests.push({ method, url, headers, body });
    const answer = nextAnswer(script.get(`${method} ${url.split('?')[0]}`));
    emitter.emit('request');
    await reply(answer, response);
  };

  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    sent: (method, part = '') =>
      requests.filter((each) => each.method === method && each.url.includes(part)).length,
    on(route, ...answers) {
      script.set(route, [...answers]);
    },
    async received(count) {
      while (requests.length < count) await once(emitter, 'request');
      return requests;
    },
    close,
    async leave() {
      await keepPort(server);
      await close();
    },
  };
}

/** An answer that leaves when the test says so. */
export function held(answer: Exclude<Answer, string>): {
  readonly answer: Answer;
  readonly release: () => void;
} {
  let release: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { answer: { ...answer, after: promise }, release: () => release() };
}

const NOT_SCRIPTED: Answer = { status: 501, text: "This route isn't in the script" };

function nextAnswer(answers: Answer[] | undefined): Answer {
  if (!answers) return NOT_SCRIPTED;
  return (answers.length > 1 ? answers.shift() : answers[0]) ?? NOT_SCRIPTED;
}

async function reply(answer: Answer, response: ServerResponse): Promise<void> {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.destroy();
    return;
  }
  await answer.after;
  const json = answer.json === undefined ? undefined : JSON.stringify(answer.json);
  response.writeHead(answer.status ?? 200, {
    'content-type': json === undefined ? 'text/html' : 'application/json',
    ...answer.headers,
  });
  response.end(json ?? answer.text ?? '');
}
