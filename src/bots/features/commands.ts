/** All commands, each with the feature that handles it. */
import { capitalised } from '../../core/capitalised.ts';
import { languageOf, locale, t } from '../../core/translate.ts';
import type { Person } from '../../engine/people/directory.ts';
import { isAdmin, may, maySeeSetUp } from '../../engine/people/permission.ts';
import type { Turn } from '../live/context.ts';
import { buttonAction, type PressReply, type Reply, sayHere, sayToPerson } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import {
  buttonRow,
  type Card,
  code,
  muted,
  note,
  paragraph,
  type Row,
  rich,
  strong,
  withButtons,
} from '../view/card.ts';
import { type Command, type CommandText, commandOf, plainText, words } from '../view/command.ts';
import { access, grant, offboard, revoke } from './access/access-commands.ts';
import { openGiveBack } from './access/give-back.ts';
import { mayForSomeone } from './access/shortcuts.ts';
import { openBundles } from './bundles/bundles-list.ts';
import { openEndpoints } from './event-endpoints/endpoints-list.ts';
import { openFindings } from './findings/findings-card.ts';
import { openHome } from './home/home.ts';
import { importFrom } from './imports/import-sources.ts';
import { integrationCommands } from './integrations/integration-commands.ts';
import { openButton } from './list-card.ts';
import { placeNotices, settingsFrom } from './messages/notice-place.ts';
import { aboutPerson } from './people/find-person.ts';
import { hireFrom, hirePerson } from './people/hire-person.ts';
import { openLanguage } from './people/language.ts';
import { openPeople } from './people/people-list.ts';
import { openAbsence } from './requests/away.ts';
import { openRequest } from './requests/pick-request.ts';
import { openRequests } from './requests/request-list.ts';
import { openReviews } from './reviews/review-list.ts';
import { openRules } from './rules/rules-list.ts';
import { openHistory } from './runs/run-history.ts';
import { openSequences } from './sequences/sequences-list.ts';
import { openAudit } from './settings/audit-log.ts';
import { openOwnData } from './settings/export-file.ts';
import { openFirstSteps } from './settings/first-steps.ts';
import { overviewFrom } from './settings/overview-link.ts';
import { openAuthenticator } from './step-up/set-up-authenticator.ts';
import { openTasks } from './tasks/task-list.ts';
import { mayUseTokens, openTokens } from './tokens/token-list.ts';
import { MAX_CARRIED, WORD_ACTION, wordPayload } from './word-button.ts';

const give: Command<Turn> = {
  word: 'give',
  otherWords: ['return', 'zurückgeben'],
  usage: 'give back [app]',
  summary: () => t`give back access that you no longer need`,
  run: openGiveBack,
};

const away: Command<Turn> = {
  word: 'away',
  wordsAlone: ['abwesend', 'abwesenheit'],
  usage: 'away',
  summary: () => t`set a delegate to approve for you while you're away`,
  run: async (_args, turn) => openAbsence(turn),
};

const review: Command<Turn> = {
  word: 'review',
  wordsAlone: ['zugriffsprüfung', 'zugriffsprüfungen'],
  usage: 'review',
  summary: () => t`access reviews: managers keep or revoke their reports' access`,
  forReaders: true,
  run: async (_args, turn) => openReviews(turn),
};

const audit: Command<Turn> = {
  word: 'audit',
  wordsAlone: ['prüfprotokoll', 'protokoll'],
  usage: 'audit [person]',
  summary: () => t`who did what, when and from where`,
  forReaders: true,
  run: async (args, turn) =>
    args.length === 0 ? openAudit(turn) : aboutPerson(args, 'audit', turn),
};

const findings: Command<Turn> = {
  word: 'findings',
  wordsAlone: ['funde'],
  usage: 'findings',
  summary: () =>
    t`accounts that don't match what Latchkey knows: found, left behind, orphaned, missing, unused`,
  forReaders: true,
  run: async (_args, turn) => openFindings(turn),
};

const activity: Command<Turn> = {
  word: 'activity',
  otherWords: ['runs'],
  wordsAlone: ['aktivität'],
  usage: 'activity',
  summary: () => t`grants and revokes, with their results`,
  run: async (args, turn) =>
    args.length === 0
      ? openHistory(turn)
      : sayHere(
          note(
            t`"activity" takes no name`,
            rich`Type ${code('activity')} on its own, then press Filter to narrow the list.`,
          ),
        ),
};

const people: Command<Turn> = {
  word: 'people',
  wordsAlone: ['personen'],
  usage: 'people [text]',
  summary: () => t`the directory: people and their details`,
  mayUse: (turn) => mayForSomeone('access', turn),
  run: (args, turn) => {
    const [first, ...rest] = args;
    return typeof first === 'string' && first.toLowerCase() === 'import'
      ? importFrom(rest, turn)
      : openPeople(plainText(args), turn);
  },
};

const importWord: Command<Turn> = {
  word: 'import',
  wordsAlone: ['importe', 'importieren'],
  usage: 'import [integration]',
  summary: () => t`import people from the HR system, or from a CSV file you attach`,
  forAdmins: true,
  run: importFrom,
};

