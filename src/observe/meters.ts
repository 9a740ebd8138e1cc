/**
 * The metrics of `/metrics`. Each process counts its own: main the interactions, the worker the work that follows. A
 * label's values come from a fixed set, or are names of integrations, up to a limit.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../version.ts';

/** The parts of Latchkey: `main` answers people, `worker` does everything slow. */
export type Part = 'main' | 'worker';

export type Platform = 'slack' | 'teams';

export interface Meters {
  readonly registry: Registry;
  /** From the arrival of an interaction to its acknowledgement. */
  acknowledged(platform: Platform, seconds: number): void;
  /** @param kind `command`, `press`, `submit`, … */
  interacted(platform: Platform, kind: string): void;
  /** @param route `GET /people/{id}`: never an address with an id */
  apiAnswered(route: string, status: number): void;
  /** @param operation the Web API's method, or the connector's `send`, `edit`, … @param outcome `ok`, or the error */
  chatCalled(call: {
    readonly platform: Platform;
    readonly operation: string;
    readonly outcome: string;
    readonly seconds: number;
  }): void;
  /** @param outcome `succeeded`, `failed`, `blocked`, `cancelled`, or `retrying`: it failed and is retried */
  runEnded(run: {
    readonly integration: string;
    readonly kind: string;
    readonly outcome: string;
  }): void;
  /** @param outcome `2xx`, `4xx` …, `429`, or the code of a failure without an answer */
  thirdPartyAnswered(call: {
    readonly integration: string;
    readonly outcome: string;
    readonly seconds: number;
  }): void;
  checked(state: string): void;
  /** @param via `email`, `text`, `chat`, …; `none` when the delivery failed */
  delivered(via: string, outcome: string): void;
  imported(
    source: 'service' | 'file',
    outcome: string,
    people: Readonly<Record<string, number>>,
  ): void;
  /** Integrations whose runs may come. None has failed yet. */
  expectRuns(integrations: readonly string[]): void;
  /** Jobs that may come. None has failed yet. */
  expectJobs(names: readonly string[]): void;
  jobEnded(name: string, outcome: 'done' | 'failed', seconds: number): void;
  /** An error was logged. */
  failed(): void;
  workerRestarted(): void;
}

/** Slack waits 3 s and Teams 5 s. Our aim is 0.1 s. */
const ACK_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5];
const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const JOB_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300];

/** More integrations than a company has. Further ones count as `other`, so that a mistake can't flood the monitoring. */
const MAX_INTEGRATIONS = 200;
/** Slack has some 300 methods; Latchkey calls a dozen. */
const MAX_OPERATIONS = 50;

/**
 * Outcomes that should alert an operator. They begin at 0, since Prometheus sees no increase in a metric that first
 * appears as 1. An integration that was added since the worker started is unknown before its first run ends, so only its second
 * failure shows.
 */
const CALLED_FOR = {
  runs: ['failed', 'blocked'],
  deliveries: ['failed', 'unknown'],
  imports: ['failed'],
} as const;
const IMPORTED_FROM = ['service', 'file'] as const;
const RUN_KINDS = ['execute', 'revoke'] as const;

