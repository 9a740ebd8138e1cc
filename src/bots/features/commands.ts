/** All commands, the help that lists them, and the button that does what a typed word does. */
import { capitalised } from '../../core/capitalised.ts';
import { languageOf, locale, t } from '../../core/translate.ts';
import type { Person } from '../../engine/people/directory.ts';
import { isAdmin, may, maySeeSetUp } from '../../engine/people/permission.ts';
import type { Turn } from '../live/context.ts';
import { buttonAction, type PressReply, type Reply, sayHere, sayToPerson } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import {
  type Button,
  buttonRow,
  type Card,
  muted,
  note,
  paragraph,
  type Row,
  strong,
  withButtons,
} from '../view/card.ts';
import { type Command, type CommandText, commandOf, plainText, words } from '../view/command.ts';
import { roleGives } from './admins.ts';
import { featureCommands } from './feature-commands.ts';
import { openButton } from './list-card.ts';
import { MAX_CARRIED, WORD_ACTION, wordPayload } from './word-button.ts';

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

function forWhom(actor: Person): string {
  if (isAdmin(actor)) return t`For admins`;
  return maySeeSetUp(actor) ? t`For auditors` : t`For owners of an app`;
}

/** The commands that this person may use at all; what each then shows is checked again. */
export async function usableCommands(turn: Turn): Promise<readonly Command<Turn>[]> {
  const usable = [];
  for (const command of commands) if (await mayUse(command, turn)) usable.push(command);
  return usable;
}

const mayUse = async ({ right, mayUse: asked }: Command<Turn>, turn: Turn): Promise<boolean> =>
  roleGives(turn.actor, right) && (asked === undefined || asked(turn));

function wordRow(word: string): Row {
  const command = commands.find((known) => known.word === word);
  if (!command) throw new TypeError(`There is no word ${word}`);
  const name = nameOf(command) ?? capitalised(word);
  return {
    kind: 'row',
    text: [strong(name)],
    detail: [capitalised(command.summary())],
    buttons: [openButton(name, useWord.with({ text: word }))],
  };
}

/** What its card is called in the reader's language; undefined in English, where that is its word. */
function nameOf({ wordsAlone }: Command<Turn>): string | undefined {
  const name = languageOf(locale()) === 'en' ? undefined : wordsAlone?.[0];
  return name && capitalised(name);
}

async function allWords(turn: Turn): Promise<Card> {
  const isLimited = ({ right }: Command<Turn>) => right !== undefined;
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

function usageRow(command: Command<Turn>): Row {
  const { word, usage, summary } = command;
  const name = nameOf(command);
  return {
    kind: 'row',
    text: [strong(usage), ...(name === undefined ? [] : [` · ${name}`])],
    detail: [capitalised(summary())],
    buttons: [openButton(name ?? word, useWord.with({ text: word }))],
  };
}

/** Someone who may not use it reads what they can do, beside why they can't. */
const withWayOn = (command: Command<Turn>): Command<Turn> => ({
  ...command,
  async run(args, turn) {
    const reply = await command.run(args, turn);
    if (reply.kind !== 'say' || hasButtons(reply.card) || (await mayUse(command, turn)))
      return reply;
    return { ...reply, card: withButtons(reply.card, ...wayOn()) };
  },
});

const hasButtons = ({ blocks }: Card): boolean => blocks.some(({ kind }) => kind === 'buttons');

const wayOn = (): readonly Button[] => [
  { label: t`Request access…`, does: useWord.with({ text: 'request' }) },
  { label: t`What I can do`, does: useWord.with({ text: 'help' }) },
];

export const commands: readonly Command<Turn>[] = [help, ...featureCommands.map(withWayOn)];
