/** The settings of the workspace in words. */

import { dayIn } from '../../../core/days.ts';
import { inLocale, languageOf, locale, t } from '../../../core/translate.ts';
import { textIntegration } from '../../../engine/messages/texts.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { WorkspaceSettings } from '../../../engine/settings/settings.ts';
import type { Reader } from '../../live/context.ts';
import type { Text } from '../../view/card.ts';
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
): Promise<[string, Text][]> {
  const { stores, now } = context;
  const admins = await stores.people.admins();
  const { weekend, holidays } = settings;
  const { notices, importMostPeople, importMostPercent, dateLanguage, askAboutJoins } = settings;
  return [
    [
      t`Notices`,
      [
        notices
          ? t`to ${notices.name}`
          : t`to each admin; write "notices" in a channel to have them there`,
      ],
    ],
    [t`Texts`, [await textsWords(settings, stores)]],
    [
      t`Secrets in emails`,
      [
        settings.secretsAsLinks
          ? t`as links that show them once`
          : t`in the email itself, as the integration writes it`,
      ],
    ],
    [t`Quiet hours`, [quietWords(settings)]],
    [
      t`Imports`,
      [
        t`one that would add more than ${importMostPeople} people, and grow the directory by over ${importMostPercent} %, waits for an admin's OK`,
      ],
    ],
    [
      t`Language`,
      [
        t`${languageName(dateLanguage)}, as in ${inLocale(dateLanguage, () => showDate(now(), { timeZone }))}`,
      ],
    ],
    [
      t`Joins`,
      [
        askAboutJoins
          ? t`admins are asked about everyone who joins`
          : t`admins are not asked about people who join`,
      ],
    ],
    [
      t`Slack addresses`,
      [
        settings.takesUnconfirmed
          ? t`members of the own workspace come in by one that is not confirmed, too; admins never`
          : t`only confirmed ones count`,
      ],
    ],
    [
      t`Teams mail addresses`,
      [
        settings.mailDomains
          ? t`those at ${settings.mailDomains.join(', ')} count where nobody has the sign-in name; for admins never`
          : t`only the name counts that someone signs in with`,
      ],
    ],
    [t`Weekend`, [weekend.length === 0 ? t`none` : weekend.map(dayName).join(', ')]],
    [t`Holidays`, [holidayWords(holidays, context)]],
    [
      t`Time zone`,
      [
        t`${timeZone} (TIME_ZONE): of schedules, and of dates for people who have none of their own`,
      ],
    ],
    [t`Admins`, [someNames(admins.map(fullName), NAMED)]],
    [
      t`First admins`,
      [
        adminEmails.length > 0
          ? t`${adminEmails.join(', ')} (ADMIN_EMAILS): admins again at every start`
          : t`none named in ADMIN_EMAILS`,
      ],
    ],
  ];
}

const quietWords = ({ quietHours }: WorkspaceSettings): string =>
  quietHours
    ? t`${quietHours.from} to ${quietHours.until}, by each one's own clock: texts and direct messages of sequences wait`
    : t`none: sequences send when they are due`;

async function textsWords(
  { textProviderId }: WorkspaceSettings,
  stores: Reader['stores'],
): Promise<string> {
  const sender = await textIntegration(stores);
  if (sender) return t`sent by ${sender.name}`;
  return textProviderId === undefined
    ? t`sent as direct messages in chat, since nothing that sends texts was chosen`
    : t`sent as direct messages in chat, since what was to send them is turned off or gone`;
}

const NAMED = 20;

/** Nobody reads more dates than these; the form has all. */
const SHOWN_HOLIDAYS = 12;

function holidayWords(holidays: readonly string[], context: Reader): string {
  const today = dayIn(context.timeZone, context.now());
  const coming = holidays.filter((day) => day >= today);
  if (coming.length === 0) return t`none to come`;
  return someNames(coming.map(showDay), SHOWN_HOLIDAYS);
}

/** `Saturday`, in the current language; 1 is Monday. */
export const dayName = (day: number): string =>
  new Intl.DateTimeFormat(languageOf(locale()), { weekday: 'long', timeZone: 'UTC' }).format(
    new Date(Date.UTC(2024, 0, day)), // 1 January 2024 was a Monday.
  );

/** `British English`, in the current language. */
export const languageName = (language: string): string =>
  new Intl.DisplayNames(languageOf(locale()), { type: 'language' }).of(language) ?? language;
