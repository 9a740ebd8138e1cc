/** All that Latchkey knows of the private parts of `pg`. `test/store/pg-internals.test.ts` fails when they change. */
import type { Socket } from 'node:net';
import type { ClientBase } from 'pg';

/** What of a client is used; its types leave it open. */
interface OpenClient {
  /** False from a question to the end of its answer. */
  readonly readyForQuery: boolean;
  readonly connection: { readonly stream: Socket };
}

export interface ClientConnection {
  readonly stream: Socket;
  /** Whether no question is under way. */
  readonly isIdle: () => boolean;
}

export function connectionOf(client: ClientBase): ClientConnection {
  const open = client as unknown as OpenClient;
  return { stream: open.connection.stream, isIdle: () => open.readyForQuery };
}
