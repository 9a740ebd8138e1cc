/** The main process: answers chat and the web, and keeps the worker running. */
import type { RequestListener } from 'node:http';

import type { Services, Turn } from './bots/features/context.ts';
import { actions, cards, commands } from './bots/features/features.ts';
import { storedFormSessions } from './bots/features/form-sessions.ts';
import { home } from './bots/features/home.ts';
import { identifyWith, meetConversation } from './bots/features/identify.ts';
import { askAboutJoinsWith } from './bots/features/joins.ts';
import { LiveMessages } from './bots/features/live-messages.ts';
import { requestNews, taskNews } from './bots/features/request-news.ts';
import { reviewNews } from './bots/features/review-news.ts';
import { useShortcut } from './bots/features/shortcuts.ts';
import { SlackConnection } from './bots/slack/connection.ts';
import { createSlack, type Slack } from './bots/slack/receiver.ts';
import { createTeams, type Teams } from './bots/teams/receiver.ts';
import { Bot } from './bots/view/bot.ts';
import { readCatalogue } from './catalogue.ts';
import { type Config, readConfig } from './config.ts';
import { dueSources } from './due-sources.ts';
import type { ReadyMade } from './engine/catalogue.ts';
import { ticker } from './engine/due.ts';
import { linkToken } from './engine/links.ts';
import { redirectUrls } from './engine/oauth.ts';
import { ensureAdmins } from './engine/people.ts';
import type { Clock } from './engine/ports.ts';
import { rememberConfigured } from './engine/set-up-memory.ts';
import { configuredBy, type Foundation, MissingKey, openFoundation } from './foundation.ts';
import { createDownload } from './http/download.ts';
import { createHttp } from './http/got-http.ts';
import { sendThroughProxy } from './http/sdk-proxy.ts';
import { type RunningJobs, startJobs } from './jobs/bree.ts';
import type { Report } from './jobs/messages.ts';
import { createSignals } from './jobs/signals.ts';
import { createLog, type Log } from './log.ts';
import { teamsSettings } from './platforms.ts';
import { migrate } from './store/migrations.ts';
import type { Environment, Problem } from './variables.ts';
import { CannotListen, type Listening, listen } from './web/listen.ts';
import { createMetrics } from './web/metrics.ts';
import { createWebApp, type Reason } from './web/server.ts';
import { webPages } from './web-pages.ts';

export interface App {
  readonly url: string;
  readonly log: Log;
  readonly foundation: Foundation;
  /** Resolves with its process id when the worker claims jobs; after it has ended, when the next one does. */
  workerReady(): Promise<number>;
  /** Finishes what is in flight, within 20 seconds. */
  stop(): Promise<void>;
}

/** The configuration can't be used: every problem, each with its variable. */
export class BadConfiguration extends Error {
  readonly code = 'bad-configuration';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super('The configuration has problems');
    this.name = 'BadConfiguration';
    this.problems = problems;
  }
}

/** What is in flight when a stop comes may take this long in all; what isn't done then is taken over by the next start. */
const STOP_MS = 20_000;
/** A request that is still open then is cut off. */
const HTTP_GRACE_MS = 5000;
/** A worker that said nothing for this long isn't working. */
const WORKER_SILENT_MS = 20_000;

/**
 * @param jobsFolder where the compiled jobs are; beside this file, unless this file isn't compiled itself
 * @param moreReadyMade a folder of ready-made integrations beside Latchkey's own, as a demo has
 * @throws {BadConfiguration}
 */
