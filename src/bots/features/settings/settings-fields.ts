/** The form of the workspace's settings: its fields, and how its answers are read. */
import { z } from 'zod';
import { isDay } from '../../../core/day.ts';
import { inLocale, t } from '../../../core/translate.ts';
import { textIntegrations } from '../../../engine/messages/texts.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import {
  dateLanguages,
  domainName,
  timeOfDay,
  WITH_NOTICES,
  type WorkspaceSettings,
} from '../../../engine/settings/settings.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { Turn } from '../../live/context.ts';
import { showDate } from '../../view/dates.ts';
import {
  errorsOf,
  type FieldErrors,
  type Fields,
  hasErrors,
  type Option,
  type OrErrors,
  type Values,
} from '../../view/form.ts';
import { someNames } from '../some-names.ts';
import { wholeNumber, wholeNumberError } from '../typed-text.ts';
import { dayName, languageName } from './settings-words.ts';

export async function settingsFields({ stores, now, timeZone }: Turn) {
  const settings = await workspaceSettings(stores);
  return {
    dateLanguage: {
      kind: 'choice',
      label: t`Language`,
      hint: t`For what several people read, and for people whose chat app names no language. People choose their own with "language". Sentences are in English or German; others only affect dates and numbers.`,
      options: dateLanguages.map((value) => ({
        value,
        label: `${languageName(value)}: ${inLocale(value, () => showDate(now(), { timeZone }))}`,
      })),
      initial: settings.dateLanguage,
    },
    ...whoGetsIn(settings),
    ...sending(settings, await textIntegrations(stores)),
    ...workingTimes(settings),
    headsTo: {
      kind: 'text',
      label: t`Send the head of the audit log each day to`,
      hint: t`An email address, where Latchkey sends email, or the word notices. With these lines you can prove later that no entry was changed or cut off. Leave blank to send it to no one.`,
      optional: true,
      initial: settings.headsTo,
    },
    personalTokens: {
      kind: 'choice',
      label: t`Personal API tokens`,
      hint: t`With one, a program may do over the API what its owner may. If only admins may have them, everyone else's stop at once.`,
      options: tokenChoices(),
      initial: settings.personalTokens,
    },
    ...importLimits(settings),
  } as const satisfies Fields;
}

const whoGetsIn = (settings: WorkspaceSettings) =>
  ({
    askAboutJoins: {
      kind: 'choice',
      label: t`When someone joins the workspace`,
      hint: t`Latchkey never asks about guests, bots or people from other organizations.`,
      options: joinChoices(),
      initial: settings.askAboutJoins ? 'ask' : 'no',
    },
    unconfirmed: {
      kind: 'choice',
      label: t`Slack members with an unconfirmed address`,
      hint: t`Slack doesn't confirm the addresses of many people who use single sign-on. Admins, guests, bots and people from other workspaces can never get in this way.`,
      options: unconfirmedChoices(),
      initial: settings.takesUnconfirmed ? 'come-in' : 'stay-out',
    },
    mailDomains: {
      kind: 'text',
      label: t`Teams: domains of mail addresses`,
      hint: t`Teams knows people by their sign-in name. If no one in the directory has it, a mail address at one of these domains counts; never for admins. Like example.com, one per line.`,
      multiline: true,
      optional: true,
      initial: settings.mailDomains?.join('\n'),
    },
    sameDomains: {
      kind: 'text',
      label: t`Accounts: domains that mean the same people`,
      hint: t`If an app lists ann@example.com and the directory has ann@example.org, it's the same person. At least two, one per line. Leave blank for none.`,
      multiline: true,
      optional: true,
      initial: settings.sameDomains?.join('\n'),
    },
  }) as const satisfies Fields;

