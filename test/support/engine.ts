/**
 * The engine with real parts (SQLite in a temporary directory, outbound HTTP to a scripted third party) and a clock
 * that only the test moves. There is no worker process: `runJobs` does what one would do by that time.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { showCancelled } from '../../src/bots/features/access/cancelled-grant.ts';
import { accessEvents } from '../../src/bots/features/access/on-events.ts';
import { importEvents } from '../../src/bots/features/imports/on-events.ts';
import { integrationEvents } from '../../src/bots/features/integrations/on-events.ts';
import { askAboutFact } from '../../src/bots/features/people/fact-claim-card.ts';
import { ruleEvents } from '../../src/bots/features/rules/on-events.ts';
import { runEvents } from '../../src/bots/features/runs/on-events.ts';
import { sequenceEvents } from '../../src/bots/features/sequences/on-events.ts';
import { transitionEvents } from '../../src/bots/features/transitions/on-events.ts';
import { newId } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { LiveCardRef } from '../../src/core/message.ts';
import { checkQueued } from '../../src/engine/access/check-access.ts';
import { advanceDiscovery } from '../../src/engine/access/discover-access.ts';
import { accessSources } from '../../src/engine/access/due-access.ts';
import { type StartResult, startGrant, startRevoke } from '../../src/engine/access/grant.ts';
import type { Hold } from '../../src/engine/access/hold.ts';
import {
  advanceRemoval,
  type RemovalDeps,
} from '../../src/engine/access/removals/advance-removal.ts';
import { type Begun, beginRemoval } from '../../src/engine/access/removals/begin-removal.ts';
import type { Removal } from '../../src/engine/access/removals/removal.ts';
import {
  afterRemoval,
  expedite,
  reconsider,
} from '../../src/engine/access/removals/work-on-removals.ts';
import { startSetUpGrants } from '../../src/engine/access/set-up-first.ts';
import { stopOtherGrants } from '../../src/engine/access/stop-grants.ts';
import type { Tokens } from '../../src/engine/calls/oauth.ts';
import { advanceRound } from '../../src/engine/findings/advance-round.ts';
import { advanceImport } from '../../src/engine/imports/advance-import.ts';
import { advanceSync, type Syncing } from '../../src/engine/imports/advance-sync.ts';
import {
  deletionSource,
  emptyIntegration,
} from '../../src/engine/integrations/delete-integration.ts';
import { fetchOptions } from '../../src/engine/integrations/form-options.ts';
import { offboardingSource, planOffboarding } from '../../src/engine/offboarding/offboard.ts';
import type { Offboarding } from '../../src/engine/offboarding/offboarding.ts';
import type { Actor, Integration, Person } from '../../src/engine/people/directory.ts';
import type { NewPerson } from '../../src/engine/people/people.ts';
import type { Http } from '../../src/engine/ports/http.ts';
import type { AnyJob, JobName, Jobs, Signals } from '../../src/engine/ports/jobs.ts';
import type { Clock, NewId, RandomBytes } from '../../src/engine/ports/time-and-chance.ts';
import type { Transaction, UnitOfWork } from '../../src/engine/ports/unit-of-work.ts';
import { chooseRoute } from '../../src/engine/requests/choose-route.ts';
import { advanceReview } from '../../src/engine/reviews/start-review.ts';
import { ruleSources } from '../../src/engine/rules/due-rules.ts';
import { evaluateRules } from '../../src/engine/rules/evaluate.ts';
import { type AdvanceDeps, advanceRun } from '../../src/engine/runs/advance-run.ts';
import type { Run, RunInputs, RunState, Step } from '../../src/engine/runs/run.ts';
import { advanceBatch } from '../../src/engine/sequences/batch.ts';
import { cancelRest } from '../../src/engine/sequences/cancel-planned.ts';
import { startByEvent } from '../../src/engine/sequences/events/start-by-event.ts';
import { replanSequences } from '../../src/engine/sequences/plan.ts';
import { finishTask } from '../../src/engine/tasks/manual.ts';
import type { Task } from '../../src/engine/tasks/task.ts';
import { transitionSources } from '../../src/engine/transitions/due-transitions.ts';
import { followPerson } from '../../src/engine/transitions/follow.ts';
import type { Lane } from '../../src/engine/work/lanes.ts';
import { lanes } from '../../src/engine/work/lanes.ts';
import { dispatch, type OnEvent } from '../../src/engine/work/on-event.ts';
import { createSignals } from '../../src/jobs/signals.ts';
import { takeOver } from '../../src/jobs/take-over.ts';
import type { JobHandlers } from '../../src/store/queue/job-runner.ts';
import { claimJobs, finishJobs, releaseJobsOf } from '../../src/store/queue/queue.ts';
import {
  databaseWithFile,
  filesOf,
  type TestDatabase,
  temporaryDatabase,
} from './database/database.ts';
import { addedIntegration, addedPerson, inSlack } from './given/added.ts';
import { firstOf, present } from './given/outcomes.ts';
import { workerOn } from './given/worker.ts';
import { startThirdParty, type ThirdParty } from './peers/third-party.ts';
import { fire } from './tick.ts';

export interface TestClock {
  readonly now: Clock;
  advance(ms: number): void;
}

/** A clock that stands still until it is moved. */
export function testClock(start = '2026-11-24T09:00:00.000Z'): TestClock {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    advance: (ms) => {
      at += ms;
    },
  };
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What the chat jobs of a test would have sent. */
export interface ChatJob {
  readonly name: 'message.post' | 'message.refresh';
  readonly payload: Jobs['message.post'] | Jobs['message.refresh'];
}

