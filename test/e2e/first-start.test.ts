/** An installation's first start, on nothing, with the real worker: the first admin is greeted, and the doctor finds all in order. */
import { EventEmitter, once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { type App, startApp } from '../../src/app/app.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { readConfig } from '../../src/config/config.ts';
import { WorkQueue } from '../../src/core/work-queue.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { capturedOutput } from '../cli/captured.ts';
import {
  type EmptyInstallation,
  emptyInstallation,
} from '../support/company/empty-installation.ts';
import { readable } from '../support/slack-double/readable.ts';
import type { SlackDouble } from '../support/slack-double/slack-double.ts';

const jobsFolder = new URL('../../dist/src/jobs/', import.meta.url);

let installation: EmptyInstallation;
let slack: SlackDouble;
let environment: Record<string, string>;
let app: App;

beforeAll(async () => {
  installation = await emptyInstallation();
  ({ slack, environment } = installation);
  app = await startApp(environment, jobsFolder);
  await app.workerReady();
  slack.eventsUrl = `${app.url}/slack/events`;
});
afterAll(async () => {
  await app?.stop();
  await installation?.cleanup();
});

test('the first admin who writes is sent the first steps, which follow what is done', async () => {
  const ada = slack.addUser('ada', { email: 'ada@example.com' });
  await ada.command('help');
  const card = await slack.message('Setting up Latchkey', { channel: ada.direct });
  expect(readable(card.blocks ?? [])).toContain('Next: Only admins are in the directory');

  const { transact } = app.foundation;
  const execute = [{ url: 'https://api.example.com/users', method: 'POST' }];
  const wanted = { name: 'Fern', manifest: JSON.stringify({ execute }), secrets: {} };
  const deps = { actor: { kind: 'system' } } as const;
  await transact((tx) => addIntegration(tx, wanted, deps));
  await slack.message('✓ There is an integration', { channel: ada.direct });
});

test('how much chat takes up at once is judged again and again by how late the process is', async () => {
  const happened = new EventEmitter();
  const line = vi.spyOn(WorkQueue.prototype, 'atOnce', 'set').mockImplementation((atOnce) => {
    happened.emit('judged', atOnce);
  });
  onTestFinished(() => line.mockRestore());
  expect(await once(happened, 'judged')).toEqual([expect.any(Number)]);
});

test('the doctor finds a running Latchkey in order', async () => {
  const { output, stdout } = capturedOutput();
  await doctorCommand({}, { settings: readConfig(environment), now: () => new Date() }, output);
  expect(stdout()).toContain('✓ Web: Latchkey runs at 127.0.0.1');
  expect(stdout()).toContain('✓ Worker: It works.');
  expect(stdout()).toContain('✓ Slack: The token has every scope it needs.');
});

test('a second start on one SQLite file ends, and says that one runs there', async () => {
  const second = { ...environment, PORT: String(await freePort(0)) };
  const message = expect.stringContaining('Another Latchkey runs on') as string;
  await expect(startApp(second, jobsFolder)).rejects.toMatchObject({
    problems: [{ variable: 'DATABASE_URL', message }],
  });
});

test('the thread of the tick says so once and ends by itself', async () => {
  const thread = new Worker(new URL('tick.js', jobsFolder));
  expect(await once(thread, 'message')).toEqual([{ kind: 'tick' }]);
  expect(await once(thread, 'exit')).toEqual([0]);
});