export function createMeters(part: Part): Meters {
  const registry = new Registry();
  registry.setDefaultLabels({ process: part });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'latchkey_build_info',
    help: '1, with the version of Latchkey that runs',
    labelNames: ['version'],
    registers,
  }).set({ version: VERSION }, 1);
  const integrationOf = atMost(MAX_INTEGRATIONS);
  const operationOf = atMost(MAX_OPERATIONS);

  const acknowledgement = new Histogram({
    name: 'latchkey_acknowledgement_seconds',
    help: 'From the arrival of an interaction to the answer that the chat platform waits for',
    labelNames: ['platform'],
    buckets: ACK_SECONDS,
    registers,
  });
  const interactions = new Counter({
    name: 'latchkey_interactions_total',
    help: 'What people did in chat',
    labelNames: ['platform', 'kind'],
    registers,
  });
  const apiRequests = new Counter({
    name: 'latchkey_api_requests_total',
    help: 'Requests of programs to the API by route and answer',
    labelNames: ['route', 'status'],
    registers,
  });
  const chatCalls = new Counter({
    name: 'latchkey_chat_calls_total',
    help: 'Calls of a chat platform; outcome rate-limited: it asked to wait',
    labelNames: ['platform', 'operation', 'outcome'],
    registers,
  });
  const chatSeconds = new Histogram({
    name: 'latchkey_chat_call_seconds',
    help: 'How long calls of a chat platform took',
    labelNames: ['platform'],
    buckets: CALL_SECONDS,
    registers,
  });
  const runs = new Counter({
    name: 'latchkey_runs_total',
    help: 'Attempts of runs that ended in this worker; outcome retrying: it failed and is tried once more',
    labelNames: ['integration', 'kind', 'outcome'],
    registers,
  });
  const thirdPartyCalls = new Counter({
    name: 'latchkey_third_party_calls_total',
    help: 'Requests to apps by their answer, or by why there was none',
    labelNames: ['integration', 'outcome'],
    registers,
  });
  const thirdPartySeconds = new Histogram({
    name: 'latchkey_third_party_seconds',
    help: 'How long requests to apps took, redirects included',
    labelNames: ['integration'],
    buckets: CALL_SECONDS,
    registers,
  });
  const checks = new Counter({
    name: 'latchkey_checks_total',
    help: 'Answers to the question whether someone has access',
    labelNames: ['state'],
    registers,
  });
  const deliveries = new Counter({
    name: 'latchkey_deliveries_total',
    help: 'Tries to deliver a message by way and outcome; outcome waiting: it is tried again',
    labelNames: ['via', 'outcome'],
    registers,
  });
  const imports = new Counter({
    name: 'latchkey_imports_total',
    help: 'Imports of people that ended in this worker',
    labelNames: ['source', 'outcome'],
    registers,
  });
  const importedPeople = new Counter({
    name: 'latchkey_import_people_total',
    help: 'People of imports by what became of them',
    labelNames: ['result'],
    registers,
  });
  const jobs = new Histogram({
    name: 'latchkey_job_seconds',
    help: 'How long jobs of the queue took; outcome failed: a bug, or a database that is away',
    labelNames: ['name', 'outcome'], // Prometheus sets `job` and `instance` itself, and renames ours.
    buckets: JOB_SECONDS,
    registers,
  });
  const errors = new Counter({
    name: 'latchkey_errors_total',
    help: 'Lines of the log at level error',
    registers,
  });
  const restarts = new Counter({
    name: 'latchkey_worker_restarts_total',
    help: 'How often the worker process ended and was started again',
    registers: part === 'main' ? registers : [],
  });

  if (part === 'worker') {
    for (const outcome of CALLED_FOR.deliveries) deliveries.inc({ via: 'none', outcome }, 0);
    for (const source of IMPORTED_FROM)
      for (const outcome of CALLED_FOR.imports) imports.inc({ source, outcome }, 0);
  }

  const expectRun = (run: { readonly integration: string; readonly kind: string }) => {
    for (const outcome of CALLED_FOR.runs) runs.inc({ ...run, outcome }, 0);
  };

  return {
    registry,
    acknowledged: (platform, seconds) => acknowledgement.observe({ platform }, seconds),
    interacted: (platform, kind) => interactions.inc({ platform, kind }),
    apiAnswered: (route, status) => apiRequests.inc({ route, status }),
    chatCalled({ platform, operation, outcome, seconds }) {
      chatCalls.inc({ platform, operation: operationOf(operation), outcome });
      chatSeconds.observe({ platform }, seconds);
    },
    expectRuns(integrations) {
      for (const name of integrations)
        for (const kind of RUN_KINDS) expectRun({ integration: integrationOf(name), kind });
    },
    runEnded({ integration, kind, outcome }) {
      const run = { integration: integrationOf(integration), kind };
      expectRun(run);
      runs.inc({ ...run, outcome });
    },
    thirdPartyAnswered({ integration, outcome, seconds }) {
      thirdPartyCalls.inc({ integration: integrationOf(integration), outcome });
      thirdPartySeconds.observe({ integration: integrationOf(integration) }, seconds);
    },
    checked: (state) => checks.inc({ state }),
    delivered: (via, outcome) => deliveries.inc({ via, outcome }),
    imported(source, outcome, people) {
      imports.inc({ source, outcome });
      for (const [result, count] of Object.entries(people)) importedPeople.inc({ result }, count);
    },
    expectJobs(names) {
      for (const name of names) jobs.zero({ name, outcome: 'failed' });
    },
    jobEnded: (name, outcome, seconds) => jobs.observe({ name, outcome }, seconds),
    failed: () => errors.inc(),
    workerRestarted: () => restarts.inc(),
  };
}

