/** Bree's job `worker`: a thread that supervises the worker process. Without database or native module. */
import { fork } from 'node:child_process';
import { parentPort } from 'node:worker_threads';
import { newId } from '../core/ids.ts';
import { CANCEL, CANCELLED, downward } from './messages.ts';
import { supervise } from './supervise.ts';

const main = parentPort;
if (!main) throw new Error('This is a Bree job: it runs as a worker thread');

const processFile = new URL('./worker-process.js', import.meta.url);

const supervisor = supervise({
  newId,
  report: (report) => main.postMessage(report),
  // Its log lines are the whole process's; it reads the environment that this thread was given.
  fork: (args) =>
    fork(processFile, [JSON.stringify(args)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
});

main.on('message', (message: unknown) => {
  if (message === CANCEL) {
    // Bree listens for one message only after it cancelled: nothing else may come before this.
    void supervisor.stop().then(() => main.postMessage(CANCELLED));
    return;
  }
  const parsed = downward.safeParse(message);
  if (parsed.success) supervisor.send(parsed.data);
});
