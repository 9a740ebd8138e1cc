/** Typed commands: `/latchkey access @ann` in Slack, `access Ann` to the bot in Teams. */
import { isSameName } from '../../core/fold.ts';
import { languageOf, locale } from '../../core/translate.ts';
import type { PressReply } from './action.ts';
import type { ChatFile } from './file.ts';

/** What was typed; the adapter has recognised the mentions. */
export type CommandText = readonly Word[];
export type Word =
  | string
  /** `userId` as in `ChatUser`. */
  | { readonly kind: 'mention'; readonly userId: string; readonly name: string }
  /** A file that was sent with the message; files come after all typed words. */
  | ({ readonly kind: 'file' } & ChatFile);

export interface Command<Context> {
  /** The first word, in lower case. */
  readonly word: string;
  /** Words that mean the same. Help doesn't list them. */
  readonly otherWords?: readonly string[];
  /** What its card is called in other languages. Only alone they mean it: with more words they begin a sentence. */
  readonly wordsAlone?: readonly string[];
  /** The arguments as help shows them: `[person]`. */
  readonly usage: string;
  /** In the current language. */
  readonly summary: () => string;
  /** The right of `permission.ts` that it needs: only those whose role gives it may use it, and only their help lists it. */
  readonly right?: string;
  /** The same, for those for whom this is true. Asked where no role alone gives the right. */
  readonly mayUse?: (context: Context) => Promise<boolean>;
  run(args: CommandText, context: Context): Promise<PressReply>;
}

/** What the platforms' app manifests list of a command. */
export type CommandWord = Pick<Command<never>, 'word' | 'usage' | 'summary'>;

/** Splits typed text at white space into words. */
export const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean);

/** The words as one text for a name search: mentions by name, files left out. */
export const plainText = (text: CommandText): string =>
  text
    .filter((word) => typeof word === 'string' || word.kind === 'mention')
    .map((word) => (typeof word === 'string' ? word : word.name))
    .join(' ');

type Named = Pick<Command<never>, 'word' | 'otherWords' | 'wordsAlone'>;

/** The command with which the text begins. */
export function commandOf<C extends Named>(
  [first, ...rest]: CommandText,
  commands: readonly C[],
): C | undefined {
  const word = typeof first === 'string' ? wordIn(first) : '';
  const isAlone = rest.length === 0;
  return commands.find(
    ({ word: own, otherWords, wordsAlone }) =>
      own === word ||
      otherWords?.includes(word) ||
      (isAlone && wordsAlone?.some((each) => isSameName(each, word))),
  );
}

/** Longer than any command. What is longer isn't matched, since that takes the square of its length. */
const MAX_WORD = 60;

/** A typed word without the marks after it: "Help!" Empty for one that is too long. */
const wordIn = (typed: string): string =>
  typed.length > MAX_WORD ? '' : typed.toLowerCase().replace(/(?<=.)[!?.,:]+$/, '');

/** The words of which a misspelt text may mean one: a single word also what cards are called in the reader's language. */
export function wordsFor(text: CommandText, commands: readonly Named[]): readonly string[] {
  const isTheirs = text.length === 1 && languageOf(locale()) !== 'en';
  const alone = isTheirs ? commands.flatMap(({ wordsAlone = [] }) => wordsAlone) : [];
  return [...commands.map(({ word }) => word), ...alone];
}

const GREETING =
  /^(?:hi|hello|hey|hallo|moin|servus|good (?:morning|afternoon|evening)|guten (?:morgen|tag|abend)|grüß gott|grüezi)(?:,? (?:there|all|everyone|latchkey|zusammen))?[\s.!,👋🙂😊]*$/iu;

/** What people ask a bot first. */
const WHO_ARE_YOU =
  /^(?:(?:what|how) can you (?:do|help)(?: for me| me)?|(?:can|could) you help(?: me)?|help me|(?:who|what) are you|what is this|are you a (?:bot|robot|human)|was kannst du(?: alles)?|was können sie|(?:kannst du|können sie) mir helfen|hilf mir|(?:wer|was) bist du|bist du ein (?:bot|roboter|mensch))(?: please| bitte)?[\s?.!]*$/i;