const sending = (settings: WorkspaceSettings, senders: readonly Integration[]) =>
  ({
    textsBy: {
      kind: 'choice',
      label: t`Texts are sent by`,
      hint:
        senders.length > 0
          ? t`If a text can't be delivered, it becomes a direct message in chat.`
          : t`No integration sends texts yet. Press Integrations on Home, then Add…: Twilio is ready-made.`,
      options: [
        { value: IN_CHAT, label: t`No integration: direct messages in chat instead` },
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
      hint: t`For emails with a password or another secret. The link works for 7 days and shows the message once; people in chat confirm there that it's them.`,
      options: secretChoices(),
      initial: settings.secretsAsLinks ? 'links' : 'emails',
    },
  }) as const satisfies Fields;

const workingTimes = (settings: WorkspaceSettings) =>
  ({
    weekend: {
      kind: 'choices',
      label: t`Weekend`,
      hint: t`Days when no one works. Sequences don't count them as working days.`,
      optional: true,
      options: DAYS.map((day) => ({ value: String(day), label: dayName(day) })),
      initial: settings.weekend.map(String),
    },
    holidays: {
      kind: 'text',
      label: t`Holidays`,
      hint: t`Dates like 2026-12-25, one per line.`,
      multiline: true,
      optional: true,
      initial: settings.holidays.length > 0 ? settings.holidays.join('\n') : undefined,
    },
    quietFrom: {
      kind: 'text',
      label: t`Quiet hours begin`,
      hint: t`Like 20:00, in the recipient's time zone. Texts and direct messages from sequences wait until quiet hours end. Leave blank for none.`,
      optional: true,
      initial: settings.quietHours?.from,
    },
    quietUntil: {
      kind: 'text',
      label: t`Quiet hours end`,
      optional: true,
      initial: settings.quietHours?.until,
    },
  }) as const satisfies Fields;

const importLimits = (settings: WorkspaceSettings) =>
  ({
    importMostPeople: {
      kind: 'text',
      label: t`Scheduled imports: people`,
      hint: t`An import that would add more people than this, and more than the share below, waits for an admin's OK.`,
      initial: String(settings.importMostPeople),
    },
    importMostPercent: {
      kind: 'text',
      label: t`Scheduled imports: share of the directory, in %`,
      initial: String(settings.importMostPercent),
    },
  }) as const satisfies Fields;

/** Monday is 1. */
const DAYS = [1, 2, 3, 4, 5, 6, 7];
/** The choice "in chat"; no integration has this id. */
const IN_CHAT = 'chat';

const joinChoices = (): readonly Option<'ask' | 'no'>[] => [
  { value: 'ask', label: t`Ask the admins whether to add them` },
  { value: 'no', label: t`Don't ask` },
];

const unconfirmedChoices = (): readonly Option<'come-in' | 'stay-out'>[] => [
  { value: 'stay-out', label: t`Keep them out until an admin links them by hand` },
  { value: 'come-in', label: t`Let members of our own workspace in by their profile's address` },
];

const secretChoices = (): readonly Option<'links' | 'emails'>[] => [
  { value: 'emails', label: t`No: the email contains them` },
  { value: 'links', label: t`Yes: the email contains a link` },
];

const tokenChoices = (): readonly Option<'admins' | 'everyone'>[] => [
  { value: 'admins', label: t`Only admins may have them` },
  { value: 'everyone', label: t`Everyone may have them` },
];

type Answers = Values<Awaited<ReturnType<typeof settingsFields>>>;
/** All settings in the form; the others keep their values. */
type Change = Omit<WorkspaceSettings, 'notices'>;

/** The settings from the answers, or the errors of all fields at once. */
export function readSettings(
  answers: Answers,
  { links }: Pick<Turn, 'links'>,
): OrErrors<{ readonly change: Change }, FieldErrors> {
  const { secrets, textsBy, weekend = [] } = answers;
  const quiet = readQuiet(answers.quietFrom, answers.quietUntil);
  const holidays = readHolidays(answers.holidays ?? '');
  const domains = readDomains(answers.mailDomains ?? '');
  const same = readDomains(answers.sameDomains ?? '');
  const headsTo = answers.headsTo?.trim().toLowerCase() || undefined;
  const people = wholeNumber(answers.importMostPeople, { most: MAX_PEOPLE });
  const percent = wholeNumber(answers.importMostPercent, { most: MAX_PERCENT });
  const errors = {
    ...errorsOf(quiet),
    weekend: weekend.length === DAYS.length ? t`Leave at least one working day.` : undefined,
    holidays: wrongHolidays(holidays),
    mailDomains: wrongDomains(domains),
    sameDomains:
      same.names.length === 1 && same.wrong.length === 0
        ? t`Enter at least two domains, or leave it blank.`
        : wrongDomains(same),
    secrets:
      secrets === 'links' && !links.isPublic
        ? t`No one could open the links, because Latchkey has no public address yet. Set PUBLIC_URL where Latchkey is started, then choose this.`
        : undefined,
    headsTo: wrongHeadsTo(headsTo),
    importMostPeople: wholeNumberError(people, MAX_PEOPLE),
    importMostPercent: wholeNumberError(percent, MAX_PERCENT),
  };
  if (!quiet.ok || people === undefined || percent === undefined || hasErrors(errors))
    return { ok: false, errors };
  return {
    ok: true,
    change: {
      dateLanguage: answers.dateLanguage,
      askAboutJoins: answers.askAboutJoins === 'ask',
      takesUnconfirmed: answers.unconfirmed === 'come-in',
      secretsAsLinks: secrets === 'links',
      mailDomains: domains.names.length > 0 ? [...domains.names] : undefined,
      sameDomains: same.names.length > 0 ? [...same.names] : undefined,
      weekend: weekend.map(Number),
      holidays: [...holidays.days],
      importMostPeople: people,
      importMostPercent: percent,
      textProviderId: textsBy === IN_CHAT ? undefined : textsBy,
      quietHours: quiet.hours,
      headsTo,
      personalTokens: answers.personalTokens,
    },
  };
}

const wrongHeadsTo = (to: string | undefined): string | undefined =>
  to === undefined || to === WITH_NOTICES || z.email().safeParse(to).success
    ? undefined
    : t`Enter an email address, or the word notices.`;

type Quiet = OrErrors<{ readonly hours: WorkspaceSettings['quietHours'] }, FieldErrors>;

/** Both times are needed, or neither. */
function readQuiet(from = '', until = ''): Quiet {
  const [begins, ends] = [from.trim(), until.trim()];
  if (begins === '' && ends === '') return { ok: true, hours: undefined };
  const wrong = (text: string): string | undefined =>
    timeOfDay.safeParse(text).success
      ? undefined
      : t`Enter a time like 20:00, or leave both blank.`;
  const errors = { quietFrom: wrong(begins), quietUntil: wrong(ends) };
  if (errors.quietFrom === undefined && errors.quietUntil === undefined)
    return begins === ends
      ? {
          ok: false,
          errors: { quietUntil: t`That would be the whole day. Choose another time.` },
        }
      : { ok: true, hours: { from: begins, until: ends } };
  return { ok: false, errors };
}

interface ReadHolidays {
  readonly days: readonly string[];
  readonly wrong: readonly string[];
}

function wrongHolidays({ days, wrong }: ReadHolidays): string | undefined {
  if (wrong.length > 0) return t`Enter dates like 2026-12-25. Not a date: ${someNames(wrong, 3)}.`;
  return days.length > MAX_HOLIDAYS ? t`At most ${MAX_HOLIDAYS} dates.` : undefined;
}

/** Dates, on separate lines or separated by commas. */
function readHolidays(text: string): ReadHolidays {
  const all = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  return { days: all.filter(isDay).toSorted(), wrong: all.filter((each) => !isDay(each)) };
}

interface ReadDomains {
  readonly names: readonly string[];
  readonly wrong: readonly string[];
}

function wrongDomains({ names, wrong }: ReadDomains): string | undefined {
  if (wrong.length > 0)
    return t`Enter domains like example.com. Not a domain: ${someNames(wrong, 3)}.`;
  return names.length > MAX_DOMAINS ? t`At most ${MAX_DOMAINS} domains.` : undefined;
}

/** Domains, on separate lines or separated by commas; `@example.com` means `example.com`. */
function readDomains(text: string): ReadDomains {
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
