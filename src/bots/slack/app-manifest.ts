/** The Slack app that this bot needs, for Slack's "create an app from a manifest". */
import type { webApi } from '@slack/bolt';
import { shorten } from '../../core/shorten.ts';
import type { CommandWord } from '../view/command.ts';
import { USAGE_HINT } from './limits.ts';
import { ACCESS_SHORTCUT, AUTHOR_SHORTCUT, COMMAND, EVENTS_PATH } from './names.ts';

export interface SlackAppManifestOptions {
  /** Without a slash at its end. Not used in socket mode. */
  readonly publicUrl: string;
  readonly socketMode: boolean;
  /** What people can type. */
  readonly commands: readonly CommandWord[];
}

/** The type comes from Slack's own library. */
type SlackManifest = webApi.AppsManifestCreateArguments['manifest'];

/** The comment says what each scope is for. */
const SCOPES: NonNullable<
  NonNullable<NonNullable<SlackManifest['oauth_config']>['scopes']>['bot']
> = [
  'commands', // The slash command.
  'chat:write', // Cards, and their edits.
  'app_mentions:read', // What people write to the bot in a channel, with a mention of it.
  'im:write', // Opens a person's direct conversation.
  'im:history', // What people write to the bot there.
  'files:read', // Manifests and lists of people that are sent as files, to the bot or in a form.
  'users:read', // Names; who is a guest, a bot or of another organization; who joins.
  'users:read.email', // Links a chat user to a person by their email address, which Slack has verified.
];

/**
 * The person who installs the app may leave these out. Then mentions in channels don't reach the bot, and it can't read files.
 * They are among `SCOPES`, too.
 */
const OPTIONAL_SCOPES = ['app_mentions:read', 'files:read'] as const satisfies typeof SCOPES;

/** @returns the manifest. Slack takes it as JSON. */
export function slackAppManifest({ publicUrl, socketMode, commands }: SlackAppManifestOptions) {
  const url = `${publicUrl}${EVENTS_PATH}`; // It may have a path of its own.
  return {
    display_information: {
      name: 'Latchkey',
      description: "Sets up people's accounts on their first day and removes them on their last",
    },
    features: {
      bot_user: { display_name: 'Latchkey', always_online: true },
      app_home: {
        home_tab_enabled: true,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: false, // People may write commands there.
      },
      shortcuts: [
        {
          name: 'Access…',
          type: 'global',
          callback_id: ACCESS_SHORTCUT,
          description: "Shows someone's access",
        },
        {
          name: 'Access of the author',
          type: 'message',
          callback_id: AUTHOR_SHORTCUT,
          description: 'Shows the access of the person who wrote this',
        },
      ],
      slash_commands: [
        {
          command: COMMAND,
          description: 'Grant, check and revoke access',
          usage_hint: shorten(commands.map(({ usage }) => usage).join(' | '), USAGE_HINT),
          should_escape: true, // A mention then carries the user's id, and not only a name.
          ...(!socketMode && { url }),
        },
      ],
    },
    oauth_config: { scopes: { bot: SCOPES, bot_optional: [...OPTIONAL_SCOPES] } },
    settings: {
      event_subscriptions: {
        bot_events: [
          'message.im',
          'app_mention',
          'team_join',
          'app_home_opened',
          'app_uninstalled',
          'tokens_revoked',
        ],
        ...(!socketMode && { request_url: url }),
      },
      interactivity: {
        is_enabled: true,
        ...(!socketMode && { request_url: url, message_menu_options_url: url }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: socketMode,
      token_rotation_enabled: false,
    },
  } satisfies SlackManifest;
}
