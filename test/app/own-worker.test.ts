/** `/readyz` of a process whose worker never comes up, while that of another process on the same database is well. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { startApp } from '../../src/app/app.ts';
import { putMigrated } from '../support/company/migrated-file.ts';

/** Jobs that do nothing, and end when they are told to. */
const IDLE = `import { parentPort } from 'node:worker_threads';
parentPort.on('message', () => { parentPort.postMessage('cancelled'); parentPort.close(); });`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-own-'));
  putMigrated(join(folder, 'latchkey.sqlite'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const job of ['worker.js', 'tick.js']) await writeFile(join(folder, job), IDLE);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("another process's worker is no worker of this one", async () => {
  const app = await startApp(
    {
      DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
      PORT: String(await freePort(0)),
      ADMIN_EMAILS: 'ada@example.com',
      LOG_LEVEL: 'silent',
    },
    pathToFileURL(`${folder}/`),
  );
  try {
    const { stores, now } = app.foundation;
    await stores.workers.beat('of another process', now());
    const answer = await fetch(`${app.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('The worker of this process has not said that it lives');
  } finally {
    await app.stop();
  }
});
