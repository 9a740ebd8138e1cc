import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { GraphileJobRunner } from '../../../src/store/queue/graphile-job-runner.ts';
import { installGraphile } from '../../../src/store/queue/graphile-queue.ts';
import type { JobFailure, RunnerTrouble } from '../../../src/store/queue/job-runner.ts';
import { idleJobs } from '../../support/idle-jobs.ts';
import { emptyPostgres } from '../../support/peers/postgres.ts';
import { until } from '../../support/until.ts';

test('of an outage the log has one line for each lane and reason, however often the lane begins again', async () => {
  let tries = 0;
  const server = createServer((socket) => {
    tries += 1;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const db = openDatabase(`postgres://latchkey@127.0.0.1:${port}/latchkey`);
  const logged: (JobFailure | RunnerTrouble)[] = [];
  const runner = new GraphileJobRunner({
    db,
    workerId: 'w1',
    slots: { interactive: 1, chat: 0, imports: 0, events: 0, background: 0 },
    handlers: idleJobs,
    now: () => new Date(),
    log: (event) => void logged.push(event),
  });
  runner.start();
  await until(() => tries >= 3);
  expect(logged).toHaveLength(1);
  server.close(); // Now nothing listens there.
  await until(() => logged.length > 1);
  expect(logged.map(({ code }) => code)).toEqual(['Error', 'ECONNREFUSED']);
  await runner.drain(0).catch(() => undefined); // What it would hand back is in that database.
  await db.destroy();
});

/** What PostgreSQL says as it ends a connection: ErrorResponse with severity FATAL and SQLSTATE 57P01, admin_shutdown. */
const SHUTDOWN = (() => {
  const fields = Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

/** The last message of a client. */
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

test('a server that goes away as the schema is there ends no process', async () => {
  const database = await emptyPostgres();
  const url = new URL(database.url);
  const { hostname, port } = url;
  let ended = 0;
  // Between the two, so that its last word comes while the client is already leaving.
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on('error', () => undefined);
    upstream.on('error', () => undefined);
    upstream.on('data', (data) => client.write(data));
    client.on('data', (data: Buffer) => {
      if (!data.equals(TERMINATE)) {
        upstream.write(data);
        return;
      }
      upstream.end(data);
      client.end(SHUTDOWN);
    });
    client.on('close', () => {
      ended += 1;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' ? address?.port : '');
  const db = openDatabase(url.href);
  const uncaught: Error[] = [];
  const hear = (error: Error) => void uncaught.push(error);
  process.on('uncaughtExceptionMonitor', hear);
  try {
    await installGraphile(db);
    await until(() => ended > 0);
    expect(uncaught).toEqual([]);
  } finally {
    process.off('uncaughtExceptionMonitor', hear);
    await db.destroy();
    server.close();
    await database.cleanup();
  }
});