export interface TestEngine extends TestDatabase {
  readonly clock: TestClock;
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly http: Http;
  readonly tokens: Tokens;
  readonly signals: Signals;
  readonly keyedHash: (text: string) => string;
  readonly party: ThirdParty;
  /** Done as an admin in Slack, unless a test says otherwise. */
  readonly actor: Actor;
  readonly admin: Person;
  /** Chat jobs that came up in `runJobs`. */
  readonly chat: ChatJob[];
  /** Notices that came up in `runJobs`. */
  readonly notices: LiveCardRef[];
  person(wanted?: Partial<NewPerson>): Promise<Person>;
  /** @param secrets values of its `initial_data_form` */
  integration(
    manifest: JsonObject | Readonly<Record<string, unknown>>,
    secrets?: Readonly<Record<string, string>>,
    name?: string,
  ): Promise<Integration>;
  /** Saves a newer manifest of an integration. */
  newManifest(integration: Integration, manifest: unknown): Promise<Integration>;
  grant(person: Person, integration: Integration, form?: RunInputs['form']): Promise<StartResult>;
  /** Grants, and does every job that is due. */
  granted(person: Person, integration: Integration, form?: RunInputs['form']): Promise<void>;
  /** As the Revoke button does. */
  revoke(person: Person, integration: Integration): Promise<Begun>;
  /** Starts a bare run of `revoke`, for tests of what a run does. */
  revokeRun(person: Person, integration: Integration): Promise<StartResult>;
  /** The same in a transaction, or with a unit of work, of the test's own. */
  grantIn(tx: Transaction, person: Person, integration: Integration): Promise<StartResult>;
  revokeIn(tx: Transaction, person: Person, integration: Integration): Promise<Begun>;
  /** Plans the last day; it begins when it is over, at the next `tick`. */
  offboard(person: Person, endDate: string): Promise<Offboarding>;
  /** The removal of this access that began last. @throws where there is none */
  removal(person: Person, integration: Integration): Promise<Removal>;
  /** What is due of holds, removals and offboardings, and then every job. Moves the clock before. */
  tick(ms?: number): Promise<void>;
  /** So much time passes: a tick now, whenever a job is due, at midnight (UTC), and at the end. */
  timePasses(ms: number): Promise<void>;
  /** What people were notified of about removals, in that order. */
  readonly removalNotices: Jobs['removal.notify'][];
  /** Holds of whose end people were reminded. */
  readonly holdNotices: Hold[];
  grantBy(transact: UnitOfWork, person: Person, integration: Integration): Promise<StartResult>;
  /** That worker is dead: what it held is free. */
  die(workerId: string): Promise<void>;
  /** The run as it is now. */
  run(id: string): Promise<Run>;
  steps(id: string, attempt?: number): Promise<readonly Step[]>;
  /** What a worker with this name works with. */
  worker(workerId?: string): AdvanceDeps & Syncing;
  /** Does every job of these lanes that is due by the clock, until none is. @returns how many there were */
  runJobs(lanes?: readonly Lane[]): Promise<number>;
  /** Moves the clock, then does what is due. */
  later(ms: number): Promise<void>;
  openTasks(): Promise<readonly Task[]>;
  /** Done, pressed by the admin on the oldest open task. @throws where there is none */
  finishTask(): Promise<void>;
  /** Changes what is kept of a person, past all that would follow from it. */
  change(person: Person, what: Partial<Person>): Promise<void>;
  /** What was written in the audit log, the oldest first. */
  audited(): Promise<readonly string[]>;
  /** Every byte that the database has on disk. @throws without the option `ownFile` */
  databaseBytes(): string;
}

