/** The worker process: claims jobs and does everything slow. It is a child of the thread of Bree's job `worker`. */
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { AuditFile } from '../app/audit-file.ts';
import { openFoundation } from '../app/foundation.ts';
import { openSenders } from '../app/platforms.ts';
import { SlackRemoval } from '../app/slack-removal.ts';
import { openWatch } from '../app/watch.ts';
import { showCancelled } from '../bots/features/access/cancelled-grant.ts';
import { notifyOfRemoval } from '../bots/features/access/removal-notice.ts';
import { cards } from '../bots/features/features.ts';
import { createMessenger } from '../bots/features/messages/chat-messenger.ts';
import { NoticeSender } from '../bots/features/messages/notice-sender.ts';
import { askAboutFact } from '../bots/features/people/fact-claim-card.ts';
import { unreachedBy } from '../bots/features/requests/unreached.ts';
import { MessageSender } from '../bots/live/message-sender.ts';
import { problemText, readConfig } from '../config/config.ts';
import { inheritedEnvironment } from '../config/environment.ts';
import { RepeatedErrors } from '../core/errors/repeated-errors.ts';
import { RateLimit } from '../core/rate-limit.ts';
import { checkQueued } from '../engine/access/check-access.ts';
import { advanceDiscovery } from '../engine/access/discover-access.ts';
import { advanceRemoval } from '../engine/access/removals/advance-removal.ts';
import { afterRemoval, expedite, reconsider } from '../engine/access/removals/work-on-removals.ts';
import { startSetUpGrants } from '../engine/access/set-up-first.ts';
import { stopOtherGrants } from '../engine/access/stop-grants.ts';
import { MAX_ENDPOINTS } from '../engine/event-endpoints/event-endpoint.ts';
import { sendEvents } from '../engine/event-endpoints/send-events.ts';
import { newEvents } from '../engine/event-endpoints/wake-endpoint.ts';
import { advanceRound } from '../engine/findings/advance-round.ts';
import { advanceImport } from '../engine/imports/advance-import.ts';
import { advanceSync } from '../engine/imports/advance-sync.ts';
import { emptyIntegration } from '../engine/integrations/delete-integration.ts';
import { fetchOptions } from '../engine/integrations/form-options.ts';
import { type DeliveryDeps, sendDelivery } from '../engine/messages/deliver.ts';
import { emailedLinkPath } from '../engine/messages/emailed-links.ts';
import { mailHead } from '../engine/messages/send-head.ts';
import { textProviders } from '../engine/messages/texts.ts';
import { finishErasure } from '../engine/people/erase-person.ts';
import { inWorkspaceLocale, workspaceLocaleOf } from '../engine/people/locales.ts';
import type { Signals } from '../engine/ports/jobs.ts';
import { chooseRoute } from '../engine/requests/choose-route.ts';
import { reevaluateRequests } from '../engine/requests/reevaluate-requests.ts';
import { reevaluateReviews } from '../engine/reviews/reviews.ts';
import { advanceReview } from '../engine/reviews/start-review.ts';
import { evaluateRules } from '../engine/rules/evaluate.ts';
import { type AdvanceDeps, advanceRun } from '../engine/runs/advance-run.ts';
import { advanceBatch } from '../engine/sequences/batch.ts';
import { cancelRest } from '../engine/sequences/cancel-planned.ts';
import { startByEvent } from '../engine/sequences/events/start-by-event.ts';
import { replanSequences } from '../engine/sequences/plan.ts';
import { followPerson } from '../engine/transitions/follow.ts';
import { giveUpJob } from '../engine/work/give-up.ts';
import type { Lane } from '../engine/work/lanes.ts';
import { newWorker, wakeOverdue } from '../engine/work/leased.ts';
import { isUnusual, purge } from '../engine/work/purge.ts';
import { sealAudit } from '../engine/work/seal-audit.ts';
import {
  Circuits,
  CLICKS_AT_ONE_HOST,
  OPEN_FOR_PEOPLE_MS,
  politeHttp,
} from '../http/polite-http.ts';
import { sendThroughProxy } from '../http/sdk-proxy.ts';
import { createMailer } from '../mail/smtp.ts';
import { figuresOf } from '../observe/figures.ts';
import { watchWork } from '../observe/watch-work.ts';
import { watchedHttp } from '../observe/watched-http.ts';
import { sqliteFile } from '../store/database.ts';
import { createJobDriver } from '../store/queue/job-driver.ts';
import type { JobHandlers } from '../store/queue/job-runner.ts';
import { keepAnswers } from '../store/runs/run-answers.ts';
import { bringForward } from '../store/work/bring-forward.ts';
import { createRetention } from '../store/work/retention.ts';
import { VERSION } from '../version.ts';
import { BEAT_MS, FINISH_MS, SWEEP_MS } from './agreed.ts';
import { giveWay } from './give-way.ts';
import { downward, type Upward, workerArguments } from './messages.ts';
import { arrive, countWorkers, leave, sweeper } from './take-over.ts';

