import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { GraphileJobRunner } from '../../../src/store/queue/graphile-job-runner.ts';
import type { JobFailure, RunnerTrouble } from '../../../src/store/queue/job-runner.ts';
import { idleJobs } from '../../support/idle-jobs.ts';
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
