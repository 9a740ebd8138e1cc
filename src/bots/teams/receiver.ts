/** `POST /api/messages`: who may send activities, and the way from there to the bot. */
import express, { type RequestHandler, Router } from 'express';
import type { Download } from '../../core/download.ts';
import type { Address } from '../../core/message.ts';
import type { Bot } from '../view/bot.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { ChatPlatform, ChatUser, PlatformCall } from '../view/platform.ts';
import { TeamsBot } from './bot.ts';
import { ACTIVITY_BYTES } from './limits.ts';
import { refusesActivity, refusesRequest } from './local-guard.ts';
import { type Pause, patient } from './patience.ts';
import { type TeamsAdapter, type TeamsConfig, teamsAdapter, teamsPlatform } from './platform.ts';

export interface TeamsParts<Turn extends SessionUser> {
  readonly config: TeamsConfig;
  readonly bot: Bot<Turn>;
  readonly directAddressOf: (user: ChatUser) => Promise<Address | undefined>;
  readonly onConversation: (user: ChatUser, direct: Address) => Promise<void>;
  /** Fetches a file that came with a message; public addresses only, in local mode too. */
  readonly download: Download;
  readonly onError: (error: unknown, where: string) => void;
  /** Hears of each call of the Bot Connector when it has ended. */
  readonly onCall?: (call: PlatformCall) => void;
  /** Hears of each activity how long Teams waited for its answer. */
  readonly onAcknowledged?: (seconds: number) => void;
  /** Whether the client shows dialogs: unless said otherwise real Teams does, and the local client doesn't. */
  readonly dialogs?: boolean;
  /** Another way to check tokens than Microsoft's keys; for tests. */
  readonly adapter?: TeamsAdapter;
  /** How a back-off is waited out; for tests. */
  readonly pause?: Pause;
  /** Milliseconds that a dialog may take to answer. */
  readonly invokeMs?: number;
}

export interface Teams {
  /** For `POST /api/messages`; reads the body itself. */
  readonly handler: RequestHandler;
  readonly platform: ChatPlatform;
  /** Settles when everything that came in so far has been answered. */
  idle(): Promise<void>;
}

export function createTeams<Turn extends SessionUser>(parts: TeamsParts<Turn>): Teams {
  const { config, adapter: given, pause, ...rest } = parts;
  const { onError, onAcknowledged } = rest;
  const { adapter, platform, dialogs, local } = outgoing(config, parts, given);
  const teams = new TeamsBot({ ...rest, platform: patient(platform, pause), dialogs });

  const receive: RequestHandler = async (request, response) => {
    const began = performance.now();
    response.once('finish', () => onAcknowledged?.((performance.now() - began) / 1000));
    try {
      await adapter.admit(request.headers.authorization ?? '', request.body);
      const answer = await teams.turn(request.body);
      response.status(answer?.status ?? 200);
      if (answer?.body === undefined) response.end();
      else response.json(answer.body);
    } catch (error) {
      // The SDK throws for a token that isn't the Bot Connector's; nothing of its text is for the sender.
      onError(error, 'POST /api/messages');
      response.status(isRefusal(error) ? 401 : 500).end();
    }
  };

  const router = Router();
  if (local) router.use(refuseWith(refusesRequest));
  router.use(express.json({ limit: ACTIVITY_BYTES, strict: true }));
  if (local) router.use(refuseWith((request) => refusesActivity(request.body)));
  router.use(receive);
  return { handler: router, platform, idle: () => teams.idle() };
}

function outgoing(
  config: TeamsConfig,
  parts: Pick<TeamsParts<SessionUser>, 'dialogs' | 'onCall'>,
  adapter = teamsAdapter(config),
) {
  const local = 'local' in config;
  const dialogs = parts.dialogs ?? !local;
  const platform = teamsPlatform({
    adapter,
    appId: local ? '' : config.appId,
    tenantId: local ? undefined : config.tenantId,
    dialogs,
    onCall: parts.onCall,
  });
  return { adapter, platform, dialogs, local };
}

/** For processes that only send, such as the worker. */
export const createTeamsSender = (
  config: TeamsConfig,
  onCall?: (call: PlatformCall) => void,
): ChatPlatform => outgoing(config, { ...(onCall && { onCall }) }).platform;

const refuseWith =
  (refuses: (request: Parameters<RequestHandler>[0]) => string | undefined): RequestHandler =>
  (request, response, next) => {
    const reason = refuses(request);
    if (reason === undefined) next();
    else response.status(403).type('text/plain').send(`Refused: ${reason}.\n`);
  };

/** The SDK's `AuthenticationError`, which it gives no name of its own, or its JWT library's word for a forged token. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  (('statusCode' in error && error.statusCode === 401) ||
    ['JsonWebTokenError', 'NotBeforeError', 'TokenExpiredError'].includes(error.name));
