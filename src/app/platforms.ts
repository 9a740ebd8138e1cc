/** The configured chat platforms, for processes that only send. */
import { channelNamed } from '../bots/slack/channel.ts';
import type { SlackLog } from '../bots/slack/web-api.ts';
import type { TeamsConfig as TeamsSettings } from '../bots/teams/platform.ts';
import type { ChatPlatform, PlatformCall } from '../bots/view/platform.ts';
import type { Config } from '../config/config.ts';
import type { SlackConfig, TeamsConfig } from '../config/config-chat.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';

interface SenderDeps {
  readonly now: Clock;
  readonly log: SlackLog;
  /** Called when a call of a platform's API has ended. */
  readonly onCall: (call: PlatformCall) => void;
  /** How many processes share the chat workspace. */
  readonly processes: () => number;
}

/**
 * The configured platforms. Their SDKs load with the first message: they took most of a worker's start, and a killed
 * worker's runs wait for its successor.
 */
export const openSenders = (
  { slack, teams }: Config,
  deps: SenderDeps,
): readonly ChatPlatform[] => [
  ...(slack ? [slackSender(slack, deps)] : []),
  ...(teams ? [teamsSender(teams, deps)] : []),
];

const slackSender = (
  { botToken, apiUrl }: SlackConfig,
  { now, log, onCall, processes }: SenderDeps,
): ChatPlatform =>
  loadedWhenUsed({ name: 'slack', channelNamed }, async () => {
    const { slackPlatform } = await import('../bots/slack/platform.ts');
    return slackPlatform({
      token: botToken,
      apiUrl,
      now: () => now().getTime(),
      log,
      onCall,
      processes,
    });
  });

const teamsSender = (teams: TeamsConfig, { onCall }: SenderDeps): ChatPlatform =>
  loadedWhenUsed({ name: 'teams' }, async () => {
    const { createTeamsSender } = await import('../bots/teams/receiver.ts');
    return createTeamsSender(teamsSettings(teams), onCall);
  });

/**
 * When loading fails, the next message loads again. A retried job sends the same message again.
 * @param known its properties before it is loaded
 */
export function loadedWhenUsed(
  known: Pick<ChatPlatform, 'name' | 'channelNamed'>,
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

export function teamsSettings(teams: TeamsConfig): TeamsSettings {
  if (teams.kind === 'local') return { local: true, secret: teams.secret };
  const { appId, appPassword: password, tenantId } = teams;
  return { appId, password, tenantId };
}
