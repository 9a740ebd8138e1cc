/** A system that receives events: a real server, whose answer a test chooses. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly event: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on. Default: 204. */
  answer: (response: ServerResponse, request: IncomingMessage, got: Received) => void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const receiver = {
    url: '',
    received: [] as Received[],
    answer: (response: ServerResponse) => void response.writeHead(204).end(),
    close: async () => undefined as void,
  };
  const server = createServer(async (request, response) => {
    if (request.headers['webhook-id'] === undefined) {
      response.writeHead(204).end(); // It is an app, too.
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString('utf8');
    const got = {
      headers: request.headers as Record<string, string>,
      body,
      event: JSON.parse(body) as Received['event'],
    };
    receiver.received.push(got);
    (receiver as Receiver).answer(response, request, got);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  receiver.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return receiver;
}
