/** The built worker process, told to end: before it has begun, as when someone stops Latchkey at once, and in the middle of a request. */
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { type Downward, type Report, upward } from '../../src/jobs/messages.ts';
import { supervise } from '../../src/jobs/supervise.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { type CountingParty, startCountingParty } from '../support/counting-party.ts';
import { migratedPostgres } from '../support/peers/postgres.ts';
import { openRunLab, type RunLab } from '../support/run-lab.ts';
import { until } from '../support/until.ts';

const workerFile = fileURLToPath(new URL('../../dist/src/jobs/worker-process.js', import.meta.url));
const drain: Downward = { kind: 'drain' };

const databases = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-worker-'));
    const file = join(folder, 'latchkey.sqlite');
    putMigrated(file);
    return { url: `sqlite:${file}`, cleanup: () => rm(folder, { recursive: true, force: true }) };
  },
  PostgreSQL: migratedPostgres,
};

describe.each(Object.entries(databases))('on %s', (on, open) => {
  let database: { readonly url: string; readonly cleanup: () => Promise<void> };
  let party: CountingParty;
  let lab: RunLab;
  let answers: EventEmitter;
  let delayMs: number;
  beforeEach(async () => {
    database = await open();
    answers = new EventEmitter();
    delayMs = 0;
    party = await startCountingParty(() => {
      answers.emit('under way');
      return delayMs;
    });
    lab = await openRunLab(database.url, party);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await lab.close();
    await party.close();
    await database.cleanup();
  });

  test('a worker that has to stop while it starts claims nothing, leaves nothing behind, and ends well', async () => {
    await lab.start(1, ['writes']);
    const workerId = newId();
    const child = fork(workerFile, [JSON.stringify({ workerId, replaces: [newId()] })], {
      env: { ...process.env, ...lab.environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const said: unknown[] = [];
    child.on('message', (message) => said.push(upward.parse(message).kind));
    child.send(drain); // It waits in the channel until someone listens, which is before the first look at the database.
    expect(await once(child, 'exit')).toEqual([0, null]);

    expect(said).toEqual([]);
    expect(party.hits.size).toBe(0);
    expect(await lab.unfinished()).toBe(1);
    expect(await lab.foundation.stores.workers.lastBeat()).toBeUndefined();
  });

  test('a worker whose main was killed while it started ends, and claims nothing', async () => {
    await lab.start(1, ['writes']);
    const child = fork(workerFile, [JSON.stringify({ workerId: newId(), replaces: [] })], {
      env: { ...process.env, ...lab.environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.disconnect(); // As the system does when main is killed.
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(party.hits.size).toBe(0);
    expect(await lab.foundation.stores.workers.lastBeat()).toBeUndefined();
  });

  test('a worker that has to stop lets a request that takes 18 s more come to its end', async () => {
    const [runId = ''] = await lab.start(1, ['writes']);
    // The clock of the third party, and of the process that would kill the worker; its own goes on.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    delayMs = 18_000;
    const underWay = once(answers, 'under way');
    let child: ChildProcess | undefined;
    const supervisor = supervise({
      newId,
      report: () => undefined,
      fork(args) {
        child = fork(workerFile, [JSON.stringify(args)], {
          env: { ...process.env, ...lab.environment },
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
        return child;
      },
    });
    await underWay;
    const stopped = supervisor.stop();
    delayMs = 0;
    vi.advanceTimersByTime(18_000);
    vi.useRealTimers();
    await stopped;
    expect(child).toMatchObject({ exitCode: 0, signalCode: null });
    // The next step is its successor's.
    const [step] = await lab.foundation.stores.runs.steps(runId, 1);
    expect(step?.state).toBe('done');
  });

  // What follows is no matter of the database: the quicker one shows it.
  if (on === 'PostgreSQL') return;

  test('a worker leaves the processor to main, for which people wait', async () => {
    const child = fork(workerFile, [JSON.stringify({ workerId: newId(), replaces: [] })], {
      env: { ...process.env, ...lab.environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    await Promise.race([once(child, 'message'), ended]); // It is ready.
    const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
    const lowered = getPriority() + PRIORITY_BELOW_NORMAL;
    expect(getPriority(child.pid)).toBe(Math.min(lowered, PRIORITY_LOW));
    child.send(drain);
    await ended;
  });

  test('a run that takes its worker down twice fails with a sentence, and the third worker lives', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-crash-'));
    const crash = join(folder, 'crash.mjs');
    // Whatever asks a third party ends the process, as a fault of a native module would.
    await writeFile(
      crash,
      `import http from 'node:http';
       import { syncBuiltinESMExports } from 'node:module';
       http.request = () => process.exit(3);
       syncBuiltinESMExports();`,
    );
    const [runId = ''] = await lab.start(1, ['file']); // Begins with a GET, which is sent again.
    const exits: Report[] = [];
    const supervisor = supervise({
      newId,
      report: (report) => void (report.kind === 'exited' && exits.push(report)),
      fork: (args) =>
        fork(workerFile, [JSON.stringify(args)], {
          env: { ...process.env, ...lab.environment },
          execArgv: ['--import', pathToFileURL(crash).href],
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        }),
    });
    await until(async () => (await lab.unfinished()) === 0);
    await supervisor.stop();
    await rm(folder, { recursive: true });

    const run = await lab.foundation.stores.runs.find(runId);
    expect(run).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'internal' } });
    expect(run?.state === 'failed' && run.error.message).toMatch(/^Latchkey crashed twice/);
    expect(exits).toMatchObject([{ reason: 'exit code 3' }, { reason: 'exit code 3' }]);
  });
});
