/** The bot's own texts on every platform: for failures, outdated buttons and unknown commands. */
import { didYouMean } from '../../core/did-you-mean.ts';
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { type Reply, sayHere } from './action.ts';
import type { ActionCall } from './action-call.ts';
import { type Card, code, note, rich, withButtons } from './card.ts';
import { type CommandText, plainText } from './command.ts';

export const failed = () =>
  note(
    t`Something went wrong on our side`,
    t`Your action may not have gone through. Try again; if this happens again, tell your Latchkey admin.`,
  );
export const overtaken = () =>
  note(
    t`This has just changed`,
    t`It was changed or deleted at the same moment. Check how it is now, and try again if you still need to.`,
  );
export const stillAtIt = () =>
  note(t`This is taking longer than usual`, t`Still working. I'll post the result here.`);
export const staleButton = () =>
  note(
    t`This button no longer works`,
    t`The card is from an older version of Latchkey. Open a new card and try there.`,
  );
export const staleForm = () =>
  note(
    t`This form has expired`,
    t`It was open for more than an hour. If you sent it before, that answer counts; otherwise, open it again.`,
  );
export const outdatedForm = () =>
  note(
    t`This form is out of date`,
    t`Something changed since you opened it, and it needs another answer now. Nothing changed; open it again.`,
  );
export const tooMany = () =>
  note(t`You're going too fast`, t`Nothing changed. Try again in a few seconds.`);
/** When all users together send more than can be answered soon. */
export const tooBusy = () =>
  note(t`I'm busy right now`, t`Nothing changed. Try again in a minute.`);
/** When the database takes nothing for a moment. */
export const unstored = () =>
  note(t`I can't take this right now`, t`Nothing changed. Try again in a minute.`);
const restarted = (text: string, again: ActionCall | undefined): Card =>
  withButtons(note(t`Latchkey was restarted`, text), again && { label: t`Retry`, does: again });
export const interrupted = (again?: ActionCall) =>
  restarted(
    t`It was still working on this, so it may or may not be done. Check first, and do it again if it isn't.`,
    again,
  );
export const late = (again?: ActionCall) =>
  restarted(t`So this wasn't done. Do it again if you still want it.`, again);
/** The reply in a shared conversation. @param name who that is, where others read it, too */
export const sentToYou = (name?: string) =>
  name === undefined
    ? note(t`I've sent it to you`, t`It's in your direct messages with me.`)
    : note(t`I've sent it to ${name}`, t`It's in their direct messages with me.`);

const fileAlone = () =>
  note(
    t`What should I do with this file?`,
    rich`Send it again with a command in the same message. Type ${code('help')} to see what I can do.`,
  );

/** Also for something. Who goes on with a wish or a question wants that answered. */
const THANKS =
  /^(?!.*(?<![\p{L}\p{N}])(?:but|aber|please|bitte)(?![\p{L}\p{N}]))(?:(?:many )?thanks|thank you|thx|danke|vielen dank|merci)(?![\p{L}\p{N}])[^?]*$/iu;
const THANKS_LAST =
  /^(?!.*(?<![\p{L}\p{N}])(?:please|pls|bitte|need|want|brauch\p{L}*|möchte)(?![\p{L}\p{N}])).*(?<![\p{L}\p{N}])(?:thanks|thank you|thx|danke|vielen dank|merci)(?: a lot| so much| very much| sehr)?[\s.!]*$/iu;

/** Cards are answered by their buttons. */
const YES_OR_NO =
  /^(?:(?:yes|yep|yeah|no|nope|ok|okay|approved?|approve it|denied|deny|never ?mind|nvm|got it|done|ja|nein|passt(?: schon)?|alles klar|genehmigt|abgelehnt|egal|schon gut)[\s.!,]*)+$/iu;