/** For checks and options that people wait for: two full cards at once. */
const INTERACTIVE_SLOTS = 16;
/** Chat platforms' rate limits are far below this. */
const CHAT_SLOTS = 4;
/** Imports are large, and nobody waits for them. */
const IMPORT_SLOTS = 2;

/**
 * In percent: how much garbage may grow above the used memory before a collection. V8's default lets a busy process grow
 * to four times as much, so an import wastes 50 MB and more (measured: 198 MB, and 141 MB with this).
 */
const HEAP_GROWTH = 50;
// A later V8 without this flag only prints a warning.
setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);

giveWay(); // People wait for main.
const args = workerArguments.parse(JSON.parse(process.argv[2] ?? 'null'));
const read = readConfig(inheritedEnvironment());
if (!read.ok) throw new Error(read.problems.map(problemText).join('\n')); // Main has reported it and stopped.
const { config } = read;
if (config.proxy) await sendThroughProxy(config.proxy);
const { workerId } = args;
const { tracer, observer, meters, log } = await openWatch('worker', config, { workerId });

const say = (message: Upward): void => {
  if (process.connected) process.send?.(message, () => undefined); // Without main, this process ends below.
};
const signals: Signals = {
  announce: (topic) => say({ kind: 'announce', topic }),
  next: () => Promise.reject(new Error('The worker announces and never waits')),
};

const foundation = await openFoundation(config, {
  pushed: () => runner.wake(),
  watchHttp: (way) => watchedHttp(way, observer, meters),
  watchEvent: (event) => watch.event(event),
  // Else all that needs one app's token would hold the slots of all others while it is renewed.
  maxTokenWaitMs: 1000,
});
const { db, stores, transact, http, tokens, now, randomBytes, vault } = foundation;
const database = { stores, transact, now };
/** SQLite has one writer at a time, so others get their turn. PostgreSQL's wait for rows alone. */
const betweenWrites = sqliteFile(config.databaseUrl) === undefined ? async () => undefined : pause;
const worker = newWorker(workerId);
const { timeZone } = config;
/** Workers on this database, at the last count. */
let workers = 1;
const onError = (error: unknown, where: string) => log.error({ error, where }, 'something failed');
const slackRemoval = new SlackRemoval({ transact, now, log, onError });
const platforms = openSenders(config, {
  now,
  stores,
  pause: (ms) => pause(ms),
  processes: () => workers,
  log: { warn: (text) => log.warn(text), error: (text) => log.error(text) },
  onCall(call) {
    if (call.platform === 'slack') slackRemoval.heard(call.outcome);
    meters.chatCalled(call);
  },
});
const showing = { ...database, timeZone, cards, onError };
const mailer = config.mail && createMailer(config.mail);
const onUnreached = unreachedBy({ ...database, mailer, pause });
const ticks = () => performance.now();
const sender = new MessageSender({ ...showing, onUnreached }, platforms, ticks);
const notices = new NoticeSender({ ...showing, randomBytes }, platforms, sender.pace);

/** Requests that people wait for have their own slots at every host. */
const forRuns = politeHttp(http, new Circuits(now));
const forPeople = politeHttp(
  http,
  new Circuits(now, OPEN_FOR_PEOPLE_MS),
  new RateLimit({ ...CLICKS_AT_ONE_HOST, now: ticks }),
);

const delivering: DeliveryDeps = {
  stores,
  transact,
  now,
  ...worker,
  mailer,
  findTexts: textProviders({ stores, http: forRuns, tokens, now }),
  messenger: createMessenger(sender, platforms, stores),
  timeZone,
  ...(config.publicUrlIsSet && {
    emailedLinks: {
      urlOf: (token: string) => config.publicUrl + emailedLinkPath(token),
      randomBytes,
    },
  }),
};

