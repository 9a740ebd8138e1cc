/** What the main process knows of its worker: all that the worker reports. */
import type { Signals } from '../engine/ports/jobs.ts';
import type { Report } from '../jobs/messages.ts';
import type { Log } from '../log.ts';
import type { Meters } from '../observe/meters.ts';

interface WorkerReportsDeps {
  readonly signals: Pick<Signals, 'announce'>;
  readonly meters: Pick<Meters, 'workerRestarted'>;
  readonly log: Pick<Log, 'error'>;
}

export class WorkerReports {
  readonly #deps: WorkerReportsDeps;
  #processes = 1;
  #workerId = '';
  #working = deferred<number>();

  constructor(deps: WorkerReportsDeps) {
    this.#deps = deps;
  }

  /** The number of processes on this database. */
  get processes(): number {
    return this.#processes;
  }

  /** Of the last worker of this process that came up; empty before. */
  get workerId(): string {
    return this.#workerId;
  }

  /** Resolves with the worker's process id when it claims jobs. When that worker has ended, waits for the next one. */
  get ready(): Promise<number> {
    return this.#working.promise;
  }

  heard(report: Report): void {
    const { signals, meters, log } = this.#deps;
    if (report.kind === 'announce') signals.announce(report.topic);
    if (report.kind === 'beat') this.#processes = report.workers;
    if (report.kind === 'ready') {
      this.#workerId = report.workerId;
      this.#working.resolve(report.pid);
    }
    if (report.kind === 'exited') {
      meters.workerRestarted();
      log.error(report, 'The worker process ended and starts again');
      this.#working = deferred<number>();
    }
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