/** A reaction that was written: emoji alone. */
const REACTION = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|:[\w+'-]+:|\s)+$/u;

/** Words after the first. Who writes more before their thanks wants something that wasn't understood. */
const MAX_THANKING = 5;

/**
 * @param known the first words of all commands that this person may use
 * @param use the button for a command; left out or undefined: the command is only named
 */
export function unknownCommand(
  text: CommandText,
  known: readonly string[],
  use?: (command: string) => ActionCall | undefined,
): Reply {
  const typed = plainText(text);
  if (typed === '' && text.length > 0) return sayHere(fileAlone());
  if (THANKS.test(typed)) return sayHere(note(t`You're welcome`));
  if (isReaction(typed)) return sayHere(notAnAnswer());
  const [first = '', ...rest] = typed.split(' ');
  const guess = guessed([first, ...rest], known);
  if (!guess && rest.length < MAX_THANKING && THANKS_LAST.test(typed))
    return sayHere(note(t`You're welcome`));
  const card = typed
    ? didNotKnow(shorten(guess ? first : typed, MAX_QUOTED), guess, use)
    : note(
        t`Hello`,
        rich`Type ${code('help')} to see what I can do, or ${code('home')} for your access and what needs you.`,
      );
  return sayHere(card);
}

/** No digits alone: an emoji may be made of one. */
const isReaction = (typed: string): boolean =>
  YES_OR_NO.test(typed) || (REACTION.test(typed) && /[^\s\d#*]/u.test(typed));

const notAnAnswer = () =>
  note(
    t`Nothing changed`,
    rich`To answer a card, press one of its buttons. ${code('home')} shows what needs you.`,
  );

/** Nothing of what was typed is repeated. */
export function unknownSecret(use?: (command: string) => ActionCall | undefined): Reply {
  const does = use?.('help');
  const card = note(
    t`I don't know what you mean`,
    t`Your message may have a password or a key in it. If it does, delete the message and change the password.`,
  );
  return sayHere(withButtons(card, does && { label: t`What I can do`, does }));
}

function didNotKnow(
  quoted: string,
  guess: string | undefined,
  use: ((command: string) => ActionCall | undefined) | undefined,
): Card {
  const does = use?.(guess ?? 'help');
  const card = note(
    t`I don't know "${quoted}"`,
    guess
      ? rich`Did you mean ${code(shorten(guess, MAX_NAMED))}?`
      : rich`Type ${code('help')} to see what I can do.`,
  );
  return withButtons(
    card,
    does && (guess ? { label: t`Yes`, tone: 'primary', does } : { label: t`What I can do`, does }),
  );
}

/** More than a command and a name have. */
const MAX_NAMED = 60;
/** In a title, which fits two lines. */
const MAX_QUOTED = 40;

/** Words that may stand before a command and leave its meaning: "show runs", "I need help with Figma", not "don't give". */
const LEADING =
  /^(?:show|list|open|view|see|get|go|to|start|run|use|type|i|need|want|would|like|can|could|you|my|the|all|me|some|please|pls|zeige?|öffne|gehe?|ich|brauche|möchte|kannst|du|mir|meine?|die|alle|zu|bitte|mal)[,:]?$/i;

/** Words that people mean as they are, though they are near a command: "fire Ann" is no `hire`. */
const REAL_WORD = /^(?:fire|here|come|some|hope|thanks?|danke)[,.!]?$/i;

/** The likely command: for a typo in its word, or words before it, as in "show runs". */
function guessed(
  [first = '', ...rest]: readonly string[],
  known: readonly string[],
): string | undefined {
  const near = REAL_WORD.test(first) ? undefined : didYouMean(first, known);
  if (near !== undefined) return [near, ...rest].join(' ');
  const at = rest.findIndex((word) => known.includes(commandIn(word)));
  const [word, ...args] = rest.slice(at);
  if (at < 0 || word === undefined) return undefined;
  const isMeant = [first, ...rest.slice(0, at)].every((each) => LEADING.test(each));
  return isMeant ? [commandIn(word), ...args].join(' ').replace(/[?!.]+$/, '') : undefined;
}

/** "Show my tasks!" */
const commandIn = (word: string): string => word.toLowerCase().replace(/[?!.,:]+$/, '');
