/** The configured chat platforms, for processes that only send. */
import { RotatingToken } from '../bots/live/rotating-token.ts';
import { channelNamed, channelOf } from '../bots/slack/channel.ts';
import type { SlackLog, SlackToken } from '../bots/slack/web-api.ts';
import type { Connector } from '../bots/teams/connector/connector.ts';
import type { TeamsConfig as TeamsSettings } from '../bots/teams/platform.ts';
import type { ChatPlatform, PlatformCall } from '../bots/view/platform.ts';
import type { Config } from '../config/config.ts';
import type { SlackConfig, TeamsConfig } from '../config/config-chat.ts';
import { compact } from '../core/compact.ts';
import type { Http } from '../engine/ports/http.ts';
import type { Clock, Time } from '../engine/ports/time-and-chance.ts';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import { type AllowList, parseAllowList } from '../http/address-guard.ts';
import { createHttp } from '../http/got-http.ts';

interface SenderDeps extends SlackTokenDeps {
  /** Called when a call of a platform's API has ended. */
  readonly onCall: (call: PlatformCall) => void;
  /** How many processes share the chat workspace. */
  readonly processes: () => number;
}

/**
 * The configured platforms. Their SDKs load with the first message: they took most of a worker's start, and a killed
 * worker's runs wait for its successor.
 */
export const openSenders = (config: Config, deps: SenderDeps): readonly ChatPlatform[] =>
  compact([
    config.slack && slackSender(config.slack, deps),
    config.teams && teamsSender(config.teams, config, deps),
  ]);

const slackSender = (slack: SlackConfig, deps: SenderDeps): ChatPlatform =>
  loadedWhenUsed({ name: 'slack', channelNamed, channelOf }, async () => {
    const { slackPlatform } = await import('../bots/slack/platform.ts');
    const { log, onCall, processes } = deps;
    return slackPlatform({
      token: slackToken(slack, deps),
      apiUrl: slack.apiUrl,
      now: () => performance.now(),
      log,
      onCall,
      processes,
    });
  });

export interface SlackTokenDeps extends Time {
  readonly stores: Pick<Stores, 'chatTokens'>;
  readonly log: SlackLog;
}

/** The token itself, or with Slack's token rotation what all processes share. */
export function slackToken(
  { botToken, rotation, apiUrl }: SlackConfig,
  { stores, now, pause, log }: SlackTokenDeps,
): SlackToken {
  if (!rotation) return botToken;
  const { refreshToken, ...app } = rotation;
  return new RotatingToken(
    { platform: 'slack', token: botToken, refreshToken },
    {
      store: stores.chatTokens,
      now,
      pause,
      async renew(current) {
        const { renewSlackToken } = await import('../bots/slack/renew-token.ts');
        return renewSlackToken(current, { ...app, apiUrl }, log);
      },
      onLost: (sentence) => log.error(sentence),
    },
  );
}

const teamsSender = (
  teams: TeamsConfig,
  config: Config,
  { now, onCall }: SenderDeps,
): ChatPlatform =>
  loadedWhenUsed({ name: 'teams' }, async () => {
    const { createTeamsSender } = await import('../bots/teams/receiver.ts');
    const connector = await teamsConnector(teams, config, now);
    return createTeamsSender(teamsSettings(teams), connector, onCall);
  });

/**
 * When loading fails, the next message loads again. A retried job sends the same message again.
 * @param known its properties before it is loaded
 */
export function loadedWhenUsed(
  known: Pick<ChatPlatform, 'name' | 'channelNamed' | 'channelOf'>,
  load: () => Promise<ChatPlatform>,
): ChatPlatform {
  let loading: Promise<ChatPlatform> | undefined;
  const loaded = () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    ...known,
    send: async (to, card) => (await loaded()).send(to, card),
    edit: async (message, card, urgency) => (await loaded()).edit(message, card, urgency),
    directOf: async (email, takesUnconfirmed) =>
      (await loaded()).directOf?.(email, takesUnconfirmed),
  };
}

export const teamsSettings = (teams: TeamsConfig): TeamsSettings =>
  teams.kind === 'local'
    ? { local: true, secret: teams.secret }
    : { appId: teams.appId, tenantId: teams.tenantId };

/** @throws {SdkMissing} */
export async function teamsConnector(
  teams: TeamsConfig,
  config: Pick<Config, 'allowPrivateHosts' | 'proxy'>,
  now: Clock,
): Promise<Connector> {
  const { openConnector } = await import('../bots/teams/connector/open-connector.ts');
  return openConnector(
    { app: teams.kind === 'local' ? undefined : teams, driver: teams.driver },
    { http: microsoftsHttp(teams, config), now: () => now().getTime() },
  );
}

/** For calls of Microsoft, or of the local client, which is on this machine. */
export function microsoftsHttp(
  teams: TeamsConfig,
  { allowPrivateHosts, proxy }: Pick<Config, 'allowPrivateHosts' | 'proxy'>,
): Http {
  const userAgent = 'Latchkey';
  if (teams.kind === 'local') return createHttp({ allowPrivateHosts: thisMachine(), userAgent });
  // A card is often followed by its edit. Microsoft's balancers keep an idle connection for minutes.
  const keepsWrites = true;
  return createHttp({ allowPrivateHosts, userAgent, proxy, proxyLooksUp: true, keepsWrites });
}

function thisMachine(): AllowList {
  const read = parseAllowList('localhost, 127.0.0.0/8, ::1/128');
  if (!read.ok) throw new TypeError(read.error);
  return read.list;
}
