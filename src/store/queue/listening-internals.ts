/**
 * One connection listens for all runners of a process. graphile-worker listens on one for each, and PostgreSQL wakes the process of
 * each connection that listens at every notification: two for each job.
 *
 * This uses what graphile-worker does with a connection that it listens on; `test/store/queue/listening-internals.test.ts` fails when that
 * changes.
 */
import { EventEmitter } from 'node:events';
import type { Pool, PoolClient } from 'pg';

type Use = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (why?: true) => void,
) => void;

/** A connection that listens, as long as any runner does. */
interface Listening {
  readonly runners: Set<EventEmitter>;
  /** Once for all. */
  readonly listen: (text: string) => Promise<unknown>;
  readonly close: () => void;
}

/**
 * A pool for runners: graphile-worker takes a connection with a callback to listen on it, and any other one with a promise.
 * @param pool has the connections
 */
export function listeningOnce(pool: Pool): Pool {
  const take = pool.connect.bind(pool) as { (use: Use): void; (): Promise<PoolClient> };
  let waiting: Use[] = [];
  let listening: Listening | undefined;

  const open = (use: Use): void => {
    waiting.push(use);
    if (waiting.length > 1) return; // The first one opens it for all.
    take((error, client, release) => {
      const all = waiting;
      waiting = [];
      const opened = client && listeningOn(client, release);
      listening = opened;
      client?.once('error', () => forget(opened));
      if (opened) share(opened, all);
      else for (const each of all) each(error, undefined, () => undefined);
    });
  };

  const share = (opened: Listening, uses: readonly Use[]): void => {
    const begun = uses.map((use) => ({ use, runner: new EventEmitter() }));
    // All of them first: one that has no use for it any more gives it back at once.
    for (const { runner } of begun) opened.runners.add(runner);
    for (const { use, runner } of begun) {
      runner.on('error', () => undefined); // One may come after the runner has stopped listening.
      const query = async (text: string): Promise<void> => {
        if (text.startsWith('LISTEN')) await opened.listen(text); // Where it doesn't any more, others may.
      };
      use(undefined, Object.assign(runner, { query }) as unknown as PoolClient, () => {
        // A runner that ends while its LISTEN fails releases twice.
        if (!opened.runners.delete(runner) || opened.runners.size > 0) return;
        forget(opened);
        opened.close();
      });
    }
  };

  const forget = (closed: Listening | undefined): void => {
    if (listening === closed) listening = undefined;
  };

  const connect = (use?: Use): Promise<PoolClient> | undefined => {
    if (!use) return take();
    if (listening) share(listening, [use]);
    else open(use);
    return undefined;
  };
  return Object.assign(Object.create(pool) as Pool, { connect, query: pool.query.bind(pool) });
}

function listeningOn(client: PoolClient, release: (why: true) => void): Listening {
  const runners = new Set<EventEmitter>();
  client.on('error', (error) => {
    for (const runner of runners) runner.emit('error', error);
  });
  client.on('notification', (message) => {
    for (const runner of runners) runner.emit('notification', { ...message }); // Each hook may change its own.
  });
  let asked: Promise<unknown> | undefined;
  return {
    runners,
    listen: (text) => (asked ??= client.query(text)),
    close: () => release(true), // It still listens, so the pool can't have it back.
  };
}
