import { collectDefaultMetrics, Registry } from 'prom-client';

/** Makes the registry that `/metrics` shows, with the process's own metrics (memory, event loop, collector) in it. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