const settings: Command<Turn> = {
  word: 'settings',
  wordsAlone: ['einstellungen'],
  usage: 'settings',
  summary: () => t`settings for the whole workspace`,
  forReaders: true,
  run: (_args, turn) => settingsFrom(turn),
};

const notices: Command<Turn> = {
  word: 'notices',
  wordsAlone: ['hinweise'],
  usage: 'notices [integration]',
  summary: () => t`send notifications to the channel where you type this`,
  forAdmins: true,
  run: placeNotices,
};

const hire: Command<Turn> = {
  word: 'hire',
  wordsAlone: ['neuzugang', 'einstellen'],
  usage: 'hire [name]',
  summary: () => t`add a new hire before their first day`,
  forAdmins: true,
  run: (args, turn) => {
    const form = hireFrom(args);
    return hirePerson.press(form.payload, turn);
  },
};

const home: Command<Turn> = {
  word: 'home',
  wordsAlone: ['startseite'],
  usage: 'home',
  summary: () => t`your access, what needs you, and your reports`,
  run: async (_args, turn) => openHome(turn),
};

const request: Command<Turn> = {
  word: 'request',
  wordsAlone: ['anfrage', 'beantragen'],
  usage: 'request [app]',
  summary: () => t`request access to an app`,
  run: openRequest,
};

const requests: Command<Turn> = {
  word: 'requests',
  wordsAlone: ['anfragen'],
  usage: 'requests',
  summary: () => t`what needs your approval, and what you requested`,
  run: async (args, turn) => openRequests(turn, { toApprove: plainText(args) === 'approve' }),
};

const tasks: Command<Turn> = {
  word: 'tasks',
  wordsAlone: ['aufgaben'],
  usage: 'tasks',
  summary: () => t`your tasks, and tasks about your reports`,
  run: async (_args, turn) => openTasks(turn),
};

const data: Command<Turn> = {
  word: 'data',
  wordsAlone: ['daten'],
  usage: 'data',
  summary: () => t`what Latchkey keeps about you, as a file`,
  run: (_args, turn) => openOwnData(turn),
};

const language: Command<Turn> = {
  word: 'language',
  wordsAlone: ['sprache'],
  usage: 'language',
  summary: () => t`your language, also for dates and numbers`,
  run: (_args, turn) => openLanguage(turn),
};

const authenticator: Command<Turn> = {
  word: 'authenticator',
  usage: 'authenticator',
  summary: () => t`the app on your phone whose codes some approvals ask for`,
  run: async (_args, turn) => openAuthenticator(turn),
};

const tokens: Command<Turn> = {
  word: 'tokens',
  usage: 'tokens',
  summary: () => t`API tokens, with which programs use Latchkey`,
  mayUse: mayUseTokens,
  run: async (_args, turn) => openTokens(turn),
};

const sequences: Command<Turn> = {
  word: 'sequences',
  wordsAlone: ['sequenzen'],
  usage: 'sequences [name]',
  summary: () => t`access, messages and tasks around someone's first or last day`,
  forReaders: true,
  run: (args, turn) => openSequences(plainText(args), turn),
};

const bundles: Command<Turn> = {
  word: 'bundles',
  wordsAlone: ['pakete'],
  usage: 'bundles [name]',
  summary: () => t`sets of apps that people request as one`,
  forReaders: true,
  run: async (args, turn) => openBundles(plainText(args), turn),
};

const rules: Command<Turn> = {
  word: 'rules',
  wordsAlone: ['regeln'],
  usage: 'rules [name]',
  summary: () => t`who has which apps because of their department, position and more`,
  forReaders: true,
  run: (args, turn) => openRules(plainText(args), turn),
};

const overview: Command<Turn> = {
  word: 'overview',
  wordsAlone: ['übersicht'],
  usage: 'overview',
  summary: () => t`who has what, and why, on pages in the browser`,
  forReaders: true,
  run: async (_args, turn) => overviewFrom(turn),
};

const events: Command<Turn> = {
  word: 'events',
  usage: 'events',
  summary: () => t`addresses of yours that receive what happens, as signed webhooks`,
  forReaders: true,
  run: async (_args, turn) => openEndpoints(turn),
};

const setup: Command<Turn> = {
  word: 'setup',
  wordsAlone: ['einrichtung', 'einrichten'],
  usage: 'setup',
  summary: () => t`what is done to set up Latchkey, and what comes next`,
  forAdmins: true,
  run: async (_args, turn) => openFirstSteps(turn),
};

/** What everyone begins with. `home` is first, since it leads to the others. */
const FIRST_WORDS = ['home', 'access', 'request', 'tasks'];
/** What admins begin with. */
const ADMIN_WORDS = [
  'people',
  'integrations',
  'sequences',
  'rules',
  'review',
  'activity',
  'settings',
];

