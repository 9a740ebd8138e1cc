/** The words of a sentence, as they are compared. */
import { fold } from '../../../core/fold.ts';
import { languageOf, languages } from '../../../core/translate.ts';
import type { CommandText } from '../../view/command.ts';
import { english } from './english.ts';
import { german } from './german.ts';
import type { SentenceLanguage } from './language.ts';

export interface Word {
  /** Folded, without apostrophes and marks, as patterns have it. */
  readonly plain: string;
  /** Folded, as names are stored. */
  readonly name: string;
  /** The platform's id of a mentioned user. */
  readonly userId?: string;
  /** As it was typed, without the marks around it, where that isn't `name`. */
  readonly written?: string;
  /** Someone's own words begin with it: it stands after a quote or a colon. */
  readonly isSpeech?: true;
  /** The last of whose something is. */
  readonly isOwner?: true;
  /** A mark after it ends a sentence, or a part of one. */
  readonly isLast?: true;
}

/** No sentence needs more. What follows is a reason, which nothing is read from. */
const MAX_READ = 300;

const known: Readonly<Record<(typeof languages)[number], SentenceLanguage>> = {
  en: english,
  de: german,
};

/** The person's own language first: people also write in the others. @param locale BCP 47 */
export function sentenceLanguages(locale: string): readonly SentenceLanguage[] {
  const own = languageOf(locale);
  return [own, ...languages.filter((each) => each !== own)].map((each) => known[each]);
}

/** None where a file was sent: a sentence needs none. */
export function wordsOf(text: CommandText): readonly Word[] {
  const read: Word[] = [];
  let room = MAX_READ;
  let isSpeech = false;
  for (const word of text) {
    if (typeof word !== 'string' && word.kind === 'file') return [];
    const typed = typeof word === 'string' ? word : word.name;
    room -= typed.length + 1;
    if (room < 0) break;
    if (typeof word !== 'string') {
      // No typed word has this: marks at its beginning are cut off.
      read.push({ plain: '@', name: '', userId: word.userId });
      isSpeech = false;
      continue;
    }
    for (const each of typed.split(/\s+/)) {
      const [first, ...others] = typedWords(each);
      isSpeech ||= OPENING.test(each);
      if (first) read.push(isSpeech ? { ...first, isSpeech } : first, ...others);
      isSpeech = each.endsWith(':') || (isSpeech && !first);
    }
  }
  return read;
}

/** Someone else's words as a whole: in quotes, or as chat quotes a message. */
export const isQuote = (text: CommandText): boolean =>
  QUOTE.test(text.filter((word) => typeof word === 'string').join(' '));

const OPENING = /^["“„«»‚]/u;
const QUOTE = /^\s*(?:>|["“„«»‚].*["“”«»‘’][.!?]?\s*$)/su;

/** Marks around a word: quotes, brackets, the end of a sentence. `-3` keeps its sign. */
const AROUND = /^(?:(?![-−]\d)[^\p{L}\p{N}])+|[^\p{L}\p{N}+#]+$/gu;
/** After the last word of a part of a sentence. */
const LAST = /[.,;:!?…]["'”“)]*$/u;
/** `Figma-Zugang` is two words. */
const WITH_SUFFIX = /^(\S+)-(zugang|zugriff|account|konto|lizenz|app|tool|access|anfrage|antrag)$/i;

/** As phones and typesetters write it. */
const APOSTROPHES = /[’‘`´]/g;

/** As Slack writes it: `:pray:`. */
const EMOJI = /^(?::[\w+'-]+:)+$/;

function typedWords(typed: string): readonly Word[] {
  if (EMOJI.test(typed)) return [];
  if (typed === '&') return [{ name: typed, plain: 'and' }];
  const written = typed.normalize('NFC').replaceAll(AROUND, '').replaceAll(APOSTROPHES, "'");
  const [, first = written, suffix = ''] = WITH_SUFFIX.exec(written) ?? [];
  const read = [first, suffix].filter(Boolean);
  return read.map((each, at) => {
    const name = fold(each);
    return {
      name,
      plain: name.replaceAll("'", ''),
      ...(each !== name && { written: each }),
      ...(at === read.length - 1 && LAST.test(typed) && { isLast: true }),
    };
  });
}

/** A name of whose something is. */
export const asOwner = (name: readonly Word[]): readonly Word[] =>
  name.map((word, at) => (at === name.length - 1 ? { ...word, isOwner: true } : word));

export const plainOf = (words: readonly Word[]): string =>
  words.map(({ plain }) => plain).join(' ');
export const nameIn = (words: readonly Word[]): string => words.map(({ name }) => name).join(' ');
/** As typed, to be shown, or compared in all its spellings. */
export const writtenIn = (words: readonly Word[]): string =>
  words.map(({ name, written = name }) => written).join(' ');
