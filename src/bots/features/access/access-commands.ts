/** Commands about someone's access: see, grant and revoke it, and offboard them. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { Turn } from '../../live/context.ts';
import { type PressReply, sayHere } from '../../view/action.ts';
import { type Card, code, note, rich, withButtons } from '../../view/card.ts';
import type { Command, CommandText, Word } from '../../view/command.ts';
import { asAdmin } from '../admins.ts';
import { type AccessPurpose, aboutPerson } from '../people/find-person.ts';
import { wordButton } from '../word-button.ts';
import { openAccess } from './access-card.ts';
import { lookUpPerson, mayForSomeone, whomWords } from './shortcuts.ts';

export const access: Command<Turn> = {
  word: 'access',
  wordsAlone: ['zugriff', 'zugriffe'],
  usage: 'access [person]',
  summary: () => t`someone's access, checked now; without a name, your own`,
  run: async (args, turn) =>
    args.length === 0 ? openAccess(turn.actor, turn) : about(args, 'access', turn),
};

export const grant: Command<Turn> = {
  word: 'grant',
  wordsAlone: ['erteilen'],
  usage: 'grant [person]',
  summary: () => t`grant someone access`,
  mayUse: (turn) => mayForSomeone('grant', turn),
  run: (args, turn) => about(args, 'grant', turn),
};

export const revoke: Command<Turn> = {
  word: 'revoke',
  wordsAlone: ['entziehen'],
  usage: 'revoke [person]',
  summary: () => t`remove someone's access`,
  mayUse: (turn) => mayForSomeone('revoke', turn),
  run: (args, turn) => about(args, 'revoke', turn),
};

export const offboard: Command<Turn> = {
  word: 'offboard',
  wordsAlone: ['offboarding'],
  usage: 'offboard [person]',
  summary: () => t`offboard someone: set their last day and see what will be removed`,
  right: 'set up',
  run: (args, turn) => about(args, 'offboard', turn),
};

async function about(typed: CommandText, purpose: AccessPurpose, turn: Turn): Promise<PressReply> {
  const args = nameIn(typed);
  if (args.length === 0) return sayHere((await refusedFor(purpose, turn)) ?? whom(purpose));
  return aboutPerson(args, purpose, turn);
}

/** The name in "grant Ann access", "grant access to Ann" and "revoke Ann's access". */
function nameIn(typed: CommandText): CommandText {
  const is = (word: Word | undefined, those: RegExp) =>
    typeof word === 'string' && those.test(word);
  if (is(typed[0], /^access[?!.]*$/i))
    return typed.slice(is(typed[1], /^(?:to|for|of|from)$/i) ? 2 : 1);
  if (!is(typed.at(-1), /^access[?!.]*$/i)) return typed;
  const [name, last] = [typed.slice(0, -2), typed.at(-2)];
  if (last === undefined) return [];
  return [...name, typeof last === 'string' ? last.replace(/['’]s?$/, '') : last];
}

/** Undefined where there is someone for whom they may. */
async function refusedFor(purpose: AccessPurpose, turn: Turn): Promise<Card | undefined> {
  if (await mayForSomeone(purpose, turn)) return undefined;
  switch (purpose) {
    case 'access':
      return undefined; // Their own.
    case 'grant':
      return withButtons(
        note(
          t`You can't grant access`,
          t`Only someone's manager and Latchkey admins can. You can request access for yourself.`,
        ),
        wordButton(t`Request access…`, 'request'),
      );
    case 'revoke':
      return withButtons(
        note(
          t`You can't revoke access`,
          t`Only someone's manager and Latchkey admins can. You can give back your own access.`,
        ),
        wordButton(t`Give back…`, 'give'),
      );
    case 'offboard':
      return (await asAdmin(() => t`offboard people`, turn)).refused;
    default:
      return unreachable(purpose);
  }
}

const whom = (purpose: AccessPurpose): Card =>
  withButtons(
    note(
      whomWords()[purpose],
      rich`Press the button, or type a name, an email address or a mention after the word, for example ${code(`${purpose} Ann Lee`)}.`,
    ),
    { label: t`Choose someone…`, tone: 'primary', does: lookUpPerson.with({ purpose }) },
  );
