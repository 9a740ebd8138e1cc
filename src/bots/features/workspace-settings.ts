/** `settings`: what holds for the whole workspace, as a live card and a form. */
import { z } from 'zod';
import { say } from '../../core/say.ts';
import { dayIn } from '../../engine/days.ts';
import { fullName } from '../../engine/directory.ts';
import { isAdmin } from '../../engine/permission.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import {
  changeWorkspaceSettings,
  dateLanguages,
  timeOfDay,
  type WorkspaceSettings,
  workspaceSettings,
} from '../../engine/settings.ts';
import { settingsSubject } from '../../engine/subjects.ts';
import { textIntegration, textIntegrations } from '../../engine/texts.ts';
import { buttonAction, formAction, type Reply } from '../view/action.ts';
import { note, type Text } from '../view/card.ts';
import type { FieldErrors, Fields, Option } from '../view/form.ts';
import { asOfNow } from '../view/left-alone.ts';
import { liveCard } from '../view/live-card.ts';
import { asAdmin, refuse } from './admins.ts';
import { actorOf, type Reader, type Turn } from './context.ts';
import { showDate, showDay } from './dates.ts';
import { someNames } from './some-names.ts';

const WHAT = () => say`change settings`;
const payload = z.object({
  /** What the environment says; it is not in the database. */
  timeZone: z.string(),
  adminEmails: z.array(z.string()),
});
type Installed = z.infer<typeof payload>;

export const settingsCard = liveCard({
  id: 'settings',
  payload,
  subject: () => settingsSubject,

  async render(installed, context: Reader) {
    if (!isAdmin(context.reader))
      return note(say`You can't see the settings any more`, say`Only Latchkey admins can.`);
    const settings = await workspaceSettings(context.stores);
    return {
      title: say`Settings of Latchkey`,
      blocks: [
        { kind: 'facts', facts: await factsOf(settings, installed, context) },
        {
          kind: 'text',
          muted: true,
          text: [
            say`What each integration has of its own is on its card: write "integrations". TIME_ZONE and ADMIN_EMAILS are changed where Latchkey is started.`,
          ],
        },
        {
          kind: 'buttons',
          buttons: [
            { label: say`Edit…`, tone: 'primary', does: editSettings.with({}) },
            ...(settings.notices
              ? [{ label: say`Notices to the admins again`, does: noNoticePlace.with({}) }]
              : []),
          ],
        },
      ],
    };
  },
});

async function factsOf(
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
      say`Notices`,
      [
        notices
          ? say`to ${notices.name}`
          : say`to each admin; write "notices" in a channel to have them there`,
      ],
    ],
    [say`Texts`, [await textsWords(settings, stores)]],
    [say`Quiet hours`, [quietWords(settings)]],
    [
      say`Imports`,
      [
        say`one that would add more than ${importMostPeople} people, and grow the directory by over ${importMostPercent} %, waits for an admin's OK`,
      ],
    ],
    [
      say`Language of dates`,
      [say`${languageName(dateLanguage)}, as in ${showDate(now(), { timeZone, dateLanguage })}`],
    ],
    [
      say`Joins`,
      [
        askAboutJoins
          ? say`admins are asked about whoever joins`
          : say`nobody is asked about whoever joins`,
      ],
    ],
    [say`Weekend`, [weekend.length === 0 ? 'none' : weekend.map(dayName).join(', ')]],
    [say`Holidays`, [holidayWords(holidays, context)]],
    [
      say`Time zone`,
      [
        say`${timeZone} (TIME_ZONE): of schedules, and of dates for people who have none of their own`,
      ],
    ],
    [say`Admins`, [someNames(admins.map(fullName), NAMED)]],
    [
      say`First admins`,
      [
        adminEmails.length > 0
          ? say`${adminEmails.join(', ')} (ADMIN_EMAILS): admins again at every start`
          : say`none named in ADMIN_EMAILS`,
      ],
    ],
  ];
}

const quietWords = ({ quietHours }: WorkspaceSettings): string =>
  quietHours
    ? say`${quietHours.from} to ${quietHours.until}, by each one's own clock: texts and direct messages of sequences wait`
    : say`none: sequences send when they are due`;

type Quiet =
  | { readonly ok: true; readonly hours: WorkspaceSettings['quietHours'] }
  | { readonly ok: false; readonly errors: FieldErrors };

