/** The chats: the bot with all its features, and Slack and Teams, which receive messages and clicks. */
import { setTimeout as pause } from 'node:timers/promises';
import { useShortcut } from '../bots/features/access/shortcuts.ts';
import { usableCommands, useText } from '../bots/features/commands.ts';
import { actions, cards, commands, offeredTo } from '../bots/features/features.ts';
import { home } from '../bots/features/home/home.ts';
import { previewWith } from '../bots/features/links/page-preview.ts';
import { askAboutJoinsWith } from '../bots/features/people/joins.ts';
import { requestStepWith } from '../bots/features/requests/request-step.ts';
import { openSentence } from '../bots/features/sentences/open-sentence.ts';
import { readPhrase } from '../bots/features/sentences/phrases.ts';
import { answerGreeting, welcomeOnce } from '../bots/features/welcome.ts';
import type { Services, Turn } from '../bots/live/context.ts';
import { storedFormSessions } from '../bots/live/form-sessions.ts';
import { identifyWith, meetConversation } from '../bots/live/identify.ts';
import { StoredInbox } from '../bots/live/inbox.ts';
import { LiveMessages } from '../bots/live/live-messages.ts';
import { MessageSender } from '../bots/live/message-sender.ts';
import { afterTimeAwake } from '../bots/live/time-awake.ts';
import type { Slack } from '../bots/slack/receiver.ts';
import type { Teams } from '../bots/teams/receiver.ts';
import { Bot } from '../bots/view/bot.ts';
import type { BotDeps } from '../bots/view/bot-deps.ts';
import type { Inbox } from '../bots/view/inbox.ts';
import type { WatchInteraction } from '../bots/view/pipeline/steps.ts';
import type { ChatUser, PlatformCall } from '../bots/view/platform.ts';
import { clientOf, trustedProxies } from '../core/network/client-address.ts';
import { RateLimit } from '../core/rate-limit.ts';
import { WorkQueue } from '../core/work-queue.ts';
import { redirectUrls } from '../engine/calls/oauth.ts';
import { linkToken } from '../engine/links/links.ts';
import { inWorkspaceLocale } from '../engine/people/locales.ts';
import { DryRuns } from '../engine/rules/dry-runs.ts';
import { hookUrls } from '../engine/sequences/hooks/hook.ts';
import { createDownload } from '../http/download.ts';
import { createHttp } from '../http/got-http.ts';
import type { Log } from '../log.ts';
import type { Meters } from '../observe/meters.ts';
import { adaptConcurrency, type ConcurrencyClock } from './adaptive-concurrency.ts';
import type { Foundation } from './foundation.ts';
import { slackToken, teamsConnector, teamsSettings } from './platforms.ts';

/** Both undefined when no chat is connected yet. */
export interface Chats {
  readonly slack: Slack | undefined;
  readonly teams: Teams | undefined;
  readonly inbox: Pick<StoredInbox, 'close'>;
  /** For what someone waits for. All else is sent by the worker. */
  readonly sender: MessageSender;
  /**
   * Adapts the concurrency to what this process can do in time, and takes over from processes that died. @returns a
   * function that stops both
   */
  start(): () => void;
}

export interface ChatDeps {
  readonly signals: Services['signals'];
  readonly catalogue: Services['catalogue'];
  readonly onError: (error: unknown, where: string) => void;
  readonly watch: WatchInteraction;
  readonly onCall: (call: PlatformCall) => void;
  readonly meters: Meters;
  readonly log: Log;
  /** How many processes share a Slack workspace. */
  readonly processes: () => number;
}

/** Creates the configured chats. They receive nothing before Slack is started and the server passes on requests. */
export async function createChats(foundation: Foundation, deps: ChatDeps): Promise<Chats> {
  const queue = new WorkQueue({
    atOnce: EVERYBODY.most,
    waiting: EVERYBODY.waiting,
    timeout: { ms: EVERYBODY.timeoutMs, later },
  });
  const rateLimit = onePersonsLimit();
  const bot = createBot(foundation, { queue, rateLimit }, deps);
  const { stores, now, newId } = foundation;
  const inbox = new StoredInbox({
    store: stores.inbox,
    processId: newId(),
    now,
    later,
    afterTimeAwake: (ms, work) => afterTimeAwake(ms, later, work),
    isFree: () => queue.isFree,
    rateLimit,
    onError: deps.onError,
  });
  const [slack, teams] = await Promise.all([
    slackOf(foundation, { bot, inbox }, deps),
    teamsOf(foundation, { bot, inbox }, deps),
  ]);
  return {
    slack,
    teams,
    inbox,
    sender: new MessageSender(
      {
        stores,
        transact: foundation.transact,
        now,
        timeZone: foundation.config.timeZone,
        cards,
        onError: deps.onError,
      },
      [slack, teams].flatMap((chat) => (chat ? [chat.platform] : [])),
      () => performance.now(),
    ),
    start() {
      const stop = adaptConcurrency(queue, EVERYBODY, clock);
      inbox.start({
        ...(slack && { slack: slack.replay }),
        ...(teams && { teams: teams.replay }),
      });
      return () => {
        stop();
        inbox.takeOverNoMore();
      };
    },
  };
}

/** The chats that still answer while a process stops. */
interface Answering {
  readonly slack: Pick<Slack, 'stop'> | undefined;
  readonly teams: Pick<Teams, 'idle'> | undefined;
  readonly inbox: Pick<StoredInbox, 'close'>;
}

/**
 * Waits until everyone with an acknowledged interaction has an answer, which may take long.
 * @param closed resolves when nothing comes in any more; this also waits for what is acknowledged until then
 */