export interface QueueDepth {
  readonly lane: string;
  /** Jobs that are due now, without claimed ones. */
  readonly due: number;
  readonly later: number;
  /** Seconds that the oldest due job has waited. */
  readonly oldestSeconds: number;
}

/** What each collection reads: from the database, and from the parts that Latchkey needs. */
export interface Looks {
  /** Empty when the database can't be read. Never rejects. */
  readonly queue: () => Promise<readonly QueueDepth[]>;
  /** Open removals by state. Empty when the database can't be read. Never rejects. */
  readonly removals: () => Promise<Readonly<Record<string, number>>>;
  /** How long the oldest entry of the audit log has waited for its seal. NaN when the database can't be read. Never rejects. */
  readonly unsealedSeconds: () => Promise<number>;
  /** What is left on the disk of the database (SQLite) and of the audit file. Empty when they can't be read. Never rejects. */
  readonly freeBytes: () => Promise<Readonly<Record<string, number>>>;
  /** By name: whether the part works now. */
  readonly parts: () => Promise<Readonly<Record<string, boolean>>>;
}

/** Every process that shares a database reports the same queue and removals, so take the largest value and not the sum. */
export function addLooks(registry: Registry, looks: Looks): void {
  const queueJobs = new Gauge({
    name: 'latchkey_queue_jobs',
    help: 'Jobs that wait, of all processes; state later: their time has not come',
    labelNames: ['lane', 'state'],
    registers: [],
    async collect() {
      this.reset();
      for (const { lane, due, later } of await looks.queue()) {
        this.set({ lane, state: 'due' }, due);
        this.set({ lane, state: 'later' }, later);
      }
    },
  });
  const queueAge = new Gauge({
    name: 'latchkey_queue_oldest_seconds',
    help: 'How long the longest due job of a lane has waited',
    labelNames: ['lane'],
    registers: [],
    async collect() {
      this.reset();
      for (const { lane, oldestSeconds } of await looks.queue()) this.set({ lane }, oldestSeconds);
    },
  });
  const removals = new Gauge({
    name: 'latchkey_removals',
    help: 'Removals of access that have yet to end, of all processes; state stuck: tried again, and admins were notified',
    labelNames: ['state'],
    registers: [],
    async collect() {
      this.reset();
      for (const [state, count] of Object.entries(await looks.removals()))
        this.set({ state }, count);
    },
  });
  const unsealed = new Gauge({
    name: 'latchkey_audit_unsealed_seconds',
    help: 'How long the oldest entry of the audit log has waited for its seal',
    registers: [],
    async collect() {
      this.set(await looks.unsealedSeconds());
    },
  });
  const free = new Gauge({
    name: 'latchkey_disk_free_bytes',
    help: 'What is left on the disk that Latchkey writes to; of database: SQLite',
    labelNames: ['of'],
    registers: [],
    async collect() {
      this.reset();
      for (const [of, bytes] of Object.entries(await looks.freeBytes())) this.set({ of }, bytes);
    },
  });
  const ready = new Gauge({
    name: 'latchkey_ready',
    help: '1 for a part that works, 0 for one that does not; /readyz says why',
    labelNames: ['part'],
    registers: [],
    async collect() {
      this.reset();
      for (const [part, works] of Object.entries(await looks.parts()))
        this.set({ part }, works ? 1 : 0);
    },
  });
  for (const gauge of [queueJobs, queueAge, removals, unsealed, free, ready])
    registry.registerMetric(gauge);
}

/** @returns a function that keeps the first `count` texts and turns the others into `other` */
function atMost(count: number): (text: string) => string {
  const known = new Set<string>();
  return (text) => {
    if (known.size < count) known.add(text);
    return known.has(text) ? text : 'other';
  };
}
