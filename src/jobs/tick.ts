/**
 * Bree's job `tick`: a thread that reports each minute and ends. It needs no database or native module, since main
 * computes what is due.
 */
import { parentPort } from 'node:worker_threads';
import type { Tick } from './messages.ts';

const tick: Tick = { kind: 'tick' };
parentPort?.postMessage(tick);
