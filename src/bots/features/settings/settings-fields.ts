/** The form of the workspace's settings: its fields, and how its answers are read. */
import { isDay } from '../../../core/day.ts';
import { inLocale, t } from '../../../core/translate.ts';
import { textIntegrations } from '../../../engine/messages/texts.ts';
import {
  dateLanguages,
  domainName,
  timeOfDay,
  type WorkspaceSettings,
} from '../../../engine/settings/settings.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { Turn } from '../../live/context.ts';
import { showDate } from '../../view/dates.ts';
import type { FieldErrors, Fields, Option, Values } from '../../view/form.ts';
import { someNames } from '../some-names.ts';
import { dayName, languageName } from './settings-words.ts';

export async function settingsFields({ stores, now, timeZone }: Turn) {
  const settings = await workspaceSettings(stores);
  const senders = await textIntegrations(stores);
  return {
    dateLanguage: {
      kind: 'choice',
      label: t`Language`,
      hint: t`For cards and notices that several people read, and for people who have chosen no language. Sentences are in English or German; with another language only dates and numbers follow it.`,
      options: dateLanguages.map((value) => ({
        value,
        label: `${languageName(value)}: ${inLocale(value, () => showDate(now(), { timeZone }))}`,
      })),
      initial: settings.dateLanguage,
    },
    askAboutJoins: {
      kind: 'choice',
      label: t`When someone joins the workspace`,
      hint: t`Guests, bots and people of other organisations are never asked about.`,
      options: joinChoices(),
      initial: settings.askAboutJoins ? 'ask' : 'no',
    },
    unconfirmed: {
      kind: 'choice',
      label: t`Slack members whose address is not confirmed`,
      hint: t`Slack calls the address of many who came by single sign-on not confirmed. Admins, guests, bots and people of other workspaces never come in this way.`,
      options: unconfirmedChoices(),
      initial: settings.takesUnconfirmed ? 'come-in' : 'stay-out',
    },
    mailDomains: {
      kind: 'text',
      label: t`Teams: domains of mail addresses`,
      hint: t`Teams knows people by the name that they sign in with. Where nobody in the directory has it, a mail address at one of these counts; admins never come in this way. Like example.com, one in each line.`,
      multiline: true,
      optional: true,
      initial: settings.mailDomains?.join('\n'),
    },
    textsBy: {
      kind: 'choice',
      label: t`Texts are sent by`,
      hint:
        senders.length > 0
          ? t`To whom they could not reach, they go as direct messages in chat.`
          : t`Nothing that sends texts is there yet. Write "integration add twilio", or add a manifest of your own.`,
      options: [
        { value: IN_CHAT, label: t`Nobody: as direct messages in chat` },
        ...senders.map(({ id, name, enabled }) => ({
          value: id,
          label: enabled ? name : t`${name} (turned off)`,
        })),
      ],
      initial: senders.find(({ id }) => id === settings.textProviderId)?.id ?? IN_CHAT,
    },
    secrets: {
      kind: 'choice',
      label: t`Send secrets as links`,
      hint: t`For emails with a password or another secret. The link is good for 7 days and shows the message once; people in chat confirm there that it is them.`,
      options: secretChoices(),
      initial: settings.secretsAsLinks ? 'links' : 'emails',
    },
    weekend: {
      kind: 'choices',
      label: t`Weekend`,
      hint: t`Days on which nobody works. Sequences count working days without them.`,
      optional: true,
      options: DAYS.map((day) => ({ value: String(day), label: dayName(day) })),
      initial: settings.weekend.map(String),
    },
    holidays: {
      kind: 'text',
      label: t`Holidays`,
      hint: t`Dates like 2026-12-25, one in each line.`,
      multiline: true,
      optional: true,
      ...(settings.holidays.length > 0 && { initial: settings.holidays.join('\n') }),
    },
    quietFrom: {
      kind: 'text',
      label: t`Quiet hours begin`,
      hint: t`Like 20:00, in the time zone of the person who would get it. Texts and direct messages of sequences wait for their end. Empty for none.`,
      optional: true,
      initial: settings.quietHours?.from,
    },
    quietUntil: {
      kind: 'text',
      label: t`Quiet hours end`,
      optional: true,
      initial: settings.quietHours?.until,
    },
    importMostPeople: {
      kind: 'text',
      label: t`Scheduled imports: people`,
      hint: t`One that would add more people than this, and more than the share below, waits for an admin.`,
      initial: String(settings.importMostPeople),
    },
    importMostPercent: {
      kind: 'text',
      label: t`Scheduled imports: share of the directory, in %`,
      initial: String(settings.importMostPercent),
    },
  } as const satisfies Fields;
}

/** Monday is 1. */
const DAYS = [1, 2, 3, 4, 5, 6, 7];
/** The choice "in chat"; no integration has this id. */
const IN_CHAT = 'chat';

const joinChoices = (): readonly Option<'ask' | 'no'>[] => [
  { value: 'ask', label: t`Ask the admins whether to add them` },
  { value: 'no', label: t`Ask nobody` },
];

const unconfirmedChoices = (): readonly Option<'come-in' | 'stay-out'>[] => [
  { value: 'stay-out', label: t`They stay out until an admin links them by hand` },
  { value: 'come-in', label: t`Members of our own workspace come in by their profile's address` },
];

const secretChoices = (): readonly Option<'links' | 'emails'>[] => [
  { value: 'emails', label: t`No: they stand in the email` },
  { value: 'links', label: t`Yes: the email has a link` },
];