const watch = watchWork({
  observer,
  meters,
  stores,
  log: (facts, message) => log.info(facts, message),
});
const advancing: AdvanceDeps = {
  ...database,
  ...worker,
  http: forRuns,
  tokens,
  watchStep: watch.step,
};
const handlers: JobHandlers = {
  'run.advance': ({ runId, about }) => advanceRun(runId, advancing, about),
  'removal.advance': ({ removalId }) => advanceRemoval(removalId, { transact }),
  'removal.ended': (ended) => afterRemoval(ended, { transact }),
  'removal.reconsider': (wanted) => reconsider(wanted, { transact }),
  'removals.expedite': (wanted) => expedite(wanted, { transact }),
  'grants.set-up': (wanted) => startSetUpGrants(wanted, { transact }),
  'integration.empty': (wanted) => emptyIntegration(wanted, { transact }),
  'integration.stop-grants': (wanted) => stopOtherGrants(wanted, { transact }),
  'removal.notify': (notice) => notifyOfRemoval(notice, { transact }),
  'access.check': async (wanted) => {
    const parts = { ...database, http: forPeople, tokens };
    watch.checked(await checkQueued(wanted, parts));
  },
  'access.discover': ({ integrationId }) =>
    advanceDiscovery(integrationId, { ...database, http: forRuns, tokens }),
  'review.advance': ({ reviewId }) => advanceReview(reviewId, transact),
  'accounts.advance': ({ roundId }) =>
    advanceRound(roundId, { ...database, http: forRuns, tokens, ...worker, pause }),
  'options.fetch': (wanted) =>
    fetchOptions(wanted, {
      ...database,
      signals,
      http: forPeople,
      tokens,
      keyedHash: (text) => vault.keyedHash(text),
    }),
  'message.refresh': ({ messageId, failures }) => sender.refresh(messageId, failures),
  'message.post': (message) => sender.post(message),
  'notice.post': (notice) => notices.post(notice),
  'delivery.send': async ({ deliveryId }) =>
    watch.delivered(await sendDelivery(deliveryId, delivering)),
  'people.import': ({ importId }) => advanceImport(importId, { ...database, ...worker, pause }),
  'sync.advance': ({ runId }) =>
    advanceSync(runId, {
      ...database,
      ...worker,
      http: forRuns,
      tokens,
      timeZone,
      pause: betweenWrites,
    }),
  'fact.ask': (fact) => askAboutFact(fact, { stores, transact }),
  'grant.cancelled': ({ runId }) => showCancelled(runId, { stores, transact }),
  'requests.re-evaluate': async (changed) => {
    await reevaluateRequests(changed, { stores, transact });
    await reevaluateReviews(changed, { stores, transact });
  },
  'request.route': ({ requestId }) =>
    chooseRoute(requestId, { ...database, http: forPeople, tokens, pause }),
  'sequences.replan': ({ deletedSequenceId, ...whose }) => {
    const deps = { ...database, timeZone, pause };
    return deletedSequenceId === undefined
      ? replanSequences(whose, deps)
      : cancelRest(deletedSequenceId, deps);
  },
  'person.erase': async ({ personId }) => {
    const { personalData } = foundation;
    await finishErasure(personId, { ...database, personalData });
  },
  'sequence.start': ({ eventId }) => startByEvent(eventId, { transact }),
  'sequence.batch': ({ batchId }) => advanceBatch(batchId, { ...database, pause }),
  'transition.follow': ({ personId }) => transact((tx) => followPerson(tx, personId)),
  'rules.evaluate': () => evaluateRules({ ...database, timeZone, pause }),
  'audit.seal': async () => {
    await sealAudit({ stores, transact, pause });
    await wakeOverdue(newEvents, now(), { stores, transact });
  },
  // Not through the circuits of runs: an endpoint that fails stops nothing else at its host.
  'events.send': ({ endpointId }) =>
    sendEvents(endpointId, { ...database, ...worker, http, version: VERSION }),
  'audit.mail-head': () => mailHead({ stores, transact, mailer, pause }),
  purge: async () => {
    const { retentionDays, evidenceDays, auditDays, databaseUrl } = config;
    const retention = createRetention(db, sqliteFile(databaseUrl), {
      vault,
      now,
      keepAnswers: (tx, runIds) => keepAnswers(tx, vault, runIds),
    });
    const days = { retentionDays, evidenceDays, auditDays };
    const { deleted, missed } = await purge({ retention, stores, ...days, now, pause });
    if (missed > 0)
      log[isUnusual(missed) ? 'warn' : 'info'](
        { days: missed },
        'Latchkey did not run on so many days, or the clock has jumped, so old records are kept that much longer. If the clock is right, they are deleted when it has run on each day of a week',
      );
    if (Object.keys(deleted).length > 0)
      log.info({ deleted }, 'Deleted records older than their retention');
  },
};

