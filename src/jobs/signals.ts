import { EventEmitter } from 'node:events';
import type { Signals } from '../engine/ports/jobs.ts';

/** The main thread's `Signals`: passes the worker's announcements to everyone who waits here. */
export function createSignals(): Signals {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0); // One listener for each open form.
  return {
    announce: (topic) => void emitter.emit(topic),
    next: (topic, withinMs) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          emitter.off(topic, done);
          resolve();
        };
        const timer = setTimeout(done, withinMs);
        emitter.on(topic, done);
      }),
  };
}
