/** PostgreSQL that says nothing: a network that drops packets gives nobody an error. */
import type { ClientBase } from 'pg';
import { type ClientConnection, connectionOf } from './pg-internals.ts';

/**
 * Closes a connection of a pool when it stays silent while it has a query or is being closed. Everything that waits for
 * it fails at once. It also closes idle connections that were silent for half as long: a query on one of them would wait
 * just as long again. We take half because a socket's timeout counts from the turn of the event loop, which may begin
 * long before its data arrives. A new connection opens quickly.
 */
export function givesUpWhenSilent(silenceMs: number): (client: ClientBase) => void {
  /** When data last came from each, by the monotonic clock. */
  const heard = new Map<ClientConnection, number>();
  return (client) => {
    if (!Number.isFinite(silenceMs)) return;
    const connection = connectionOf(client);
    const { stream } = connection;
    const hear = () => void heard.set(connection, performance.now());
    hear();
    stream.on('data', hear).once('close', () => heard.delete(connection));
    stream.setTimeout(silenceMs).on('timeout', () => {
      if (connection.isIdle() && !stream.writableEnded) return;
      const silent = new SilentDatabase(silenceMs);
      const since = performance.now() - silenceMs / 2;
      // The idle ones first: the failed caller may query again at once.
      for (const [other, at] of heard)
        if (other.isIdle() && at <= since) other.stream.destroy(silent);
      stream.destroy(silent);
    });
  };
}

class SilentDatabase extends Error {
  readonly code = 'silent-database';
  constructor(silenceMs: number) {
    super(
      `The database has said nothing for ${silenceMs / 1000} seconds; the connection is given up`,
    );
    this.name = 'SilentDatabase';
  }
}