export async function startApp(
  environment: Environment,
  jobsFolder: URL = new URL('jobs/', import.meta.url),
  moreReadyMade?: URL,
): Promise<App> {
  const read = readConfig(environment);
  if (!read.ok) throw new BadConfiguration(read.problems);
  const { config } = read;
  if (config.proxy) sendThroughProxy(config.proxy);
  const log = createLog({ level: config.logLevel });

  let jobs: RunningJobs | undefined;
  const foundation = await openFoundation(config, () => jobs?.wake()).catch((error: unknown) => {
    if (!(error instanceof MissingKey)) throw error;
    throw new BadConfiguration([{ variable: 'LATCHKEY_KEYS', message: error.message }]);
  });
  if (foundation.newKeyFile)
    log.warn(
      { file: foundation.newKeyFile },
      'Made an encryption key. Back it up: without it the secrets in the database are lost',
    );
  await migrate(foundation.db);
  const { stores, transact, now, newId } = foundation;
  await transact((tx) => ensureAdmins(tx, config.adminEmails, { now, newId }));
  await rememberConfigured(transact, configuredBy(config));

  const onError = (error: unknown, where: string) =>
    log.error({ error, where }, 'something failed');
  const signals = createSignals();
  const bot = createBot(foundation, signals, await readCatalogue(moreReadyMade), onError);
  const slack = openSlack(config, bot, now, log, onError);
  const teams = openTeams(config, bot, foundation, onError);

  const connection = slack && new SlackConnection(slack, log);
  const web = createWebApp({
    slack: slack?.handler,
    teams: teams?.handler,
    pages: webPages(foundation, onError),
    health: { ready: () => reasons(foundation, connection) },
    metrics: createMetrics(),
    metricsToken: config.metricsToken,
    onError,
  });
  const listening = await listenOrSay(web, config).catch(async (error: unknown) => {
    await foundation.close();
    throw error;
  });

  const sources = dueSources({
    now,
    newId,
    randomBytes: foundation.randomBytes,
    timeZone: config.timeZone,
  });
  const tick = ticker({ stores, transact, now, sources, onError });
  let ticking = Promise.resolve();
  const onTick = () => {
    ticking = tick().catch((error: unknown) => onError(error, 'tick'));
  };
  let ready = deferred<number>();
  jobs = await startJobs({
    folder: jobsFolder,
    environment,
    onError,
    onTick,
    onReport(report: Report) {
      if (report.kind === 'announce') signals.announce(report.topic);
      if (report.kind === 'ready') ready.resolve(report.pid);
      if (report.kind === 'exited') {
        log.error(report, 'the worker ended and is started again');
        ready = deferred<number>();
      }
    },
  });

  onTick(); // What fell due while nothing ran doesn't wait for the next minute.

  const running = jobs;
  const stop = async () => {
    connection?.giveUp();
    // Nothing new comes in from here on; what is in flight ends side by side.
    await within(STOP_MS, [
      listening.close(HTTP_GRACE_MS),
      Promise.resolve(slack?.stop()),
      Promise.resolve(teams?.idle()),
      running.stop(),
      ticking,
    ]);
    await foundation.close();
  };
  const refused = await connection?.open();
  if (refused) {
    await stop();
    throw tokenRefused(refused.message);
  }
  return {
    url: `http://${listening.host}:${listening.port}`,
    log,
    foundation,
    workerReady: () => ready.promise,
    stop,
  };
}

function createBot(
  foundation: Foundation,
  signals: Services['signals'],
  catalogue: readonly ReadyMade[],
  onError: (error: unknown, where: string) => void,
): Bot<Turn> {
  const { config, stores, transact, now, newId, randomBytes, vault } = foundation;
  const { timeZone } = config;
  const services: Services = {
    stores,
    transact,
    signals,
    now,
    newId,
    randomBytes,
    keyedHash: (text) => vault.keyedHash(text),
    links: {
      urlOf: (link) =>
        `${config.publicUrl}/links/${linkToken(link, (text) => vault.keyedHash(text))}`,
      isPublic: config.publicUrlIsSet,
      redirectUrlOf: redirectUrls(config.publicUrl),
      openFrom: (via) =>
        config.publicUrlIsSet || (via === 'teams' && config.teams?.kind === 'local'),
    },
    installation: {
      timeZone,
      adminEmails: config.adminEmails,
      secretsInChat: config.secretsInChat === 'fallback',
    },
    requestNews,
    taskNews,
    reviewNews,
    catalogue,
  };
  return new Bot<Turn>({
    actions,
    commands,
    sessions: storedFormSessions(foundation),
    live: new LiveMessages({ stores, transact, now, newId, timeZone, cards, onError }),
    firstTime: (key) => stores.inbox.accept(key, now()),
    identify: identifyWith(services),
    onJoin: askAboutJoinsWith(services),
    home,
    shortcut: useShortcut,
    onError,
  });
}

