/** What is seen of a process: its log, its figures and its traces. */
import type { Config } from '../config/config.ts';
import { createLog, type Log } from '../log.ts';
import { createMeters, type Meters, type Part } from '../observe/meters.ts';
import { Observer } from '../observe/observer.ts';
import { openTracer, type Tracer } from '../observe/tracer.ts';

export interface Watch {
  readonly tracer: Tracer;
  readonly observer: Observer;
  readonly meters: Meters;
  readonly log: Log;
}

/** @param ids in each line of the log; left out: none */
export async function openWatch(
  part: Part,
  { tracing, logLevel }: Pick<Config, 'tracing' | 'logLevel'>,
  ids: Readonly<Record<string, string>> = {},
): Promise<Watch> {
  const tracer = await openTracer(tracing, (why) => log.warn(why));
  const observer = new Observer(tracer);
  const meters = createMeters(part);
  const log = createLog({
    level: logLevel,
    ids: () => observer.ids(),
    onError: () => meters.failed(),
  }).child(ids);
  return { tracer, observer, meters, log };
}
