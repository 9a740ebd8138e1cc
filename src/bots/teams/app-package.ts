/** The app package that an admin uploads to Teams: its manifest and two icons. */
import type { CommandWord } from '../view/command.ts';
import { beginning } from './adaptive-card.ts';
import { colorIcon, outlineIcon } from './icons.ts';

export interface TeamsAppOptions {
  readonly appId: string;
  /** The address of Latchkey's web pages. */
  readonly publicUrl: string;
  /** The name that people see in Teams. */
  readonly name: string;
  /** Everything that people can type. Teams shows only the first ones. */
  readonly commands: readonly CommandWord[];
}

/** Teams takes at most ten commands for each scope. We send the first ones; the bot's help lists all. */
const COMMANDS = 10;
/** Limits of Teams' manifest: names 30 characters, descriptions 80 and 4,000, command titles 32 and their descriptions 128. */
const SHORT_NAME_UNITS = 30;
const DESCRIPTION_UNITS = 128;

/** The manifest, of schema 1.17. */
export function teamsAppManifest({
  appId,
  publicUrl,
  name,
  commands: words,
}: TeamsAppOptions): object {
  const { origin, hostname } = new URL(publicUrl);
  const commands = words.slice(0, COMMANDS).map(({ word, summary }) => ({
    title: word,
    description: beginning(summary(), DESCRIPTION_UNITS),
  }));
  return {
    $schema: 'https://developer.microsoft.com/json-schemas/teams/v1.17/MicrosoftTeams.schema.json',
    manifestVersion: '1.17',
    version: '1.1.0', // Teams takes a changed package only with a higher version.
    id: appId,
    developer: {
      name: 'Latchkey',
      websiteUrl: origin,
      privacyUrl: origin,
      termsOfUseUrl: origin,
    },
    name: { short: name.slice(0, SHORT_NAME_UNITS), full: name.slice(0, 100) },
    description: {
      short: 'Gives people their accounts on day one and takes them away on the last.',
      full: 'Grant, check and revoke accounts, and follow what was done, from chat.',
    },
    icons: { color: 'color.png', outline: 'outline.png' },
    accentColor: '#2E4057',
    bots: [
      {
        botId: appId,
        scopes: ['personal', 'team', 'groupChat'],
        supportsFiles: true, // People send manifests and lists of people as files.
        isNotificationOnly: false,
        commandLists: [{ scopes: ['personal', 'team', 'groupChat'], commands }],
      },
    ],
    composeExtensions: [
      {
        botId: appId,
        commands: [
          {
            id: 'access',
            type: 'action',
            title: 'Access…',
            description: 'See what someone has access to; on a message, whoever wrote it',
            context: ['compose', 'commandBox', 'message'],
            fetchTask: true,
          },
        ],
      },
    ],
    permissions: ['identity', 'messageTeamMembers'],
    validDomains: [hostname],
  };
}

/** All files of the package, to be zipped in one folder. */
export function teamsAppFiles(
  options: TeamsAppOptions,
): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const manifest = JSON.stringify(teamsAppManifest(options), undefined, 2);
  return [
    { name: 'manifest.json', bytes: Buffer.from(`${manifest}\n`) },
    { name: 'color.png', bytes: colorIcon() },
    { name: 'outline.png', bytes: outlineIcon() },
  ];
}
