/** The commands, each with the feature that handles it. `commands.ts` adds help, which lists them. */
import { t } from '../../core/translate.ts';
import { seesAnApp } from '../../engine/integrations/seen-apps.ts';
import type { Turn } from '../live/context.ts';
import { sayHere } from '../view/action.ts';
import { code, note, rich } from '../view/card.ts';
import { type Command, plainText } from '../view/command.ts';
import { access, grant, offboard, revoke } from './access/access-commands.ts';
import { openGiveBack } from './access/give-back.ts';
import { mayForSomeone } from './access/shortcuts.ts';
import { openBundles } from './bundles/bundles-list.ts';
import { openEndpoints } from './event-endpoints/endpoints-list.ts';
import { openFindings } from './findings/findings-card.ts';
import { openHome } from './home/home.ts';
import { importFrom } from './imports/import-sources.ts';
import { integrationCommands } from './integrations/integration-commands.ts';
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
  right: 'see app',
  mayUse: ({ stores, actor }) => seesAnApp(stores, actor),
  run: async (_args, turn) => openReviews(turn),
};

const audit: Command<Turn> = {
  word: 'audit',
  wordsAlone: ['prüfprotokoll', 'protokoll'],
  usage: 'audit [person]',
  summary: () => t`who did what, when and from where`,
  right: 'see the set-up',
  run: async (args, turn) =>
    args.length === 0 ? openAudit(turn) : aboutPerson(args, 'audit', turn),
};

const findings: Command<Turn> = {
  word: 'findings',
  wordsAlone: ['funde'],
  usage: 'findings',
  summary: () =>
    t`accounts that don't match what Latchkey knows: found, left behind, orphaned, missing, unused`,
  right: 'see the set-up',
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
  right: 'set up',
  run: importFrom,
};

const settings: Command<Turn> = {
  word: 'settings',
  wordsAlone: ['einstellungen'],
  usage: 'settings',
  summary: () => t`settings for the whole workspace`,
  right: 'see the set-up',
  run: (_args, turn) => settingsFrom(turn),
};

const notices: Command<Turn> = {
  word: 'notices',
  wordsAlone: ['hinweise'],
  usage: 'notices [integration]',
  summary: () => t`send notifications to the channel where you type this`,
  right: 'set up',
  run: placeNotices,
};

const hire: Command<Turn> = {
  word: 'hire',
  wordsAlone: ['neuzugang', 'einstellen'],
  usage: 'hire [name]',
  summary: () => t`add a new hire before their first day`,
  right: 'set up',
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
  run: (args, turn) => openLanguage(plainText(args), turn),
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
  right: 'see the set-up',
  run: (args, turn) => openSequences(plainText(args), turn),
};

const bundles: Command<Turn> = {
  word: 'bundles',
  wordsAlone: ['pakete'],
  usage: 'bundles [name]',
  summary: () => t`sets of apps that people request as one`,
  right: 'see the set-up',
  run: async (args, turn) => openBundles(plainText(args), turn),
};

const rules: Command<Turn> = {
  word: 'rules',
  wordsAlone: ['regeln'],
  usage: 'rules [name]',
  summary: () => t`who has which apps because of their department, position and more`,
  right: 'see the set-up',
  run: (args, turn) => openRules(plainText(args), turn),
};

const overview: Command<Turn> = {
  word: 'overview',
  wordsAlone: ['übersicht'],
  usage: 'overview',
  summary: () => t`who has what, and why, on pages in the browser`,
  right: 'see the set-up',
  run: async (_args, turn) => overviewFrom(turn),
};

const events: Command<Turn> = {
  word: 'events',
  usage: 'events',
  summary: () => t`addresses of yours that receive what happens, as signed webhooks`,
  right: 'see the set-up',
  run: async (_args, turn) => openEndpoints(turn),
};

const setup: Command<Turn> = {
  word: 'setup',
  wordsAlone: ['einrichtung', 'einrichten'],
  usage: 'setup',
  summary: () => t`what is done to set up Latchkey, and what comes next`,
  right: 'set up',
  run: async (_args, turn) => openFirstSteps(turn),
};

/** In the order in which help lists them. */
export const featureCommands: readonly Command<Turn>[] = [
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
