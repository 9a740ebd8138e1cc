/** The settings of the workspace in words. */
import { dayIn } from '../../../core/days.ts';
import { inLocale, languageOf, locale, t } from '../../../core/translate.ts';
import { textIntegration } from '../../../engine/messages/texts.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { WITH_NOTICES, type WorkspaceSettings } from '../../../engine/settings/settings.ts';
import type { Reader } from '../../live/context.ts';
import type { Fact } from '../../view/card.ts';
import { showDate, showDay } from '../../view/dates.ts';
import { someNames } from '../some-names.ts';

/** Settings from the environment, which aren't in the database. */
export interface Installed {
  readonly timeZone: string;
  readonly adminEmails: readonly string[];
}

export async function settingsFacts(
  settings: WorkspaceSettings,
  { timeZone, adminEmails }: Installed,
  context: Reader,
): Promise<Fact[]> {
  const { importMostPeople, importMostPercent, dateLanguage } = settings;
  const admins = await context.stores.people.admins();
  return [
    ...(await sendingFacts(settings, context)),
    [
      t`Imports`,
      t`an import that would add more than ${importMostPeople} people and grow the directory by over ${importMostPercent} % waits for an admin's OK`,
    ],
    [
      t`Language`,
      t`${languageName(dateLanguage)}, as in ${inLocale(dateLanguage, () => showDate(context.now(), { timeZone }))}`,
    ],
    ...gettingInFacts(settings),
    ...workingTimesFacts(settings, context),
    [
      t`Time zone`,
      t`${timeZone}: for schedules, and for dates of people who have no time zone of their own`,
    ],
    [t`Admins`, someNames(admins.map(fullName), NAMED)],
    [
      t`First admins`,
      adminEmails.length > 0
        ? t`${adminEmails.join(', ')}: become admins again at every start`
        : t`none named`,
    ],
  ];
}

const sendingFacts = async (settings: WorkspaceSettings, { stores }: Reader): Promise<Fact[]> => [
  [
    t`Notices`,
    settings.notices
      ? t`to ${settings.notices.name}`
      : t`to each admin; write "@Latchkey notices" in a channel to get them there`,
  ],
  [t`Texts`, await textsWords(settings, stores)],
  [
    t`Secrets in emails`,
    settings.secretsAsLinks
      ? t`as links that show them once`
      : t`in the email itself, as the integration writes it`,
  ],
  [t`Quiet hours`, quietWords(settings)],
  [t`Head of the audit log`, headsWords(settings)],
];

const gettingInFacts = (settings: WorkspaceSettings): Fact[] => [
  [
    t`New members`,
    settings.askAboutJoins
      ? t`Latchkey asks the admins about everyone who joins`
      : t`Latchkey doesn't ask about people who join`,
  ],
  [
    t`Slack addresses`,
    settings.takesUnconfirmed
      ? t`members of your own workspace also get in with an address that isn't confirmed; admins never do`
      : t`only confirmed addresses count`,
  ],
  [
    t`Teams mail addresses`,
    settings.mailDomains
      ? t`addresses at ${settings.mailDomains.join(', ')} count if no one has the sign-in name; never for admins`
      : t`only the sign-in name counts`,
  ],
  [
    t`Personal API tokens`,
    settings.personalTokens === 'everyone'
      ? t`everyone may have them`
      : t`only admins may have them`,
  ],
];

const workingTimesFacts = ({ weekend, holidays }: WorkspaceSettings, context: Reader): Fact[] => [
  [t`Weekend`, weekend.length === 0 ? t`none` : weekend.map(dayName).join(', ')],
  [t`Holidays`, holidayWords(holidays, context)],
];

const headsWords = ({ headsTo }: WorkspaceSettings): string =>
  headsTo === undefined
    ? t`not sent`
    : headsTo === WITH_NOTICES
      ? t`each day with the notices`
      : t`each day to ${headsTo}`;

const quietWords = ({ quietHours }: WorkspaceSettings): string =>
  quietHours
    ? t`${quietHours.from} to ${quietHours.until}, in each person's time zone: texts and direct messages from sequences wait`
    : t`none; sequences send when they are due`;

async function textsWords(
  { textProviderId }: WorkspaceSettings,
  stores: Reader['stores'],
): Promise<string> {
  const sender = await textIntegration(stores);
  if (sender) return t`sent by ${sender.name}`;
  return textProviderId === undefined
    ? t`sent as direct messages in chat, because no integration is chosen to send them`
    : t`sent as direct messages in chat, because the chosen integration is turned off or deleted`;
}

const NAMED = 20;

/** Nobody reads more dates than these; the form has all. */
const SHOWN_HOLIDAYS = 12;

function holidayWords(holidays: readonly string[], context: Reader): string {
  const today = dayIn(context.timeZone, context.now());
  const coming = holidays.filter((day) => day >= today);
  if (coming.length === 0) return t`none coming up`;
  return someNames(coming.map(showDay), SHOWN_HOLIDAYS);
}

/** `Saturday`, in the current language; 1 is Monday. */
export const dayName = (day: number): string =>
  new Intl.DateTimeFormat(languageOf(locale()), { weekday: 'long', timeZone: 'UTC' }).format(
    new Date(Date.UTC(2024, 0, day)), // 1 January 2024 was a Monday.
  );

/** The language's name in that language itself: `Deutsch`, `British English`. */
export function languageName(language: string): string {
  const name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language;
  return `${name.charAt(0).toLocaleUpperCase(language)}${name.slice(1)}`;
}
