/** The Slack part of the app: receives events over HTTP or a socket, and sends messages. */
import {
  App,
  type ExpressReceiver,
  type Logger,
  SocketModeReceiver,
  type webApi,
} from '@slack/bolt';
import { RateLimit } from '../../core/rate-limit.ts';
import { type Bot, InFlight } from '../view/bot.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { Inbox, Replay } from '../view/inbox.ts';
import { type ChatPlatform, type PlatformCall, PlatformError } from '../view/platform.ts';
import { REFUSALS_NOTED } from '../view/refusals-noted.ts';
import { arrivalOf } from './arrival.ts';
import {
  CheckingReceiver,
  inContext,
  receiveFirst,
  timeAcknowledgements,
} from './bolt-internals.ts';
import { connectSlack } from './bot.ts';
import { EditBudget } from './edit-budget.ts';
import { ACKNOWLEDGE_MS, MAIN_EDITS_PER_MINUTE, MAX_BODY_BYTES } from './limits.ts';
import { EVENTS_PATH } from './names.ts';
import { platformOver } from './platform.ts';
import { isAsSlackSends, isEvent, isRateLimited } from './shape.ts';
import { SocketConnection } from './socket-connection.ts';
import {
  api,
  clientOptions,
  currentToken,
  type SlackLog,
  type SlackToken,
  sdkLogger,
  slackClient,
} from './web-api.ts';

export type SlackConfig = {
  /** `xoxb-…`, or where a token that expires comes from. */
  readonly botToken: SlackToken;
  /** For tests: another Web API than Slack's. */
  readonly apiUrl?: string;
} & (
  | { readonly signingSecret: string }
  /** `xapp-…`: events come over a socket. */
  | { readonly appToken: string }
);

export interface SlackOptions<Turn extends SessionUser> {
  readonly config: SlackConfig;
  readonly bot: Bot<Turn>;
  /** Where interactions are stored before they are acknowledged. Left out: nowhere. */
  readonly inbox?: Inbox | undefined;
  readonly log: SlackLog;
  readonly onError: (error: unknown, where: string) => void;
  /** Milliseconds since any fixed moment: a clock that is put right mustn't stop its edits. */
  readonly now: () => number;
  /** Called when a Web API call has ended. */
  readonly onCall?: (call: PlatformCall) => void;
  /** Called for each interaction with the seconds that Slack waited for the acknowledgement. */
  readonly onAcknowledged?: (seconds: number) => void;
  /** How many processes share the workspace's edits. */
  readonly processes: () => number;
  /** For tests: another time limit than Slack's. */
  readonly submitTimeoutMs?: number;
  /** For tests: other pauses between tries to connect the socket. */
  readonly reconnectPausesMs?: readonly number[];
}

export interface Slack {
  readonly platform: ChatPlatform;
  /**
   * `POST /slack/events`, for commands, clicks, options and events. Mount it before any body parser, since the signature
   * covers the raw body. Undefined with a socket.
   */
  readonly handler: ExpressReceiver['router'] | undefined;
  readonly replay: Replay;
  /** False while a socket that was open reconnects. */
  isConnected(): boolean;
  /** Asks Slack who we are. With a socket, connects it. @throws {PlatformError} for a token that Slack refuses. */
  start(): Promise<void>;
  /** Waits for interactions in progress. Stop taking requests first. The caller sets a time limit. */
  stop(): Promise<void>;
}

