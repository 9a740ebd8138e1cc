/**
 * Bree's job `worker`: a thread that supervises the worker process. It has no database or native module, and passes messages on as
 * they are: those who get them check them.
 */
import { fork } from 'node:child_process';
import { parentPort } from 'node:worker_threads';
import { newId } from '../core/ids.ts';
import { CANCEL, CANCELLED } from './agreed.ts';
import type { Downward } from './messages.ts';
import { supervise } from './supervise.ts';

const main = parentPort;
if (!main) throw new Error('This is a Bree job: it runs as a worker thread');

const processFile = new URL('./worker-process.js', import.meta.url);

const supervisor = supervise({
  newId,
  report: (report) => main.postMessage(report),
  // Its log goes to the process's own output. Its environment is this thread's.
  fork: (args) =>
    fork(processFile, [JSON.stringify(args)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
});

main.on('message', (message: typeof CANCEL | Downward) => {
  if (message === CANCEL) {
    void supervisor.stop().then(() => main.postMessage(CANCELLED));
    return;
  }
  supervisor.send(message);
});
