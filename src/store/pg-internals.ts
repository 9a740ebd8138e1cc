/** Everything here uses private parts of `pg`. `test/store/pg-internals.test.ts` fails when they change. */
import type { Socket } from 'node:net';
import type { ClientBase } from 'pg';

/** The properties that we use. The client's types don't have them. */
interface OpenClient {
  /** False from a query to the end of its answer. */
  readonly readyForQuery: boolean;
  readonly connection: { readonly stream: Socket };
}

export interface ClientConnection {
  readonly stream: Socket;
  /** Whether no query is running. */
  readonly isIdle: () => boolean;
}

export function connectionOf(client: ClientBase): ClientConnection {
  const open = client as unknown as OpenClient;
  return { stream: open.connection.stream, isIdle: () => open.readyForQuery };
}
