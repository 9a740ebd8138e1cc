/** The main process: answers chat and the web, and keeps the worker running. */
import { SlackConnection } from '../bots/slack/connection.ts';
import type { PlatformCall } from '../bots/view/platform.ts';
import { catalogueWhenAsked } from '../catalogue.ts';
import { type Config, readConfig } from '../config/config.ts';
import type { Environment } from '../config/variables.ts';
import { trustedProxies } from '../core/network/client-address.ts';
import { within } from '../core/within.ts';
import { inWorkspaceLocale } from '../engine/people/locales.ts';
import { HookRefusals } from '../engine/sequences/hooks/refusals.ts';
import { ticker } from '../engine/work/due.ts';
import { sendThroughProxy } from '../http/sdk-proxy.ts';
import { DRAIN_MS } from '../jobs/agreed.ts';
import { type RunningJobs, startJobs } from '../jobs/bree.ts';
import { createSignals } from '../jobs/signals.ts';
import type { Log } from '../log.ts';
import { ChatHealth } from '../observe/chat-health.ts';
import { addLooks } from '../observe/meters.ts';
import { watchInteractions } from '../observe/watch-interactions.ts';
import { watchedHttp } from '../observe/watched-http.ts';
import { sqliteFile } from '../store/database.ts';
import type { PushedJob } from '../store/work/unit-of-work.ts';
import { type ChatDeps, createChats, everybodyAnswered } from './chats.ts';
import { dueSources } from './due-sources.ts';
import type { Foundation } from './foundation.ts';
import { looksAt } from './looks.ts';
import { openReadyFoundation } from './ready-foundation.ts';
import { readyParts } from './ready-parts.ts';
import { BadConfiguration, listenOrSay, refuseUnusable, tokenRefused } from './refused-start.ts';
import { SlackRemoval } from './slack-removal.ts';
import { openWatch, type Watch } from './watch.ts';
import { type WebDeps, webApp } from './web-app.ts';
import { WorkerReports } from './worker-reports.ts';

export interface App {
  readonly url: string;
  readonly log: Log;
  readonly foundation: Foundation;
  /** Resolves with the worker's process id when it claims jobs. When that worker has ended, waits for the next one. */
  workerReady(): Promise<number>;
  /** Finishes work in progress, within 20 seconds. */
  stop(): Promise<void>;
}

/** After this, open requests are cut off. */
const HTTP_GRACE_MS = 5000;

/**
 * @param jobsFolder the folder of the compiled jobs; default: beside this file
 * @param moreReadyMade another folder of ready-made integrations, for a demo
 * @throws {BadConfiguration}
 */
export async function startApp(
  environment: Environment,
  jobsFolder: URL = new URL('../jobs/', import.meta.url),
  moreReadyMade?: URL,
): Promise<App> {
  const { config, watch } = await openProcess(environment);
  const { meters, log } = watch;
  let jobs: RunningJobs | undefined;
  const pushed = (wanted: readonly PushedJob[]) => {
    jobs?.wake();
    logRuns(wanted, log);
  };
  const file = sqliteFile(config.databaseUrl);
  const refuseToStart = (error: unknown) => refuseUnusable(error, file);
  const foundation = await openReadyFoundation(
    config,
    { pushed, watchHttp: (http) => watchedHttp(http, watch.observer, meters) },
    log,
  ).catch(refuseToStart);

  const onError = (error: unknown, where: string) =>
    log.error({ error, where }, 'something failed');
  const signals = createSignals();
  const worker = new WorkerReports({ signals, meters, log });
  const close = async (error: unknown): Promise<never> => {
    await foundation.close();
    throw error;
  };
  const shared = { signals, worker, onError, watch };
  const chat = await openChat(foundation, { ...shared, moreReadyMade })
    .catch(close)
    .catch(refuseToStart);
  const web = await openWeb(foundation, { ...shared, chat, figures: () => jobs?.figures() }).catch(
    close,
  );

  const due = dueWork(foundation, onError);
  jobs = await startJobs({
    folder: jobsFolder,
    environment,
    onError,
    onTick: due.tick,
    onReport: (report) => worker.heard(report),
  });

  void worker.ready.then(foundation.isSeen);

  const letGo = chat.chats.start();
  due.tick(); // Work that became due while Latchkey was stopped starts now, and not at the next minute.

  const stop = stopping(foundation, { chat, web, jobs, due, watch, letGo });
  const refused = await chat.connection?.open();
  if (refused) {
    await stop();
    throw tokenRefused(refused);
  }
  return {
    url: `http://${web.listening.host}:${web.listening.port}`,
    log,
    foundation,
    workerReady: () => worker.ready,
    stop,
  };
}

