/** A real proxy on 127.0.0.1 that knows `CONNECT`, and keeps what it was asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  readonly url: URL;
  /** What came with each `CONNECT`, in order. */
  readonly asked: readonly {
    readonly target: string;
    readonly host: string | undefined;
    readonly authorization: string | undefined;
  }[];
  close(): void;
}

/** @param refuse the status that everything is answered with, in place of a tunnel */
export async function startConnectProxy(refuse?: number): Promise<ConnectProxy> {
  const asked: ConnectProxy['asked'][number][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => void response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    sockets.add(client);
    client.on('error', () => undefined);
    asked.push({
      target: request.url ?? '',
      host: request.headers.host,
      authorization: request.headers['proxy-authorization'],
    });
    if (refuse !== undefined) {
      client.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 });
    sockets.add(upstream);
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