const help: Command<Turn> = {
  word: 'help',
  otherWords: ['?', 'hilfe', 'commands', 'menu', 'befehle'],
  usage: 'help',
  summary: () => t`what I can do; "help all" lists every command`,
  async run(args, turn) {
    const card = isAll(args) ? await allWords(turn) : helpCard(turn.actor);
    return sayHere(card);
  },
};

const isAll = (args: CommandText): boolean => plainText(args).toLowerCase() === 'all';

/** Does what this text does when it is typed. */
export const useWord = buttonAction({
  id: WORD_ACTION,
  payload: wordPayload,

  async handle({ text }, turn: Turn): Promise<Reply> {
    const typed = words(text);
    const reply = await commandOf(typed, commands)?.run(typed.slice(1), turn);
    if (reply === undefined) return { kind: 'nothing' };
    return reply.kind === 'open' ? offerForm(reply) : reply;
  },
});

/** The press that does what this text does; undefined where a button can't carry the text. */
export const useText = (text: string): ActionCall | undefined =>
  text.length <= MAX_CARRIED ? useWord.with({ text }) : undefined;

/** This press can't open a form, but the next one can. */
async function offerForm({
  title,
  call,
  form,
}: Extract<PressReply, { kind: 'open' }>): Promise<Reply> {
  const opened = await form; // It is read once more when it opens.
  if ('refused' in opened) return sayToPerson(opened.refused);
  const button = { label: t`Open the form`, tone: 'primary' as const, does: call };
  return sayToPerson(withButtons(note(title), button));
}

export function helpCard(actor: Person): Card {
  return {
    title: t`What I can do`,
    blocks: [
      paragraph(
        t`Hello${actor.firstName && ` ${actor.firstName}`}. I set up people's accounts on their first day and remove them on their last.`,
      ),
      ...FIRST_WORDS.map(wordRow),
      ...(maySeeSetUp(actor)
        ? [
            { kind: 'divider' as const },
            { kind: 'text' as const, text: [strong(forWhom(actor))] },
            ...ADMIN_WORDS.map(wordRow),
          ]
        : []),
      muted(
        may(actor, 'see')
          ? t`Press a button, or type its command. Or write a sentence: "I need Figma until Friday", "Who has Figma?"`
          : t`Press a button, or type its command. Or write a sentence: "I need Figma until Friday", "What do I have?"`,
      ),
      ...buttonRow([{ label: t`More`, does: useWord.with({ text: 'help all' }) }]),
    ],
  };
}

const forWhom = (actor: Person): string => (isAdmin(actor) ? t`For admins` : t`For auditors`);

/** The commands that this person may use at all; what each then shows is checked again. */
export async function usableCommands(turn: Turn): Promise<readonly Command<Turn>[]> {
  const { actor } = turn;
  const usable = [];
  for (const command of commands) {
    const { forAdmins, forReaders, mayUse } = command;
    if (forAdmins ? !isAdmin(actor) : forReaders && !maySeeSetUp(actor)) continue;
    if (mayUse === undefined || (await mayUse(turn))) usable.push(command);
  }
  return usable;
}

function wordRow(word: string): Row {
  const command = commands.find((known) => known.word === word);
  if (!command) throw new TypeError(`There is no word ${word}`);
  const isEnglish = languageOf(locale()) === 'en';
  const name = capitalised((!isEnglish && command.wordsAlone?.[0]) || word);
  return {
    kind: 'row',
    text: [strong(name)],
    detail: [capitalised(command.summary())],
    buttons: [openButton(name, useWord.with({ text: word }))],
  };
}

async function allWords(turn: Turn): Promise<Card> {
  const isLimited = ({ forAdmins, forReaders }: Command<Turn>) => forAdmins ?? forReaders ?? false;
  const usable = (await usableCommands(turn)).filter(({ word }) => word !== 'help');
  const everyones = usable.filter((command) => !isLimited(command));
  const limited = usable.filter(isLimited);
  return {
    title: t`All commands`,
    blocks: [
      ...everyones.map(usageRow),
      ...(limited.length > 0
        ? [
            { kind: 'divider' as const },
            { kind: 'text' as const, text: [strong(forWhom(turn.actor))] },
            ...limited.map(usageRow),
          ]
        : []),
      muted(
        may(turn.actor, 'see')
          ? t`[person] is a name, an email address or a mention. You see everyone's access.`
          : t`[person] is a name, an email address or a mention. You see your own access and your direct reports'; admins see everyone's.`,
      ),
    ],
  };
}

const usageRow = ({ word, usage, summary }: Command<Turn>): Row => ({
  kind: 'row',
  text: [strong(usage)],
  detail: [capitalised(summary())],
  buttons: [openButton(word, useWord.with({ text: word }))],
});

export const commands: readonly Command<Turn>[] = [
  help,
  home,
  access,
  request,
  requests,
  tasks,
  away,
  grant,
  revoke,
  offboard,
  give,
  review,
  audit,
  findings,
  activity,
  people,
  hire,
  sequences,
  bundles,
  rules,
  overview,
  events,
  importWord,
  settings,
  notices,
  ...integrationCommands,
  data,
  language,
  tokens,
  authenticator,
  setup,
];
