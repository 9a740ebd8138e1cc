import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Hit {
  /** Of the request's arrival. */
  readonly at: number;
  readonly key: string | undefined;
}

export interface CountingParty {
  readonly url: string;
  /** Every request by `PATH who`, in the order of arrival. */
  readonly hits: ReadonlyMap<string, readonly Hit[]>;
  /** Resolves when this many requests of that `PATH who` have come. */
  arrived(subject: string, count?: number): Promise<void>;
  close(): Promise<void>;
}

/** A poll is answered with `ready` from this request on. */
const READY_AT = 2;

/**
 * A third party that counts: `POST|GET /…?who=…` is answered with `{ id, ready }`, GET `/file…` with bytes.
 *
 * @param delayMs how long it takes for an answer to `PATH who`
 * @param anyAddress whether it listens at every address of this machine
 */
export async function startCountingParty(
  delayMs: (subject: string) => number,
  anyAddress = false,
): Promise<CountingParty> {
  const hits = new Map<string, Hit[]>();
  const emitter = new EventEmitter();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://party');
    const subject = `${url.pathname} ${url.searchParams.get('who')}`;
    const earlier = hits.get(subject) ?? [];
    const key = request.headers['idempotency-key'];
    hits.set(subject, [...earlier, { at: Date.now(), key: key === undefined ? key : String(key) }]);
    emitter.emit('hit');
    request.resume();
    request.on('end', () =>
      setTimeout(() => {
        if (request.method === 'GET' && url.pathname.startsWith('/file')) {
          response.setHeader('Content-Type', 'image/png').end(Buffer.alloc(1000, 7));
          return;
        }
        const answer = { id: hits.size, ready: earlier.length + 1 >= READY_AT };
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
      }, delayMs(subject)),
    );
  });
  server.listen(0, anyAddress ? '0.0.0.0' : '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  return {
    url: `http://127.0.0.1:${port}`,
    hits,
    async arrived(subject, count = 1) {
      while ((hits.get(subject)?.length ?? 0) < count) await once(emitter, 'hit');
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
