/** The chat platforms as the configuration has them, for whatever only sends. */
import { slackPlatform } from './bots/slack/platform.ts';
import type { SlackLog } from './bots/slack/web-api.ts';
import type { TeamsConfig as TeamsSettings } from './bots/teams/platform.ts';
import { createTeamsSender } from './bots/teams/receiver.ts';
import type { ChatPlatform } from './bots/view/platform.ts';
import type { Config } from './config.ts';
import type { TeamsConfig } from './config-chat.ts';
import type { Clock } from './engine/ports.ts';

export function openSenders(
  { slack, teams }: Config,
  { now, log }: { readonly now: Clock; readonly log: SlackLog },
): readonly ChatPlatform[] {
  return [
    ...(slack
      ? [
          slackPlatform({
            token: slack.botToken,
            ...(slack.apiUrl !== undefined && { apiUrl: slack.apiUrl }),
            now: () => now().getTime(),
            log,
          }),
        ]
      : []),
    ...(teams ? [createTeamsSender(teamsSettings(teams))] : []),
  ];
}

export function teamsSettings(teams: TeamsConfig): TeamsSettings {
  if (teams.kind === 'local') return { local: true };
  const { appId, appPassword: password, tenantId } = teams;
  return { appId, password, tenantId };
}
