/**
 * Bree's job `tick`: a thread that says each minute that a minute has passed, and ends. Without database or native
 * module: what is due is computed by main.
 */
import { parentPort } from 'node:worker_threads';
import type { Tick } from './messages.ts';

const tick: Tick = { kind: 'tick' };
parentPort?.postMessage(tick);
