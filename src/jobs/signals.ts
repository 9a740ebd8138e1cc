import { EventEmitter } from 'node:events';
import type { Signals } from '../engine/ports/jobs.ts';

/** `Signals` of the main thread: what the worker announces reaches whoever waits here. */
export function createSignals(): Signals {
  const news = new EventEmitter();
  news.setMaxListeners(0); // One per open form.
  return {
    announce: (topic) => void news.emit(topic),
    next: (topic, withinMs) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          news.off(topic, done);
          resolve();
        };
        const timer = setTimeout(done, withinMs);
        news.on(topic, done);
      }),
  };
}