/** Whether it only says hello, or nothing, or asks who we are. */
export const isGreeting = (text: CommandText): boolean => {
  const typed = plainText(text);
  return (
    text.length === 0 || (text.every(isTyped) && (GREETING.test(typed) || WHO_ARE_YOU.test(typed)))
  );
};

const isTyped = (word: Word): boolean => typeof word === 'string';

const WISH =
  /^(?:(?:i (?:need|want|would like)|(?:can|could|may) i (?:get|have)|ich (?:brauche|möchte|hätte gerne?)|(?:kann|könnte) ich)\s+(?:access to|zugriff auf|zugang zu)?|access to|zugriff auf|zugang zu|need)\s*(?:(?:an?|the|einen?|eine|das|den|die)\s+)?(\S.*?)(?:\s+(?:app|tool))?(?:,?\s+(?:please|bitte|haben|bekommen))*[.!?]*$/i;
/** What no name of an app begins with, and what makes it someone else's. */
const NO_APP = /^(?:to|you|your|my|me|it|in|some|more|zu|mein|dein|es|etwas)\b|\s(?:for|für)\s/i;
/** The whole of what is wanted: any app. */
const ANY = /^(?:access|zugriff|zugang|(?:an?\s+)?(?:app|tool))$/i;
/** What buttons say that open the list of all apps. */
const LABEL = /^(?:request access|zugriff anfragen)\s?[.…!?]*$/i;
/** Longer than any wish for one app. */
const MAX_WISH = 100;

/**
 * "I need Figma" as a command: `request Figma`; "I need access" is `request`. Other texts stay as they are, also those with the
 * word of a command: "I need help".
 * @param known the first words of all commands
 */
export function readWish(text: CommandText, known: readonly string[]): CommandText {
  const typed = plainText(text);
  if (typed.length > MAX_WISH || text.some((word) => typeof word !== 'string')) return text;
  const [, app = ''] = WISH.exec(typed) ?? [];
  const wanted = words(app);
  if (ANY.test(app) || LABEL.test(typed)) return ['request'];
  const isOther = wanted.some((word) => known.includes(word.toLowerCase()));
  return wanted.length === 0 || isOther || NO_APP.test(app) ? text : ['request', ...wanted];
}

/** Beginnings that makers of keys give them, so that leaked ones are found. */
const KEY =
  /^(?:xox[a-z]-|xapp-|gh[opsu]_|github_pat_|glpat-|sk[-_]|pk_|rk_|whsec_|AKIA|ASIA|AIza|eyJ|-----BEGIN)/;
/** A word before a secret: `my password is …`. */
const NAMED_SECRET =
  /(?<![\p{L}\p{N}])(?:password|passphrase|passwort|kennwort|token|secret|api.?key|pin|geheimnis)(?:(?: is| ist| lautet) ?|\s?[:=]\s?| (?=\S*[^\p{L}\s.,!?]))\S/iu;
/** Of letters and digits in one word; longer than most words that have both. */
const MIN_KEY = 16;
/** Nothing longer is repeated. */
const MAX_LOOKED_AT = 300;

/** Whether it may have a password or a key in it, so that nothing of it is repeated. An address of email or of a page is none. */
export function hasSecret(text: CommandText): boolean {
  const typed = plainText(text).slice(0, MAX_LOOKED_AT);
  return NAMED_SECRET.test(typed) || words(typed).some((word) => KEY.test(word) || isLikeKey(word));
}

/** Scheme and host of a web address. With `@`, it may have a password. */
const ORIGIN = /^<?https?:\/\/[^/?#@\s]+(?=[/?#>]|$)/i;
/** Pages of Latchkey and of others have such ids in their addresses. */
const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What a web address leads to is looked at part by part: alone, each is shorter than a key, or an id. */
function isLikeKey(word: string): boolean {
  const path = word.replace(ORIGIN, '');
  if (path === word) return isLong(word);
  return path.split(/[/?#&=>]/).some((part) => !ID.test(part) && isLong(part));
}

const isLong = (word: string): boolean =>
  word.length >= MIN_KEY && /\d/.test(word) && /\p{L}/u.test(word) && !word.includes('@');
