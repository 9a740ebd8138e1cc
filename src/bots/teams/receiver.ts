/** `POST /api/messages`: checks who sends an activity, and passes it to the bot. */
import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Address } from '../../core/message.ts';
import type { Download } from '../../core/network/download.ts';
import { RateLimit } from '../../core/rate-limit.ts';
import type { Bot } from '../view/bot.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { Inbox, Replay } from '../view/inbox.ts';
import type { ChatPlatform, ChatUser, PlatformCall } from '../view/platform.ts';
import { REFUSALS_NOTED } from '../view/refusals-noted.ts';
import type { Pause } from './back-off.ts';
import { TeamsBot } from './bot.ts';
import type { Connector } from './connector/connector.ts';
import { ACTIVITY_BYTES } from './limits.ts';
import { refusesActivity, refusesRequest } from './local-guard.ts';
import { type TeamsConfig, teamsPlatform } from './platform.ts';
import { type FetchJson, fetchByName, SigningKeys } from './signing-keys.ts';
import { ConnectorTokens, type Refusal, refusesSigned } from './token.ts';

export interface TeamsDeps<Turn extends SessionUser> {
  readonly config: TeamsConfig;
  readonly connector: Connector;
  readonly bot: Bot<Turn>;
  /** Where activities are stored before they are acknowledged. Left out: nowhere. */
  readonly inbox?: Inbox | undefined;
  readonly directAddressOf: (user: ChatUser) => Promise<Address | undefined>;
  readonly onConversation: (user: ChatUser, direct: Address) => Promise<void>;
  /** Fetches a file of a message. Only from public addresses, in local mode too. */
  readonly download: Download;
  /** In milliseconds. */
  readonly now: () => number;
  /** The name under which we count a request's client. */
  readonly client: (request: IncomingMessage) => string;
  readonly onError: (error: unknown, where: string) => void;
  /** Called with the reason for a refusal. When there are many, not for each. */
  readonly onRefused?: (why: string) => void;
  /** Called when a Bot Connector call has ended. */
  readonly onCall?: (call: PlatformCall) => void;
  /** Called for each activity with the seconds that Teams waited for its answer. */
  readonly onAcknowledged?: (seconds: number) => void;
  /** Whether the client shows dialogs. Default: real Teams does, the local client doesn't. */
  readonly dialogs?: boolean;
  /** For tests: fetches Microsoft's keys. */
  readonly fetchJson?: FetchJson;
  /** For tests: waits for a back-off. */
  readonly pause?: Pause;
  /** How long a dialog may take to answer, in milliseconds. */
  readonly invokeMs?: number;
}

export interface Teams {
  /** For `POST /api/messages`. It reads the body itself. */
  readonly handler: RequestHandler;
  readonly platform: ChatPlatform;
  readonly replay: Replay;
  /** Settles when every activity so far has been answered. */
  idle(): Promise<void>;
}

export function createTeams<Turn extends SessionUser>(deps: TeamsDeps<Turn>): Teams {
  const { config, connector, ...rest } = deps;
  const { onError, onAcknowledged } = rest;
  const { platform, dialogs } = outgoing(config, connector, deps);
  const answering = outgoing(config, connector, { ...deps, backsOff: true });
  const teams = new TeamsBot({ ...rest, platform: answering.platform, dialogs });

  const receive: RequestHandler = async (request, response) => {
    const began = performance.now();
    response.once('finish', () => onAcknowledged?.((performance.now() - began) / 1000));
    try {
      const answer = await teams.turn(request.body);
      response.status(answer?.status ?? 200);
      if (answer?.body === undefined) response.end();
      else response.json(answer.body);
    } catch (error) {
      onError(error, 'POST /api/messages');
      response.status(500).end();
    }
  };

  const router = Router();
  if ('local' in config) router.use(...fromThisMachine(config.secret));
  else router.use(fromTheConnector(config, deps));
  router.use(receive);
  return {
    handler: router,
    platform,
    replay: (content, receipt) => teams.replay(content, receipt),
    idle: () => teams.idle(),
  };
}

/**
 * Refused requests of one client, in each process; then we answer that it must wait. Accepted requests never count: all
 * of Teams comes from a few addresses, or from the proxy's, and a forger must not use up its limit.
 */
const REFUSED = { burst: 60, perSecond: 1 };

function fromTheConnector(
  { appId, tenantId }: Extract<TeamsConfig, { readonly appId: string }>,
  deps: Pick<TeamsDeps<SessionUser>, 'client' | 'fetchJson' | 'now' | 'onError' | 'onRefused'>,
): RequestHandler {
  const { client, fetchJson = fetchByName, now, onError, onRefused = () => undefined } = deps;
  const keys = new SigningKeys({ fetchJson, now, onError });
  const tokens = new ConnectorTokens({ appId, tenantId, keys, now });
  const refused = new RateLimit({ ...REFUSED, now });
  const noted = new RateLimit({ ...REFUSALS_NOTED, now });

  const refuse = (request: Request, response: Response, { status, why }: Refusal): void => {
    if (noted.take('log').ok) onRefused(why);
    // The sender may be Teams. We couldn't verify it, which isn't its fault, so we don't count it.
    if (status === 503) return void response.status(status).end();
    const turn = refused.take(client(request));
    if (turn.ok) return void response.status(status).end();
    response.set('Retry-After', String(Math.ceil(turn.afterMs / 1000)));
    response.status(429).end();
  };

  return async (request, response, next) => {
    const verdict = await tokens.judge(request.headers.authorization);
    if (!verdict.ok) return refuse(request, response, verdict);
    readBody(request, response, (error: unknown) => {
      if (error) return next(error);
      const refusal = refusesSigned(request.body, { serviceUrl: verdict.serviceUrl, tenantId });
      if (refusal) refuse(request, response, refusal);
      else next();
    });
  };
}

const fromThisMachine = (secret: string | undefined): readonly RequestHandler[] => [
  refuseWith((request) => refusesRequest(request, secret)),
  readBody,
  refuseWith((request) => refusesActivity(request.body)),
];

const readBody = express.json({ limit: ACTIVITY_BYTES, strict: true });

function outgoing(
  config: TeamsConfig,
  connector: Connector,
  deps: Pick<TeamsDeps<SessionUser>, 'dialogs' | 'onCall' | 'pause'> & {
    /** Someone waits for the answer. */
    readonly backsOff?: boolean;
  },
) {
  const local = 'local' in config;
  const dialogs = deps.dialogs ?? !local;
  const platform = teamsPlatform({
    connector,
    tenantId: local ? undefined : config.tenantId,
    dialogs,
    onCall: deps.onCall,
    pause: deps.pause,
    ...(deps.backsOff && { backsOff: true }),
  });
  return { platform, dialogs };
}

/** For processes that only send, such as the worker. */
export const createTeamsSender = (
  config: TeamsConfig,
  connector: Connector,
  onCall?: (call: PlatformCall) => void,
): ChatPlatform => outgoing(config, connector, { onCall }).platform;

const refuseWith =
  (refuses: (request: Parameters<RequestHandler>[0]) => string | undefined): RequestHandler =>
  (request, response, next) => {
    const reason = refuses(request);
    if (reason === undefined) next();
    else response.status(403).type('text/plain').send(`Refused: ${reason}.\n`);
  };