type Answers = Values<Awaited<ReturnType<typeof settingsFields>>>;
/** All settings in the form; the others keep their values. */
type Change = Omit<WorkspaceSettings, 'notices'>;

/** The settings from the answers, or the errors of all fields at once. */
export function readSettings(
  answers: Answers,
  { links }: Pick<Turn, 'links'>,
):
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly errors: FieldErrors } {
  const { dateLanguage, askAboutJoins, unconfirmed, secrets, textsBy, weekend = [] } = answers;
  const quiet = readQuiet(answers.quietFrom, answers.quietUntil);
  const holidays = readHolidays(answers.holidays ?? '');
  const wrongHolidays =
    holidays.wrong.length > 0
      ? t`Write dates like 2026-12-25. Not a date: ${someNames(holidays.wrong, 3)}.`
      : holidays.days.length > MAX_HOLIDAYS
        ? t`At most ${MAX_HOLIDAYS} dates.`
        : undefined;
  const domains = readDomains(answers.mailDomains ?? '');
  const wrongDomains =
    domains.wrong.length > 0
      ? t`Write domains like example.com. Not a domain: ${someNames(domains.wrong, 3)}.`
      : domains.names.length > MAX_DOMAINS
        ? t`At most ${MAX_DOMAINS} domains.`
        : undefined;
  const wrongSecrets =
    secrets === 'links' && !links.isPublic
      ? t`Nobody could open the links, since Latchkey has no public address yet. Set PUBLIC_URL where Latchkey is started, then choose this.`
      : undefined;
  const people = wholeNumber(answers.importMostPeople, MAX_PEOPLE);
  const percent = wholeNumber(answers.importMostPercent, MAX_PERCENT);
  if (
    quiet.ok &&
    wrongHolidays === undefined &&
    wrongDomains === undefined &&
    wrongSecrets === undefined &&
    weekend.length < DAYS.length &&
    people !== undefined &&
    percent !== undefined
  )
    return {
      ok: true,
      change: {
        dateLanguage,
        askAboutJoins: askAboutJoins === 'ask',
        takesUnconfirmed: unconfirmed === 'come-in',
        secretsAsLinks: secrets === 'links',
        mailDomains: domains.names.length > 0 ? [...domains.names] : undefined,
        weekend: weekend.map(Number),
        holidays: [...holidays.days],
        importMostPeople: people,
        importMostPercent: percent,
        textProviderId: textsBy === IN_CHAT ? undefined : textsBy,
        quietHours: quiet.hours,
      },
    };
  return {
    ok: false,
    errors: {
      ...(quiet.ok ? {} : quiet.errors),
      ...(weekend.length === DAYS.length && { weekend: t`Leave at least one day to work on.` }),
      ...(wrongHolidays !== undefined && { holidays: wrongHolidays }),
      ...(wrongDomains !== undefined && { mailDomains: wrongDomains }),
      ...(wrongSecrets !== undefined && { secrets: wrongSecrets }),
      ...(people === undefined && {
        importMostPeople: t`A whole number from 0 to ${MAX_PEOPLE}.`,
      }),
      ...(percent === undefined && {
        importMostPercent: t`A whole number from 0 to ${MAX_PERCENT}.`,
      }),
    },
  };
}

type Quiet =
  | { readonly ok: true; readonly hours: WorkspaceSettings['quietHours'] }
  | { readonly ok: false; readonly errors: FieldErrors };

/** Both times are needed, or neither. */
function readQuiet(from = '', until = ''): Quiet {
  const [begins, ends] = [from.trim(), until.trim()];
  if (begins === '' && ends === '') return { ok: true, hours: undefined };
  const wrong = (text: string): string | undefined =>
    timeOfDay.safeParse(text).success
      ? undefined
      : t`Write a time like 20:00, or leave both empty.`;
  const errors = { quietFrom: wrong(begins), quietUntil: wrong(ends) };
  if (errors.quietFrom === undefined && errors.quietUntil === undefined)
    return begins === ends
      ? {
          ok: false,
          errors: { quietUntil: t`That would be the whole day. Choose another time.` },
        }
      : { ok: true, hours: { from: begins, until: ends } };
  return {
    ok: false,
    errors: {
      ...(errors.quietFrom !== undefined && { quietFrom: errors.quietFrom }),
      ...(errors.quietUntil !== undefined && { quietUntil: errors.quietUntil }),
    },
  };
}

/** Dates, on separate lines or separated by commas. */
function readHolidays(text: string): {
  readonly days: readonly string[];
  readonly wrong: readonly string[];
} {
  const all = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  return { days: all.filter(isDay).toSorted(), wrong: all.filter((each) => !isDay(each)) };
}

/** Domains, on separate lines or separated by commas; `@example.com` means `example.com`. */
function readDomains(text: string): {
  readonly names: readonly string[];
  readonly wrong: readonly string[];
} {
  const all = text.toLowerCase().split(/[\s,;]+/);
  const names = [...new Set(all.map((each) => each.replace(/^@/, '')).filter(Boolean))];
  const isDomain = (each: string): boolean => domainName.safeParse(each).success;
  return {
    names: names.filter(isDomain).toSorted(),
    wrong: names.filter((each) => !isDomain(each)),
  };
}

/** The most that the settings accept. */
const MAX_DOMAINS = 100;
const MAX_HOLIDAYS = 1000;
/** A higher limit would have no effect. */
const MAX_PEOPLE = 1_000_000;
const MAX_PERCENT = 1000;

const wholeNumber = (text: string, most: number): number | undefined =>
  /^\d{1,7}$/.test(text.trim()) && Number(text) <= most ? Number(text) : undefined;
