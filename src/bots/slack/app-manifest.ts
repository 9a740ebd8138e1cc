/** The Slack app that this bot needs, for Slack's "create an app from a manifest". */
import type { webApi } from '@slack/bolt';
import { compact } from '../../core/compact.ts';
import { shorten } from '../../core/shorten.ts';
import type { CommandWord } from '../view/command.ts';
import { USAGE_HINT } from './limits.ts';
import { ACCESS_SHORTCUT, AUTHOR_SHORTCUT, COMMAND, EVENTS_PATH, REQUEST_STEP } from './names.ts';

export interface SlackAppManifestOptions {
  /** Without a slash at its end. Not used in socket mode. */
  readonly publicUrl: string;
  readonly socketMode: boolean;
  /** What people can type. */
  readonly commands: readonly CommandWord[];
  /** Left out: with it. Slack has workflow steps in paid plans only. */
  readonly workflowStep?: boolean;
}

/** The type comes from Slack's own library. */
type SlackManifest = webApi.AppsManifestCreateArguments['manifest'];
type Scopes = NonNullable<NonNullable<NonNullable<SlackManifest['oauth_config']>['scopes']>['bot']>;

/** The comment says what each scope is for. */
const SCOPES: Scopes = [
  'commands', // The slash command.
  'chat:write', // Cards, and their edits.
  'app_mentions:read', // What people write to the bot in a channel, with a mention of it.
  'im:write', // Opens a person's direct conversation.
  'im:history', // What people write to the bot there.
  'files:read', // Manifests and lists of people that are sent as files, to the bot or in a form.
  'users:read', // Names; who is a guest, a bot or of another organization; who joins.
  'users:read.email', // Links a chat user to a person by their email address, which Slack has verified.
];

/** For previews of our pages, where Slack knows a domain of ours. */
const LINK_SCOPES: Scopes = [
  'links:read', // That someone wrote a link to our domain: which, where and who, and nothing else of the message.
  'links:write', // The preview below it.
];

/**
 * The person who installs the app may leave these and those for links out. Then mentions in channels don't reach the bot, it can't
 * read files, and links have no preview. They are among `SCOPES`, too.
 */
const OPTIONAL_SCOPES: Scopes = ['app_mentions:read', 'files:read'];

/** messaging/unfurling-links-in-messages: a domain, without a port, that others can look up. Undefined: we have none. */
function domainOf(publicUrl: string): string | undefined {
  if (!URL.canParse(publicUrl)) return undefined;
  const { protocol, hostname } = new URL(publicUrl);
  const isName = /\.[a-z][a-z\d-]*$/i.test(hostname);
  return protocol === 'https:' && isName ? hostname : undefined;
}

/** @returns the manifest. Slack takes it as JSON. */
export function slackAppManifest({
  publicUrl,
  socketMode,
  commands,
  workflowStep = true,
}: SlackAppManifestOptions) {
  const url = `${publicUrl}${EVENTS_PATH}`; // It may have a path of its own.
  const domain = domainOf(publicUrl);
  const forLinks = domain === undefined ? [] : LINK_SCOPES;
  const manifest = {
    _metadata: { major_version: 2, minor_version: 1 }, // Version 1 has another form of `functions`.
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
      ...(domain !== undefined && { unfurl_domains: [domain] }),
    },
    oauth_config: {
      scopes: {
        bot: [...SCOPES, ...forLinks],
        bot_optional: [...OPTIONAL_SCOPES, ...forLinks],
      },
    },
    settings: {
      event_subscriptions: {
        bot_events: compact([
          'message.im',
          'app_mention',
          'team_join',
          'app_home_opened',
          'app_uninstalled',
          'tokens_revoked',
          domain !== undefined && 'link_shared',
        ]),
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
  return workflowStep ? withStep(manifest) : manifest;
}

/** Slack takes a step only of an app that organizations may install, which changes nothing in a standalone workspace. */
function withStep<Manifest extends ManifestWithEvents>(manifest: Manifest) {
  const { settings } = manifest;
  const { event_subscriptions: events } = settings;
  return {
    ...manifest,
    settings: {
      ...settings,
      // Slack's own library doesn't know this event; Slack's reference of manifests has it.
      event_subscriptions: { ...events, bot_events: [...events.bot_events, 'function_executed'] },
      org_deploy_enabled: true,
      function_runtime: 'remote',
    },
    functions: { [REQUEST_STEP]: step } satisfies SlackManifest['functions'],
  };
}

interface ManifestWithEvents {
  readonly settings: {
    readonly event_subscriptions: { readonly bot_events: readonly string[] };
  };
}

const step = {
  title: 'Request access',
  description: 'Shows someone a request for an app, filled in. Only they can send it.',
  input_parameters: {
    properties: {
      app: { type: 'string', title: 'App', description: 'Its name in Latchkey' },
      person: {
        type: 'slack#/types/user_id',
        title: 'Person',
        description: 'Who is shown the request, for themselves',
      },
      reason: { type: 'string', title: 'Reason', description: 'They can change it' },
    },
    required: ['app', 'person'],
  },
  output_parameters: {
    properties: {
      message: { type: 'string', title: 'What happened', description: 'That they were shown it' },
    },
    required: ['message'],
  },
};