function openSlack(
  { slack }: Config,
  bot: Bot<Turn>,
  now: Clock,
  log: Log,
  onError: (error: unknown, where: string) => void,
): Slack | undefined {
  if (!slack) return undefined;
  const { botToken, apiUrl, receive } = slack;
  return createSlack({
    config: {
      botToken,
      ...(apiUrl !== undefined && { apiUrl }),
      ...(receive.kind === 'socket'
        ? { appToken: receive.appToken }
        : { signingSecret: receive.signingSecret }),
    },
    bot,
    onError,
    log: { warn: (message) => log.warn(message), error: (message) => log.error(message) },
    now: () => now().getTime(),
  });
}

function openTeams(
  { teams, proxy }: Config,
  bot: Bot<Turn>,
  { stores, transact }: Foundation,
  onError: (error: unknown, where: string) => void,
): Teams | undefined {
  if (!teams) return undefined;
  const personOf = async (user: { readonly tenant: string; readonly userId: string }) =>
    (await stores.identities.find('teams', user.tenant, user.userId))?.personId;
  return createTeams({
    config: teamsSettings(teams),
    bot,
    onError,
    // The addresses that manifests may call are not for whoever sends an activity.
    download: createDownload(createHttp({ allowPrivateHosts: [], userAgent: 'Latchkey', proxy })),
    async directAddressOf(user) {
      const personId = await personOf(user);
      return personId === undefined
        ? undefined
        : (await stores.conversations.on(personId, 'teams'))?.address;
    },
    async onConversation(user, address) {
      const personId = await personOf(user);
      if (personId === undefined) return; // Kept when they first write, which links them.
      await meetConversation(personId, address, { stores, transact });
    },
  });
}

async function reasons(
  { stores, now }: Foundation,
  connection: SlackConnection | undefined,
): Promise<readonly Reason[]> {
  const slack: Reason[] = connection?.isOpen === false ? [slackIsNotReached] : [];
  try {
    const beat = await inTime(READY_MS, stores.workers.lastBeat());
    const lives = beat && now().getTime() - beat.getTime() < WORKER_SILENT_MS;
    return lives ? slack : [noWorker, ...slack];
  } catch {
    return [noDatabase, ...slack];
  }
}

const noWorker: Reason = {
  part: 'worker',
  message: 'No worker has said that it lives; the log says why.',
};
const noDatabase: Reason = {
  part: 'database',
  message: 'The database does not answer; check DATABASE_URL and the server or disk behind it.',
};
const slackIsNotReached: Reason = {
  part: 'slack',
  message: 'Slack could not be reached since the start; it is tried again every few seconds.',
};

/** @throws {BadConfiguration} where the address can't be taken */
async function listenOrSay(web: RequestListener, config: Config): Promise<Listening> {
  try {
    return await listen(web, config);
  } catch (error) {
    if (!(error instanceof CannotListen)) throw error;
    throw new BadConfiguration([{ variable: error.variable, message: error.message }]);
  }
}

const tokenRefused = (why: string): BadConfiguration =>
  new BadConfiguration([
    {
      variable: 'SLACK_BOT_TOKEN',
      message: `Slack does not accept it (${why}); copy the bot token of the installed app, like SLACK_BOT_TOKEN=xoxb-…`,
    },
  ]);

/** Whoever asks /readyz waits no longer than this for a database that says nothing. */
const READY_MS = 5000;

/** @throws {Error} where it has not come by then */
async function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It took too long')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits for all of it, and at most so long: what fails or hangs doesn't keep the rest from ending. */
async function within(ms: number, work: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([Promise.allSettled(work), late]);
  clearTimeout(timer);
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