export interface TestEngineOptions {
  /** Whether the database has a file of its own, for `databaseBytes`. It costs more than most tests. */
  readonly ownFile?: boolean;
  /** After what people are notified of in any case: runs, imports, sequences, connections. */
  readonly onEvent?: OnEvent;
  /** Left out: requests go to this machine, where `party` answers. */
  readonly http?: Http;
  /** Sends a delivery; left out, all of them wait. */
  readonly deliver?: (deliveryId: string) => Promise<unknown>;
}

/** Of one test, which it ends with. */
export async function testEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await sharedEngine(options);
  onTestFinished(() => engine.cleanup());
  return engine;
}

/** Of several tests; the last one calls `cleanup`. */
export async function sharedEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const clock = testClock();
  const { now } = clock;
  const holdNotices: Hold[] = [];
  const notify = dispatch(
    { ...accessEvents, 'hold-expiring': async (_tx, { hold }) => void holdNotices.push(hold) },
    importEvents,
    integrationEvents,
    ruleEvents,
    runEvents,
    sequenceEvents,
    transitionEvents,
  );
  const onEvent: OnEvent = async (tx, event) => {
    await notify(tx, event);
    await options.onEvent?.(tx, event);
  };
  const open = options.ownFile ? databaseWithFile : temporaryDatabase;
  const database = await open(now, onEvent);
  const party = await startThirdParty();
  const { stores, transact, db, vault } = database;
  const random: RandomBytes = (size) => randomBytes(size);
  const signals = createSignals();
  const keyedHash = (text: string) => vault.keyedHash(text);
  const chat: ChatJob[] = [];
  const notices: LiveCardRef[] = [];

  const admin = await addedPerson(transact, {
    email: 'ada@example.com',
    firstName: 'Ada',
    role: 'admin',
  });
  const actor = inSlack(admin);

  const first = workerOn({ stores, transact, now, ...(options.http && { http: options.http }) });
  const { http, tokens } = first;
  const underWay = new Map<string, Set<string>>();
  const runsOf = (workerId: string): Set<string> => {
    const runs = underWay.get(workerId) ?? new Set<string>();
    underWay.set(workerId, runs);
    return runs;
  };
  const worker = (workerId = 'worker-1') => ({ ...first, workerId, underWay: runsOf(workerId) });

  const removalJobs: RemovalDeps = { transact };
  const removalNotices: Jobs['removal.notify'][] = [];
  const zoned = { timeZone: 'UTC' };
  const sources = [
    ...accessSources,
    ...ruleSources(zoned),
    offboardingSource(zoned),
    ...transitionSources(zoned),
    deletionSource,
  ];
  const revokeIn = (tx: Transaction, person: Person, integration: Integration): Promise<Begun> =>
    beginRemoval(tx, { actor, person, integration, cause: { kind: 'revoked' } });

  const handlers: JobHandlers = {
    'removal.advance': ({ removalId }) => advanceRemoval(removalId, removalJobs),
    'removal.ended': (ended) => afterRemoval(ended, removalJobs),
    'removal.notify': async (notice) => void removalNotices.push(notice),
    'removal.reconsider': (wanted) => reconsider(wanted, removalJobs),
    'removals.expedite': (wanted) => expedite(wanted, removalJobs),
    'grants.set-up': (wanted) => startSetUpGrants(wanted, removalJobs),
    'integration.empty': (wanted) => emptyIntegration(wanted, removalJobs),
    'integration.stop-grants': (wanted) => stopOtherGrants(wanted, removalJobs),
    'run.advance': ({ runId, about }) => advanceRun(runId, worker(), about),
    'access.check': async (wanted) => {
      await checkQueued(wanted, worker());
    },
    'access.discover': ({ integrationId }) => advanceDiscovery(integrationId, worker()),
    'options.fetch': (wanted) =>
      fetchOptions(wanted, { stores, transact, now, signals, http, tokens, keyedHash }),
    'message.refresh': async (payload) => void chat.push({ name: 'message.refresh', payload }),
    'message.post': async (payload) => void chat.push({ name: 'message.post', payload }),
    'notice.post': async ({ card }) => void notices.push(card),
    'people.import': ({ importId }) =>
      advanceImport(importId, { stores, transact, now, pause: () => nextTurn() }),
    'delivery.send': async ({ deliveryId }) => {
      if (options.deliver) await options.deliver(deliveryId);
    },
    'sync.advance': ({ runId }) => advanceSync(runId, worker()),
    'review.advance': ({ reviewId }) => advanceReview(reviewId, transact),
    'accounts.advance': ({ roundId }) => advanceRound(roundId, worker()),
    'fact.ask': (fact) => askAboutFact(fact, { stores, transact }),
    'grant.cancelled': ({ runId }) => showCancelled(runId, { stores, transact }),
    'request.route': ({ requestId }) => chooseRoute(requestId, worker()),
    'requests.re-evaluate': async () => undefined,
    'sequences.replan': ({ deletedSequenceId, ...whose }) => {
      const deps = {
        stores,
        transact,
        now,
        timeZone: 'UTC',
        pause: () => nextTurn(),
      };
      return deletedSequenceId === undefined
        ? replanSequences(whose, deps)
        : cancelRest(deletedSequenceId, deps);
    },
    'person.erase': async () => undefined,
    'sequence.batch': ({ batchId }) =>
      advanceBatch(batchId, { stores, transact, now, pause: () => nextTurn() }),
    'rules.evaluate': () =>
      evaluateRules({ stores, transact, now, timeZone: 'UTC', pause: () => nextTurn() }),
    'transition.follow': ({ personId }) => transact((tx) => followPerson(tx, personId)),
    'sequence.start': async ({ eventId }) => startByEvent(eventId, { transact }),
    'events.send': async () => undefined,
    'audit.seal': async () => undefined,
    'audit.mail-head': async () => undefined,
    purge: async () => undefined,
  };

  /** One statement in place of a claim for each lane, most of which are empty. Jobs that can't be claimed may be among them. */
  const lanesOfDueJobs = async (): Promise<ReadonlySet<string>> => {
    const lanesOf = db('jobs').where('due_at', '<=', now().getTime());
    return new Set(await lanesOf.distinct().pluck('lane'));
  };

  const runJobs = async (only: readonly Lane[] = lanes): Promise<number> => {
    const claim = { limit: 50, leaseMs: HOUR, workerId: 'worker-1' };
    for (let done = 0; ; ) {
      const round = done;
      let due = await lanesOfDueJobs();
      for (const lane of only) {
        if (!due.has(lane)) continue;
        const jobs = await claimJobs(db, { ...claim, lane, now: now() });
        if (jobs.length === 0) continue;
        await Promise.all(
          jobs.map(async (job) => {
            await handle(handlers, job);
            await finishJobs(db, [job]);
          }),
        );
        done += jobs.length;
        due = await lanesOfDueJobs();
      }
      if (done === round) return done;
    }
  };

  const grant: TestEngine['grant'] = (person, integration, form = {}) =>
    transact((tx) => startGrant(tx, { actor, person, integration, form }));

  const tick = async (ms = 0): Promise<void> => {
    clock.advance(ms);
    await fire({ stores, transact, now }, sources);
    await runJobs();
  };

  const nextJobAt = async (): Promise<number> => {
    const later = db<{ due_at: number }>('jobs').where('due_at', '>', now().getTime());
    return (await later.orderBy('due_at').first('due_at'))?.due_at ?? Number.POSITIVE_INFINITY;
  };

  const openTasks = async (): Promise<readonly Task[]> =>
    (await stores.tasks.list({ state: 'open' }, { offset: 0, limit: 99 })).tasks;

  const found = async (id: string): Promise<Run> => {
    const run = await stores.runs.find(id);
    if (!run) throw new Error(`There is no run ${id}`);
    return run;
  };

  return {
    ...database,
    clock,
    now,
    newId,
    randomBytes: random,
    http,
    tokens,
    signals,
    keyedHash,
    party,
    actor,
    admin,
    chat,
    notices,
    person: (wanted = {}) =>
      addedPerson(transact, {
        email: 'grace@example.com',
        firstName: 'Grace',
        lastName: 'Hopper',
        ...wanted,
      }),

    async integration(manifest, secrets = {}, name = 'Asana') {
      return addedIntegration(transact, { name, manifest, secrets }, actor);
    },

    newManifest: (integration, manifest) =>
      transact(async (tx) => {
        const version = {
          id: newId(),
          integrationId: integration.id,
          number: 2,
          manifest: JSON.stringify(manifest),
          savedBy: { kind: 'system' } as const,
          createdAt: now(),
        };
        await tx.integrations.insertVersion(version);
        return tx.integrations.save({ ...integration, manifestVersionId: version.id });
      }),

    grant,
    async granted(person, integration, form) {
      await grant(person, integration, form);
      await runJobs();
    },
    revoke: (person, integration) => transact((tx) => revokeIn(tx, person, integration)),
    grantIn: (tx, person, integration) => startGrant(tx, { actor, person, integration, form: {} }),
    revokeRun: (person, integration) =>
      transact((tx) => startRevoke(tx, { actor, person, integration })),
    revokeIn,
    async offboard(person, endDate) {
      const planned = await transact((tx) => planOffboarding(tx, { person, endDate, actor }));
      if (planned.kind === 'refused') throw new Error(planned.why);
      return planned.offboarding;
    },
    async removal(person, integration) {
      return present(await stores.removals.latest(person.id, integration.id));
    },
    tick,
    async timePasses(ms) {
      const end = now().getTime() + ms;
      await tick();
      for (let at = now().getTime(); at < end; ) {
        const midnight = at - (at % DAY) + DAY;
        const next = Math.min(await nextJobAt(), midnight, end);
        await tick(next - at);
        at = next;
      }
    },
    removalNotices,
    holdNotices,
    grantBy: (ownTransact, person, integration) =>
      ownTransact((tx) => startGrant(tx, { actor, person, integration, form: {} })),
    die: (workerId) =>
      takeOver(workerId, {
        stores,
        transact,
        now,
        releaseJobsOf: (...dead) => releaseJobsOf(db, ...dead),
      }),
    run: found,
    steps: async (id, attempt) => stores.runs.steps(id, attempt ?? (await found(id)).attempt),
    worker,
    runJobs,
    async later(ms) {
      clock.advance(ms);
      await runJobs();
    },
    openTasks,
    async finishTask() {
      const task = firstOf(await openTasks());
      await transact((tx) => finishTask(tx, task, { person: admin, actor }));
    },
    async change({ id }, what) {
      await transact(async (tx) => {
        const person = await tx.people.hold(id);
        if (person) await tx.people.save({ ...person, ...what });
      });
    },
    async audited() {
      const entries = await stores.auditLog.list({ offset: 0, limit: 1000 });
      return entries.map(({ what }) => what).toReversed();
    },
    databaseBytes: () => filesOf(database),
    async cleanup() {
      await releaseJobsOf(db, 'worker-1', now());
      await party.close();
      await database.cleanup();
    },
  };
}

/** The run that a click has started. @throws where it has started none */
export function startedRun(started: StartResult): Run {
  if (started.kind === 'refused') throw new Error(started.why);
  return started.run;
}

/** The run, in the state that the test expects. @throws where it is in another */
export function inState<S extends RunState>(run: Run, state: S): Extract<Run, { state: S }> {
  if (run.state !== state)
    throw new Error(`The run is ${run.state} and not ${state}: ${JSON.stringify(run)}`);
  return run as Extract<Run, { state: S }>;
}

const handle = async <N extends JobName>(handlers: JobHandlers, job: AnyJob & { name: N }) =>
  handlers[job.name](job.payload as Jobs[N]);