export async function everybodyAnswered(
  { slack, teams, inbox }: Answering,
  closed: Promise<void>,
): Promise<void> {
  await closed;
  await Promise.all([slack?.stop(), teams?.idle()]);
  await inbox.close();
}

/**
 * One person's rate limit in chat, in each process. No person clicks or writes twice a second for a minute, but a script
 * or a broken client may. Each turn costs a few transactions and may call apps. Admins have the same limit; the command
 * line has none.
 */
const ONE_PERSON = { burst: 120, perSecond: 2 };
/**
 * For searches while a person types in a list, and for forms that are drawn again: up to ten keys a second, all from one
 * form session.
 */
const ONE_PERSON_TYPING = { burst: 120, perSecond: 10 };

/**
 * All people's limit in chat, in each process. A turn mostly waits for the database and the chat platform, so many run at
 * once, and fewer while the process is overloaded. A person whose turn waits too long gets an answer to try again, in the
 * three seconds for which Slack's trigger opens forms.
 */
const EVERYBODY = { fewest: 16, most: 64, lateMs: 100, waiting: 512, timeoutMs: 2000 };

const clock: ConcurrencyClock = {
  now: () => performance.now(),
  every(ms, work) {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
};

function later(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

type Limit = NonNullable<BotDeps<Turn>['rateLimit']>;

function onePersonsLimit(): Limit {
  const clicks = new RateLimit({ ...ONE_PERSON, now: () => performance.now() });
  const typing = new RateLimit({ ...ONE_PERSON_TYPING, now: () => performance.now() });
  const workflow = new RateLimit({ ...ONE_PERSON, now: () => performance.now() });
  const others = { typing, workflow };
  return ({ platform, tenant, userId }: ChatUser, what) =>
    (what === undefined ? clicks : others[what]).take(`${platform}/${tenant}/${userId}`);
}

function createBot(
  foundation: Foundation,
  limits: { readonly queue: WorkQueue; readonly rateLimit: Limit },
  { signals, catalogue, onError, watch }: ChatDeps,
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
      hookUrlOf: hookUrls(config.publicUrl),
      openFrom: (via) =>
        config.publicUrlIsSet || (via === 'teams' && config.teams?.kind === 'local'),
    },
    installation: {
      timeZone,
      adminEmails: config.adminEmails,
      secretsInChat: config.secretsInChat === 'fallback',
    },
    dryRuns: new DryRuns({ stores, now, timeZone }),
    catalogue,
  };
  return new Bot<Turn>({
    actions,
    commands,
    usable: usableCommands,
    offered: (card, { actor }) => offeredTo(card, actor),
    sessions: storedFormSessions(foundation),
    live: new LiveMessages({ stores, transact, now, timeZone, cards, onError }),
    firstTime: (key) => stores.inbox.accept(key, now()),
    identify: identifyWith(services, welcomeOnce),
    greet: answerGreeting,
    meant: openSentence,
    phrase: readPhrase,
    use: useText,
    onJoin: askAboutJoinsWith(services),
    home,
    shortcut: useShortcut,
    preview: previewWith({ stores, publicUrl: config.publicUrl }),
    forEveryone: (work) => inWorkspaceLocale(stores, work),
    step: requestStepWith(() => performance.now()),
    later,
    ...limits,
    onError,
    watch,
  });
}

interface Chat {
  readonly bot: Bot<Turn>;
  readonly inbox: Inbox;
}

/** A platform's SDK takes most of a start's loading time, so we load only configured ones. */
async function slackOf(
  { config: { slack }, stores, now }: Foundation,
  chat: Chat,
  { onError, onCall, meters, log, processes }: ChatDeps,
): Promise<Slack | undefined> {
  if (!slack) return undefined;
  const { createSlack } = await import('../bots/slack/receiver.ts');
  const { apiUrl, receive } = slack;
  const slackLog = {
    warn: (message: string) => log.warn(message),
    error: (message: string) => log.error(message),
  };
  return createSlack({
    config: {
      botToken: slackToken(slack, { stores, now, pause: (ms) => pause(ms), log: slackLog }),
      apiUrl,
      ...(receive.kind === 'socket'
        ? { appToken: receive.appToken }
        : { signingSecret: receive.signingSecret }),
    },
    ...chat,
    onError,
    onCall,
    onAcknowledged: (seconds) => meters.acknowledged('slack', seconds),
    log: slackLog,
    now: () => performance.now(),
    processes,
  });
}

async function teamsOf(
  { config, stores, transact, now }: Foundation,
  chat: Chat,
  { onError, onCall, meters, log }: ChatDeps,
): Promise<Teams | undefined> {
  const { teams, proxy } = config;
  if (!teams) return undefined;
  const { createTeams } = await import('../bots/teams/receiver.ts');
  const proxies = trustedProxies(config.trustProxy);
  return createTeams({
    config: teamsSettings(teams),
    connector: await teamsConnector(teams, config, now),
    ...chat,
    onError,
    onRefused: (why) => log.warn(`A request to /api/messages was refused: ${why}`),
    onCall,
    onAcknowledged: (seconds) => meters.acknowledged('teams', seconds),
    now: () => now().getTime(),
    client: (request) => clientOf(request, proxies),
    // The private addresses of `ALLOW_PRIVATE_HOSTS` don't apply to addresses in activities.
    download: createDownload(createHttp({ allowPrivateHosts: [], userAgent: 'Latchkey', proxy })),
    directAddressOf: async ({ tenant, userId }) =>
      (await stores.identities.known('teams', tenant, userId))?.conversation?.address,
    async onConversation({ tenant, userId }, address) {
      const identity = await stores.identities.find('teams', tenant, userId);
      if (!identity) return; // Stored when they first write, which links them.
      await meetConversation(identity.personId, address, { stores, transact });
    },
  });
}
