import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { startApp } from '../../src/app/app.ts';
import { statusCommand } from '../../src/cli/doctor/status.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/store/database.ts';
import { holdForMove } from '../../src/store/hold-moving.ts';
import { migrate } from '../../src/store/migrations.ts';
import { withHeldTable } from '../support/database/held-transaction.ts';
import { ok } from '../support/given/outcomes.ts';
import { migratedPostgres } from '../support/peers/postgres.ts';
import { until } from '../support/until.ts';
import { capturedOutput } from './captured.ts';

let folder: string;
let environment: Record<string, string>;
let config: Config;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-status-'));
  environment = {
    PORT: String(await freePort(0)),
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
    LOG_LEVEL: 'silent',
  };
  const read = ok(readConfig(environment));
  config = read.config;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function status(options: { json?: boolean } = {}) {
  const { output, stdout } = capturedOutput();
  const code = await statusCommand(options, { config, now: () => new Date(), output });
  return { code, out: stdout() };
}

/** Needs the build. */
async function start() {
  const app = await startApp(environment, new URL('../../dist/src/jobs/', import.meta.url));
  onTestFinished(() => app.stop());
  await app.workerReady();
}

test('before the first start it says so, and makes no database', async () => {
  const { code, out } = await status();
  expect(code).toBe(1);
  expect(out).toContain('nothing answers at http://127.0.0.1:');
  expect(out).toMatch(/Database +There is no .*latchkey\.sqlite yet/);
  expect((await status()).out).toContain('There is no');
});

test('a running one says since when, and what waits', async () => {
  await start();
  const { code, out } = await status();
  expect(code).toBe(0);
  expect(out).toMatch(/runs since 20\d\d-\S+Z at http:\/\/127\.0\.0\.1:\d+, ready\n/);
  expect(out).toMatch(/Worker +last sign of life \d+ s ago\n/);
  expect(out).toContain('Removals  0 stuck, 0 by hand, 0 in progress\n');
});

test('as JSON it is one object', async () => {
  await start();
  expect(JSON.parse((await status({ json: true })).out)).toMatchObject({
    running: true,
    ready: true,
    queue: { due: expect.any(Number) as number },
    removals: { stuck: 0, 'by-hand': 0 },
  });
});

test('one whose metrics fail runs all the same', async () => {
  const server = createServer((request, response) =>
    request.url === '/readyz' ? response.end('{"ready":true}') : request.socket.destroy(),
  );
  await new Promise<void>((done) => server.listen(config.port, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { code, out } = await status();
  expect(code).toBe(0);
  expect(out).toMatch(/: runs at http:\/\/127\.0\.0\.1:\d+, ready\n/);
});

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

test('a table that someone holds is said, and not waited for', async () => {
  const { url, letGo } = await withHeldTable('removals');
  const { output, stdout } = capturedOutput();
  const deps = { config: { ...config, databaseUrl: url }, now: () => new Date(), output };
  const before = openSockets();
  const code = await statusCommand({}, { ...deps, maxReadMs: 50 });
  await until(() => openSockets() <= before); // A command ends with its last one.
  await letGo();
  expect(code).toBe(1);
  expect(stdout()).toContain("it can't be read (no answer in time)");
}, 20_000); // A connection of Latchkey itself would be given up after 30 s.

test.each([
  ['SQLite', async () => config.databaseUrl],
  [
    'PostgreSQL',
    async () => {
      const { url, cleanup } = await migratedPostgres();
      onTestFinished(cleanup);
      return url;
    },
  ],
])('while a move copies %s, it is said, and no start is advised', async (_, address) => {
  const databaseUrl = await address();
  const db = openDatabase(databaseUrl);
  await migrate(db);
  await db.destroy();
  const letGo = await holdForMove(databaseUrl, () => new Error('in use'));
  onTestFinished(letGo);
  const { output, stdout } = capturedOutput();
  const deps = { config: { ...config, databaseUrl }, now: () => new Date(), output };
  expect(await statusCommand({}, deps)).toBe(1);
  expect(stdout()).toMatch(/^Database +"latchkey move" copies it into another one now; /m);
  expect(stdout()).not.toContain('latchkey start');
});