/** @throws {BadConfiguration} */
async function openProcess(environment: Environment): Promise<{
  readonly config: Config;
  readonly watch: Watch;
}> {
  const read = readConfig(environment);
  if (!read.ok) throw new BadConfiguration(read.problems);
  const { config } = read;
  if (config.proxy) await sendThroughProxy(config.proxy);
  const watch = await openWatch('main', config);
  for (const { variable, meant } of read.misspelt)
    watch.log.warn(`${variable} is set, and Latchkey has no such variable: did you mean ${meant}?`);
  return { config, watch };
}

interface Shared extends Pick<ChatDeps, 'signals' | 'onError'> {
  readonly worker: WorkerReports;
  readonly watch: Watch;
}

type OpenChat = Awaited<ReturnType<typeof openChat>>;

/** The web server, which answers from now on. */
async function openWeb(
  foundation: Foundation,
  {
    chat: { chats, chatHealth, connection },
    figures,
    ...shared
  }: Shared & { readonly chat: OpenChat; readonly figures: WebDeps['figures'] },
) {
  const { worker, watch, signals, onError } = shared;
  const { config, transact, now } = foundation;
  const { ready, parts } = readyParts(foundation, {
    slack: chats.slack,
    teams: chats.teams,
    connection,
    chatHealth,
    workerId: () => worker.workerId,
  });
  addLooks(watch.meters.registry, looksAt(foundation, { parts, onError }));
  const proxies = trustedProxies(config.trustProxy);
  const refusals = new HookRefusals({
    transact,
    now,
    later: (ms, work) => void setTimeout(work, ms).unref(),
    onError,
  });
  const web = webApp(foundation, {
    chats,
    watch,
    ready,
    figures,
    refusals,
    signals,
    proxies,
    onError,
  });
  return { listening: await listenOrSay(web, config, proxies), refusals };
}

interface Running {
  readonly chat: OpenChat;
  readonly web: Awaited<ReturnType<typeof openWeb>>;
  readonly jobs: RunningJobs;
  readonly due: ReturnType<typeof dueWork>;
  readonly watch: Watch;
  /** Stops what `chats.start()` began. */
  readonly letGo: () => void;
}

const stopping =
  (
    foundation: Foundation,
    { chat, web: { listening, refusals }, jobs, due, watch, letGo }: Running,
  ): App['stop'] =>
  async () => {
    chat.connection?.giveUp();
    letGo();
    // Nothing new comes in from here on. Work in progress ends concurrently. The next start takes over the rest.
    const closed = listening.close(HTTP_GRACE_MS);
    // A failure or a hang of one doesn't stop the others.
    const drained = Promise.allSettled([
      everybodyAnswered(chat.chats, closed),
      closed.then(() => refusals.store()),
      jobs.stop(),
      due.ended(),
    ]);
    await within(DRAIN_MS, drained);
    await watch.tracer.stop();
    await chat.slackRemoval.stored();
    await foundation.close();
  };

/** Chat, and what is known of how its platforms answer. */
async function openChat(
  foundation: Foundation,
  {
    signals,
    worker,
    onError,
    moreReadyMade,
    watch,
  }: Shared & { readonly moreReadyMade: URL | undefined },
) {
  const { transact, now } = foundation;
  const { meters, log } = watch;
  const chatHealth = new ChatHealth(now);
  const slackRemoval = new SlackRemoval({ transact, now, log, onError });
  const onCall = (call: PlatformCall) => {
    if (call.platform === 'slack') slackRemoval.heard(call.outcome);
    chatHealth.heard(call.platform, call.outcome);
    meters.chatCalled(call);
  };
  const chats = await createChats(foundation, {
    signals,
    catalogue: catalogueWhenAsked(moreReadyMade),
    onError,
    watch: watchInteractions(watch),
    onCall,
    meters,
    log,
    processes: () => worker.processes,
  });
  const connection = chats.slack && new SlackConnection(chats.slack, log);
  return { chats, chatHealth, slackRemoval, connection };
}

/** Starts what is due, in the workspace's language. */
function dueWork(
  { config, stores, transact, now }: Foundation,
  onError: (error: unknown, where: string) => void,
): { readonly tick: () => void; readonly ended: () => Promise<void> } {
  const sources = dueSources({ timeZone: config.timeZone });
  const tick = ticker({ stores, transact, now, sources, onError });
  let ticking = Promise.resolve();
  return {
    tick() {
      ticking = inWorkspaceLocale(stores, tick).catch((error: unknown) => onError(error, 'tick'));
    },
    ended: () => ticking,
  };
}

/** Links an interaction to its runs in the log, since the worker's lines have the run's id. */
function logRuns(jobs: readonly PushedJob[], log: Log): void {
  const runs = jobs.flatMap(({ payload }) => ('runId' in payload ? [payload.runId] : []));
  for (const runId of new Set(runs)) log.info({ runId }, 'A run was requested');
}
