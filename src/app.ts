/** The main process: answers chat and the web, and keeps the worker running. */

import { linkQuestion } from './bots/features/confirm-link.ts';
import type { Services, Turn } from './bots/features/context.ts';
import { actions, cards, commands } from './bots/features/features.ts';
import { storedFormSessions } from './bots/features/form-sessions.ts';
import { identifyWith } from './bots/features/identify.ts';
import { LiveMessages } from './bots/features/live-messages.ts';
import { createSlack, type Slack } from './bots/slack/receiver.ts';
import { createTeams, type Teams } from './bots/teams/receiver.ts';
import { Bot } from './bots/view/bot.ts';
import { type Config, readConfig } from './config.ts';
import { linkToken } from './engine/links.ts';
import { ensureAdmins } from './engine/people.ts';
import type { Clock } from './engine/ports.ts';
import { revealDelivery } from './engine/reveal-delivery.ts';
import { type Foundation, openFoundation } from './foundation.ts';
import { type RunningJobs, startJobs } from './jobs/bree.ts';
import type { Report } from './jobs/messages.ts';
import { createSignals } from './jobs/signals.ts';
import { createLog, type Log } from './log.ts';
import { teamsSettings } from './platforms.ts';
import { migrate } from './store/migrations.ts';
import type { Environment, Problem } from './variables.ts';
import { linkPages } from './web/links.ts';
import { listen } from './web/listen.ts';
import { createMetrics } from './web/metrics.ts';
import { createWebApp, type Reason } from './web/server.ts';

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

/** What is in flight when a stop comes may take this long. */
const HTTP_GRACE_MS = 5000;
/** A worker that said nothing for this long isn't working. */
const WORKER_SILENT_MS = 20_000;

/**
 * @param jobsFolder where the compiled jobs are; beside this file, unless this file isn't compiled itself
 * @throws {BadConfiguration}
 */
export async function startApp(
  environment: Environment,
  jobsFolder: URL = new URL('jobs/', import.meta.url),
): Promise<App> {
  const read = readConfig(environment);
  if (!read.ok) throw new BadConfiguration(read.problems);
  const { config } = read;
  const log = createLog({ level: config.logLevel });

  let jobs: RunningJobs | undefined;
  const foundation = await openFoundation(config, () => jobs?.wake());
  if (foundation.newKeyFile)
    log.warn(
      { file: foundation.newKeyFile },
      'Made an encryption key. Back it up: without it the secrets in the database are lost',
    );
  await migrate(foundation.db);
  const { transact, now, newId } = foundation;
  await transact((tx) => ensureAdmins(tx, config.adminEmails, { now, newId }));

  const onError = (error: unknown, where: string) =>
    log.error({ error, where }, 'something failed');
  const signals = createSignals();
  const bot = createBot(foundation, signals, onError);
  const slack = openSlack(config, bot, now, log, onError);
  const teams = openTeams(config, bot, foundation, onError);

  const web = createWebApp({
    slack: slack?.handler,
    teams: teams?.handler,
    links: openLinks(foundation),
    health: { ready: () => reasons(foundation) },
    metrics: createMetrics(),
    metricsToken: config.metricsToken,
    onError,
  });
  const listening = await listen(web, config);

  let ready = deferred<number>();
  jobs = await startJobs({
    folder: jobsFolder,
    environment,
    onError,
    onReport(report: Report) {
      if (report.kind === 'announce') signals.announce(report.topic);
      if (report.kind === 'ready') ready.resolve(report.pid);
      if (report.kind === 'exited') {
        log.error(report, 'the worker ended and is started again');
        ready = deferred<number>();
      }
    },
  });
  await slack?.start();

  const running = jobs;
  return {
    url: `http://${listening.host}:${listening.port}`,
    log,
    foundation,
    workerReady: () => ready.promise,
    async stop() {
      await slack?.stop();
      await listening.close(HTTP_GRACE_MS);
      await teams?.idle();
      await running.stop();
      await foundation.close();
    },
  };
}

function createBot(
  foundation: Foundation,
  signals: Services['signals'],
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
    },
    timeZone,
  };
  return new Bot<Turn>({
    actions,
    commands,
    sessions: storedFormSessions(foundation),
    live: new LiveMessages({ stores, transact, now, newId, timeZone, cards }),
    firstTime: (key) => stores.inbox.accept(key, now()),
    identify: identifyWith(services),
    onError,
  });
}

function openLinks(foundation: Foundation): ReturnType<typeof linkPages> {
  const { config, stores, transact, now, newId, randomBytes, vault } = foundation;
  return linkPages({
    stores,
    transact,
    now,
    randomBytes,
    keyedHash: (text) => vault.keyedHash(text),
    secure: config.publicUrl.startsWith('https:'),
    question: ({ id, openings }) => linkQuestion.with({ linkId: id, opening: openings }),
    uses: {
      delivery: {
        ask: {
          title: 'Your message is here',
          text: 'It is shown once. Have a place ready for what stands in it.',
          button: 'Show it now',
        },
        use: (tx, link) => revealDelivery(tx, link, { now, newId }),
      },
    },
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
  { teams }: Config,
  bot: Bot<Turn>,
  { stores, transact, now }: Foundation,
  onError: (error: unknown, where: string) => void,
): Teams | undefined {
  if (!teams) return undefined;
  const personOf = async (user: { readonly tenant: string; readonly userId: string }) =>
    (await stores.identities.find('teams', user.tenant, user.userId))?.personId;
  return createTeams({
    config: teamsSettings(teams),
    bot,
    onError,
    async directAddressOf(user) {
      const personId = await personOf(user);
      return personId === undefined
        ? undefined
        : (await stores.conversations.on(personId, 'teams'))?.address;
    },
    async onConversation(user, address) {
      const personId = await personOf(user);
      if (personId === undefined) return; // Kept when they first write, which links them.
      await transact((tx) => tx.conversations.put({ personId, address, lastWroteAt: now() }));
    },
  });
}

async function reasons({ stores, now }: Foundation): Promise<readonly Reason[]> {
  const beat = await stores.workers.lastBeat();
  return beat && now().getTime() - beat.getTime() < WORKER_SILENT_MS
    ? []
    : [{ part: 'worker', message: 'No worker has said that it lives; the log says why.' }];
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
