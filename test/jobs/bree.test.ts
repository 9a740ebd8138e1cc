/** What the jobs' threads say to main. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CANCEL, CANCELLED } from '../../src/jobs/agreed.ts';
import { type RunningJobs, startJobs } from '../../src/jobs/bree.ts';
import type { Report } from '../../src/jobs/messages.ts';

const READY: Report = { kind: 'ready', workerId: 'worker-1', pid: 1 };
/** Says these, and ends when it is told to. */
const saying = (
  ...messages: readonly unknown[]
) => `import { parentPort } from 'node:worker_threads';
  for (const message of ${JSON.stringify(messages)}) parentPort.postMessage(message);
  parentPort.on('message', () => { parentPort.postMessage('cancelled'); parentPort.close(); });`;

test('a report that comes while Latchkey stops is not taken for the end of the worker', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-jobs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // As a worker that ended in its start when the signal came, and whose end is reported just then.
  const worker = `
    import { parentPort } from 'node:worker_threads';
    const exited = { kind: 'exited', workerId: 'w', reason: 'killed by SIGTERM', restartInMs: 50 };
    parentPort.postMessage({ kind: 'beat', workers: 1 });
    parentPort.on('message', (message) => {
      if (message !== '${CANCEL}') return;
      parentPort.postMessage(exited);
      parentPort.postMessage('${CANCELLED}');
    });`;
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'worker.js'), worker);
  await writeFile(join(folder, 'tick.js'), '');
  const reports: Report[] = [];
  let jobs: RunningJobs | undefined;
  await new Promise<void>((resolve, reject) => {
    startJobs({
      folder: pathToFileURL(`${folder}/`),
      environment: {},
      onReport(report) {
        reports.push(report);
        resolve();
      },
      onTick: () => undefined,
      onError: reject,
    }).then((started) => (jobs = started), reject);
  });
  // The time limit of a stop never comes here.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await jobs?.stop();
  expect(reports.map(({ kind }) => kind)).toEqual(['beat', 'exited']);
});

test('what the worker process says that nobody knows is told as an error, and changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-jobs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'tick.js'), saying());
  const babble = ['hello', { kind: 'unheard of' }, { kind: 'beat', workers: 'many' }];
  await writeFile(join(folder, 'worker.js'), saying(...babble, READY));

  const errors: unknown[] = [];
  const reports = new EventEmitter();
  const first = once(reports, 'report');
  const jobs = await startJobs({
    folder: pathToFileURL(`${folder}/`),
    environment: {},
    onReport: (report) => void reports.emit('report', report),
    onTick: () => undefined,
    onError: (error) => errors.push(error),
  });
  expect(await first).toEqual([READY]);
  expect(errors).toEqual(babble.map(() => new TypeError('The worker said something unknown')));
  await jobs.stop();
});