meters.expectJobs(Object.keys(handlers));

const slots: Record<Lane, number> = {
  interactive: INTERACTIVE_SLOTS,
  chat: CHAT_SLOTS,
  imports: IMPORT_SLOTS,
  events: MAX_ENDPOINTS,
  background: config.workerConcurrency,
};
const driver = createJobDriver(db);
const inLocale = workspaceLocaleOf(stores, now);
const runner = driver.createRunner({
  workerId,
  slots,
  handlers,
  giveUp: (job) => inWorkspaceLocale(stores, () => giveUpJob(job, { ...database, workerId })),
  now,
  log: (event) =>
    log.error(event, 'jobId' in event ? 'a job failed' : 'the queue does not work now'),
  // Stored texts, and posts with several readers, use the workspace's language.
  watch: (job, work) => watch.job(job, () => inLocale(work)),
});

/** Of several processes with one AUDIT_FILE, one writes at a time; with a file each, each has everything. */
const auditFile =
  config.auditFile === undefined ? undefined : new AuditFile({ stores, file: config.auditFile });

const takingOver = {
  stores,
  transact,
  now,
  releaseJobsOf: driver.releaseJobsOf,
  bringForward: (at: Date, shown: Date | undefined) => bringForward(db, at, shown),
  acquit: () => runner.acquit(),
};

let stopping = false;
/** Undefined until it claims jobs. A stop may come earlier. */
let beating: NodeJS.Timeout | undefined;
let sweeping: NodeJS.Timeout | undefined;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  clearInterval(beating);
  clearInterval(sweeping);
  await starting.catch(() => undefined); // Otherwise its writes would come after the worker has left.
  await runner.drain(FINISH_MS);
  await leave(workerId, takingOver);
  await tracer.stop();
  await slackRemoval.stored();
  await foundation.close();
  log.info('The worker has stopped');
  process.exit(0);
}

/** Nothing can be stored, as on a full disk: the next worker takes over what this one held. */
function stopUnstored(error: unknown): void {
  log.error(
    { error },
    'The worker could not store that it stops; the next one takes over its work',
  );
  process.exit(1);
}

async function count(asked: number): Promise<void> {
  say({ kind: 'figures', asked, figures: [...(await figuresOf(meters.registry))] });
}

// A signal may reach the whole process group (Ctrl-C, a closed terminal, systemd). Only main decides when this process ends, and tells it.
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
const endWithMain = (): never => process.exit(0); // A successor takes over.
process.on('disconnect', endWithMain);
if (!process.connected) endWithMain(); // Main ended while this process loaded, and nothing was listening yet.
process.on('message', (message) => {
  const said = downward.safeParse(message);
  if (said.data?.kind === 'wake') runner.wake();
  if (said.data?.kind === 'drain') stop().catch(stopUnstored);
  if (said.data?.kind === 'count') void count(said.data.asked);
});

const starting = start();
await starting.catch((error: unknown) => {
  log.fatal({ error }, 'The worker could not start, and starts again');
  if (!stopping) process.exit(1);
});
if (!stopping) claimJobs();

async function start(): Promise<void> {
  await arrive(workerId, args.replaces, takingOver);
  workers = await countWorkers(takingOver);
  meters.expectRuns((await stores.integrations.list()).map(({ name }) => name));
}

function claimJobs(): void {
  const beatAndSweep = sweeper(workerId, takingOver);
  const beatSweepAndCount = async (): Promise<void> => {
    await beatAndSweep();
    workers = await countWorkers(takingOver);
    await auditFile?.write().catch((error: unknown) => onError(error, 'audit file'));
  };
  beating = setInterval(() => say({ kind: 'beat', workers }), BEAT_MS);
  const errors = new RepeatedErrors();
  sweeping = setInterval(() => {
    beatSweepAndCount().then(
      () => errors.wentWell('sweep'),
      (error: unknown) => {
        if (errors.isNew('sweep', error)) log.error({ error }, 'the sweep failed');
      },
    );
  }, SWEEP_MS);
  runner.start();
  log.info('The worker claims jobs');
  say({ kind: 'ready', workerId, pid: process.pid });
}
