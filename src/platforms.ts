/** The chat platforms as the configuration has them, for whatever only sends. */
import type { SlackLog } from './bots/slack/web-api.ts';
import type { TeamsConfig as TeamsSettings } from './bots/teams/platform.ts';
import type { ChatPlatform, PlatformCall } from './bots/view/platform.ts';
import type { Config } from './config.ts';
import type { SlackConfig, TeamsConfig } from './config-chat.ts';
import type { Clock } from './engine/ports/time-and-chance.ts';

interface SenderParts {
  readonly now: Clock;
  readonly log: SlackLog;
  /** Hears of each call of a platform's API when it has ended. */
  readonly onCall: (call: PlatformCall) => void;
  /** How many processes share the chat workspace. */
  readonly processes: () => number;
}

/**
 * A platform's SDK is loaded only where that platform is configured: most of a worker's start is loading it, and
 * a killed worker's runs wait for its successor.
 */
export async function openSenders(
  { slack, teams }: Config,
  parts: SenderParts,
): Promise<readonly ChatPlatform[]> {
  return Promise.all([
    ...(slack ? [openSlackSender(slack, parts)] : []),
    ...(teams ? [openTeamsSender(teams, parts)] : []),
  ]);
}

async function openSlackSender(
  { botToken, apiUrl }: SlackConfig,
  { now, log, onCall, processes }: SenderParts,
): Promise<ChatPlatform> {
  const { slackPlatform } = await import('./bots/slack/platform.ts');
  return slackPlatform({
    token: botToken,
    ...(apiUrl !== undefined && { apiUrl }),
    now: () => now().getTime(),
    log,
    onCall,
    processes,
  });
}

async function openTeamsSender(teams: TeamsConfig, { onCall }: SenderParts): Promise<ChatPlatform> {
  const { createTeamsSender } = await import('./bots/teams/receiver.ts');
  return createTeamsSender(teamsSettings(teams), onCall);
}

export function teamsSettings(teams: TeamsConfig): TeamsSettings {
  if (teams.kind === 'local') return { local: true };
  const { appId, appPassword: password, tenantId } = teams;
  return { appId, password, tenantId };
}
