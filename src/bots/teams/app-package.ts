/** The app package that an admin uploads to Teams: its manifest, a file for each other language, and two icons. */
import { shorten } from '../../core/shorten.ts';
import { inLocale, type Language, languages, t } from '../../core/translate.ts';
import type { CommandWord } from '../view/command.ts';
import { colorIcon, outlineIcon } from './icons.ts';

export interface TeamsAppOptions {
  readonly appId: string;
  /** The address of Latchkey's web pages. */
  readonly publicUrl: string;
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
  const { hostname } = new URL(publicUrl);
  const address = publicUrl.replace(/\/$/, '');
  const commands = commandsOf(words);
  return {
    $schema: 'https://developer.microsoft.com/json-schemas/teams/v1.17/MicrosoftTeams.schema.json',
    manifestVersion: '1.17',
    version: '1.3.0', // Teams takes a changed package only with a higher version.
    id: appId,
    developer: {
      name: 'Latchkey',
      websiteUrl: address,
      privacyUrl: `${address}/privacy`,
      termsOfUseUrl: `${address}/terms`,
    },
    name: { short: name.slice(0, SHORT_NAME_UNITS), full: name.slice(0, 100) },
    localizationInfo: {
      defaultLanguageTag: 'en',
      additionalLanguages: otherLanguages.map((languageTag) => ({
        languageTag,
        file: `${languageTag}.json`,
      })),
    },
    description: { short: summaryOf(), full: descriptionOf() },
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
            title: extensionTitle(),
            description: extensionDescription(),
            context: ['compose', 'commandBox', 'message'],
            fetchTask: true,
          },
        ],
        messageHandlers: [{ type: 'link', value: { domains: [hostname] } }],
      },
    ],
    permissions: ['identity', 'messageTeamMembers'],
    validDomains: [hostname],
  };
}

const otherLanguages = languages.filter((language) => language !== 'en');

const summaryOf = () =>
  t`Sets up people's accounts on their first day and removes them on their last.`;
const descriptionOf = () =>
  t`Request, grant, check and revoke access to apps, and follow what was done, from chat.`;
const extensionTitle = () => t`Access…`;
const extensionDescription = () => t`See someone's access; on a message, that of its author`;

const commandsOf = (words: readonly CommandWord[]) =>
  words.slice(0, COMMANDS).map(({ word, summary }) => ({
    title: word,
    description: shorten(summary(), DESCRIPTION_UNITS),
  }));

/** The texts of the manifest in another language, by where they are in it. The words to type are the same. */
export const teamsTranslation = (language: Language, { name, commands }: TeamsAppOptions): object =>
  inLocale(language, () => ({
    $schema:
      'https://developer.microsoft.com/json-schemas/teams/v1.17/MicrosoftTeams.Localization.schema.json',
    'name.short': name.slice(0, SHORT_NAME_UNITS),
    'name.full': name.slice(0, 100),
    'description.short': summaryOf(),
    'description.full': descriptionOf(),
    ...Object.fromEntries(
      commandsOf(commands).map(({ description }, index) => [
        `bots[0].commandLists[0].commands[${index}].description`,
        description,
      ]),
    ),
    'composeExtensions[0].commands[0].title': extensionTitle(),
    'composeExtensions[0].commands[0].description': extensionDescription(),
  }));

/** All files of the package, to be zipped in one folder. */
export function teamsAppFiles(
  options: TeamsAppOptions,
): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  return [
    jsonFile('manifest.json', teamsAppManifest(options)),
    ...otherLanguages.map((language) =>
      jsonFile(`${language}.json`, teamsTranslation(language, options)),
    ),
    { name: 'color.png', bytes: colorIcon() },
    { name: 'outline.png', bytes: outlineIcon() },
  ];
}

const jsonFile = (name: string, content: object) => ({
  name,
  bytes: Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`),
});