/** Both, or neither. */
function readQuiet(from = '', until = ''): Quiet {
  const [begins, ends] = [from.trim(), until.trim()];
  if (begins === '' && ends === '') return { ok: true, hours: undefined };
  const wrong = (text: string): string | undefined =>
    timeOfDay.safeParse(text).success
      ? undefined
      : say`Write a time like 20:00, or leave both empty.`;
  const errors = { quietFrom: wrong(begins), quietUntil: wrong(ends) };
  if (errors.quietFrom === undefined && errors.quietUntil === undefined)
    return begins === ends
      ? {
          ok: false,
          errors: { quietUntil: say`That would be the whole day. Choose another time.` },
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

async function textsWords(
  { textProviderId }: WorkspaceSettings,
  stores: Reader['stores'],
): Promise<string> {
  const sender = await textIntegration(stores);
  if (sender) return say`sent by ${sender.name}`;
  return textProviderId === undefined
    ? say`sent as direct messages in chat, since nothing that sends texts was chosen`
    : say`sent as direct messages in chat, since what was to send them is turned off or gone`;
}

const NAMED = 20;

export async function openSettings(turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(say`see the settings`, turn);
  return refused ? refuse(refused) : showSettings(turn);
}

const showSettings = ({ installation: { timeZone, adminEmails } }: Turn): Reply => ({
  kind: 'show',
  card: settingsCard.with({ timeZone, adminEmails: [...adminEmails] }),
});

export const editSettings = formAction({
  id: 'settings.edit',
  payload: z.object({}),
  title: () => say`Settings`,
  submitLabel: () => say`Save`,

  async fields(_payload, turn: Turn) {
    const { refused } = await asAdmin(WHAT(), turn);
    if (refused) return { refused };
    return { fields: await fieldsOf(turn) };
  },

  async submit(sent, _payload, turn, shown) {
    const { refused } = await asAdmin(WHAT(), turn);
    if (refused) return refuse(refused);
    const values = asOfNow(sent, shown, await fieldsOf(turn));
    const { dateLanguage, askAboutJoins, textsBy, weekend = [], ...numbers } = values;
    const quiet = readQuiet(values.quietFrom, values.quietUntil);
    const holidays = readHolidays(values.holidays ?? '');
    const wrongDays = holidays.wrong.length > 0 || holidays.days.length > MOST_HOLIDAYS;
    const people = wholeNumber(numbers.importMostPeople, MOST_PEOPLE);
    const percent = wholeNumber(numbers.importMostPercent, MOST_PERCENT);
    if (
      people === undefined ||
      percent === undefined ||
      wrongDays ||
      weekend.length > 6 ||
      !quiet.ok
    )
      return {
        kind: 'invalid',
        errors: {
          ...(quiet.ok ? {} : quiet.errors),
          ...(weekend.length > 6 && { weekend: say`Leave at least one day to work on.` }),
          ...(wrongDays && {
            holidays:
              holidays.wrong.length > 0
                ? say`Write dates like 2026-12-25. Not a date: ${someNames(holidays.wrong, 3)}.`
                : say`At most ${MOST_HOLIDAYS} dates.`,
          }),
          ...(people === undefined && {
            importMostPeople: say`A whole number from 0 to ${MOST_PEOPLE}.`,
          }),
          ...(percent === undefined && {
            importMostPercent: say`A whole number from 0 to ${MOST_PERCENT}.`,
          }),
        },
      };
    const change = {
      dateLanguage,
      askAboutJoins: askAboutJoins === 'ask',
      weekend: weekend.map(Number),
      holidays: [...holidays.days],
      importMostPeople: people,
      importMostPercent: percent,
      textProviderId: textsBy === IN_CHAT ? undefined : textsBy,
      quietHours: quiet.hours,
    };
    await saveSettings(change, turn);
    return showSettings(turn);
  },
});

async function fieldsOf({ stores, now, timeZone }: Turn) {
  const settings = await workspaceSettings(stores);
  const senders = await textIntegrations(stores);
  return {
    dateLanguage: {
      kind: 'choice',
      label: say`Language of dates`,
      options: dateLanguages.map((value) => ({
        value,
        label: `${languageName(value)}: ${showDate(now(), { timeZone, dateLanguage: value })}`,
      })),
      initial: settings.dateLanguage,
    },
    askAboutJoins: {
      kind: 'choice',
      label: say`When somebody joins the workspace`,
      hint: say`Guests, bots and people of other organisations are never asked about.`,
      options: joinChoices(),
      initial: settings.askAboutJoins ? 'ask' : 'no',
    },
    textsBy: {
      kind: 'choice',
      label: say`Texts are sent by`,
      hint:
        senders.length > 0
          ? say`To whom they could not reach, they go as direct messages in chat.`
          : say`Nothing that sends texts is there yet. Write "integration add twilio", or add a manifest of your own.`,
      options: [
        { value: IN_CHAT, label: say`Nobody: as direct messages in chat` },
        ...senders.map(({ id, name, enabled }) => ({
          value: id,
          label: enabled ? name : say`${name} (turned off)`,
        })),
      ],
      initial: senders.find(({ id }) => id === settings.textProviderId)?.id ?? IN_CHAT,
    },
    weekend: {
      kind: 'choices',
      label: say`Weekend`,
      hint: say`Days on which nobody works. Sequences count working days without them.`,
      optional: true,
      options: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: String(day), label: dayName(day) })),
      initial: settings.weekend.map(String),
    },
    holidays: {
      kind: 'text',
      label: say`Holidays`,
      hint: say`Dates like 2026-12-25, one in each line.`,
      multiline: true,
      optional: true,
      ...(settings.holidays.length > 0 && { initial: settings.holidays.join('\n') }),
    },
    quietFrom: {
      kind: 'text',
      label: say`Quiet hours begin`,
      hint: say`Like 20:00, by the clock of whoever would get it. Texts and direct messages of sequences wait for their end. Empty for none.`,
      optional: true,
      ...(settings.quietHours && { initial: settings.quietHours.from }),
    },
    quietUntil: {
      kind: 'text',
      label: say`Quiet hours end`,
      optional: true,
      ...(settings.quietHours && { initial: settings.quietHours.until }),
    },
    importMostPeople: {
      kind: 'text',
      label: say`Scheduled imports: people`,
      hint: say`One that would add more people than this, and more than the share below, waits for an admin.`,
      initial: String(settings.importMostPeople),
    },
    importMostPercent: {
      kind: 'text',
      label: say`Scheduled imports: share of the directory, in %`,
      initial: String(settings.importMostPercent),
    },
  } as const satisfies Fields;
}