export function createSlack<Turn extends SessionUser>(options: SlackOptions<Turn>): Slack {
  const { config, bot, inbox, log, onError, now, processes } = options;
  const logger = sdkLogger(log);
  const web = clientOptions(config.apiUrl, log);
  const client = slackClient({ token: config.botToken, ...config, onCall: options.onCall }, log);
  const budget = new EditBudget(MAIN_EDITS_PER_MINUTE, processes, now);
  const self = onceItWorks(async () => {
    const said = await api(client.auth.test());
    if (!said.team_id || !said.user_id)
      throw new PlatformError('unreachable', 'Slack named no team or user');
    return { teamId: said.team_id, userId: said.user_id, botId: said.bot_id };
  });

  const receiver = receiverFor(config, { web, log, logger: fewWarnings(logger, now) });
  const app = new App({
    receiver,
    logger,
    clientOptions: web,
    convoStore: false,
    // We serve one workspace, so one token answers every event.
    authorize: async () => {
      const { userId, botId } = await self();
      const botToken = await currentToken(config.botToken);
      return { botToken, botUserId: userId, botId };
    },
  });
  app.error(async (error) => onError(error, 'slack'));
  const inFlight = new InFlight();
  const replay = receiveFirst(app, (body, handle) =>
    inFlight.run(async () => {
      const isRight = isAsSlackSends(body);
      const arrival = isRight && inbox && (await arrivalOf(body, self));
      if (!arrival) return handle({ isAsSlackSends: isRight });
      const receipt = inbox.receive(arrival);
      try {
        await handle({ isAsSlackSends: true, receipt }, receipt.acknowledgeable);
      } finally {
        receipt.end();
      }
    }),
  );
  if (options.onAcknowledged) timeAcknowledgements(app, options.onAcknowledged);
  app.use(async ({ context, next }) => {
    if (inContext(context).isAsSlackSends) await next();
    else log.warn(NOT_SLACKS);
  });
  const socket =
    receiver instanceof SocketModeReceiver
      ? new SocketConnection({
          client: receiver.client,
          onError,
          pausesMs: options.reconnectPausesMs,
        })
      : undefined;
  connectSlack(app, bot, {
    client,
    budget,
    self,
    onError,
    warn: (message) => log.warn(message),
    submitTimeoutMs: options.submitTimeoutMs ?? ACKNOWLEDGE_MS,
  });

  return {
    platform: platformOver({ client, budget }),
    handler: 'router' in receiver ? receiver.router : undefined,
    async replay(content, receipt) {
      await self(); // Without, nothing can be answered.
      const body = content as Record<string, unknown>; // It was checked before it was stored.
      await inFlight.run(() => replay(body, { isAsSlackSends: true, receipt }));
      receipt.end();
    },
    isConnected: () => socket?.isConnected ?? true,
    async start() {
      await self();
      await socket?.start();
    },
    async stop() {
      await inFlight.done(); // An answer to Slack goes back over the socket.
      await socket?.stop();
      await inFlight.done();
    },
  };
}

/** A receiver warns of each request that it refuses, and strangers may send very many. */
function fewWarnings(logger: Logger, now: () => number): Logger {
  const noted = new RateLimit({ ...REFUSALS_NOTED, now });
  return {
    ...logger,
    warn(...deps) {
      if (noted.take('log').ok) logger.warn(...deps);
    },
  };
}

const RATE_LIMITED =
  'Slack leaves out events of this workspace: it had more than 30,000 in an hour for this app, or too many were not acknowledged. What people write to the bot may stay without an answer for now; buttons and slash commands work';

const NOT_SLACKS = 'A signed request is none that Slack sends; it is left alone';

function receiverFor(
  config: SlackConfig,
  {
    web,
    log,
    logger,
  }: {
    readonly web: webApi.WebClientOptions;
    readonly log: SlackLog;
    readonly logger: Logger;
  },
): ExpressReceiver | SocketModeReceiver {
  if ('signingSecret' in config) {
    const options = {
      signingSecret: config.signingSecret,
      logger,
      endpoints: EVENTS_PATH,
      bodyLimit: MAX_BODY_BYTES,
    };
    return new CheckingReceiver(options, (body) => {
      if (isRateLimited(body)) {
        log.warn(RATE_LIMITED);
        return 200;
      }
      if (isAsSlackSends(body)) return undefined;
      log.warn(NOT_SLACKS);
      return isEvent(body) ? 200 : 400; // An event that isn't taken is sent again.
    });
  }
  return new SocketModeReceiver({
    appToken: config.appToken,
    logger,
    autoReconnectEnabled: false, // `SocketConnection` does it.
    installerOptions: { clientOptions: web },
  });
}

/** Keeps the first answer. After a failure the next caller tries again. */
function onceItWorks<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