/** No integration has this id. */
const IN_CHAT = 'chat';

/** More dates and nobody reads them; the form has all. */
const SHOWN_HOLIDAYS = 12;

function holidayWords(holidays: readonly string[], context: Reader): string {
  const today = dayIn(context.timeZone, context.now());
  const coming = holidays.filter((day) => day >= today);
  if (coming.length === 0) return say`none to come`;
  return someNames(
    coming.map((day) => showDay(day, context)),
    SHOWN_HOLIDAYS,
  );
}

/** `Saturday`; 1 is Monday. */
const dayName = (day: number): string =>
  new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(
    new Date(Date.UTC(2024, 0, day)), // 1 January 2024 was a Monday.
  );

/** Dates, in lines or with commas between them. */
function readHolidays(text: string): {
  readonly days: readonly string[];
  readonly wrong: readonly string[];
} {
  const all = [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
  const isDay = (each: string) => z.iso.date().safeParse(each).success;
  return { days: all.filter(isDay).toSorted(), wrong: all.filter((each) => !isDay(each)) };
}

const joinChoices = (): readonly Option<'ask' | 'no'>[] => [
  { value: 'ask', label: say`Ask the admins whether to add them` },
  { value: 'no', label: say`Ask nobody` },
];

export const noNoticePlace = buttonAction({
  id: 'settings.no-notices',
  payload: z.object({}),

  async handle(_payload, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(WHAT(), turn);
    if (refused) return refuse(refused);
    await saveSettings({ notices: undefined }, turn);
    return showSettings(turn);
  },
});

/** The audit log learns which settings, each with its new value. */
export async function saveSettings(
  change: Parameters<typeof changeWorkspaceSettings>[1],
  turn: Turn,
): Promise<void> {
  const save = async (tx: Transaction): Promise<void> => {
    const before = await workspaceSettings(tx);
    const after = await changeWorkspaceSettings(tx, change);
    const changed = (Object.keys(change) as (keyof WorkspaceSettings)[]).filter(
      (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
    );
    if (changed.length === 0) return;
    await tx.audit.add({
      id: turn.newId(),
      at: turn.now(),
      actor: actorOf(turn),
      what: 'settings.changed',
      detail: Object.fromEntries(changed.map((key) => [key, valueOf(after[key])])),
    });
  };
  await retryStale(() => turn.transact(save)); // Two admins may change different ones at the same moment.
}

function valueOf(value: WorkspaceSettings[keyof WorkspaceSettings]): string | number | boolean {
  if (value === undefined) return say`not set`;
  if (Array.isArray(value)) return value.join(', ') || 'none';
  if (typeof value !== 'object') return value;
  return 'name' in value ? value.name : '';
}

const MOST_HOLIDAYS = 1000;
/** More is the same as no limit. */
const MOST_PEOPLE = 1_000_000;
const MOST_PERCENT = 1000;

const wholeNumber = (text: string, most: number): number | undefined =>
  /^\d{1,7}$/.test(text.trim()) && Number(text) <= most ? Number(text) : undefined;

/** `British English`, in English. */
const languageName = (language: string): string =>
  new Intl.DisplayNames('en', { type: 'language' }).of(language) ?? language;
